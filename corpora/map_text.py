"""`MapText`: a text of a column map, of which YAML may have made a number or a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator

__all__ = ["MapText"]


def _as_written(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("yes, no, on, off, true and false are no text in YAML; put them in quotation marks")
    if isinstance(value, int):
        return str(value)
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


MapText = Annotated[str, BeforeValidator(_as_written)]
