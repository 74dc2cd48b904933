"""`refuse_overwriting`: what a command reads is never what it writes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from newstance.errors import UsageError

__all__ = ["refuse_overwriting"]


def refuse_overwriting(inputs: Iterable[str | Path], places: Iterable[Path]) -> None:
    """Raise `UsageError` when an input, by whatever name, is one of the places to be written, or lies in one."""
    inputs = list(inputs)
    for place in filter(Path.exists, places):
        for path in map(Path, inputs):
            if _is_same(path, place) or (path.parent.name == place.name and _is_same(path.parent, place)):
                raise UsageError(f"is an input, and {place} is to be written; give another place", path=path)


def _is_same(path: Path, place: Path) -> bool:
    try:
        return path.samefile(place)
    except OSError:
        return False  # one of them is not there
