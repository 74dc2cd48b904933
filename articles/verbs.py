"""Attributions by cue verbs: "argued that ...", "..., said Jane Doe", "was accused by Doe of", "adding that"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from newstance.articles import subjects
from newstance.articles.attribution import Attribution, Span, offsets, spans_between
from newstance.articles.cues import Cues, CueVerb
from newstance.articles.subjects import Subject
from newstance.articles.tokens import Token
from newstance.articles.word_classes import (
    ADVERBS,
    AFTER,
    AUXILIARIES,
    BEFORE_TO,
    BOUNDARIES,
    DAYS,
    DETERMINERS,
    MODALS,
    OWN,
    PREPOSITIONS,
)

__all__ = ["credited_by_verbs"]


#: Quantifiers stand alone as subjects ("many say"); other determiners make a noun of the word behind them.
_NO_VERB_AFTER = DETERMINERS - frozenset({"all", "both", "some", "many", "most", "several", "few", "that", "this"})
_BE = frozenset({"is", "was", "are", "were", "be", "been", "being", "get", "got", "gets"})
_PROGRESSIVE = frozenset({"is", "was", "are", "were", "been", "am", "'s", "'re"})
_HELPERS = frozenset({"did", "does", "do", "will", "'ll"})
#: Verbs whose forms are nouns as often; they credit a plan only before "to" or "that".
_RESOLVING = frozenset({"plan", "intend", "threaten", "pledge", "promise", "vow", "seek", "hope", "offer", "propose"})
_Read = tuple[Attribution, Subject]
#: Tokens that are looked at around a verb.
_NEAR = 40
#: Verbs of many meanings; they credit somebody only in certain company.
_VAGUE = frozenset(
    {
        *("point", "hold", "offer", "put", "read", "begin", "charge", "see", "rate", "submit", "find", "project"),
        *("continue", "respond", "state", "text", "post", "relate", "reason", "snap", "sigh", "repeat", "answer"),
        *("accept", "rule", "volunteer", "mention", "figure"),
    }
)


def credited_by_verbs(tokens: Sequence[Token], cues: Cues) -> Iterator[Attribution]:
    """Yield the attributions that cue verbs outside quotations make."""
    last: Subject | None = None
    for i, token in enumerate(tokens):
        verb = cues.verbs.get(token.lower) if token.word else None
        if token.lower in cues.openings:
            following = " ".join(t.lower for t in tokens[i + 1 : i + 3])
            verb = next((v for rest, v in cues.openings[token.lower] if following.startswith(rest)), verb)
        if verb is None or (token.capital and i > 0 and tokens[i - 1].word):
            continue
        before = tokens[i - 1].lower if i else ""
        if (
            before in _NO_VERB_AFTER
            or before in ("'s", "own")
            or before[:1].isdigit()
            or _is_noun(tokens, i, verb, cues)
        ):
            continue
        read = _infinitive(tokens, i, verb) if before == "to" else _by_form(tokens, i, verb, last)
        if read is not None:
            found, last = read
            yield found
        elif (loose := _loose(tokens, i, verb)) is not None:
            yield loose


def _is_noun(tokens: Sequence[Token], i: int, verb: CueVerb, cues: Cues) -> bool:
    """Whether a form in -s is the noun before its verb: "official figures show", "police reports say"."""
    vague = verb.lemma in _VAGUE
    if verb.form != "s" or not (vague or verb.lemma in cues.nouns):
        return False
    after = next((t for t in tokens[i + 1 : i + 4] if t.lower not in ADVERBS), None)
    if after is None or not after.word:
        return False
    following = cues.verbs.get(after.lower)
    if following is None:
        return vague and after.lower in AUXILIARIES
    # "Brandt claims report is wrong": what may be a noun itself is no verb here.
    return following.lemma not in cues.nouns and (following.form == "base" or (vague and following.form == "ed"))


def _loose(tokens: Sequence[Token], i: int, verb: CueVerb) -> Attribution | None:
    """Read what credits without governing: "would say", "to argue", "is expected", "opposed by Doe", "I think"."""
    if i + 1 == len(tokens) or verb.kind == "reporting" or verb.lemma in _VAGUE:
        return None
    left = subjects.skip_left(tokens, i)
    before = tokens[left].lower if left >= 0 else ""
    helpers = {tokens[j].lower for j in range(left + 1, i)}
    source: Span | None = None
    if verb.form == "ed" and tokens[i + 1].lower == "by":
        subject = subjects.subject_right(tokens, i + 1)
        source = None if subject is None else offsets(tokens, subject)
    elif before in OWN:
        source = (tokens[left].start, tokens[left].end)
    elif verb.form == "ed" and helpers & _BE:
        source = None
    elif (verb.form == "base" and (before in MODALS or tokens[i - 1].lower == "to")) or verb.form == "ing":
        subject = subjects.leading_subject(tokens, max(left, 0))
        source = None if subject is None else offsets(tokens, subject)
    else:
        return None
    contents = tuple(spans_between(tokens, i + 1, len(tokens)) or spans_between(tokens, 0, i))
    return Attribution((tokens[i].start, tokens[i].end), source, contents, False, False, verb.kind, verb.lemma)


def _infinitive(tokens: Sequence[Token], i: int, verb: CueVerb) -> _Read | None:
    """Read "went on to say", "took to the radio to say"; other infinitives report nothing."""
    for j in range(i - 2, max(-1, i - 5), -1):
        if tokens[j].lower in BEFORE_TO:
            subject = subjects.subject_left(tokens, j)
            return None if subject is None else (_made(tokens, i, verb, subject), subject)
    return None


def _by_form(tokens: Sequence[Token], i: int, verb: CueVerb, last: Subject | None) -> _Read | None:
    left = subjects.skip_left(tokens, i)
    helpers = {tokens[j].lower for j in range(left + 1, i)}
    if left >= 0 and tokens[left].lower in MODALS:
        return None
    if verb.form == "ed" and helpers & _BE:
        return _passive(tokens, i, verb)
    if verb.form == "ing" and not helpers & _PROGRESSIVE:
        return _participle(tokens, i, verb)
    if verb.form != "ing" and _inverts(tokens, i, left, verb):
        titled = left >= 0 and tokens[left].quote is not None
        subject = subjects.subject_right(tokens, i, bare=titled)
        if subject is not None:
            return _made(tokens, i, verb, subject, inverted=True), subject
    return _finite(tokens, i, left, helpers, verb, last)


def _finite(
    tokens: Sequence[Token], i: int, left: int, helpers: set[str], verb: CueVerb, last: Subject | None
) -> _Read | None:
    """Read a verb that follows its subject: "Jane Doe, a lawyer, argued", "... and said"."""
    if left >= 0 and tokens[left].lower in ("and", "but", "or"):
        subject = _joined_subject(tokens, i, left, last)
    else:
        subject = subjects.subject_left(tokens, i) or _after_and(tokens, left)
    if subject is None or (subject.relative and verb.kind in ("thinking", "touching")):
        return None
    negated = any(h.endswith("n't") or h in ("not", "never") for h in helpers)
    helped = negated or bool(helpers & _HELPERS)
    if verb.form == "base" and not helped and not _plural(tokens, subject):
        return None
    if verb.kind in ("judging", "touching") and (i + 1 == len(tokens) or tokens[i + 1].text in (".", ",")):
        return None
    if verb.lemma in _VAGUE and not _clausal(tokens, i, verb):
        return None
    if verb.lemma in _RESOLVING and (i + 1 == len(tokens) or tokens[i + 1].lower not in ("to", "that")):
        return None
    made = _made(tokens, i, verb, subject)
    # Who did not say something is not thereby credited with anything.
    silent = negated and verb.kind == "saying" and verb.lemma != "deny"
    return replace(made, main=made.main and not silent), replace(subject, past=i)


def _joined_subject(tokens: Sequence[Token], i: int, left: int, last: Subject | None) -> Subject | None:
    """Return the subject of a verb after "and": the clause's since its comma, the last cue's, or the sentence's."""
    near = last is not None and i - last.past <= _NEAR // 2
    first = last.past if near and last is not None else 0
    comma = next((j for j in range(left - 1, max(first, left - _NEAR // 2), -1) if tokens[j].text == ","), None)
    if near and comma is not None and comma + 2 < left and tokens[comma + 1].capital and not tokens[comma + 2].capital:
        return subjects.leading_subject(tokens, left, comma + 1)
    return last if near else subjects.leading_subject(tokens, left)


def _after_and(tokens: Sequence[Token], left: int) -> Subject | None:
    """Return the sentence's subject for a verb joined to it: "Jane Doe left and in May has argued"."""
    for j in range(left, max(-1, left - 6), -1):
        if tokens[j].lower == "and":
            return subjects.leading_subject(tokens, j)
    return None


def _plural(tokens: Sequence[Token], subject: Subject) -> bool:
    words = tokens[subject.first : subject.last]
    return any(
        t.lower in ("they", "and", "people", "police", "who", "some", "many", "most", "others", "few")
        or t.lower.endswith(("s", "men", "women"))
        for t in words
    )


def _clausal(tokens: Sequence[Token], i: int, verb: CueVerb) -> bool:
    """Whether a verb of many meanings goes on as one that reports."""
    if any(t.quote is not None for t in tokens[max(0, i - 8) : i]):
        return True
    if i + 1 == len(tokens):
        return False
    after = tokens[i + 1]
    if verb.lemma == "point":
        return after.lower in ("out", "to")
    if (
        any(t.lower == "that" for t in tokens[i + 1 : i + 4])
        or after.text == ":"
        or after.quote is not None
        or (i > 0 and tokens[i - 1].quote)
    ):
        return True
    figures = after.text[:1].isdigit()
    if verb.lemma == "put":
        return any(t.text[:1].isdigit() or t.lower in ("down", "it") for t in tokens[i + 1 : i + 9])
    return verb.lemma == "find" and (figures or after.lower in ("no", "most", "few", "more", "evidence"))


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
    ends = past is None or (not past.word and past.quote is None) or past.lower in AFTER - {"that"}
    return ends and not (past is not None and past.lower in ("that", "to", "into", "for"))


def _passive(tokens: Sequence[Token], i: int, verb: CueVerb) -> _Read | None:
    """Read "was accused by Doe of": the source follows "by"."""
    for j in range(i + 1, min(i + 10, len(tokens))):
        if tokens[j].text in (",", ";") or tokens[j].quote is not None:
            break
        if tokens[j].lower == "by":
            subject = subjects.subject_right(tokens, j)
            if subject is None or tokens[j + 1].lower.endswith("ing"):
                return None
            contents = ((tokens[0].start, tokens[j - 1].end), *spans_between(tokens, subject.last, len(tokens)))
            made = Attribution(
                (tokens[i].start, tokens[j].end),
                offsets(tokens, subject),
                contents,
                False,
                False,
                verb.kind,
                verb.lemma,
            )
            return made, subject
    return None


def _participle(tokens: Sequence[Token], i: int, verb: CueVerb) -> _Read | None:
    """Read "..., adding that" and "with mayors alleging that"."""
    low = tokens[i - 1].lower if i else ""
    if i + 1 == len(tokens) or not (tokens[i + 1].word or tokens[i + 1].quote or tokens[i + 1].text in (",", ":")):
        return None
    if low in ("without", "of", "for", "than", "stopped", "from", "the", "'s") or (verb.kind == "thinking"):
        return None
    if i > 1 and (
        tokens[i - 1].word
        and low not in ("and", "by", "after", "before", "while", "when", "in", "then", "also")
        and not low.endswith("ly")
    ):
        # "with opposition mayors alleging": the subject is the phrase between.
        for j in range(i - 1, max(-1, i - 10), -1):
            if tokens[j].lower == "with":
                return _made(tokens, i, verb, Subject(j + 1, i, past=i)), Subject(j + 1, i, past=i)
            if not tokens[j].word:
                break
        return None
    subject = subjects.leading_subject(tokens, i)
    if subject is None:
        return None
    subject = replace(subject, past=i)
    found = _made(tokens, i, verb, subject)
    return replace(found, main=low in ("", ",", "and") and verb.kind != "judging"), subject


def _made(tokens: Sequence[Token], i: int, verb: CueVerb, subject: Subject, *, inverted: bool = False) -> Attribution:
    """Join verb and subject; what is credited lies behind the verb, or before where a comma parts it."""
    behind = subject.last if inverted else i + 1
    ahead = min(subject.first, i)
    trailing = ahead > 0 and _ends_clause(tokens, behind, verb) and _clause_before(tokens, ahead)
    contents: list[Span] = []
    if trailing:
        contents.extend(spans_between(tokens, 0, ahead))
        near = range(behind, min(len(tokens), behind + _NEAR))
        comma = next((j for j in near if tokens[j].text == ","), None)
        if comma is not None:
            contents.extend(spans_between(tokens, comma + 1, len(tokens)))
    else:
        contents.extend(spans_between(tokens, behind, len(tokens)))
    if not contents and ahead > 0:
        contents.extend(spans_between(tokens, 0, ahead))
    main = not (subject.relative or verb.weak) and (trailing or _governs(tokens, subject.first))
    return Attribution(
        (tokens[i].start, tokens[i].end), offsets(tokens, subject), tuple(contents), False, main, verb.kind, verb.lemma
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
    if token.lower in DAYS or token.lower in AFTER - {"that", "to", "into", "about", "upon", "if", "and"}:
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
    near = tokens[max(0, at - _NEAR) : at - 1]
    words = sum(t.word for t in near)
    quoted = any(t.quote is not None for t in near)
    return quoted or (words > 3 and head.lower not in PREPOSITIONS) or words > 9


def _governs(tokens: Sequence[Token], first: int) -> bool:
    """Whether a subject begins the main clause: first of all, or after an introduction."""
    if first == 0:
        return True
    before = tokens[max(0, first - 30) : first]
    words = [t for t in before if t.word]
    if not words or first - len(words) > 30:
        return True
    if tokens[first - 1].lower in BOUNDARIES and tokens[first - 1].lower not in ("but", "nor", "yet", "so"):
        return False
    head = tokens[0].lower
    if tokens[first - 1].text == "," or tokens[first - 1].quote is not None:
        return head in PREPOSITIONS | BOUNDARIES | ADVERBS or (
            tokens[0].capital and (head.endswith(("ing", "ed", "ly")) or len(words) <= 4)
        )
    if tokens[first - 1].text in (":", ";", "—", "–", "--", ")"):
        return True
    return len(words) <= 8 and (head in PREPOSITIONS or head in ADVERBS or len(words) <= 2)
