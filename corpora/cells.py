"""Single cells of a table, or values of an annotation tool: what they hold, as text, whole numbers or spans."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

__all__ = ["BadCell", "is_empty", "pairs_of", "shown", "spans_of", "text_of", "whole_number"]

_SPAN = re.compile(r"(\d+)\s*[-:]\s*(\d+)")


class BadCell(Exception):
    """Say what is wrong with a cell.

    Args:
        field: the field or layer that the cell would give.
        message: what is wrong.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def is_empty(value: Any) -> bool:
    """Return whether a cell holds nothing; a column of numbers has NaN for it, which alone differs from itself."""
    return value is None or value == "" or value != value  # noqa: PLR0124


def text_of(field: str, value: Any) -> str:
    """Return the text of a cell, of a number or a day as it would be written, of a list its only member.

    Raises:
        BadCell: it is none of these.
    """
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # what a table with gaps makes of whole numbers
    if isinstance(value, (int, float)):
        return str(value)
    raise BadCell(field, f"{shown(value)} is no text")


def whole_number(field: str, digits: str) -> int:
    """Return a whole number.

    Raises:
        BadCell: it has thousands of digits, of which Python makes no number.
    """
    try:
        return int(digits)
    except ValueError as error:
        raise BadCell(field, f"{shown(digits)} is too long for a number") from error


def spans_of(field: str, value: Any) -> list[Any]:
    """Return spans from a list, its JSON, or `0-4;10-17`; of what a list holds nothing is said.

    Raises:
        BadCell: it is neither.
    """
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                value = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise BadCell(field, f"{shown(value)} is not JSON") from error
        else:
            found = [_SPAN.fullmatch(part.strip()) for part in re.split("[;,]", text)]
            if not all(found):
                raise BadCell(field, f"{shown(value)} gives no spans; write [[0, 4]] or 0-4;10-17")
            return [[whole_number(field, m[1]), whole_number(field, m[2])] for m in found if m]
    if not isinstance(value, list):
        raise BadCell(field, f"{shown(value)} gives no spans")
    return value


def pairs_of(spans: list[Any]) -> list[tuple[int, int]] | None:
    """Return spans as pairs of whole numbers, or None where one of them is no pair of numbers."""
    try:
        return [(int(start), int(end)) for start, end in spans]
    except (TypeError, ValueError, OverflowError):
        return None


def shown(value: Any) -> str:
    """Return a value for a message, sixty characters of it at most."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
