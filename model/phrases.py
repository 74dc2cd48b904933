"""Phrases: neighbouring words that together carried a decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Phrase", "carrying_phrases"]

Floats = npt.NDArray[np.floating]

#: Words that together hold this share of all the weight in favour of a decision are said to have carried it.
CARRIES = 0.6
#: One word of little weight between two that carry joins them to one phrase ("failed [to] deliver").
_GAP = 1


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words `first` up to and without `end`, and the sum of their weights."""

    first: int
    end: int
    weight: float


def carrying_phrases(weights: Floats, carries: float = CARRIES) -> list[Phrase]:
    """Return the phrases that carried a decision, heaviest first.

    The fewest words that hold `carries` of the positive weight are taken, and neighbours among them merged.

    Args:
        weights: one for each word, positive for the decision.
        carries: share of the positive weight, 0 to 1.
    """
    order = [i for i in np.argsort(-weights, kind="stable").tolist() if weights[i] > 0]
    total = float(weights[order].sum())
    chosen: set[int] = set()
    carried = 0.0
    for word in order:
        if carried >= carries * total:
            break
        chosen.add(word)
        carried += float(weights[word])
    runs: list[list[int]] = []
    for word in sorted(chosen):
        if runs and word - runs[-1][-1] <= 1 + _GAP:
            runs[-1].append(word)
        else:
            runs.append([word])
    phrases = [Phrase(run[0], run[-1] + 1, float(weights[run[0] : run[-1] + 1].sum())) for run in runs]
    return sorted(phrases, key=lambda phrase: -phrase.weight)
