"""Average precision: how well a label's probabilities rank the sentences that have it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

__all__ = ["average_precision"]

Floats = npt.NDArray[np.floating]


def average_precision(gold: npt.NDArray[np.bool_], score: Floats) -> Callable[[Floats | None], float]:
    """Sort once, and return a function from items' weights to average precision, as scikit-learn defines it.

    Args:
        gold: (items,) whether the label is right.
        score: (items,) its probability; equal scores are taken together.

    Returns:
        A function of weights (items,), or of None for 1 each; NaN where no positive item has weight. Higher is better.
    """
    order = np.argsort(-score, kind="stable")
    positive, ordered = gold[order].astype(float), score[order]
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))

    def value(weights: Floats | None = None) -> float:
        weight = np.ones(len(order)) if weights is None else np.asarray(weights, dtype=float)[order]
        hits, shown = np.cumsum(weight * positive)[ends], np.cumsum(weight)[ends]
        if not hits[-1]:
            return float("nan")
        precision = np.divide(hits, shown, out=np.zeros(len(hits)), where=shown > 0)
        return float((np.diff(hits, prepend=0.0) * precision).sum() / hits[-1])

    return value
