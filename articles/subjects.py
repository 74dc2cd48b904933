"""Who speaks, by the words around a verb: the noun phrase to its left, or to its right where the verb comes first.

No parser: closed classes of words (determiners, auxiliaries, conjunctions, prepositions) and capital letters bound the
phrase. Every walk is bounded, so that a sentence costs time linear in its length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newstance.articles.tokens import Token
from newstance.articles.word_classes import (
    ADVERBS,
    AFTER,
    ASIDE_WORDS,
    AUXILIARIES,
    BOUNDARIES,
    DAYS,
    DETERMINERS,
    EMPTY,
    INNER,
    IRREGULAR,
    MODALS,
    OWN,
    PREPOSITIONS,
    PRONOUNS,
    STATES,
)

__all__ = ["Subject", "leading_subject", "skip_left", "subject_left", "subject_right"]

#: No noun phrase is longer than this many tokens.
_REACH = 28
#: Nor has a subject more asides ("Jane Doe, 44, a teacher, who ...").
_ASIDES = 5
_ASIDE_ENDS = frozenset({",", ")", "—", "–", "--", "-", "]"})
#: Words that no noun phrase goes over.
_ENDS_PHRASE = BOUNDARIES | (AUXILIARIES - {"'s"}) | MODALS | {"or", "to", "then"}
_COMMAS = frozenset({",", "—", "–", "-"})


@dataclass(frozen=True, slots=True)
class Subject:
    """A noun phrase, as numbers of its first token and past its last.

    Attributes:
        first: number of its first token.
        last: number past its last token.
        relative: whether the verb stands in a relative clause ("Jane Doe, who said ...").
        past: number past all that belongs to it, asides included.
    """

    first: int
    last: int
    relative: bool = False
    past: int = 0


def skip_left(tokens: Sequence[Token], at: int) -> int:
    """Return the number of the last token left of a verb that is no auxiliary, adverb or day."""
    stop = max(-1, at - 12)
    i = at - 1
    while i > stop:
        token = tokens[i]
        low = token.lower
        if low in AUXILIARIES or low in ADVERBS or (low.endswith(("n't", "ly")) and not token.capital):
            i -= 1
        elif low in DAYS and i > 0 and tokens[i - 1].lower in ("on", "late", "early", "last"):
            i -= 2
        elif low in DAYS and i > 0:
            i -= 1
        elif low in ("week", "month", "year", "night") and i > 0 and tokens[i - 1].lower in ("last", "this"):
            i -= 2
        else:
            break
    return i


def subject_left(tokens: Sequence[Token], verb: int) -> Subject | None:
    """Find the subject of a verb to its left, over asides between commas, dashes or brackets.

    Args:
        tokens: the sentence.
        verb: number of the verb.

    Returns:
        None where the words to the left are no noun phrase: the verb is a participle, or its subject follows.
    """
    end = nearest = skip_left(tokens, verb)
    for _ in range(_ASIDES):
        if end < 0 or tokens[end].text not in _ASIDE_ENDS:
            break
        start = _aside(tokens, end)
        if start is None:
            return None
        end = start - 1
    if end < 0:
        return None
    low = tokens[end].lower
    if low == "who" or (low == "which" and end > 0 and tokens[end - 1].text == ","):
        found = _chunk(tokens, end - 2 if end > 0 and tokens[end - 1].text in _COMMAS else end - 1)
        return None if found is None else Subject(*found, relative=True, past=verb)
    found = _chunk(tokens, end)
    if found is not None and tokens[found[0] - 1].lower == "to" and found[0] > 1:
        found = _before_talk(tokens, found[0] - 1) or found
    if found is None or not _names_somebody(tokens, *found):
        return None
    if end != nearest and found[0] > 0 and tokens[found[0] - 1].text == "," and _is_aside_start(tokens, found[0]):
        # What was taken for the phrase is one more aside ("Jane Doe, 44, a teacher, said").
        further = _chunk(tokens, found[0] - 2)
        if further is not None and _names_somebody(tokens, *further) and tokens[further[1] - 1].capital:
            found = further
    return Subject(*found, past=verb)


def subject_right(tokens: Sequence[Token], verb: int, *, bare: bool = False) -> Subject | None:
    """Find the subject of a verb to its right, as in "said Jane Doe, who ...", "said an aide on Tuesday".

    Args:
        tokens: the sentence.
        verb: number of the verb, or of the last word of a phrase like "according to".
        bare: whether the phrase may begin with any word ("according to senior officials", "said skipper Jane Doe").
    """
    first = verb + 1
    if first >= len(tokens):
        return None
    head = tokens[first]
    starts = head.word and (
        head.capital
        or (head.lower in DETERMINERS and head.lower != "that")
        or head.lower in ("he", "she", "they")
        or head.text[0].isdigit()
    )
    if not (starts or bare) and not (head.word and head.lower.endswith("s") and head.lower not in AFTER):
        return None
    if head.lower in DAYS or head.lower in OWN:
        return None
    last = first
    while last < len(tokens) and last < first + _REACH:
        token = tokens[last]
        if token.lower in ("'s", "&", ".") and token.end < tokens[-1].end and last > first:
            if token.text == ".":
                break
            last += 1
            continue
        if not token.word:
            break
        if token.lower in AUXILIARIES or token.lower in MODALS or token.lower in OWN:
            return None
        if last > first and token.lower in AFTER and not _inner(tokens, first, last):
            break
        last += 1
    if last == first:
        return None
    return Subject(first, last, past=last)


def leading_subject(tokens: Sequence[Token], before: int, start: int = 0) -> Subject | None:
    """Find the subject of the sentence: the first noun phrase after an introduction that ends in a comma.

    Args:
        tokens: the sentence.
        before: number of the token before which it must end.
        start: number of the clause's first token.
    """
    at = start
    while at < min(before, start + _REACH * 2):
        token = tokens[at]
        if not token.word or token.lower in ADVERBS or token.lower in ("but", "and", "yet", "still", "so"):
            at += 1
            continue
        if token.lower in PREPOSITIONS or token.lower in BOUNDARIES or (token.lower.endswith("ing") and at == start):
            comma = next((i for i in range(at, min(before, at + _REACH)) if tokens[i].text == ","), None)
            if comma is None:
                return None
            at = comma + 1
            continue
        break
    else:
        return None
    if at >= before:
        return None
    last = at
    name = tokens[at].capital and tokens[at].lower not in DETERMINERS
    while last < min(before, at + _REACH):
        token = tokens[last]
        low = token.lower
        if not token.word and token.lower != "'s":
            break
        if last > at and (
            low in AUXILIARIES or low in MODALS or low in BOUNDARIES or low in ADVERBS or low in ("and", "who", "to")
        ):
            break
        if last > at and (low.endswith("ed") or low in IRREGULAR) and not token.capital:
            break
        if name and not token.capital and token.lower not in ("of", "the", "de", "van", "von", "'s"):
            break
        last += 1
    if last == at or not _names_somebody(tokens, at, last):
        return None
    return Subject(at, last, past=last)


def _aside(tokens: Sequence[Token], end: int) -> int | None:
    """Return where the aside begins that ends with the mark at ``end``, None if that mark ends no aside."""
    closing = tokens[end].text
    opening = {")": "(", "]": "["}.get(closing)
    i = end - 1
    stop = max(0, end - _REACH - 12)
    while i > stop:
        token = tokens[i]
        if opening is not None:
            if token.text == opening:
                return i
        elif token.text == closing and _is_aside_start(tokens, i + 1) and tokens[i - 1].word:
            return i
        elif token.text in (";", ":") or (token.quote is not None and len(token.text) > 60):
            return None
        i -= 1
    return None


def _is_aside_start(tokens: Sequence[Token], at: int) -> bool:
    token = tokens[at]
    if not token.word:
        return token.quote is not None
    if token.lower in ASIDE_WORDS or token.text[0].isdigit() or token.text in STATES or token.text[:2] in ("R-", "D-"):
        return True
    # "Jane Doe, Republican of Ohio, said"; "Jane Doe, mayor of Salem, said"; not "..., the mayor and he said".
    return token.lower not in PRONOUNS and token.lower not in OWN and (not token.capital or _short_capital(tokens, at))


def _short_capital(tokens: Sequence[Token], at: int) -> bool:
    """Whether a capitalised aside is a place or a party: one to four words up to the next comma."""
    return any(tokens[i].text == "," for i in range(at, min(len(tokens), at + 6)))


def _chunk(tokens: Sequence[Token], end: int) -> tuple[int, int] | None:
    """Return the noun phrase that ends with the token at ``end``."""
    if end < 0 or not (tokens[end].word or tokens[end].lower in ("'s", ".")):
        return None
    first = end
    stop = max(-1, end - _REACH)
    for i in range(end, stop, -1):
        token = tokens[i]
        low = token.lower
        if token.text == "," and _inside_list(tokens, i, first):
            continue
        if not (token.word or low in ("'s", "&", "/") or _is_term(token)):
            break
        if low in _ENDS_PHRASE or (low in IRREGULAR and i < end) or (low == "and" and not _joins_names(tokens, i)):
            break
        first = i
    return _trimmed(tokens, first, end + 1)


def _is_term(token: Token) -> bool:
    """Whether a quotation is a term inside a phrase: 'the "green harbour" plan'."""
    return token.quote is not None and len(token.text) < 30 and token.text[-2:-1] not in (",", ".", "?", "!")


def _before_talk(tokens: Sequence[Token], at: int) -> tuple[int, int] | None:
    """Return the phrase before "in speaking to", "in remarks to" at whose "to" a walk to the left ended."""
    for i in range(at - 1, max(0, at - 4), -1):
        if tokens[i].lower == "in" or (tokens[i].lower == "speaking" and tokens[i - 1].lower != "in"):
            return _chunk(tokens, i - 1)
    return None


def _inside_list(tokens: Sequence[Token], comma: int, first: int) -> bool:
    """Whether a comma stands in a list of names: "Doe, Roe and Poe said"."""
    return (
        comma > 0
        and tokens[comma - 1].capital
        and tokens[first].capital
        and any(tokens[i].lower == "and" for i in range(first, min(first + 4, len(tokens))))
    )


def _joins_names(tokens: Sequence[Token], at: int) -> bool:
    if at == 0 or at + 1 >= len(tokens):
        return False
    left, right = tokens[at - 1], tokens[at + 1]
    return (
        left.word
        and (left.capital == right.capital)
        and (left.capital or left.lower.endswith("s") or right.lower.endswith("s"))
    )


def _trimmed(tokens: Sequence[Token], first: int, last: int) -> tuple[int, int] | None:
    """Cut what stands before the phrase without a comma: conjunctions, adverbs, "On Tuesday", an earlier clause."""
    while first < last and (
        tokens[first].lower in ADVERBS - {"both", "all", "first"}
        or tokens[first].lower in ("and", "or")
        or not (tokens[first].word or tokens[first].quote)
        or (tokens[first].lower.endswith("ly") and not tokens[first].capital)
    ):
        first += 1
    if first >= last:
        return None
    if tokens[first].lower in PREPOSITIONS:
        start = _after_introduction(tokens, first, last)
        if start is None:
            return None
        first = start
    return first, last


def _after_introduction(tokens: Sequence[Token], first: int, last: int) -> int | None:
    """Return where the phrase begins after an introduction without a comma: "In a call on Tuesday Jane Doe said"."""
    i = last - 1
    if tokens[i].capital:
        while i - 1 > first and (tokens[i - 1].capital or tokens[i - 1].lower == "'s"):
            i -= 1
        previous = tokens[i - 1].lower
        if previous in ("of", "for", "at", "in", "from", "on", "with", "to", "by"):
            return None
        return i if previous not in DETERMINERS else i - 1
    for j in range(last - 1, first, -1):
        if tokens[j].lower in DETERMINERS or tokens[j].lower in PRONOUNS:
            return None if tokens[j - 1].lower in PREPOSITIONS else j
    return None


def _names_somebody(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a phrase can speak: a pronoun, a name, or a noun with its determiner or in the plural."""
    head = tokens[first]
    if last - first == 1:
        low = head.lower
        if low in OWN or low in EMPTY - {"it"}:
            return False
        return (
            low in PRONOUNS
            or low in ("some", "many", "others", "one", "most", "few", "both", "several", "people")
            or (head.capital and low not in DAYS and low not in PREPOSITIONS)
            or (low.endswith("s") and len(low) > 4)
            or low in ("police",)
        )
    if head.lower in OWN:
        return False
    return any(
        t.capital or t.lower in DETERMINERS or t.lower.endswith("s") or t.text[0].isdigit() for t in tokens[first:last]
    )


def _inner(tokens: Sequence[Token], first: int, at: int) -> bool:
    """Whether a preposition after its verb's subject still belongs to it: "a nurse at the field hospital"."""
    if tokens[at].lower not in INNER or at + 1 >= len(tokens):
        return False
    following = tokens[at + 1]
    if following.lower in DAYS or not following.word:
        return False
    if tokens[at].lower == "and":
        return following.capital or following.lower in DETERMINERS
    if tokens[at].lower in ("in", "on", "to") and following.lower in ("a", "an", "his", "her", "their"):
        return False
    # A name needs no preposition to be complete, a description does.
    return not (tokens[at - 1].capital and any(tokens[i].capital for i in range(first, at - 1))) or tokens[
        at
    ].lower in ("of", "and")
