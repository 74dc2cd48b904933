"""`did_you_mean`: the end of a message about a word that is none of those known."""

from __future__ import annotations

import difflib
from collections.abc import Collection

__all__ = ["did_you_mean"]


def did_you_mean(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """Return `, did you mean ...?` with the known word that is spelt most like this one, or nothing.

    Args:
        word: what was given.
        known: what could have been.
        cutoff: how like it must be, from 0 to 1, as `difflib` counts.
    """
    near = difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    return f", did you mean {near[0]!r}?" if near else ""
