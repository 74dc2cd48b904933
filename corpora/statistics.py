"""Counts of the project's own corpus: its coverage, and how far two passes agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from newstance.model.codebook import load_codebook

from .agreement import alpha
from .annotation import Annotation
from .own import SPLITS, CorpusArticle, corpus_articles, read_corpus

__all__ = ["Coverage", "corpus_coverage"]

_LAYERS = ("stance", "voice", "frames (mean)")


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the corpus holds.

    Attributes:
        articles: by split.
        sentences: by split.
        administrations: how many.
        areas: policy areas, with their sentences.
        unseen_areas: areas that only the test split has.
        genres: with their articles.
        stance: sentences by the writer's stance.
        cells: sentences by the writer's (stance, voice).
        frames: sentences by frame; a frame counts when at least half of the labellers gave it.
        rules: sentences by the number of the codebook's hard case.
        unnamed: share of sentences that do not name the target.
        top_five_gram: the commonest sequence of five words, and the share of sentences that hold it.
        agreement: Krippendorff's alpha of each layer between the two passes; frames also one by one.
        agreement_by_version: the same for the sentences that each version of the corpus added, frames by their mean.
    """

    articles: dict[str, int]
    sentences: dict[str, int]
    administrations: int
    areas: dict[str, int]
    unseen_areas: list[str]
    genres: dict[str, int]
    stance: dict[str, int]
    cells: dict[tuple[str, str], int]
    frames: dict[str, int]
    rules: dict[int, int]
    unnamed: float
    top_five_gram: tuple[str, float]
    agreement: dict[str, float]
    agreement_by_version: dict[int, dict[str, float]]


def corpus_coverage(records: Sequence[Annotation] | None = None) -> Coverage:
    """Count everything that the data statement states.

    Args:
        records: all of the corpus, where they have been read already.
    """
    articles = corpus_articles()
    if records is None:
        records = [record for split in SPLITS for record in read_corpus(split)]
    by = _by_annotator(records)
    written = by["writer"]
    areas = Counter(_article(r, articles).area for r in written)
    seen = {a.area for a in articles.values() if a.split != "test"}
    codes = load_codebook().layer("frames").codes
    pairs = list(zip(by["frames-1"], by["frames-2"], strict=True))
    added: dict[int, list[Annotation]] = {}
    for record in records:
        added.setdefault(_article(record, articles).version, []).append(record)
    return Coverage(
        articles=dict(Counter(a.split for a in articles.values())),
        sentences=dict(Counter(r.split or "" for r in written)),
        administrations=len({a.administration for a in articles.values()}),
        areas=dict(areas.most_common()),
        unseen_areas=sorted(set(areas) - seen),
        genres=dict(Counter(a.genre for a in articles.values()).most_common()),
        stance=dict(Counter(r.stance or "" for r in written)),
        cells=dict(sorted(Counter((r.stance or "", r.voice or "") for r in written).items())),
        frames={c: sum(2 * ((c in (a.frames or ())) + (c in (b.frames or ()))) >= 2 for a, b in pairs) for c in codes},
        rules=dict(sorted(Counter(n for a in articles.values() for found in a.rules.values() for n in found).items())),
        unnamed=sum(not r.target_spans for r in written) / len(written),
        top_five_gram=_top_five_gram([r.text for r in written]),
        agreement=_agreement(by, codes),
        agreement_by_version={
            version: {name: value for name, value in _agreement(_by_annotator(part), codes).items() if name in _LAYERS}
            for version, part in sorted(added.items())
        },
    )


def _by_annotator(records: Sequence[Annotation]) -> dict[str, list[Annotation]]:
    return {who: [r for r in records if r.annotator == who] for who in ("writer", "second", "frames-1", "frames-2")}


def _agreement(by: dict[str, list[Annotation]], codes: Sequence[str]) -> dict[str, float]:
    agreement = {
        "stance": alpha([r.stance for r in by["writer"]], [r.stance for r in by["second"]]),
        "voice": alpha([r.voice for r in by["writer"]], [r.voice for r in by["second"]]),
    }
    one, two = ([frozenset(r.frames or ()) for r in by[who]] for who in ("frames-1", "frames-2"))
    for code in codes:
        agreement[f"frame {code}"] = alpha([code in given for given in one], [code in given for given in two])
    agreement["frames (mean)"] = float(np.nanmean([agreement[f"frame {code}"] for code in codes]))
    return agreement


def _article(record: Annotation, articles: dict[str, CorpusArticle]) -> CorpusArticle:
    return articles[record.article or ""]


def _top_five_gram(texts: Sequence[str]) -> tuple[str, float]:
    grams: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        words = text.casefold().split()
        grams.update({tuple(words[i : i + 5]) for i in range(len(words) - 4)})
    words_, count = grams.most_common(1)[0]
    return " ".join(words_), count / len(texts)
