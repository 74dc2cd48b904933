"""The summary of a scored article: what a reader wants to know first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from newstance.articles.records import TOTALLED_ROLES

from .records import ScoredSentence
from .voices import stance_by_voice, stance_counts

__all__ = ["summarise"]


def summarise(sentences: Sequence[ScoredSentence], stances: Sequence[str]) -> dict[str, Any]:
    """Count stances over the headline and the body: of the sentences that name the target, and of all.

    Captions, bylines, headings and credits are scored but not counted; abstained sentences are counted as such and
    not under the stance that they lean to.

    Args:
        sentences: all sentences of an article.
        stances: codes of the stance layer.

    Returns:
        `sentences` (all), `named` (those of headline and body that name the target: `sentences`, decided ones by
        `stance`, `abstained`), and, whether they name it or not, `counted` (headline and body), `stance` (decided ones
        by code), `headline` and `body` (the same for each), `abstained`, `mean_confidence` (of the decided ones, or
        None); `truncated` (of all roles), `names_target` (as `named`, the number alone), `by_voice`, `insiders`,
        `others` and `speakers` (see `stance_by_voice`) and, where frames were predicted, `frames`.
    """
    counted = [s for s in sentences if s.role in TOTALLED_ROLES]
    decided = [s for s in counted if not s.abstained]
    named = [s for s in counted if s.target_spans]
    summary: dict[str, Any] = {
        "sentences": len(sentences),
        "named": stance_counts(named, stances),
        "counted": len(counted),
        "stance": _by_stance(decided, stances),
        "headline": _by_stance([s for s in decided if s.role == "headline"], stances),
        "body": _by_stance([s for s in decided if s.role == "body"], stances),
        "abstained": len(counted) - len(decided),
        "truncated": sum(s.truncated for s in sentences),
        "names_target": len(named),
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
