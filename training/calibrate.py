"""Development data decide: how good an epoch is, the temperatures, and the thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import f1_score

from newstance.model import (
    Calibration,
    Codebook,
    LayerCalibration,
    Prediction,
    best_threshold,
    fit_layer,
    probabilities,
)
from newstance.model.codebook import Layer

from .data import Item

__all__ = ["calibrate", "has_answer", "macro_f1_by_layer"]

Floats = npt.NDArray[np.floating]


def macro_f1_by_layer(items: Sequence[Item], predictions: Sequence[Prediction], codebook: Codebook) -> dict[str, float]:
    """Return macro-F1 of every layer that has labels; for multi-label layers at the best single threshold."""
    scores: dict[str, float] = {}
    for layer in codebook.layers:
        gold, logits = _labelled(items, predictions, layer)
        if not len(gold):
            continue
        if layer.kind == "single":
            scores[layer.name] = float(f1_score(gold.argmax(1), logits.argmax(1), average="macro"))
        else:
            scores[layer.name] = best_threshold(gold >= 0.5, probabilities(logits, layer))[1]
    return scores


def calibrate(
    items: Sequence[Item], predictions: Sequence[Prediction], codebook: Codebook, target_risk: float
) -> Calibration:
    """Fit each layer's temperature, and its threshold for abstaining or for showing a label.

    Args:
        items: development rows.
        predictions: the model's, in the same order.
        codebook: its layers.
        target_risk: wanted share of wrong decisions among those not abstained from.
    """
    layers: dict[str, LayerCalibration] = {}
    for layer in codebook.layers:
        gold, logits = _labelled(items, predictions, layer)
        if len(gold):
            labels = gold >= 0.5 if layer.kind == "multi" else gold.argmax(1)
            layers[layer.name] = fit_layer(logits, labels, layer, target_risk=target_risk)
    return Calibration(layers=layers)


def has_answer(item: Item, layer: Layer) -> bool:
    """Return whether an item says what is right: a single-label layer's annotators who are split evenly do not."""
    labels = item.labels[layer.name]
    return labels is not None and (layer.kind == "multi" or bool(np.sort(labels)[-1] > np.sort(labels)[-2]))


def _labelled(items: Sequence[Item], predictions: Sequence[Prediction], layer: Layer) -> tuple[Floats, Floats]:
    """Return label shares and logits, both (rows, labels), of the rows that have an answer of the layer."""
    pairs = [
        (item.labels[layer.name], prediction.logits[layer.name])
        for item, prediction in zip(items, predictions, strict=True)
        if has_answer(item, layer)
    ]
    if not pairs:
        return np.empty((0, len(layer.codes))), np.empty((0, len(layer.codes)))
    gold, logits = zip(*pairs, strict=True)
    return np.stack(gold), np.stack(logits)
