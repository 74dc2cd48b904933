"""The article's score as an exact sum over its sentences."""

from __future__ import annotations

from collections.abc import Sequence

from newstance.articles.records import TOTALLED_ROLES

from .records import ScoredSentence

__all__ = ["article_score"]


def article_score(sentences: Sequence[ScoredSentence]) -> tuple[float | None, list[float | None]]:
    """Return the article's score and each sentence's share of it.

    The score is the mean, over the decided sentences of headline and body, whether they name the target or not, of the
    probability of favor less that of against: -1 to 1. For the score of those that name it, give these alone. A share
    is a sentence's difference divided by how many were decided, so the shares sum to the score; an abstained sentence
    adds nothing, one that is not counted (a caption, a byline) has no share.

    Returns:
        The score, or None when nothing was decided or the stances have other names, and a share or None for each.
    """
    counted = [s.role in TOTALLED_ROLES for s in sentences]
    decided = [c and not s.abstained for c, s in zip(counted, sentences, strict=True)]
    named = all({"favor", "against"} <= set(s.stance_probability) for s in sentences)
    if not named or not any(decided):
        return None, [None] * len(sentences)
    number = sum(decided)
    shares: list[float | None] = []
    for sentence, counts, decides in zip(sentences, counted, decided, strict=True):
        p = sentence.stance_probability
        shares.append((p["favor"] - p["against"]) / number if decides else 0.0 if counts else None)
    return sum(share for share in shares if share is not None), shares
