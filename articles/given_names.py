"""Which pronoun goes with a given name, read from ``configs/given_names.yaml``."""

from __future__ import annotations

from functools import cache
from typing import Literal

from newstance.articles.shipped_yaml import read_shipped

__all__ = ["gender_of"]

#: No shorter name is guessed by its ending.
_SHORTEST = 4


def gender_of(name: str) -> Literal["m", "f", ""]:
    """Return "f" or "m" for a given name that is nearly always a woman's or a man's, else ""."""
    low = name.lower()
    female, male = _names()
    if low in male:
        return "m"
    return "f" if low in female or (low.endswith("a") and len(low) >= _SHORTEST) else ""


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    data: dict[str, str] = read_shipped("given_names.yaml")
    return frozenset(data["female"].split()), frozenset(data["male"].split())
