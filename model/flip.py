"""Flip: the smallest set of words found whose deletion changes the decision.

The smallest of all would take a pass for every subset. Words are deleted in the order of an explanation until the label
changes, and then put back one at a time where it stays changed: every word that is left is needed, which does not rule
out that some other, smaller set would do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .encoding import EncodedSentence
from .predictor import Predictor
from .removal import without

__all__ = ["Flip", "smallest_flip"]

Floats = npt.NDArray[np.floating]
#: More words than this are no explanation; the search stops there.
MOST = 12


@dataclass(frozen=True, slots=True)
class Flip:
    """Without `words` the model says the label of this number."""

    words: tuple[int, ...]
    label: int


def smallest_flip(
    predictor: Predictor, sentence: EncodedSentence, weights: Floats, *, layer: str = "stance", most: int = MOST
) -> Flip | None:
    """Return the smallest flipping deletion found, or None when `most` words do not flip the decision.

    Args:
        predictor: the model.
        sentence: the encoded sentence.
        weights: an explanation of its decision, (words,).
        layer: a single-label layer.
        most: words to delete at most; one word always stays.

    Raises:
        UsageError: the model lacks the layer, or it takes any number of labels.
    """
    predictor.require_single(layer)
    order = np.argsort(-weights, kind="stable").tolist()[: min(most, len(weights) - 1)]
    sets = [frozenset(order[: count + 1]) for count in range(len(order))]
    labels = _labels(predictor, sentence, [frozenset(), *sets], layer)
    chosen, after = labels[0], labels[1:]
    flipped = next((i for i, label in enumerate(after) if label != chosen), None)
    if flipped is None:
        return None
    gone, label = set(sets[flipped]), after[flipped]
    for word in reversed(order[:flipped]):  # the last one flipped it; the weightiest are tried last
        (found,) = _labels(predictor, sentence, [frozenset(gone - {word})], layer)
        if found != chosen:
            gone.remove(word)
            label = found
    return Flip(tuple(sorted(gone)), label)


def _labels(predictor: Predictor, sentence: EncodedSentence, sets: list[frozenset[int]], layer: str) -> list[int]:
    found = predictor.predict_encoded([without(sentence, gone) for gone in sets])
    return [int(np.argmax(prediction.logits[layer])) for prediction in found]
