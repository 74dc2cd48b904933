"""`Attribution`: who is credited with what by which words, and the offsets of runs of tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from newstance.articles.subjects import Subject
from newstance.articles.tokens import Token

__all__ = ["Attribution", "Kind", "Span", "offsets", "spans_between"]

Kind = Literal["saying", "judging", "thinking", "reporting", "touching", "phrase", "noun", "quotation"]
Span = tuple[int, int]

#: Marks in a row that are cut off the end of a span; a hundred thousand are nobody's words anyway.
_MARKS = 30


@dataclass(frozen=True, slots=True)
class Attribution:
    """One crediting of content to a source, half-open code-point offsets into the article.

    Attributes:
        cue: the verb, noun or phrase that credits; for a quotation without one, the quotation.
        source: the words that name the source, or None.
        contents: what is credited.
        direct: whether it credits a direct quotation.
        main: whether it governs the sentence rather than a clause inside it.
        kind: kind of cue.
        lemma: the cue's base form, "" for a quotation without a cue.
    """

    cue: Span
    source: Span | None
    contents: tuple[Span, ...]
    direct: bool
    main: bool
    kind: Kind
    lemma: str = ""


def offsets(tokens: Sequence[Token], subject: Subject) -> Span:
    """Return the offsets of a noun phrase in the article."""
    return tokens[subject.first].start, tokens[subject.last - 1].end


def spans_between(tokens: Sequence[Token], first: int, last: int) -> list[Span]:
    """Return the offsets of a run of tokens without the marks at its ends, or nothing if no word is in it."""
    bound = min(last, first + _MARKS)
    while first < bound and not _says(tokens[first]):
        first += 1
    bound = max(first, last - _MARKS)
    while last > bound and not _says(tokens[last - 1]):
        last -= 1
    return [(tokens[first].start, tokens[last - 1].end)] if first < last else []


def _says(token: Token) -> bool:
    return token.word or token.quote is not None
