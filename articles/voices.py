"""Mark every sentence with its voice and its speaker.

Quotations are found over the whole article (`quotations`), credited sentence by sentence (`attribution`), and the
sources resolved to the fullest name that the article gives (`speakers`). What a sentence alone does not tell, its
neighbours do: a quotation keeps its speaker over sentences and paragraphs.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from newstance.articles.attribution import Attribution, Span
from newstance.articles.crediting import find_attributions
from newstance.articles.cues import load_cues
from newstance.articles.insiders import InsiderFinder
from newstance.articles.quotations import Quotation, find_quotations
from newstance.articles.records import Article, Sentence, Voice
from newstance.articles.speakers import People, name_runs
from newstance.articles.tokens import Token, overlapping, tokens_of

if TYPE_CHECKING:
    from newstance.articles.targets import TargetProfile

__all__ = ["SentenceAttributions", "attributions_of", "mark_voices"]

#: Bylines and credits speak for nobody.
_SILENT = frozenset({"byline", "credit"})
#: A heading of fewer characters is found anywhere; more headings than this are no article's.
_TELLING = 12
_HEADINGS = 40
#: "ROE: We shall see." at the head of a paragraph of a transcript.
_OWN_LABEL = re.compile(
    r"(?:REPORTER|HOST|PRESENTER|ANCHOR|NARRATOR|MODERATOR|CORRESPONDENT|INTERVIEWER|EDITOR|Q|QUESTION|UPDATE|LIVE|WATCH):"
)
_LABEL = re.compile(r"(?:[A-Z][A-Z.'’\-]+(?:[ ][A-Z][A-Z.'’\-]+){0,3}|[QA]):\s")


@dataclass(frozen=True, slots=True)
class SentenceAttributions:
    """A sentence with its tokens and all attributions inside it."""

    sentence: Sentence
    tokens: list[Token]
    attributions: list[Attribution]


def attributions_of(article: Article) -> list[SentenceAttributions]:
    """Return each sentence's tokens and attributions, in reading order."""
    quotations = find_quotations(article.text, _paragraphs(article.sentences))
    starts = [q.start for q in quotations]
    cues = load_cues()
    found: list[SentenceAttributions] = []
    label: Span | None = None
    for number, sentence in enumerate(article.sentences):
        if sentence.role in _SILENT:
            found.append(SentenceAttributions(sentence, [], []))
            continue
        inside = overlapping(quotations, starts, sentence.start, sentence.end)
        tokens = tokens_of(article.text, sentence.start, sentence.end, inside)
        if number == 0 or article.sentences[number - 1].paragraph != sentence.paragraph:
            label = _label(sentence)
        if label is None:
            attributions = find_attributions(tokens, cues)
        else:
            said = (max(sentence.start, label[1] + 1), sentence.end)
            attributions = [Attribution(label, label, (said,), True, True, "quotation")]
        found.append(SentenceAttributions(sentence, tokens, attributions))
    return found


def _label(sentence: Sentence) -> Span | None:
    """Return the offsets of the speaker's name before a paragraph of a transcript."""
    if sentence.role != "body" or _OWN_LABEL.match(sentence.text):
        return None
    match = _LABEL.match(sentence.text)
    return None if match is None else (sentence.start, sentence.start + match.group().index(":"))


def mark_voices(article: Article, profile: TargetProfile | None = None) -> Article:
    """Return the article with each sentence's voice and speaker.

    Args:
        article: any article.
        profile: the target; with it, each speaker is marked as insider or not, by the article's date.
    """
    people = People()
    parts = attributions_of(article)
    runs = [name_runs(part.tokens) for part in parts]
    for part, named in zip(parts, runs, strict=True):
        people.learn(part.tokens, named)
    voices: list[Voice | None] = []
    speakers: list[str | None] = []
    waiting: list[int] = []
    for number, part in enumerate(parts):
        sentence = part.sentence
        if sentence.role in _SILENT:
            voices.append(None)
            speakers.append(None)
            continue
        people.learn(part.tokens, runs[number])
        voice, chosen = _voice(part)
        speaker = None
        if chosen is not None and chosen.source is not None:
            labelled = chosen.source == chosen.cue
            resolve = _from_label if labelled else _resolved
            speaker = resolve(article.text[slice(*chosen.source)], part.tokens, chosen.source, people)
        elif voice == "quoted" and sentence.role == "body":
            speaker = _inherited(parts, number, voices, speakers, people)
            if speaker is None:
                waiting.append(number)
        voices.append(voice)
        speakers.append(speaker)
        if voice == "outlet":
            people.heard(part.tokens, runs[number])
        elif speaker is not None:
            for earlier in waiting:
                if _same_quotation(parts[earlier], part) or parts[earlier].sentence.paragraph == sentence.paragraph:
                    speakers[earlier] = speaker
        if speaker is not None or voice == "outlet":
            waiting = []
    _from_below(article.text, parts, voices, speakers)
    insiders = _insiders(speakers, people, InsiderFinder(profile, article.date)) if profile is not None else {}
    sentences = tuple(
        replace(
            part.sentence, voice=voice, speaker=speaker, insider=insiders.get(speaker) if speaker is not None else None
        )
        for part, voice, speaker in zip(parts, voices, speakers, strict=True)
    )
    return replace(article, sentences=sentences)


def _insiders(speakers: Sequence[str | None], people: People, finder: InsiderFinder) -> dict[str, bool]:
    return {name: finder.is_insider(people.forms(name)) for name in {*speakers} if name is not None}


def _paragraphs(sentences: Sequence[Sentence]) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    last = -1
    for sentence in sentences:
        if spans and sentence.paragraph == last:
            spans[-1] = (spans[-1][0], sentence.end)
        else:
            spans.append((sentence.start, sentence.end))
        last = sentence.paragraph
    return spans


def _voice(part: SentenceAttributions) -> tuple[Voice, Attribution | None]:
    """Return the voice that carries the main clause, and the attribution that says whose it is."""
    direct = [a for a in part.attributions if a.direct]
    if direct:
        return "quoted", next((a for a in direct if a.source is not None), direct[0])
    indirect = [a for a in part.attributions if a.main and a.source is not None]
    if part.sentence.role in ("headline", "heading"):
        # The outlet's choice of words, unless it says whose they are: "..., sources say".
        indirect = [a for a in indirect if a.lemma == "say" and a.cue[1] >= part.tokens[-1].end]
    if indirect:
        return "paraphrased", indirect[0]
    return "outlet", None


def _inherited(
    parts: Sequence[SentenceAttributions],
    number: int,
    voices: Sequence[Voice | None],
    speakers: Sequence[str | None],
    people: People,
) -> str | None:
    """Return who spoke the sentence before, or, where the outlet did, whom it named last."""
    if number == 0 or parts[number - 1].sentence.role != "body":
        return None
    return speakers[number - 1] if voices[number - 1] in ("quoted", "paraphrased") else people.last


def _from_below(
    text: str, parts: Sequence[SentenceAttributions], voices: Sequence[Voice | None], speakers: list[str | None]
) -> None:
    """Give a heading that quotes the speaker of the sentence that it is taken from."""
    starts = [part.sentence.start for part in parts]
    looked = 0
    for number, part in enumerate(parts):
        if voices[number] != "quoted" or speakers[number] is not None or part.sentence.role == "body":
            continue
        words = part.sentence.text.strip("“”\"‘’'.,!? ")
        if len(words) >= _TELLING and looked < _HEADINGS:
            looked += 1
            at = text.find(words, part.sentence.end)
            if at >= 0:
                speakers[number] = speakers[bisect_right(starts, at) - 1]


def _same_quotation(one: SentenceAttributions, other: SentenceAttributions) -> bool:
    quotes: set[Quotation] = {t.quote for t in one.tokens if t.quote is not None}
    return any(t.quote in quotes for t in other.tokens if t.quote is not None)


def _resolved(text: str, tokens: Sequence[Token], source: Span, people: People) -> str | None:
    return people.resolve(tokens, *source)


def _from_label(text: str, tokens: Sequence[Token], source: Span, people: People) -> str | None:
    """Resolve a transcript's label: capitals throughout are a name all the same."""
    name = text.title() if text.isupper() and len(text) > 1 else text
    at, words = source[0], []
    for word in name.split():
        words.append(Token(word, word.lower(), at, at, True, word[0].isupper()))
    return people.resolve(words, source[0], source[1]) or name
