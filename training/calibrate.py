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
    fit_temperature,
    probabilities,
    threshold_for_risk,
)
from newstance.model.codebook import Layer

from .data import Item

__all__ = ["calibrate", "macro_f1_by_layer"]

Floats = npt.NDArray[np.floating]

#: Thresholds tried for showing a label of a multi-label layer; one for all labels, as 15 would overfit small data.
_THRESHOLDS = np.arange(0.15, 0.61, 0.01)


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
            scores[layer.name] = _best_threshold(gold >= 0.5, probabilities(logits, layer))[1]
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
        if not len(gold):
            continue
        note = f"{len(gold)} development sentences"
        if layer.kind == "multi":
            temperature = fit_temperature(logits, (gold >= 0.5).astype(int), layer)
            show, _ = _best_threshold(gold >= 0.5, probabilities(logits, layer, temperature))
            layers[layer.name] = LayerCalibration(temperature=temperature, show_above=show, fitted_on=note)
            continue
        labels = gold.argmax(1)
        temperature = fit_temperature(logits, labels, layer)
        p = probabilities(logits, layer, temperature)
        threshold = threshold_for_risk(p.max(1), p.argmax(1) == labels, target_risk)
        layers[layer.name] = LayerCalibration(
            temperature=temperature, abstain_below=threshold, target_risk=target_risk, fitted_on=note
        )
    return Calibration(layers=layers)


def _labelled(items: Sequence[Item], predictions: Sequence[Prediction], layer: Layer) -> tuple[Floats, Floats]:
    """Return label shares and logits, both (rows, labels), of the rows that carry the layer's labels.

    Rows of a single-label layer whose annotators are split evenly have no right answer and are left out.
    """
    pairs = [
        (labels, prediction.logits[layer.name])
        for item, prediction in zip(items, predictions, strict=True)
        if (labels := item.labels[layer.name]) is not None
        and (layer.kind == "multi" or np.sort(labels)[-1] > np.sort(labels)[-2])
    ]
    if not pairs:
        return np.empty((0, len(layer.codes))), np.empty((0, len(layer.codes)))
    gold, logits = zip(*pairs, strict=True)
    return np.stack(gold), np.stack(logits)


def _best_threshold(gold: npt.NDArray[np.bool_], probability: Floats) -> tuple[float, float]:
    """Return the threshold with the highest macro-F1, and that macro-F1."""
    scores = [f1_score(gold, probability >= t, average="macro", zero_division=0.0) for t in _THRESHOLDS]
    best = int(np.argmax(scores))
    return round(float(_THRESHOLDS[best]), 2), float(scores[best])
