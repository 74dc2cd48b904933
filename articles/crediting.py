"""Find who is credited with what inside one sentence: source, cue and content, direct or indirect.

Cues are verbs, phrases and nouns (`verbs`, `phrases`); full quotations go to the nearest of them, or to whoever
stands beside them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from newstance.articles import subjects
from newstance.articles.attribution import Attribution, Span, offsets
from newstance.articles.cues import Cues
from newstance.articles.phrases import credited_by_nouns, credited_by_phrases
from newstance.articles.tokens import Token
from newstance.articles.verbs import credited_by_verbs

__all__ = ["find_attributions", "is_full"]

#: A quotation of fewer words, or one inside the outlet's own clause, is a fragment: a title, a term, scare quotes.
_FULL = 3
#: Counting stops at this many words.
_ENOUGH = 8
#: A quotation goes on after an interruption of at most this many tokens ("..., said Jane Doe, ...").
_NEAR = 14
#: Nor does it belong to a cue that is further away, in characters, or beyond this many other cues.
_FAR = 200
_CUES = 12
_ASIDE = 30
#: Characters that a less likely kind of cue must be nearer by.
_DETOURS = {"touching": 60, "judging": 40, "thinking": 40, "phrase": 20}


def find_attributions(tokens: Sequence[Token], cues: Cues) -> list[Attribution]:
    """Return the attributions of a sentence in the order of their cues."""
    if not tokens:
        return []
    found = [*credited_by_verbs(tokens, cues), *credited_by_phrases(tokens, cues), *credited_by_nouns(tokens, cues)]
    found.sort(key=lambda a: a.cue)
    return list(_with_quotations(tokens, found))


def is_full(tokens: Sequence[Token], at: int, first: int = 0, last: int | None = None) -> bool:
    """Whether a quotation stands as somebody's words rather than as a term inside the outlet's clause.

    Args:
        tokens: the sentence.
        at: number of the quotation.
        first: number of the sentence's first word outside quotations.
        last: number of its last one; None for the end.
    """
    token = tokens[at]
    if token.quote is None:
        return False
    words = len(token.text.split(maxsplit=_ENOUGH))
    head = at < first
    if head and (last is None or at > last):
        return words > 1 or not token.quote.closed or token.text[-2:-1] in (".", "!", "?", ",")
    if words < _FULL and not _stopped(token):
        return False
    if head:
        return _stopped(token) or (at + 1 < len(tokens) and tokens[at + 1].text in (",", "—", "–"))
    before = tokens[at - 1]
    introduced = before.text in (",", ":", "—", "–", "--")
    near = tokens[max(0, at - _NEAR) : at]
    resumed = any(t.quote is not None and len(t.text.split(maxsplit=_FULL)) >= _FULL for t in near)
    if introduced and (before.text == ":" or resumed):
        return True
    bare = token.text[:40].lstrip("“\"‘'«„`([…. ")
    capital = bare[:1].isupper() or bare[:1].isdigit()
    return (capital and (introduced or _stopped(token) or words > 6)) or (_stopped(token) and words > 3)


def _is_part(tokens: Sequence[Token], at: int) -> bool:
    """Whether a quotation goes on with a clause that began outside it: 'said the plan "is dead."'."""
    bare = tokens[at].text[:40].lstrip("“\"‘'«„`([…. ")
    return at > 0 and tokens[at - 1].word and not bare[:1].isupper()


def _stopped(token: Token) -> bool:
    """Whether the quoted words end a clause of their own, with the mark before the closing quotation mark."""
    return token.text.rstrip("”\"’'»“`")[-1:] in (",", ".", "?", "!", "…", "—", "–")


def _with_quotations(tokens: Sequence[Token], found: list[Attribution]) -> Iterator[Attribution]:
    """Give each full quotation to the nearest cue; make an attribution of one that has none."""
    direct: dict[int, list[Span]] = {}
    orphans: list[int] = []
    taken: list[Attribution] = []
    words = [i for i, token in enumerate(tokens) if token.word]
    first, last = (words[0], words[-1]) if words else (len(tokens), -1)
    cues = [a.cue[0] for a in found]
    for i, token in enumerate(tokens):
        if token.quote is None or not is_full(tokens, i, first, last):
            continue
        at = bisect_left(cues, token.start)
        best = _nearest(token, found, range(max(0, at - _CUES), min(len(found), at + _CUES)))
        if best is not None and _is_part(tokens, i) and any(a.main for a in found[:best]):
            continue  # part of a clause inside what somebody else says
        if best is None:
            guess = _beside(tokens, i)
            if guess is not None:
                taken.append(guess)
            else:
                orphans.append(i)
        else:
            direct.setdefault(best, []).append((token.start, token.end))
    for number, attribution in enumerate(found):
        spans = direct.get(number)
        yield attribution if spans is None else replace(attribution, contents=tuple(spans), direct=True, main=True)
    yield from taken
    known = next((a for a in [*found, *taken] if a.direct), None) or (taken[0] if taken else None)
    for i in orphans:
        span = (tokens[i].start, tokens[i].end)
        source = known.source if known is not None else None
        yield Attribution(span, source, (span,), True, True, "quotation")


def _nearest(token: Token, found: Sequence[Attribution], numbers: Iterable[int]) -> int | None:
    """Return the number of the attribution that a quotation belongs to."""
    best: tuple[int, int] | None = None
    for number in numbers:
        attribution = found[number]
        if attribution.kind == "noun":
            continue
        ends = [attribution.cue, *([attribution.source] if attribution.source else [])]
        first, last = min(e[0] for e in ends), max(e[1] for e in ends)
        gap = first - token.end if first >= token.end else token.start - last if last <= token.start else 0
        if not 0 <= gap <= _FAR:
            continue
        cost = gap + _DETOURS.get(attribution.kind, 0) + (0 if attribution.main else _ASIDE)
        if best is None or cost < best[0]:
            best = (cost, number)
    return None if best is None else best[1]


def _beside(tokens: Sequence[Token], at: int) -> Attribution | None:
    """Credit a quotation by a verb that is no known cue: "..., countered Jane Doe", "..., Doe offered."."""
    span = (tokens[at].start, tokens[at].end)
    i = at + 1
    if i < len(tokens) and tokens[i].text == ",":
        i += 1
    if i < len(tokens) and tokens[i].word:
        if tokens[i].lower.endswith(("ed", "s")) and not tokens[i].capital:
            subject = subjects.subject_right(tokens, i)
            if subject is not None:
                return Attribution(
                    (tokens[i].start, tokens[i].end), offsets(tokens, subject), (span,), True, True, "quotation"
                )
        for j in range(i, min(i + 12, len(tokens))):
            if j > i and tokens[j].lower.endswith(("ed", "s", "es")) and not tokens[j].capital:
                subject = subjects.subject_left(tokens, j)
                if subject is not None:
                    return Attribution(
                        (tokens[j].start, tokens[j].end), offsets(tokens, subject), (span,), True, True, "quotation"
                    )
                break
            if not tokens[j].word and tokens[j].lower not in (",", "'s"):
                break
    if at > 0 and tokens[at - 1].text in (":", ","):
        subject = subjects.leading_subject(tokens, at)
        if subject is not None:
            return Attribution(
                (tokens[at - 1].start, tokens[at - 1].end), offsets(tokens, subject), (span,), True, True, "quotation"
            )
    return None
