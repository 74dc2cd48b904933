"""Fit a layer's calibration: temperature, offsets, and the thresholds for abstaining or for showing a label."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from .calibration import LayerCalibration, probabilities, surprise
from .codebook import Layer

__all__ = ["best_threshold", "fit_layer", "fit_scale", "fit_temperature", "threshold_for_risk"]

Floats = npt.NDArray[np.floating]

#: Thresholds tried for showing a label of a multi-label layer; one for all labels, as 15 would overfit small data: on
#: 1,183 development sentences, judged by the thresholds of the other articles, 15 gave a macro-F1 of 0.649, one 0.648.
_THRESHOLDS = np.arange(0.15, 0.61, 0.01)

#: One over the variance of an offset, in scaled logits, before any sentence is seen. With 20 to 200 sentences of data
#: whose labels are as common as in training, a wider prior (1, 0.25) cost more than it brought where they are not
#: (`python -m newstance.eval.label_offsets`).
_PRIOR = 4.0

#: A model that decides fewer than one in ten sentences is hardly of use, and its user should know before scoring.
_HARDLY_ANY = 0.1


def fit_layer(
    logits: Floats,
    gold: npt.NDArray[np.integer] | npt.NDArray[np.bool_],
    layer: Layer,
    *,
    target_risk: float,
    weights: Floats | None = None,
    offsets: bool = False,
) -> LayerCalibration:
    """Fit a layer's temperature, and its threshold for abstaining (single-label) or for showing a label (multi).

    Args:
        logits: (sentences, labels), raw, one sentence or more.
        gold: (sentences,) label numbers, or (sentences, labels) booleans of a multi-label layer.
        layer: the layer that they belong to.
        target_risk: wanted share of wrong decisions among those not abstained from, 0 to 1.
        weights: how much each sentence counts; alike when None.
        offsets: fit offsets of a single-label layer's labels beside the temperature; a multi-label one has none.
    """
    found = fit_scale(logits, gold, layer, weights=weights, offsets=offsets)
    p = found.probabilities(logits, layer)
    if layer.kind == "multi":
        show, _ = best_threshold(gold.astype(bool), p, weights)
        return found.model_copy(update={"show_above": show})
    probability, right = p.max(1), p.argmax(1) == gold
    threshold = threshold_for_risk(probability, right, target_risk, weights)
    kept = float(np.average(probability >= threshold, weights=weights))
    warnings = [found.warning]
    if offsets and not found.offsets:
        warnings.append("no offsets are fitted")
    elif found.offsets and (missing := [code for i, code in enumerate(layer.codes) if i not in gold]):
        warnings.append(f"no sentence is labelled {' or '.join(missing)}: its offset rests on that alone")
    if kept < _HARDLY_ANY:
        wrong = float(np.average(~right, weights=weights))
        warnings.append(_hardly_any_kept(kept, wrong, target_risk))
    said = "; ".join(filter(None, warnings))
    return found.model_copy(
        update={"abstain_below": threshold, "target_risk": target_risk, "kept": kept, "warning": said}
    )


def fit_scale(
    logits: Floats,
    gold: npt.NDArray[np.integer] | npt.NDArray[np.bool_],
    layer: Layer,
    *,
    weights: Floats | None = None,
    offsets: bool = False,
) -> LayerCalibration:
    """Fit what `fit_layer` does but for its thresholds, which probabilities do not depend on; arguments are as there.

    Both together are bias-corrected temperature scaling (Alexandari, Kundaje and Shrikumar, ICML 2020), here with a
    prior that keeps offsets small where sentences are few.
    """
    offsets = offsets and layer.kind == "single"
    temperature, shift, warning = _fit_scale(logits, gold.astype(int), layer, weights, offsets=offsets)
    named = dict(zip(layer.codes, np.round(shift, 4).tolist(), strict=True)) if shift.any() else {}
    note = f"{len(gold)} development sentences"
    return LayerCalibration(temperature=temperature, offsets=named, fitted_on=note, warning=warning)


def _hardly_any_kept(kept: float, wrong: float, target_risk: float) -> str:
    rest = f"all but {kept:.0%}" if kept else "all"
    return (
        f"the model abstains from {rest} of these sentences, since {wrong:.0%} of its decisions are wrong and at most "
        f"{target_risk:.0%} of those kept may be: allow a higher risk, or label more"
    )


def fit_temperature(
    logits: Floats, labels: npt.NDArray[np.integer], layer: Layer, weights: Floats | None = None
) -> float:
    """Fit the temperature that minimises the negative log-likelihood (Guo et al., ICML 2017).

    Args:
        logits: (sentences, labels).
        labels: (sentences,) label numbers of a single-label layer, (sentences, labels) of 0 and 1 for a multi one.
        layer: the layer that they belong to.
        weights: how much each sentence counts; alike when None.

    Returns:
        The temperature, searched between 0.05 and 20; 1 where there is nothing to fit on, or where every decision is
        right, so that the likelihood would have probabilities of 0 and 1.
    """
    return _fit_scale(logits, labels, layer, weights, offsets=False)[0]


def _fit_scale(
    logits: Floats, labels: npt.NDArray[np.integer], layer: Layer, weights: Floats | None, *, offsets: bool
) -> tuple[float, Floats, str]:
    """Return temperature and offsets, and what is wrong with them where the best lie on an end of the search."""
    none = np.zeros(len(layer.codes))
    if not len(logits):
        return 1.0, none, ""

    def shift_at(temperature: float) -> Floats:
        return _fit_offsets(logits / temperature, labels, weights) if offsets else none

    def loss(log_temperature: float) -> float:
        temperature = float(np.exp(log_temperature))
        shift = shift_at(temperature)
        losses = surprise(probabilities(logits / temperature + shift, layer), labels, layer)
        return float(np.average(losses, weights=weights) + _PRIOR / 2 * (shift @ shift) / len(losses))

    sharpest, flattest = float(np.log(0.05)), float(np.log(20.0))
    best, warning = _lowest(loss, sharpest, flattest), ""
    if loss(sharpest) <= loss(best):
        return 1.0, none, "the sentences are too few, or all decided rightly, to fit a temperature: it is left at 1"
    if loss(flattest) <= loss(best):
        best = flattest
        warning = "the logits say nothing about these sentences: the flattest temperature is taken"
    temperature = float(np.exp(best))
    return temperature, shift_at(temperature) * temperature, warning


def _lowest(loss: Callable[[float], float], low: float, high: float) -> float:
    """Return where a loss with one minimum between two ends has it, by golden-section search: no derivative is needed.

    Of the two points inside, the one that stays inside stands where the other is wanted: each step asks for one loss.
    """
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    a, b = high - ratio * (high - low), low + ratio * (high - low)
    at_a, at_b = loss(a), loss(b)
    for _ in range(60):
        if at_a < at_b:
            high, b, at_b = b, a, at_a
            a = high - ratio * (high - low)
            at_a = loss(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + ratio * (high - low)
            at_b = loss(b)
    return float((low + high) / 2.0)


def _fit_offsets(scaled: Floats, labels: npt.NDArray[np.integer], weights: Floats | None) -> Floats:
    """Return what, added to scaled logits (sentences, labels), makes the labels most likely, by Newton's method.

    The loss is convex; its prior, normal with a variance of one over `_PRIOR`, makes its minimum the only one, and the
    offsets of mean zero.
    """
    weight = np.ones(len(scaled)) if weights is None else weights * (len(scaled) / weights.sum())
    wanted = weight @ np.eye(scaled.shape[1])[labels]
    shift = np.zeros(scaled.shape[1])
    for _ in range(50):
        p = np.exp(scaled + shift - (scaled + shift).max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        expected = weight @ p
        slope = np.diag(expected) - (p * weight[:, None]).T @ p + _PRIOR * np.eye(len(shift))
        step = np.linalg.solve(slope, expected - wanted + _PRIOR * shift)
        shift = shift - np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    return np.asarray(shift)


def threshold_for_risk(
    probability: Floats, right: npt.NDArray[np.bool_], target_risk: float, weights: Floats | None = None
) -> float:
    """Return the lowest threshold at which the share of wrong decisions at or above it is at most `target_risk`.

    Args:
        probability: (sentences,) probability of the chosen label.
        right: (sentences,) whether the choice was right.
        target_risk: wanted share of wrong decisions among those kept, 0 to 1.
        weights: how much each sentence counts; alike when None.

    Returns:
        A threshold; 1.0 when no threshold reaches the risk.
    """
    order = np.argsort(-probability, kind="stable")
    weight = np.ones(len(order)) if weights is None else weights[order]
    wrong = np.cumsum(weight * ~right[order])
    kept = np.cumsum(weight)
    # Only cut between different probabilities: equal ones are kept or dropped together.
    ends = np.append(probability[order][1:] < probability[order][:-1], True)
    fine = np.flatnonzero(ends & (wrong <= target_risk * kept + 1e-9))
    return float(probability[order][fine[-1]]) if fine.size else 1.0


def best_threshold(
    gold: npt.NDArray[np.bool_], probability: Floats, weights: Floats | None = None
) -> tuple[float, float]:
    """Return the one threshold with the highest macro-F1 over a multi-label layer's labels, and that macro-F1.

    Macro-F1 is over the labels that occur or are shown, as figures take it.

    Args:
        gold: (sentences, labels).
        probability: like `gold`.
        weights: how much each sentence counts; alike when None.
    """
    weight = np.ones(len(gold)) if weights is None else weights
    shown = probability[None] >= _THRESHOLDS[:, None, None]
    both = np.einsum("s,tsl->tl", weight, shown & gold)
    either = np.einsum("s,tsl->tl", weight, shown) + weight @ gold
    f1 = np.divide(2.0 * both, either, out=np.zeros(both.shape), where=either > 0)
    scores = f1.sum(axis=1) / np.maximum((either > 0).sum(axis=1), 1)
    best = int(scores.argmax())
    return round(float(_THRESHOLDS[best]), 2), float(scores[best])
