"""Words as readers see them: the units that evidence is given for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

__all__ = ["Span", "word_spans"]

#: Half-open code-point offsets.
Span = tuple[int, int]

_CHUNK = re.compile(r"[—–]+[^\s—–]*[—–]*|[^\s—–]+[—–]*")


def word_spans(text: str, units: Sequence[Span] = ()) -> tuple[list[Span], list[Span]]:
    """Split a text into words.

    A word is a run of characters without white space; a dash (``attack—and``) ends one too. Punctuation stays
    attached for the accounting, so that every token of the model belongs to exactly one word, and is trimmed off
    for display.

    Args:
        text: any text.
        units: non-overlapping spans, in order, each of which counts as one word with what clings to it
            (masked mentions, which the model sees as one token).

    Returns:
        Two lists of the same length: the full extent of each word, and the part to show.
    """
    full: list[Span] = []
    current = 0
    for start, end in _chunks(text):
        while current < len(units) and units[current][1] <= start:
            current += 1
        # The word before reaches into this one when a unit covers the end of the one and the start of the other.
        joined = full and current < len(units) and units[current][0] < full[-1][1] and units[current][0] < start
        if joined:
            full[-1] = (full[-1][0], end)
        else:
            full.append((start, end))
    return full, [_core(text, span) for span in full]


def _chunks(text: str) -> Iterator[Span]:
    for match in _CHUNK.finditer(text):
        yield match.span()


def _core(text: str, span: Span) -> Span:
    start, end = span
    while start < end and not text[start].isalnum():
        start += 1
    while end > start and not text[end - 1].isalnum():
        end -= 1
    if end < span[1] and text[end] == "." and "." in text[start:end]:
        end += 1  # the last point of "U.S." belongs to it
    return (start, end) if start < end else span
