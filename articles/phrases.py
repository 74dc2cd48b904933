"""Attributions by phrases and nouns: "according to", "by her account", "the ministry's insistence that"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from newstance.articles import subjects
from newstance.articles.attribution import Attribution, Span, offsets, spans_between
from newstance.articles.cues import Cues
from newstance.articles.subjects import Subject
from newstance.articles.tokens import Token
from newstance.articles.word_classes import DETERMINERS, OWN

__all__ = ["credited_by_nouns", "credited_by_phrases"]

_BY = frozenset({"by", "in", "on", "to", "for", "from", "with"})


def credited_by_phrases(tokens: Sequence[Token], cues: Cues) -> Iterator[Attribution]:
    """Read "according to the union", "in the words of Jane Doe", "by the sheriff's account"."""
    words = [t.lower for t in tokens]
    last = len(tokens) - 1
    while last >= 0 and not tokens[last].word:
        last -= 1
    for i, word in enumerate(words):
        for phrase in cues.phrases.get(word, ()):
            if tuple(words[i : i + len(phrase)]) == phrase:
                j = i + len(phrase)
                subject = subjects.subject_right(tokens, j - 1, bare=True) or (
                    Subject(j, j + 1, past=j + 1) if j < len(tokens) and tokens[j].word else None
                )
                if subject is None or tokens[subject.first].lower in OWN:
                    continue
                yield Attribution(
                    (tokens[i].start, tokens[j - 1].end),
                    offsets(tokens, subject),
                    (*spans_between(tokens, 0, i), *spans_between(tokens, subject.last, len(tokens))),
                    False,
                    i == 0 or tokens[i - 1].text in ",—–" or subject.last > last,
                    "phrase",
                    " ".join(phrase),
                )
        if word in cues.possessed and i > 1:
            found = _possessed(tokens, i)
            if found is not None:
                yield found


def _possessed(tokens: Sequence[Token], i: int) -> Attribution | None:
    """Read "by the sheriff's account", "in her own reading", "in the words of Jane Doe"."""
    j = i - 1
    while (
        j > 0
        and j > i - 3
        and tokens[j].word
        and tokens[j].lower not in ("his", "her", "their", "its")
        and tokens[j].lower != "'s"
    ):
        j -= 1
    if tokens[j].lower in ("his", "her", "their") and tokens[j - 1].lower in _BY and j > 0:
        return _set_off(tokens, j - 1, i + 1, (j, j + 1))
    plural = tokens[j].word and tokens[j].text.endswith("s") and tokens[j].lower not in ("its", "this")
    if tokens[j].lower == "'s" or plural:
        for k in range(j - 1, max(-1, j - 10), -1):
            if tokens[k].lower in _BY:
                return _set_off(tokens, k, i + 1, (k + 1, j))
            if not tokens[k].word:
                break
    return None


def _set_off(tokens: Sequence[Token], first: int, last: int, source: tuple[int, int]) -> Attribution | None:
    """Make an attribution of a phrase that stands apart: at either end, or between commas."""
    begins = first == 0 or not tokens[first - 1].word
    ends = last >= len(tokens) or not tokens[last].word
    if not ends or source[0] >= source[1] or not begins:
        return None
    return Attribution(
        (tokens[first].start, tokens[last - 1].end),
        (tokens[source[0]].start, tokens[source[1] - 1].end),
        (*spans_between(tokens, 0, first), *spans_between(tokens, last, len(tokens))),
        False,
        True,
        "phrase",
        tokens[last - 1].lower,
    )


def credited_by_nouns(tokens: Sequence[Token], cues: Cues) -> Iterator[Attribution]:
    """Read "the ministry's insistence that ...", "his claim of fraud"."""
    for i, token in enumerate(tokens):
        if token.lower not in cues.nouns or i < 1:
            continue
        after = tokens[i + 1].lower if i + 1 < len(tokens) else ""
        if after not in ("that", "of", "about", "for", "to", ",", "and"):
            continue
        j = i - 1
        if tokens[j].word and tokens[j].lower not in ("his", "her", "their", "its") and tokens[j].lower != "'s":
            j -= 1
        if j < 0:
            continue
        if tokens[j].lower in ("his", "her", "their", "its"):
            source: Span | None = (tokens[j].start, tokens[j].end)
        elif tokens[j].lower == "'s" and j > 0:
            k = j - 1
            while (
                k > 0
                and k > j - 6
                and tokens[k - 1].word
                and (tokens[k - 1].capital or tokens[k - 1].lower in DETERMINERS)
            ):
                k -= 1
            source = (tokens[k].start, tokens[j - 1].end)
        else:
            continue
        if after != "that":
            continue
        main = j <= 4 and after == "that"
        yield Attribution(
            (token.start, token.end),
            source,
            tuple(spans_between(tokens, i + 1, len(tokens))),
            False,
            main,
            "noun",
            token.lower,
        )
