"""Frames against FrAC's merged classes: one class a sentence, several of our frames in some of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from newstance.corpora.frac import CLASSES, FracRow
from newstance.model.codebook import Layer

from . import metrics
from .bootstrap import Figure, interval

__all__ = ["merged_choice", "merged_macro_f1"]

_NAMES = tuple(CLASSES)
#: "Other" is a class of the file, and may be chosen, but is none of the nine that the mean is taken over.
_NAMED = [i for i, name in enumerate(_NAMES) if CLASSES[name] != ("other",)]


def merged_choice(probability: npt.NDArray[np.floating], layer: Layer) -> npt.NDArray[np.integer]:
    """Return the number of the most probable class of each sentence.

    Args:
        probability: (sentences, frames) in the layer's order; a class is as probable as its likeliest frame.
        layer: the frame layer.
    """
    columns = [[layer.codes.index(code) for code in CLASSES[name]] for name in _NAMES]
    return np.asarray(np.stack([probability[:, c].max(axis=1) for c in columns], axis=1).argmax(axis=1))


def merged_macro_f1(rows: Sequence[FracRow], chosen: npt.NDArray[np.integer], *, samples: int, seed: int) -> Figure:
    """Return macro-F1 over the nine named classes; the file does not say which sentences share an article."""
    gold = np.array([_NAMES.index(row.label) for row in rows])
    cells = metrics.confusions(gold, chosen, len(_NAMES))
    return interval(metrics.mean_f1_of(_NAMED), cells, n=len(rows), samples=samples, seed=seed)
