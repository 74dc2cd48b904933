"""Bootstrap intervals that resample clusters (articles), not sentences, which are not independent of each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .metrics import Metric

__all__ = ["Figure", "cluster_sums", "interval"]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% interval.

    Attributes:
        value: on the data as they are.
        low: lower end of the interval.
        high: upper end.
        n: sentences behind it.
    """

    value: float
    low: float
    high: float
    n: int


def cluster_sums(cells: Floats, clusters: Sequence[str]) -> Floats:
    """Add up the items' confusion matrices (items, ...) by cluster, shape (clusters, ...)."""
    numbers = {name: i for i, name in enumerate(dict.fromkeys(clusters))}
    sums = np.zeros((len(numbers), *cells.shape[1:]))
    np.add.at(sums, [numbers[name] for name in clusters], cells)
    return sums


def interval(metric: Metric, sums: Floats, *, n: int, samples: int, seed: int) -> Figure:
    """Return a metric with its percentile bootstrap interval (Efron and Tibshirani, 1993, chapter 13).

    Args:
        metric: maps confusion matrices to values.
        sums: confusion matrices, first axis one a cluster.
        n: sentences behind them.
        samples: how many times clusters are drawn with replacement.
        seed: of the drawing; the same seed draws the same clusters for every metric.
    """
    clusters = len(sums)
    generator = np.random.default_rng(seed)
    counts = generator.multinomial(clusters, np.full(clusters, 1.0 / clusters), size=samples)
    drawn = np.tensordot(counts, sums, axes=1)
    low, high = np.percentile(metric(drawn), [2.5, 97.5])
    return Figure(float(metric(sums.sum(axis=0))), float(low), float(high), n)
