"""`Finding`: one thing found in annotated data, how bad it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Severity", "found"]

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    Attributes:
        severity: an `error` makes figures wrong or stops training; a `warning` may; a `note` is worth knowing.
        kind: its name for machines.
        message: what was found, with counts.
        advice: why it matters and what to do.
        count: how many times.
        where: rows, ids, pairs or words; all of them.
    """

    severity: Severity
    kind: str
    message: str
    advice: str
    count: int
    where: tuple[str, ...] = ()


def found(severity: Severity, kind: str, where: Sequence[str], what: str, advice: str) -> Iterable[Finding]:
    """Give a finding with its count before `what`, where there is anything to report."""
    if where:
        yield Finding(severity, kind, f"{len(where)} {what}", advice, len(where), tuple(where))
