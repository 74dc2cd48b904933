"""Metrics as functions of a confusion matrix, so that thousands of bootstrap samples cost one matrix product."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

__all__ = [
    "Metric",
    "accuracy",
    "class_f1",
    "class_precision",
    "class_recall",
    "confusions",
    "label_confusions",
    "label_f1",
    "label_macro_f1",
    "label_micro_f1",
    "label_precision",
    "label_recall",
    "macro_f1",
    "mean_f1_of",
    "mean_of_known",
]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]

#: A metric maps confusion matrices (..., gold, predicted) to values (...).
Metric = Callable[[Floats], Floats]


def confusions(gold: Ints, predicted: Ints, labels: int) -> Floats:
    """Return one 0/1 confusion matrix for each item, shape (items, labels, labels); rows are gold."""
    cells = np.zeros((len(gold), labels, labels))
    cells[np.arange(len(gold)), gold, predicted] = 1.0
    return cells


def accuracy(matrix: Floats) -> Floats:
    """Return the share of right decisions; higher is better."""
    return np.asarray(np.trace(matrix, axis1=-2, axis2=-1) / matrix.sum(axis=(-2, -1)))


def class_f1(matrix: Floats) -> Floats:
    """Return F1 of each label (..., labels); NaN for a label neither in gold nor predicted."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    return _ratio(2 * hits, matrix.sum(axis=-1) + matrix.sum(axis=-2))


def class_precision(matrix: Floats) -> Floats:
    """Return precision of each label (..., labels); NaN where it was never predicted."""
    return _ratio(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-2))


def class_recall(matrix: Floats) -> Floats:
    """Return recall of each label (..., labels); NaN where gold has none."""
    return _ratio(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1))


def macro_f1(matrix: Floats) -> Floats:
    """Return the mean of the labels' F1 over the labels that occur in gold or are predicted; higher is better.

    The same labels that scikit-learn's ``f1_score(average="macro")`` averages over.
    """
    return mean_of_known(class_f1(matrix))


def mean_f1_of(numbers: Sequence[int]) -> Metric:
    """Return a metric: the mean F1 of those of the given labels that occur (SemEval's average of favor and against).

    NaN where none of them occurs in gold or is predicted.
    """
    return lambda matrix: mean_of_known(class_f1(matrix)[..., list(numbers)])


def label_confusions(gold: npt.NDArray[np.bool_], predicted: npt.NDArray[np.bool_]) -> Floats:
    """Return a 2 x 2 confusion matrix for each item and label of a multi-label layer.

    Args:
        gold: (items, labels).
        predicted: (items, labels).

    Returns:
        Shape (items, labels, 2, 2); the last axes are gold and predicted, 1 for "has the label".
    """
    items, labels = gold.shape
    cells = np.zeros((items, labels, 2, 2))
    rows, columns = np.meshgrid(np.arange(items), np.arange(labels), indexing="ij")
    cells[rows, columns, gold.astype(int), predicted.astype(int)] = 1.0
    return cells


def label_f1(matrix: Floats) -> Floats:
    """Return F1 of each label, from (..., labels, 2, 2) to (..., labels); NaN where neither gold nor predicted."""
    return np.asarray(class_f1(matrix)[..., 1])


def label_precision(matrix: Floats) -> Floats:
    """Return precision of each label, from (..., labels, 2, 2) to (..., labels); NaN where never predicted."""
    return np.asarray(class_precision(matrix)[..., 1])


def label_recall(matrix: Floats) -> Floats:
    """Return recall of each label, from (..., labels, 2, 2) to (..., labels); NaN where gold has none."""
    return np.asarray(class_recall(matrix)[..., 1])


def label_macro_f1(matrix: Floats) -> Floats:
    """Return the mean of the labels' F1 over the labels that occur in gold or are predicted; higher is better.

    As `macro_f1` does; scikit-learn's ``average="macro"`` counts the others as 0. NaN where no label occurs.
    """
    return mean_of_known(label_f1(matrix))


def label_micro_f1(matrix: Floats) -> Floats:
    """Return F1 over all decisions together, NaN where no label occurs; higher is better."""
    return label_f1(matrix.sum(axis=-3))


def _ratio(above: Floats, below: Floats) -> Floats:
    nothing = np.full_like(np.asarray(above, dtype=float), np.nan)
    return np.asarray(np.divide(above, below, out=nothing, where=np.asarray(below) > 0))


def mean_of_known(values: Floats) -> Floats:
    """Return the mean over the labels (..., labels) whose value is no NaN; NaN where none is."""
    known = np.isfinite(values).sum(axis=-1)
    return np.where(known > 0, np.nansum(values, axis=-1) / np.maximum(known, 1), np.nan)
