"""A sentence as tokens for the rules of attribution: words, marks, and each quotation as one token."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from newstance.articles.quotations import Quotation

__all__ = ["Token", "overlapping", "tokens_of"]

#: Words keep inner apostrophes, hyphens and points ("U.S.", "Chavez-DeRemer", "don't"); a possessive ending is a
#: token of its own.
_TOKEN = re.compile(
    r"['’](?:s|S)(?!\w)"
    r"|(?:[A-Z]\.){2,}"
    r"|(?:Mr|Mrs|Ms|Mx|Dr|Prof|Rev|Hon|Fr|St|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Gen|Col|Maj|Capt|Cmdr|Sgt|Adm|Brig|Amb|"
    r"Jr|Sr|Supt|Atty|Insp)\."
    r"|[A-Z]\.(?=\s?[A-Z])"
    r"|\d[\d,.]*\d|\w(?:[\w\u0300-\u036f]|(?!['’][sS](?!\w))[-‐‑'’&.](?=\w))*"
    r"|--+|\.\.\.|[^\w\s]"
)
#: Words and marks that belong to nothing (a megabyte without a blank) are cut at this length.
_LONGEST = 200


@dataclass(slots=True)
class Token:
    """One word, mark or quotation, never changed once made; half-open code-point offsets into the article's text.

    Attributes:
        text: as it stands in the article.
        lower: in lower case, apostrophes straightened.
        start: offset of its first character.
        end: offset just past its last.
        word: whether it has a letter or digit and is no quotation.
        capital: whether it is a word with a capital first letter.
        quote: the quotation that it stands for (the part of it that lies in the sentence), or None.
    """

    text: str
    lower: str
    start: int
    end: int
    word: bool
    capital: bool
    quote: Quotation | None = None


def tokens_of(text: str, start: int, end: int, quotations: Sequence[Quotation]) -> list[Token]:
    """Return the tokens of ``text[start:end]``; each quotation that reaches into it is one token.

    Args:
        text: the article.
        start: offset of the sentence.
        end: offset just past it.
        quotations: those that overlap the sentence, in order.
    """
    tokens: list[Token] = []
    at = start
    for quotation in quotations:
        first, last = max(quotation.start, start), min(quotation.end, end)
        if first >= last:
            continue
        _words(text, at, first, tokens)
        tokens.append(Token(text[first:last], "", first, last, False, False, quotation))
        at = last
    _words(text, at, end, tokens)
    return tokens


def overlapping(quotations: Sequence[Quotation], starts: Sequence[int], start: int, end: int) -> list[Quotation]:
    """Return the quotations that overlap a span, given all of them and their first offsets."""
    at = max(0, bisect_right(starts, start) - 1)
    found = []
    while at < len(quotations) and quotations[at].start < end:
        if quotations[at].end > start:
            found.append(quotations[at])
        at += 1
    return found


def _words(text: str, start: int, end: int, tokens: list[Token]) -> None:
    for match in _TOKEN.finditer(text, start, end):
        piece = match.group()
        if len(piece) > _LONGEST:
            continue
        low = piece.lower().replace("’", "'")
        if low == "'" and tokens and tokens[-1].lower.endswith("s") and tokens[-1].end == match.start():
            low = "'s"  # what is left of the marks is no quotation: "the growers' federation"
        tokens.append(Token(piece, low, match.start(), match.end(), piece[0].isalnum(), piece[0].isupper()))
