"""Krippendorff's alpha as a function of summed coincidences, so that its interval costs one matrix product.

Nominal data, any number of annotators, missing judgements (Krippendorff, Content Analysis, 4th edition, section 12.3).
Values agree with the package `krippendorff`, which has no interval.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .bootstrap import Figure, Names, cluster_sums, interval, wilson

__all__ = ["MISSING", "alpha_of", "coincidences", "krippendorff_alpha"]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]

#: Stands where an annotator did not judge a unit.
MISSING = -1


def coincidences(judgements: Ints, labels: int) -> Floats:
    """Return each unit's coincidence matrix, (units, labels, labels); zero where fewer than two judged.

    Args:
        judgements: (units, annotators) of label numbers, `MISSING` where there is none.
        labels: how many labels there are.
    """
    counts = np.stack([(judgements == label).sum(axis=1) for label in range(labels)], axis=1).astype(float)
    pairs = counts[:, :, None] * counts[:, None, :] - np.eye(labels) * counts[:, :, None]
    judged = counts.sum(axis=1)
    return np.asarray(pairs / np.maximum(judged - 1, 1)[:, None, None])


def alpha_of(matrix: Floats) -> Floats:
    """Return alpha of summed coincidences, from (..., labels, labels) to (...); NaN where all judged the same."""
    observed = matrix.sum(axis=(-2, -1)) - np.trace(matrix, axis1=-2, axis2=-1)
    expected = _expected(matrix)
    ratio = np.divide(observed, expected, out=np.full(np.shape(expected), np.nan), where=expected > 0)
    return np.asarray(1.0 - ratio)


def _expected(matrix: Floats) -> Floats:
    """Return how many judgements of summed coincidences (..., labels, labels) would differ by chance."""
    by_label = matrix.sum(axis=-1)
    n = by_label.sum(axis=-1)
    return np.asarray((n**2 - (by_label**2).sum(axis=-1)) / np.maximum(n - 1, 1))


def krippendorff_alpha(judgements: Ints, labels: int, clusters: Names, *, samples: int, seed: int) -> Figure | None:
    """Return alpha with its interval, or None where fewer than two labels or no pair of judgements occur.

    Where no draw differs, which would look like certainty, the ends are the alphas of as much agreement as Wilson's
    interval of the observed agreement holds, with as much as they are expected to agree by chance.

    Args:
        judgements: (units, annotators) of label numbers, `MISSING` where there is none.
        labels: how many labels there are.
        clusters: (units,) the article of each unit.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    cells = coincidences(judgements, labels)
    if not np.isfinite(alpha_of(cells.sum(axis=0))):
        return None
    paired = cells.sum(axis=(1, 2)) > 0
    sums = cluster_sums(cells[paired], np.asarray(clusters)[paired])
    found = interval(alpha_of, sums, n=int(paired.sum()), samples=samples, seed=seed)
    if found.low < found.high:
        return found
    total = sums.sum(axis=0)
    agreement = float(np.trace(total) / total.sum())
    expected = float(_expected(total) / total.sum())
    low, high = (1 - (1 - share) / expected for share in wilson(agreement, len(sums)))
    return Figure(found.value, min(low, found.value), max(high, found.value), found.n)
