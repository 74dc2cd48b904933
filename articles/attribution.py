"""Find who is credited with what inside one sentence: source, cue and content, direct or indirect.

The rules look at cue verbs ("argued that", "..., said Jane Doe"), nouns ("the ministry's insistence that") and phrases
("according to", "by her account"), and at what stands beside a quotation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from newstance.articles import subjects
from newstance.articles.cues import Cues, CueVerb
from newstance.articles.subjects import Subject
from newstance.articles.tokens import Token

__all__ = ["Attribution", "Kind", "find_attributions", "is_full"]

Kind = Literal["saying", "judging", "thinking", "reporting", "phrase", "noun", "quotation"]
Span = tuple[int, int]

#: A quotation of fewer words, or one inside the outlet's own clause, is a fragment: a title, a term, scare quotes.
_FULL = 3
#: "went on to say", "took to the radio to say": what may stand left of an infinitive that reports.
_BEFORE_TO = frozenset(
    """went go goes going continued wanted appeared seemed quick came had has rushed began hastened moved used liked
    likes claims claimed purports refused refuses refusing declined declines failed tried sought seeks wants wished
    hoped hopes twitter radio facebook television air pledged vowed promised threatened expected""".split()
)
_ADDRESSED = frozenset("tell assure remind inform warn reassure advise urge ask challenge promise".split())


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


def find_attributions(tokens: Sequence[Token], cues: Cues) -> list[Attribution]:
    """Return the attributions of a sentence in the order of their cues."""
    if not tokens:
        return []
    found = [*_verbs(tokens, cues), *_phrases(tokens, cues), *_nouns(tokens, cues)]
    found.sort(key=lambda a: a.cue)
    return list(_with_quotations(tokens, found))


def is_full(tokens: Sequence[Token], at: int) -> bool:
    """Whether a quotation stands as somebody's words rather than as a term inside the outlet's clause."""
    token = tokens[at]
    quotation = token.quote
    if quotation is None:
        return False
    whole = all(not t.word for t in tokens[:at]) and all(not t.word for t in tokens[at + 1 :])
    if whole:
        return len(token.text.split()) > 1 or not quotation.closed or token.text[-2:-1] in (".", "!", "?", ",")
    words = len(token.text.split())
    if words < _FULL and not _stopped(token):
        return False
    bare = token.text.lstrip("“\"‘'«„`([…. ")
    capital = bare[:1].isupper() or bare[:1].isdigit()
    before = tokens[at - 1] if at else None
    first = before is None or all(not t.word for t in tokens[:at])
    if first:
        return _stopped(token) or (at + 1 < len(tokens) and tokens[at + 1].text in ",—–")
    introduced = before is not None and before.text in (",", ":", "—", "–", "--")
    resumed = any(t.quote is not None and len(t.text.split()) >= _FULL for t in tokens[max(0, at - 14) : at])
    return (capital and (introduced or _stopped(token) or words > 6)) or (introduced and before.text == ":") or (
        introduced and resumed
    ) or (resumed and _stopped(token) and words > 4)


def _stopped(token: Token) -> bool:
    """Whether the quoted words end a clause of their own, with the mark before the closing quotation mark."""
    return token.text.rstrip("”\"’'»“`")[-1:] in (",", ".", "?", "!", "…", "—", "–")


def _verbs(tokens: Sequence[Token], cues: Cues) -> Iterator[Attribution]:
    done = -1
    for i, token in enumerate(tokens):
        if not token.word or i <= done:
            continue
        verb = cues.verbs.get(token.lower)
        if verb is None or (token.capital and i > 0 and tokens[i - 1].word and tokens[i - 1].capital):
            continue
        found = _verb(tokens, i, verb)
        if found is not None:
            yield found


def _verb(tokens: Sequence[Token], i: int, verb: CueVerb) -> Attribution | None:
    before = tokens[i - 1] if i else None
    low = before.lower if before is not None else ""
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if low in subjects.DETERMINERS - {"all", "both", "some", "many", "most", "several", "few", "critics", "that", "this"} or low in ("'s", "own"):
        return None
    if low == "to":
        if not (i > 1 and any(t.lower in _BEFORE_TO for t in tokens[max(0, i - 4) : i - 1])):
            return None
        at = next(j for j in range(i - 2, max(-1, i - 5), -1) if tokens[j].lower in _BEFORE_TO)
        subject = subjects.subject_left(tokens, at)
        return _made(tokens, i, verb, subject) if subject is not None else None
    left = subjects.skip_left(tokens, i)
    between = [tokens[j].lower for j in range(left + 1, i)]
    if left >= 0 and tokens[left].lower in subjects.MODALS:
        return None
    if verb.form == "ed" and any(w in ("is", "was", "are", "were", "be", "been", "being", "get", "got") for w in between):
        return _passive(tokens, i, verb)
    if verb.form == "ing":
        if any(w in ("is", "was", "are", "were", "been", "'s", "'re") for w in between):
            subject = subjects.subject_left(tokens, i)
            return _made(tokens, i, verb, subject) if subject is not None else None
        return _participle(tokens, i, verb)
    if _inverts(tokens, i, left, verb):
        subject = subjects.subject_right(tokens, i)
        if subject is not None:
            return _made(tokens, i, verb, subject, inverted=True)
    subject = subjects.subject_left(tokens, i)
    if subject is None and tokens[left].lower in ("and", "but", "or") if left >= 0 else False:
        subject = subjects.leading_subject(tokens, left)
        if subject is not None:
            subject = replace(subject, past=i)
    if subject is None:
        return None
    if subject.relative and verb.kind in ("thinking",):
        return None
    if verb.form == "base" and not _plural(tokens, subject) and not any(w in ("did", "does", "do", "will", "'ll") or w.endswith("n't") for w in between):
        return None
    if verb.kind == "judging" and (after is None or after.text in (".", ",")):
        return None
    if verb.lemma in ("point", "hold", "offer", "put", "read", "begin", "charge", "see", "rate", "submit", "find", "project") and not _clausal(tokens, i, verb):
        return None
    return _made(tokens, i, verb, subject)


def _plural(tokens: Sequence[Token], subject: Subject) -> bool:
    words = tokens[subject.first : subject.last]
    return any(t.lower in ("they", "and", "people", "police", "who", "some", "many", "most", "others", "few") or t.lower.endswith(("s", "men", "women")) for t in words)


def _clausal(tokens: Sequence[Token], i: int, verb: CueVerb) -> bool:
    """Whether a verb of many meanings goes on as one that reports."""
    after = tokens[i + 1] if i + 1 < len(tokens) else None
    if after is None:
        return verb.lemma in ("read", "begin", "offer", "rule")
    if verb.lemma == "point":
        return after.lower in ("out", "to")
    if after.lower == "that" or after.quote is not None or after.text == ":":
        return True
    if i > 0 and (tokens[i - 1].quote is not None):
        return True
    if verb.lemma == "put":
        return any(t.text[:1].isdigit() or t.lower in ("down", "it") for t in tokens[i + 1 : i + 9])
    if verb.lemma == "find":
        return after.word and (after.text[:1].isdigit() or after.lower in ("no", "most", "few", "more", "evidence"))
    return False


def _inverts(tokens: Sequence[Token], i: int, left: int, verb: CueVerb) -> bool:
    """Whether a verb of saying stands before its subject: after a quotation, a comma, or first of all."""
    if verb.kind == "judging" or verb.lemma == "tell" or verb.form == "base":
        return False
    if left < 0:
        return i + 1 < len(tokens) and any(t.text in (":", ",") or t.quote is not None for t in tokens[i + 1 : i + 14])
    mark = tokens[left]
    if mark.quote is not None:
        return True
    if mark.text not in (",", "—", "–", "--"):
        return False
    subject = subjects.subject_right(tokens, i)
    if subject is None:
        return False
    past = tokens[subject.last] if subject.last < len(tokens) else None
    ends = past is None or not past.word or past.lower in subjects.AFTER - {"that"}
    return ends and not (past is not None and past.lower in ("that", "to", "into", "for"))


def _passive(tokens: Sequence[Token], i: int, verb: CueVerb) -> Attribution | None:
    """Read "was accused by Doe of": the source follows "by"."""
    for j in range(i + 1, min(i + 10, len(tokens))):
        if tokens[j].text in (",", ";") or tokens[j].quote is not None:
            break
        if tokens[j].lower == "by":
            subject = subjects.subject_right(tokens, j)
            if subject is None or tokens[j + 1].lower.endswith("ing"):
                return None
            contents = ((tokens[0].start, tokens[j - 1].end), *_span(tokens, subject.last, len(tokens)))
            return Attribution(
                (tokens[i].start, tokens[j].end), _offsets(tokens, subject), contents, False, False, verb.kind, verb.lemma
            )
    return None


def _participle(tokens: Sequence[Token], i: int, verb: CueVerb) -> Attribution | None:
    """Read "..., adding that" and "with mayors alleging that"."""
    low = tokens[i - 1].lower if i else ""
    if low in ("without", "of", "for", "than", "stopped", "from", "the", "'s") or (verb.kind == "thinking"):
        return None
    if i > 1 and (tokens[i - 1].word and low not in ("and", "by", "after", "before", "while", "when", "in", "then", "also") and not low.endswith("ly")):
        # "with opposition mayors alleging": the subject is the phrase between.
        for j in range(i - 1, max(-1, i - 10), -1):
            if tokens[j].lower == "with":
                return _made(tokens, i, verb, Subject(j + 1, i, past=i))
            if not tokens[j].word:
                break
        return None
    subject = subjects.leading_subject(tokens, i)
    if subject is None:
        return None
    found = _made(tokens, i, verb, replace(subject, past=i))
    return replace(found, main=low in ("", ",", "and") and verb.kind != "judging")


def _made(
    tokens: Sequence[Token], i: int, verb: CueVerb, subject: Subject, *, inverted: bool = False
) -> Attribution:
    """Join verb and subject; what is credited lies behind the verb, or before where a comma parts it."""
    behind = subject.last if inverted else i + 1
    ahead = min(subject.first, i)
    trailing = ahead > 0 and _ends_clause(tokens, behind, verb) and _clause_before(tokens, ahead)
    contents: list[Span] = []
    if trailing:
        contents.extend(_span(tokens, 0, ahead))
        comma = next((j for j in range(behind, len(tokens)) if tokens[j].text == ","), None)
        if comma is not None:
            contents.extend(_span(tokens, comma + 1, len(tokens)))
    else:
        contents.extend(_span(tokens, behind, len(tokens)))
    if not contents and ahead > 0:
        contents.extend(_span(tokens, 0, ahead))
    main = not subject.relative and (trailing or _governs(tokens, subject.first))
    return Attribution(
        (tokens[i].start, tokens[i].end), _offsets(tokens, subject), tuple(contents), False, main, verb.kind, verb.lemma
    )


def _ends_clause(tokens: Sequence[Token], at: int, verb: CueVerb) -> bool:
    """Whether nothing credited follows: the sentence ends, or a comma or a phrase of time and place comes."""
    if at >= len(tokens):
        return True
    token = tokens[at]
    if token.quote is not None:
        return False
    if token.text in (",", ".", ";", "—", "–", "--", "?", "!", ")"):
        return True
    if token.lower in subjects.DAYS or token.lower in subjects.AFTER - {"that", "to", "into", "about", "upon", "if", "and"}:
        return True
    return verb.lemma == "tell" and not any(t.lower == "that" for t in tokens[at : at + 6])


def _clause_before(tokens: Sequence[Token], at: int) -> bool:
    """Whether the words before the subject are a clause or quotation set off by a comma or mark."""
    if at < 1:
        return False
    mark = tokens[at - 1]
    if mark.quote is not None:
        return True
    if mark.text not in (",", "—", "–", "--", ";", "?"):
        return False
    head = tokens[0]
    words = sum(t.word for t in tokens[: at - 1])
    quoted = any(t.quote is not None for t in tokens[: at - 1])
    return quoted or (words > 3 and head.lower not in subjects.PREPOSITIONS) or words > 9


def _governs(tokens: Sequence[Token], first: int) -> bool:
    """Whether a subject begins the main clause: first of all, or after an introduction."""
    if first == 0:
        return True
    before = tokens[max(0, first - 30) : first]
    words = [t for t in before if t.word]
    if not words or first - len(words) > 30:
        return True
    if tokens[first - 1].lower in subjects.BOUNDARIES and tokens[first - 1].lower not in ("but", "nor", "yet", "so"):
        return False
    head = tokens[0].lower
    if tokens[first - 1].text == "," or tokens[first - 1].quote is not None:
        return head in subjects.PREPOSITIONS | subjects.BOUNDARIES | subjects.ADVERBS or tokens[0].capital and (
            head.endswith(("ing", "ed", "ly")) or len(words) <= 4
        )
    if tokens[first - 1].text in (":", ";", "—", "–", "--", ")"):
        return True
    return len(words) <= 8 and (head in subjects.PREPOSITIONS or head in subjects.ADVERBS or len(words) <= 2)


def _phrases(tokens: Sequence[Token], cues: Cues) -> Iterator[Attribution]:
    words = [t.lower for t in tokens]
    for i, word in enumerate(words):
        for phrase in cues.phrases:
            if word == phrase[0] and tuple(words[i : i + len(phrase)]) == phrase:
                j = i + len(phrase)
                subject = subjects.subject_right(tokens, j - 1) or (
                    Subject(j, j + 1, past=j + 1) if j < len(tokens) and tokens[j].word else None
                )
                if subject is None or tokens[subject.first].lower in subjects.OWN:
                    continue
                yield Attribution(
                    (tokens[i].start, tokens[j - 1].end),
                    _offsets(tokens, subject),
                    (*_span(tokens, 0, i), *_span(tokens, subject.last, len(tokens))),
                    False,
                    i == 0 or tokens[i - 1].text in ",—–" or not any(t.word for t in tokens[subject.last :]),
                    "phrase",
                    " ".join(phrase),
                )
        if word in cues.possessed and i > 1:
            found = _possessed(tokens, i)
            if found is not None:
                yield found


_BY = frozenset("by in on to for from with".split())


def _possessed(tokens: Sequence[Token], i: int) -> Attribution | None:
    """Read "by the sheriff's account", "in her own reading", "in the words of Jane Doe"."""
    j = i - 1
    while j > 0 and j > i - 3 and tokens[j].word and tokens[j].lower not in ("his", "her", "their", "its") and tokens[j].text not in ("'s", "’s"):
        j -= 1
    if tokens[j].lower in ("his", "her", "their") and tokens[j - 1].lower in _BY and j > 0:
        return _set_off(tokens, j - 1, i + 1, (j, j + 1))
    if tokens[j].text in ("'s", "’s") or (tokens[j].word and tokens[j].text.endswith("s")):
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
        (*_span(tokens, 0, first), *_span(tokens, last, len(tokens))),
        False,
        True,
        "phrase",
        tokens[last - 1].lower,
    )


def _nouns(tokens: Sequence[Token], cues: Cues) -> Iterator[Attribution]:
    """Read "the ministry's insistence that ...", "his claim of fraud"."""
    for i, token in enumerate(tokens):
        if token.lower not in cues.nouns or i < 1:
            continue
        after = tokens[i + 1].lower if i + 1 < len(tokens) else ""
        if after not in ("that", "of", "about", "for", "to", ",", "and"):
            continue
        j = i - 1
        if tokens[j].word and tokens[j].lower not in ("his", "her", "their", "its") and tokens[j].text not in ("'s", "’s"):
            j -= 1
        if j < 0:
            continue
        if tokens[j].lower in ("his", "her", "their", "its"):
            source: Span | None = (tokens[j].start, tokens[j].end)
        elif tokens[j].text in ("'s", "’s") and j > 0:
            k = j - 1
            while k > 0 and k > j - 6 and tokens[k - 1].word and (tokens[k - 1].capital or tokens[k - 1].lower in subjects.DETERMINERS):
                k -= 1
            source = (tokens[k].start, tokens[j - 1].end)
        else:
            continue
        if after != "that":
            continue
        main = j <= 4 and after == "that"
        yield Attribution((token.start, token.end), source, tuple(_span(tokens, i + 1, len(tokens))), False, main, "noun", token.lower)


def _with_quotations(tokens: Sequence[Token], found: list[Attribution]) -> Iterator[Attribution]:
    """Give each full quotation to the nearest cue; make an attribution of one that has none."""
    direct: dict[int, list[Span]] = {}
    orphans: list[int] = []
    taken: list[Attribution] = []
    for i, token in enumerate(tokens):
        if token.quote is None or not is_full(tokens, i):
            continue
        best = _nearest(tokens, i, found)
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


def _nearest(tokens: Sequence[Token], at: int, found: Sequence[Attribution]) -> int | None:
    """Return the number of the attribution that a quotation belongs to."""
    token = tokens[at]
    best: tuple[int, int] | None = None
    for number, attribution in enumerate(found):
        if attribution.kind in ("noun",):
            continue
        ends = [attribution.cue, *([attribution.source] if attribution.source else [])]
        first, last = min(e[0] for e in ends), max(e[1] for e in ends)
        gap = first - token.end if first >= token.end else token.start - last if last <= token.start else 0
        if gap < 0 or gap > 200:
            continue
        cost = gap + (40 if attribution.kind in ("judging", "thinking") else 0) + (20 if attribution.kind == "phrase" else 0)
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
                return Attribution((tokens[i].start, tokens[i].end), _offsets(tokens, subject), (span,), True, True, "quotation")
        for j in range(i, min(i + 12, len(tokens))):
            if j > i and tokens[j].lower.endswith(("ed", "s", "es")) and not tokens[j].capital:
                subject = subjects.subject_left(tokens, j)
                if subject is not None:
                    return Attribution((tokens[j].start, tokens[j].end), _offsets(tokens, subject), (span,), True, True, "quotation")
                break
            if not tokens[j].word and tokens[j].text not in (",", "'s", "’s"):
                break
    if at > 0 and tokens[at - 1].text in (":", ","):
        subject = subjects.leading_subject(tokens, at)
        if subject is not None:
            return Attribution(
                (tokens[at - 1].start, tokens[at - 1].end), _offsets(tokens, subject), (span,), True, True, "quotation"
            )
    return None


def _offsets(tokens: Sequence[Token], subject: Subject) -> Span:
    return tokens[subject.first].start, tokens[subject.last - 1].end


def _span(tokens: Sequence[Token], first: int, last: int) -> list[Span]:
    """Return the offsets of a run of tokens without marks at its ends, or nothing if no word is in it."""
    while first < last and not (tokens[first].word or tokens[first].quote is not None):
        first += 1
    while last > first and not (tokens[last - 1].word or tokens[last - 1].quote is not None):
        last -= 1
    return [(tokens[first].start, tokens[last - 1].end)] if first < last else []
