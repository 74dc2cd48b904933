"""Krippendorff's alpha as a function of summed coincidences, so that its interval costs one matrix product.

Nominal data, any number of annotators, missing judgements (Krippendorff, Content Analysis, 4th edition, section 12.3).
Values agree with the package `krippendorff`, which has no interval.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .bootstrap import Figure, Names, cluster_sums, interval

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
    by_label = matrix.sum(axis=-1)
    n = by_label.sum(axis=-1)
    observed = n - np.trace(matrix, axis1=-2, axis2=-1)
    expected = (n**2 - (by_label**2).sum(axis=-1)) / np.maximum(n - 1, 1)
    ratio = np.divide(observed, expected, out=np.full(np.shape(expected), np.nan), where=expected > 0)
    return np.asarray(1.0 - ratio)


def krippendorff_alpha(judgements: Ints, labels: int, clusters: Names, *, samples: int, seed: int) -> Figure | None:
    """Return alpha with its interval, or None where fewer than two labels or no pair of judgements occur.

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
    n = int((cells.sum(axis=(1, 2)) > 0).sum())
    return interval(alpha_of, cluster_sums(cells, clusters), n=n, samples=samples, seed=seed)
