"""`Finding`: one thing found in annotated data, how bad it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Severity", "found", "some"]

Severity = Literal["error", "warning", "note"]
#: Places in one line; a text may stand in every article of an archive.
_SHOWN = 5


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


def some(places: Sequence[str], between: str = ", ") -> str:
    """Return the first five places in one line, and how many more there are."""
    shown = between.join(places[:_SHOWN])
    return shown if len(places) <= _SHOWN else f"{shown} and {len(places) - _SHOWN} more"
