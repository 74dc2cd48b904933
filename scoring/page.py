"""The page of one article: the text as its readers know it, with stance in the margin and evidence under the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from newstance.articles import Article
from newstance.articles.records import TOTALLED_ROLES
from newstance.model import Layer, carrying_phrases

from .records import ScoredArticle, ScoredSentence
from .shares import article_score
from .templating import json_block, look, render
from .voice_tables import voice_tables, voice_tally

__all__ = ["Extras", "article_page"]

_TAGS = {"headline": "h1", "heading": "h2"}
_SMALL = ("caption", "byline", "credit")
#: Words that weigh less than this share of the heaviest are not underlined; the others get one of four widths.
_FAINT = 0.12
#: Words listed in a sentence's card.
_LISTED = 8


@dataclass(frozen=True, slots=True)
class Extras:
    """What was asked for beyond the scores, for one sentence.

    Attributes:
        flip: the words of the smallest flipping deletion found, and the stance without them.
        neighbours: nearest labelled sentences, as id, text and stance; None when not asked for.
    """

    flip: tuple[list[str], str] | None = None
    neighbours: list[tuple[str, str, str]] | None = None


def article_page(
    article: Article,
    scored: ScoredArticle,
    stance: Layer,
    *,
    extras: Mapping[int, Extras] | None = None,
    index: str | None = None,
) -> str:
    """Return the page as HTML that needs nothing but itself.

    Args:
        article: what was scored; its paragraphs shape the page.
        scored: what the model said of it.
        stance: the stance layer, for names and signs.
        extras: flips and neighbours by sentence number.
        index: address of the corpus page, for a link back.
    """
    score, shares = article_score(scored.sentences)
    named_score, _ = article_score([s for s in scored.sentences if s.target_spans])
    signs = {label.code: label.sign for label in stance.labels}
    blocks = []
    pairs = list(zip(article.sentences, scored.sentences, strict=True))
    for _, group in groupby(pairs, key=lambda pair: (pair[0].paragraph, pair[0].role)):
        sentences = [sentence for _, sentence in group]
        role = sentences[0].role
        blocks.append(
            {
                "tag": _TAGS.get(role, "p"),
                "small": role in _SMALL,
                "marks": _marks(sentences),
                "sentences": [_inline(s, signs) for s in sentences],
            }
        )
    counts: dict[str, int] = {}
    for sentence in scored.sentences:
        name = "abstained" if sentence.abstained else sentence.stance
        counts[name] = counts.get(name, 0) + 1
    known = extras or {}
    data = [_card(s, share, known.get(s.index, Extras())) for s, share in zip(scored.sentences, shares, strict=True)]
    return render(
        "article.html",
        "article.js",
        title=str(scored.article["title"] or scored.article["id"]),
        article=scored.article,
        summary=scored.summary,
        score=score,
        named_score=named_score,
        index=index,
        stances=[(label.code, label.name or label.code, label.sign) for label in stance.labels],
        choices=_choices(scored.sentences),
        strip=_marks(scored.sentences),
        strip_label="The article’s sentences: " + ", ".join(f"{number} {name}" for name, number in counts.items()),
        voices=voice_tables([voice_tally(scored.summary, stance.codes)], stance.codes),
        blocks=blocks,
        data=json_block({"sentences": data}),
    )


def _marks(sentences: Sequence[ScoredSentence]) -> list[dict[str, Any]]:
    """Return a bar's pieces, as long as their sentences, in percent."""
    total = sum(len(sentence.text) for sentence in sentences) or 1
    marks, at = [], 0.0
    for sentence in sentences:
        kind = "out" if sentence.abstained else look(sentence.stance)
        size = 100 * len(sentence.text) / total
        marks.append({"at": f"{at:.3f}%", "size": f"{size:.3f}%", "kind": kind, "index": sentence.index})
        at += size
    return marks


def _inline(sentence: ScoredSentence, signs: Mapping[str, str]) -> dict[str, Any]:
    decided = not sentence.abstained
    sign = signs.get(sentence.stance, "") if decided else "?"
    return {
        "index": sentence.index,
        "first": sentence.index == 0,
        "stance": look(sentence.stance) if decided else "plain",
        "sign": "" if sentence.stance == "neutral" and decided else sign.replace("-", "−"),
        "pieces": _pieces(sentence),
    }


def _pieces(sentence: ScoredSentence) -> list[dict[str, str]]:
    """Cut a sentence into runs of equal underlining."""
    evidence = sentence.evidence or []
    most = max((abs(word.weight) for word in evidence), default=0.0)
    pieces: list[dict[str, str]] = []
    at = sentence.start
    for word in evidence:
        share = abs(word.weight) / most if most else 0.0
        if share < _FAINT or word.start < at:
            continue
        width = f"w{min(4, 1 + int(4 * share))}" + (" n" if word.weight < 0 else "")
        _add(pieces, sentence.text[at - sentence.start : word.start - sentence.start], "")
        _add(pieces, sentence.text[word.start - sentence.start : word.end - sentence.start], width)
        at = word.end
    _add(pieces, sentence.text[at - sentence.start :], "")
    return pieces


def _add(pieces: list[dict[str, str]], text: str, kind: str) -> None:
    if text:
        pieces.append({"text": text, "kind": kind})


def _card(sentence: ScoredSentence, share: float | None, extras: Extras) -> dict[str, Any]:
    evidence = sorted(sentence.evidence or [], key=lambda word: -abs(word.weight))[:_LISTED]
    notes = []
    if sentence.truncated:
        notes.append("Longer than the model can read: its end was not seen.")
    if sentence.role not in TOTALLED_ROLES:  # others have no share either where the article has no score
        notes.append(f"Not counted in the score: {sentence.role}.")
    flip = None if extras.flip is None else {"words": extras.flip[0], "stance": extras.flip[1]}
    near = extras.neighbours
    return {
        "index": sentence.index,
        "stance": sentence.stance,
        "abstained": sentence.abstained,
        "probability": {code: round(p, 4) for code, p in sentence.stance_probability.items()},
        "share": None if share is None else round(share, 6),
        "voice": sentence.voice,
        "speaker": sentence.speaker,
        "frames": [[frame.code, round(frame.probability, 3)] for frame in sentence.frames or []],
        "evidence": [[word.word, round(word.weight, 3)] for word in evidence],
        "phrases": _phrases(sentence),
        "flip": flip,
        "neighbours": None if near is None else [dict(zip(("id", "text", "stance"), n, strict=True)) for n in near],
        "notes": notes,
    }


def _phrases(sentence: ScoredSentence) -> list[str]:
    words = sentence.evidence or []
    found = carrying_phrases(np.array([word.weight for word in words]))
    return [sentence.text[words[p.first].start - sentence.start : words[p.end - 1].end - sentence.start] for p in found]


def _choices(sentences: Sequence[ScoredSentence]) -> dict[str, list[str]]:
    """Return what can be chosen from in the filters: only what occurs."""
    return {
        "voice": sorted({s.voice for s in sentences if s.voice}),
        "speaker": sorted({s.speaker for s in sentences if s.speaker}),
        "frame": sorted({frame.code for s in sentences for frame in s.frames or []}),
    }
