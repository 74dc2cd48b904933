"""The summary of a scored article: what a reader wants to know first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from newstance.articles.records import TOTALLED_ROLES

from .records import ScoredSentence
from .voices import stance_by_voice

__all__ = ["summarise"]


def summarise(sentences: Sequence[ScoredSentence], stances: Sequence[str]) -> dict[str, Any]:
    """Count stances over the headline and the body.

    Captions, bylines, headings and credits are scored but not counted; abstained sentences are counted as such and
    not under the stance that they lean to.

    Args:
        sentences: all sentences of an article.
        stances: codes of the stance layer.

    Returns:
        `sentences` (all), `counted` (headline and body), `stance` (decided ones by code), `headline` and `body` (the
        same for each), `abstained`, `truncated`, `names_target`, `mean_confidence` (of the decided ones, or None),
        `by_voice`, `insiders`, `others` and `speakers` (see `stance_by_voice`) and, where frames were predicted,
        `frames`.
    """
    counted = [s for s in sentences if s.role in TOTALLED_ROLES]
    decided = [s for s in counted if not s.abstained]
    summary: dict[str, Any] = {
        "sentences": len(sentences),
        "counted": len(counted),
        "stance": _by_stance(decided, stances),
        "headline": _by_stance([s for s in decided if s.role == "headline"], stances),
        "body": _by_stance([s for s in decided if s.role == "body"], stances),
        "abstained": len(counted) - len(decided),
        "truncated": sum(s.truncated for s in sentences),
        "names_target": sum(bool(s.target_spans) for s in counted),
        "mean_confidence": sum(s.confidence for s in decided) / len(decided) if decided else None,
        **stance_by_voice(sentences, stances),
    }
    if any(s.frames is not None for s in counted):
        frames = Counter(frame.code for s in counted for frame in s.frames or ())
        summary["frames"] = dict(frames.most_common())
    return summary


def _by_stance(sentences: Sequence[ScoredSentence], stances: Sequence[str]) -> dict[str, int]:
    counts = Counter(sentence.stance for sentence in sentences)
    return {code: counts[code] for code in stances}
