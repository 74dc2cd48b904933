"""Find quotations: paired marks of any style, nested ones, and those that run over paragraphs or never close.

One pass over each paragraph classifies every mark as opening or closing (by its shape where that is plain, by its
neighbours where it is not) and pairs them on a stack. A nested quotation is part of the outer one. Where the marks
do not balance, the paragraph is read again without nesting: a forgotten mark then spoils one quotation, not all.
Time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

__all__ = ["Quotation", "find_quotations"]


@dataclass(frozen=True, slots=True)
class Quotation:
    """One quotation, marks included; half-open code-point offsets into the text.

    Attributes:
        start: offset of the opening mark (or of the first word, where that mark is missing).
        end: offset just past the closing mark (or past the last word, where that mark is missing).
        paragraph: position among the paragraphs given.
        opened: whether it has its opening mark.
        closed: whether it has its closing mark.
        continues: whether it goes on in the next paragraph, as a speech does whose paragraphs each open with a mark.
    """

    start: int
    end: int
    paragraph: int
    opened: bool = True
    closed: bool = True
    continues: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    opens: bool
    single: bool
    style: str
    sure: bool = True


_MARK = re.compile(r"''|``|[“”„‟«»\"‘’‚‹›'`]")
_OPENS = "“„‟«‘‚‹"
_CLOSES = "”»’›"
_SINGLE = "‘’‚‹›'`"
_APOSTROPHES = "'’`"
#: Years and clipped words that begin with an apostrophe, whichever way a word processor turned it.
_CLIPPED = re.compile(r"(?:\d\ds?\b|(?:em|tis|twas|til|cause|bout|n|round|neath|ere)\b)", re.IGNORECASE)
_BEFORE_OPENING = "([{—–-/\u00a0"


def find_quotations(text: str, paragraphs: Sequence[tuple[int, int]]) -> list[Quotation]:
    """Return the outermost quotations in reading order, never overlapping.

    Args:
        text: the article.
        paragraphs: offsets of its paragraphs, in order; no quotation crosses one, but `continues` joins two.
    """
    found: list[Quotation] = []
    opens = [_opens_paragraph(text, span) for span in paragraphs]
    for number, (start, end) in enumerate(paragraphs):
        marks = list(_pairable(_marks(text, start, end), text))
        going_on = number + 1 < len(paragraphs) and opens[number + 1]
        for quotation in _pair(text, marks, (start, end), going_on=going_on):
            found.append(replace(quotation, paragraph=number))
    return found


def _opens_paragraph(text: str, span: tuple[int, int]) -> bool:
    return text[span[0] : span[0] + 1] in "“\"«„‘'`" and span[0] < span[1]


def _marks(text: str, start: int, end: int) -> Iterator[_Mark]:
    """Yield the marks of a paragraph that are no apostrophes, with what their neighbours make of them."""
    for match in _MARK.finditer(text, start, end):
        at, past, mark = match.start(), match.end(), match.group()
        before = text[at - 1] if at > start else " "
        after = text[past] if past < end else " "
        single = mark in _SINGLE and len(mark) == 1
        left = before.isspace() or before in _BEFORE_OPENING or (before in '“”"‘«„' and not single) or before in "“‘"
        right = after.isspace() or not (after.isalnum() or after in "“‘\"'$£€[(…#@.«„")
        if single:
            if before.isalnum() and after.isalnum():
                continue
            if mark in _APOSTROPHES and left and not right and _CLIPPED.match(text, past, min(end, past + 8)):
                continue
            if mark == "`" or (mark in "‹›" and not (left or right)):
                continue
        elif mark == '"' and before.isdigit() and after in " ,;)" and not _inside_words(text, start, at):
            continue  # inches
        style = "single" if single else "guillemet" if mark in "«»" else "double"
        if left and not right:
            yield _Mark(at, past, True, single, style, sure=mark not in "'’")
        elif right and not left:
            if mark in "“‘" and before.isspace():
                continue
            yield _Mark(at, past, False, single, style, sure=_ends(before))
        else:
            shape = True if mark in _OPENS else False if mark in _CLOSES else None
            if shape is None and single:
                continue
            yield _Mark(at, past, bool(shape), single, style, sure=shape is not None)


def _inside_words(text: str, start: int, at: int) -> bool:
    """Whether a mark after a digit closes a quotation: the last mark before it, close by, opened one."""
    piece = text[max(start, at - 300) : at]
    last = piece.rfind('"')
    return last >= 0 and (last == 0 or piece[last - 1].isspace())


def _ends(character: str) -> bool:
    return character in ".,?!…—–-;:" or character in '”’"'


def _pairable(marks: Iterable[_Mark], text: str) -> Iterator[_Mark]:
    """Leave out single marks that pair with no other: apostrophes that the neighbours could not tell.

    A single mark that closes after a letter s and before a blank may be a possessive ("the workers' union"); it
    closes a quotation only where no better mark comes before the next opening one.
    """
    pending: _Mark | None = None
    weak: _Mark | None = None
    held: list[_Mark] = []
    for mark in marks:
        if not mark.single:
            if pending is None:
                yield mark
            else:
                held.append(mark)
            continue
        if mark.opens:
            yield from _settled(pending, weak, held)
            pending, weak, held = mark, None, []
        elif pending is not None:
            if mark.sure or text[mark.start - 1] not in "sS":
                yield from _settled(pending, mark, held)
                pending, weak, held = None, None, []
            elif weak is None:
                weak = mark
    yield from _settled(pending, weak, held)


def _settled(opening: _Mark | None, closing: _Mark | None, between: list[_Mark]) -> list[_Mark]:
    if opening is None or closing is None:
        return between
    return sorted([opening, *between, closing], key=lambda mark: mark.start)


def _pair(text: str, marks: Sequence[_Mark], span: tuple[int, int], *, going_on: bool) -> Iterator[Quotation]:
    nested = _nested(marks)
    if nested is not None:
        yield from (Quotation(start, end, 0) for start, end in nested)
    else:
        yield from _flat(text, marks, span, going_on=going_on)


def _nested(marks: Sequence[_Mark]) -> list[tuple[int, int]] | None:
    """Return the outermost pairs if all marks balance, else None."""
    stack: list[_Mark] = []
    spans: list[tuple[int, int]] = []
    for mark in marks:
        opens = mark.opens if mark.sure or not stack else mark.opens and stack[-1].single != mark.single
        if not mark.sure and not mark.opens and not stack:
            opens = True
        if opens:
            stack.append(mark)
        elif not stack or stack[-1].style != mark.style:
            return None
        else:
            first = stack.pop()
            if not stack:
                spans.append((first.start, mark.end))
    return None if stack else spans


def _flat(text: str, marks: Sequence[_Mark], span: tuple[int, int], *, going_on: bool) -> Iterator[Quotation]:
    """Pair outer marks without nesting; what stays open ends with the paragraph or with its sentence."""
    start, end = span
    opening: _Mark | None = None
    last = start
    outer = [mark for mark in marks if not mark.single] or marks
    for number, mark in enumerate(outer):
        if (
            opening is None
            and not mark.opens
            and last == start
            and number == 0
            and not text[start : mark.start].isspace()
        ):
            # The opening mark is missing at the head of the paragraph; elsewhere a stray mark says nothing.
            yield Quotation(start, mark.end, 0, opened=False)
            last = mark.end
        elif opening is None:
            if mark.opens:
                opening = mark
        elif not mark.opens:
            yield Quotation(opening.start, mark.end, 0)
            opening, last = None, mark.end
        else:
            # Opened again: the first one's closing mark is missing.
            stop = _sentence_end(text, opening.end, mark.start)
            yield Quotation(opening.start, stop, 0, closed=False)
            opening = mark
    if opening is not None:
        whole = (
            going_on
            or opening.start == start
            or text[max(start, opening.start - 2) : opening.start].strip() in (".", "?", "!", ":", ",", "…")
        )
        stop = end if whole else _sentence_end(text, opening.end, end)
        if stop > opening.end:
            yield Quotation(opening.start, stop, 0, closed=False, continues=going_on)


_STOP = re.compile(r"[.?!](?=\s|$)")


def _sentence_end(text: str, start: int, end: int) -> int:
    match = _STOP.search(text, start, end)
    stop = match.end() if match else end
    return start + len(text[start:stop].rstrip()) if text[start:stop].strip() else start
