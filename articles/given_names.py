"""What given names tell: a pronoun, and that somebody else is meant; read from ``configs/given_names.yaml``."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Literal

from newstance.articles.shipped_yaml import read_shipped

__all__ = ["gender_of", "is_another"]

#: No shorter name is guessed by its ending.
_SHORTEST = 4


def gender_of(name: str) -> Literal["m", "f", ""]:
    """Return "f" or "m" for a given name that is nearly always a woman's or a man's, else ""."""
    low = name.lower()
    female, male = _names()
    if low in male:
        return "m"
    return "f" if low in female or (low.endswith("a") and len(low) >= _SHORTEST) else ""


def is_another(name: str, own: Collection[str]) -> bool:
    """Return whether a word before a surname is a given name, and none of the person's whose surname is looked for.

    Names that begin alike may be one ("Chris", "Christopher"), unless the one is a woman's and the other a man's. Names
    that are something else as well ("Will", "Grant", "Charlotte") say nothing.

    Args:
        name: the word, as written.
        own: the person's given names.
    """
    low = name.lower()
    female, male = _names()
    if low not in female | male or low in _also():
        return False
    genders = {gender_of(other) for other in own} - {""}
    if genders and gender_of(low) not in genders:
        return True
    full = _familiar()
    called = [form for other in own for form in {other.lower(), full.get(other.lower(), other.lower())}]
    # Of initials ("H.R.") any may be it.
    begins = {letter for other in called for letter in (other if "." in other else other[:1]) if letter != "."}
    return not begins & {low[0], full.get(low, low)[0]}


@cache
def _also() -> frozenset[str]:
    data: dict[str, str] = read_shipped("given_names.yaml")
    return frozenset(data["also"].split())


@cache
def _familiar() -> dict[str, str]:
    data: dict[str, dict[str, str]] = read_shipped("given_names.yaml")
    return data["familiar"]


@cache
def _names() -> tuple[frozenset[str], frozenset[str]]:
    data: dict[str, str] = read_shipped("given_names.yaml")
    return frozenset(data["female"].split()), frozenset(data["male"].split())
