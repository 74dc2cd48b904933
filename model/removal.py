"""Removal: the same sentence without some of its words, by editing token ids, never by writing the text anew."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from .encoding import EncodedSentence, Window

__all__ = ["Removal", "without"]

#: `delete` takes the tokens out, so that those behind move up; `mask` leaves them in place, unattended and unpooled.
Removal = Literal["delete", "mask"]


def without(sentence: EncodedSentence, words: Collection[int], how: Removal = "delete") -> EncodedSentence:
    """Return the sentence without some words, in every window that holds them.

    Args:
        sentence: an encoded sentence.
        words: numbers of the words to take away.
        how: as in `Removal`. When nothing is left, the model pools its start token.
    """
    gone = set(words)
    return replace(sentence, windows=tuple(_without(window, gone, how) for window in sentence.windows))


def _without(window: Window, gone: set[int], how: Removal) -> Window:
    positions = [i for i, word in enumerate(window.words) if word in gone]
    if not positions:
        return window
    if how == "mask":
        return replace(window, hidden=tuple(sorted({*window.hidden, *positions})))
    kept = [i for i, word in enumerate(window.words) if word not in gone]
    place = {old: new for new, old in enumerate(kept)}
    return Window(
        input_ids=[window.input_ids[i] for i in kept],
        token_type_ids=[window.token_type_ids[i] for i in kept],
        words=[window.words[i] for i in kept],
        hidden=tuple(place[i] for i in window.hidden if i in place),
        target=tuple(place[i] for i in window.target if i in place),
    )
