"""Frames against FrAC's merged classes: one class a sentence, several of our frames in some of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from newstance.corpora.frac import CLASSES
from newstance.model.codebook import Layer

__all__ = ["merged_probability"]


def merged_probability(probability: npt.NDArray[np.floating], layer: Layer) -> npt.NDArray[np.floating]:
    """Return how probable each merged class is: as its likeliest frame.

    The largest is the class chosen; they are no distribution over the classes.

    Args:
        probability: (sentences, frames) in the layer's order.
        layer: the frame layer.

    Returns:
        (sentences, classes), in the order of `CLASSES`.
    """
    columns = [[layer.codes.index(code) for code in codes] for codes in CLASSES.values()]
    return np.stack([probability[:, c].max(axis=1) for c in columns], axis=1)
