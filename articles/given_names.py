"""What given names tell: a pronoun, and that somebody else is meant; read from ``configs/given_names.yaml``."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, Literal, NamedTuple

from newstance.articles.shipped_yaml import read_shipped

__all__ = ["gender_of", "is_another"]

#: No shorter name is guessed by its ending.
_SHORTEST = 4


def gender_of(name: str) -> Literal["m", "f", ""]:
    """Return "f" or "m" for a given name that is nearly always a woman's or a man's, else ""."""
    low = name.lower()
    names = _names()
    if low in names.male:
        return "m"
    return "f" if low in names.female or (low.endswith("a") and len(low) >= _SHORTEST) else ""


def is_another(name: str, own: Collection[str]) -> bool:
    """Return whether a word before a surname is a given name, and none of the person's whose surname is looked for.

    Names that begin alike may be one ("Chris", "Christopher"), unless the one is a woman's and the other a man's. Names
    that are something else as well ("Will", "Grant", "Charlotte") say nothing.

    Args:
        name: the word, as written.
        own: the person's given names.
    """
    low = name.lower()
    names = _names()
    if low in names.also or not (low in names.female or low in names.male):
        return False
    genders = {gender_of(other) for other in own} - {""}
    if genders and gender_of(low) not in genders:
        return True
    full = names.familiar
    called = [form for other in own for form in {other.lower(), full.get(other.lower(), other.lower())}]
    # Of initials ("H.R.") any may be it.
    begins = {letter for other in called for letter in (other if "." in other else other[:1]) if letter != "."}
    return not begins & {low[0], full.get(low, low)[0]}


class _Names(NamedTuple):
    """What the file holds: names by gender, those that are something else as well, and what short forms stand for."""

    female: frozenset[str]
    male: frozenset[str]
    also: frozenset[str]
    familiar: dict[str, str]


@cache
def _names() -> _Names:
    data: dict[str, Any] = read_shipped("given_names.yaml")
    female, male, also = (frozenset(data[key].split()) for key in ("female", "male", "also"))
    return _Names(female, male, also, data["familiar"])
