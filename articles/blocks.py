"""Lines become blocks: one paragraph, heading, list item or line of furniture each, with its offsets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

__all__ = ["Block", "Kind", "plain_blocks", "trimmed"]

Kind = Literal["text", "headline", "heading", "caption", "item"]

#: What ends a line. Only ``\n`` does after reading, the others occur inside pasted text.
LINE_BREAK = re.compile("[\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")

_ITEM = re.compile(r"(?:[-*+•‣▪·]|\(?\d{1,3}[.)]|\(?[a-z]\))\s")
_SPEAKER = re.compile(r"[A-Z][A-Z .,'’()\-]{1,60}:\s")
_ENDS = re.compile(r"[.!?…:;][\"'”’»)\]]*$")
_BYLINE_LABEL = re.compile(r"(?:By|BY|By:|From|FROM|Photo|Reporting|Editing|Copyright|©)\b")
#: Hard-wrapped text has a margin in this range; longer lines are paragraphs of their own.
_WIDEST = 100
_NARROWEST = 40


@dataclass(frozen=True, slots=True)
class Block:
    """One run of text that no sentence crosses, half-open offsets without surrounding white space.

    Attributes:
        start: offset of its first character.
        end: offset just past its last.
        kind: what the markup says that it is; ``text`` where it says nothing.
    """

    start: int
    end: int
    kind: Kind = "text"


def trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the offsets without surrounding white space, or None if nothing else is there."""
    piece = text[start:end]
    left = piece.lstrip()
    if not left:
        return None
    start += len(piece) - len(left)
    return start, start + len(left.rstrip())


def lines_of(text: str, start: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the offsets of every line from ``start`` on, without its line break."""
    last = start
    for match in LINE_BREAK.finditer(text, start):
        yield last, match.start()
        last = match.end()
    yield last, len(text)


def plain_blocks(text: str) -> list[Block]:
    """Find the paragraphs of plain text.

    Blank lines always part paragraphs. A single newline does too, unless the text is hard wrapped: then lines
    are joined where the next line's first word would not have fitted before the margin.
    """
    groups: list[list[tuple[int, int]]] = [[]]
    for start, end in lines_of(text):
        span = trimmed(text, start, end)
        if span is None:
            if groups[-1]:
                groups.append([])
        else:
            groups[-1].append(span)
    width = margin(text, groups)
    blocks: list[Block] = []
    for group in groups:
        for number, (start, end) in enumerate(group):
            if number and joins(text, group[number - 1], (start, end), width):
                blocks[-1] = Block(blocks[-1].start, end)
            else:
                blocks.append(Block(start, end))
    return blocks


def margin(text: str, groups: list[list[tuple[int, int]]]) -> int | None:
    """Return the column at which a text is hard wrapped, or None if its lines are paragraphs.

    The margin is the longest line. The text counts as wrapped if at least half of the line breaks inside its
    blocks come in the middle of a sentence, where the next word would not have fitted, and three in ten are
    followed by a small letter, with which hardly any paragraph begins.
    """
    lengths = [end - start for group in groups for start, end in group if len(group) > 1]
    if not lengths or not _NARROWEST <= max(lengths) <= _WIDEST:
        return None
    width = max(lengths)
    breaks = wrapped = small = 0
    for group in groups:
        for line, following in pairwise(group):
            breaks += 1
            wrapped += not ends_line(text, line) and _full(text, line, following, width)
            small += text[following[0]].islower()
    return width if wrapped >= 0.5 * breaks and small >= 0.3 * breaks else None


def joins(text: str, line: tuple[int, int], following: tuple[int, int], width: int | None) -> bool:
    """Whether a line break is only a wrap inside a paragraph."""
    head = text[following[0] : following[0] + 80]
    if _ITEM.match(head) or _SPEAKER.match(head) or _BYLINE_LABEL.match(head):
        return False
    if width is not None and _full(text, line, following, width):
        return True
    # Elsewhere, only a short line that stops in mid sentence and goes on in lower case.
    short = max(line[1] - line[0], following[1] - following[0]) <= _WIDEST
    return short and head[:1].islower() and not ends_line(text, line) and line[1] - line[0] >= 20


def ends_line(text: str, line: tuple[int, int]) -> bool:
    """Whether a line ends where a sentence or a lead-in may."""
    return _ENDS.search(text[max(line[0], line[1] - 12) : line[1]]) is not None


def _full(text: str, line: tuple[int, int], following: tuple[int, int], width: int) -> bool:
    """Whether the following line's first word would not have fitted, give or take a ragged eighth."""
    words = text[following[0] : following[0] + width].split(maxsplit=1)
    return line[1] - line[0] + 1 + len(words[0]) > 0.87 * width
