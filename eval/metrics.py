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
    """Return F1 of each label (..., labels); 0 for a label neither in gold nor predicted, as scikit-learn does."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    return _ratio(2 * hits, matrix.sum(axis=-1) + matrix.sum(axis=-2))


def class_precision(matrix: Floats) -> Floats:
    """Return precision of each label (..., labels); 0 where nothing was predicted."""
    return _ratio(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-2))


def class_recall(matrix: Floats) -> Floats:
    """Return recall of each label (..., labels); 0 where gold has none."""
    return _ratio(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1))


def macro_f1(matrix: Floats) -> Floats:
    """Return the mean of the labels' F1 over the labels that occur in gold or are predicted; higher is better.

    The same labels that scikit-learn's ``f1_score(average="macro")`` averages over.
    """
    present = (matrix.sum(axis=-1) + matrix.sum(axis=-2)) > 0
    return _ratio((class_f1(matrix) * present).sum(axis=-1), present.sum(axis=-1))


def mean_f1_of(numbers: Sequence[int]) -> Metric:
    """Return a metric: the mean F1 of the given labels (SemEval's average of favor and against)."""
    return lambda matrix: np.asarray(class_f1(matrix)[..., list(numbers)].mean(axis=-1))


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
    """Return F1 of each label, from (..., labels, 2, 2) to (..., labels); 0 where neither gold nor predicted."""
    return np.asarray(class_f1(matrix)[..., 1])


def label_precision(matrix: Floats) -> Floats:
    """Return precision of each label, from (..., labels, 2, 2) to (..., labels); 0 where never predicted."""
    return np.asarray(class_precision(matrix)[..., 1])


def label_recall(matrix: Floats) -> Floats:
    """Return recall of each label, from (..., labels, 2, 2) to (..., labels); 0 where gold has none."""
    return np.asarray(class_recall(matrix)[..., 1])


def label_macro_f1(matrix: Floats) -> Floats:
    """Return the mean of the labels' F1 over the labels that occur in gold or are predicted; higher is better.

    As `macro_f1` does; scikit-learn's ``average="macro"`` counts the others as 0.
    """
    present = (matrix.sum(axis=(-2, -1)) - matrix[..., 0, 0]) > 0
    return _ratio(label_f1(matrix).sum(axis=-1), present.sum(axis=-1))


def label_micro_f1(matrix: Floats) -> Floats:
    """Return F1 over all decisions together; higher is better."""
    return np.asarray(label_f1(matrix.sum(axis=-3)))


def _ratio(above: Floats, below: Floats) -> Floats:
    zero = np.zeros_like(np.asarray(above, dtype=float))
    return np.asarray(np.divide(above, below, out=zero, where=np.asarray(below) > 0))
