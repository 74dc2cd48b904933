"""Which pronoun goes with a given name, read from ``configs/given_names.yaml``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

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
    import yaml

    text = files("newstance.configs").joinpath("given_names.yaml").read_text(encoding="utf-8")
    data: dict[str, str] = yaml.safe_load(text)
    return frozenset(data["female"].split()), frozenset(data["male"].split())
