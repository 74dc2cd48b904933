"""From gold labels and predictions to figures: which metrics each kind of layer gets, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from newstance.model import LayerCalibration, surprise
from newstance.model.codebook import Layer

from . import metrics
from .bootstrap import (
    FEWEST_CLUSTERS,
    Bootstrap,
    Figure,
    Names,
    Statistic,
    cluster_sums,
    interval,
    resampled,
    varied,
    wilson,
)
from .judged import Judged
from .ranking import average_precision
from .reliability import Decided, calibration_error, chance_errors, risk_at_coverage, risk_coverage_area

__all__ = [
    "better",
    "by_chance",
    "few_behind",
    "judged_figures",
    "layer_figures",
    "macro_f1",
    "probability_figures",
]

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

#: A figure over no sentence.
_NOTHING = Figure(float("nan"), float("nan"), float("nan"), 0)
#: The share of sentences that the risk is also given at: what abstaining from a fifth of them brings.
COVERAGE = 0.8
#: Data sets drawn for what chance alone makes: their mean and 95% quantile are then known to a few percent.
_CHANCE_DRAWS = 300
#: Ends the name of what chance alone would make of a figure whose truth is 0.
_BY_CHANCE = "_by_chance"
#: Ends the name of what a metric would be if every sentence were called by the annotators' commonest label.
_MAJORITY = "_majority"
#: The metrics that are shares of decisions: what is right, of a number that the metric does not change.
_SHARES = ("accuracy", "precision_", "recall_")
_LOWER = ("expected_calibration_error", "brier", "log_loss", "risk", "area_under_risk_coverage", "soft_cross_entropy")


def better(metric: str) -> Literal["higher", "lower", "neither"]:
    """Return which way a metric is better."""
    if metric in ("coverage_kept", "mean_confidence") or by_chance(metric) or metric.endswith(_MAJORITY):
        return "neither"
    return "lower" if metric.startswith(_LOWER) else "higher"


def by_chance(metric: str) -> bool:
    """Return whether a metric says what chance alone makes of another: 95% of cases lie below its `high`."""
    return metric.endswith(_BY_CHANCE)


def judged_figures(judged: Judged, calibration: LayerCalibration, *, samples: int, seed: int) -> dict[str, Figure]:
    """Return every figure of a layer.

    Args:
        judged: the layer's gold labels and predictions.
        calibration: the model's, for its thresholds.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    found = layer_figures(
        judged.layer,
        judged.gold,
        judged.predicted,
        judged.groups,
        averaged=judged.averaged,
        samples=samples,
        seed=seed,
    )
    if judged.layer.kind == "single":
        found |= _majority_figures(judged, samples=samples, seed=seed)
    if judged.calibrated:
        found |= probability_figures(judged, calibration, samples=samples, seed=seed)
    return found


def _majority_figures(judged: Judged, *, samples: int, seed: int) -> dict[str, Figure]:
    """Return what calling every sentence by the annotators' commonest label would come to."""
    commonest = np.bincount(judged.gold.astype(int)).argmax() if len(judged.gold) else 0
    found = layer_figures(
        judged.layer,
        judged.gold,
        np.full(len(judged.gold), commonest),
        judged.groups,
        averaged=judged.averaged,
        only=("accuracy", "macro_f1"),
        samples=samples,
        seed=seed,
    )
    return {name + _MAJORITY: figure for name, figure in found.items()}


def layer_figures(
    layer: Layer,
    gold: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    clusters: Sequence[str] | npt.NDArray[np.str_],
    *,
    samples: int,
    seed: int,
    averaged: Sequence[int] | None = None,
    only: Collection[str] | None = None,
) -> dict[str, Figure]:
    """Return the figures that need decisions only; each is better when higher.

    Figures of a label are over the sentences that they divide by, which are their `n` and are resampled alone: those
    annotated with it (recall), decided for it (precision), or either (F1). Where there are none, all but `n` are NaN,
    as macro- and micro-F1 of a multi-label layer are where no label occurs. Where they come from fewer than five of the
    articles, precision and recall take each article for one decision (Wilson's interval) and F1 has no interval, as any
    F1 has none that no draw changes: its ends are NaN.

    Args:
        layer: the layer.
        gold: (sentences,) label numbers, or (sentences, labels) booleans for a multi-label layer.
        predicted: like `gold`.
        clusters: the article of each sentence.
        samples: bootstrap samples.
        seed: of the bootstrap.
        averaged: label numbers that macro-F1 is taken over; all when None.
        only: names of the figures wanted; all when None.
    """
    if layer.kind == "single":
        wanted, cells = _single_metrics(layer, averaged), metrics.confusions(gold, predicted, len(layer.codes))
    else:
        wanted, cells = _multi_metrics(layer), metrics.label_confusions(gold, predicted)
    units = np.array(resampled(clusters))
    every = np.ones(len(gold), dtype=bool)
    asked = {name: (metric, every) for name, metric in wanted.items()} | _label_metrics(layer, gold, predicted)
    return {
        name: _decided_figure(name, metric, cells[behind], units[behind], samples=samples, seed=seed)
        for name, (metric, behind) in asked.items()
        if only is None or name in only
    }


def few_behind(layer: Layer, gold: npt.NDArray[Any], predicted: npt.NDArray[Any], clusters: Names) -> dict[str, int]:
    """Return the figures of labels behind which fewer than five articles stand, and how many do.

    Of a layer that itself has fewer, whose intervals resample sentences, it is sentences that are counted. Figures
    over no sentence are left out.

    Args:
        layer: the layer.
        gold: (sentences,) label numbers, or (sentences, labels) booleans for a multi-label layer.
        predicted: like `gold`.
        clusters: the article of each sentence.
    """
    units = np.array(resampled(clusters))
    counts = {name: len(set(units[behind])) for name, (_, behind) in _label_metrics(layer, gold, predicted).items()}
    return {name: n for name, n in counts.items() if 0 < n < FEWEST_CLUSTERS}


def _decided_figure(
    name: str, metric: metrics.Metric, cells: Floats, units: npt.NDArray[np.str_], *, samples: int, seed: int
) -> Figure:
    """Return a figure over decisions, given the confusions behind it and the unit that each is resampled with."""
    n, count, share = len(cells), len(set(units)), name.startswith(_SHARES)
    if not n:
        return _NOTHING
    if count < FEWEST_CLUSTERS:
        value = float(metric(cells.sum(axis=0)))
        return Figure(value, *(wilson(value, count) if share else (math.nan, math.nan)), n)
    sums = cluster_sums(cells, units)
    found = interval(metric, sums, n=n, samples=samples, seed=seed, share_of=count if share else 0)
    return found if share else varied(found)


def macro_f1(
    layer: Layer,
    gold: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    clusters: Sequence[str] | npt.NDArray[np.str_],
    *,
    samples: int,
    seed: int,
) -> Figure:
    """Return macro-F1 alone, as `layer_figures` does."""
    only = ("macro_f1",)
    return layer_figures(layer, gold, predicted, clusters, samples=samples, seed=seed, only=only)["macro_f1"]


def probability_figures(judged: Judged, calibration: LayerCalibration, *, samples: int, seed: int) -> dict[str, Figure]:
    """Return calibration, proper scores and, of a single-label layer, what abstaining brings.

    Beside a calibration error stands what chance alone would make of it, `..._by_chance`: the mean for a calibrated
    model with the same probabilities whose decisions are independent, and a range from 0 that holds 95% of such cases.
    What no draw changes has no interval; a share has Wilson's.
    """
    bootstrap = Bootstrap(judged.groups, samples=samples, seed=seed)
    single = judged.layer.kind == "single"
    found: dict[str, Figure] = {}
    repeat = 1 if single else len(judged.layer.codes)
    for suffix, p in (("", judged.probability), ("_before_temperature", judged.uncalibrated)):
        decided, error = _decided(judged, p), f"expected_calibration_error{suffix}"
        chance = chance_errors(decided.confidence, samples=_CHANCE_DRAWS, seed=seed)
        found[error] = bootstrap.biased(_error_of(decided, repeat), chance)
        found[f"{error}{_BY_CHANCE}"] = Figure(
            float(chance.mean()), 0.0, float(np.quantile(chance, 0.95)), len(judged.gold)
        )
        found[f"brier{suffix}"] = bootstrap.mean(_brier(judged, p))
        found[f"log_loss{suffix}"] = bootstrap.mean(surprise(p, judged.gold, judged.layer))
    if single:
        decided = _decided(judged, judged.probability)
        for share in (1.0, COVERAGE):
            found[f"risk_at_{share * 100:.0f}_coverage"] = bootstrap.statistic(_risk_of(decided, share), share=share)
        found["area_under_risk_coverage"] = bootstrap.statistic(lambda w: risk_coverage_area(decided, w))
        kept = judged.probability.max(axis=1) >= calibration.abstain_below
        found["coverage_kept"] = bootstrap.mean(kept.astype(float), share=True)
        if kept.any():
            found["risk_kept"] = bootstrap.ratio((kept & ~judged.right).astype(float), kept.astype(float), share=True)
        found["mean_confidence"] = bootstrap.mean(judged.probability.max(axis=1))
    else:
        found |= _precision_figures(judged, bootstrap)
    return {name: figure if by_chance(name) else varied(figure) for name, figure in found.items()}


def _precision_figures(judged: Judged, bootstrap: Bootstrap) -> dict[str, Figure]:
    """Return average precision of each label that occurs, and their mean."""
    present = [i for i in range(len(judged.layer.codes)) if judged.gold[:, i].any()]
    if not present:
        return {}
    curves: list[Callable[[Floats | None], float]] = [
        average_precision(judged.gold[:, i], judged.probability[:, i]) for i in present
    ]

    def mean_and_each(weights: Floats | None) -> list[float]:
        values = np.array([curve(weights) for curve in curves])
        drawn = values[np.isfinite(values)]
        return [float(drawn.mean()) if len(drawn) else float("nan"), *values.tolist()]

    found = bootstrap.statistics(mean_and_each)
    names = ["mean_average_precision", *(f"average_precision_{judged.layer.codes[i]}" for i in present)]
    return dict(zip(names, found, strict=True))


def _error_of(decided: Decided, repeat: int) -> Statistic:
    """Return the calibration error as a function of sentences' weights, each standing for `repeat` decisions."""
    return lambda weights: calibration_error(decided, None if weights is None else np.repeat(weights, repeat))


def _risk_of(decided: Decided, share: float) -> Statistic:
    return lambda weights: risk_at_coverage(decided, share, weights)


def _decided(judged: Judged, probability: Floats) -> Decided:
    if judged.layer.kind == "multi":
        return Decided.of(probability.ravel(), judged.gold.ravel())
    # By these probabilities: where offsets changed the label, those without them chose another.
    return Decided.of(probability.max(axis=1), probability.argmax(axis=1) == judged.gold)


def _brier(judged: Judged, p: Floats) -> Floats:
    """Return each sentence's squared distance between probabilities and truth, mean over a multi layer's labels."""
    if judged.layer.kind == "multi":
        return np.asarray(((p - judged.gold) ** 2).mean(axis=1))
    return np.asarray(((p - np.eye(p.shape[1])[judged.gold]) ** 2).sum(axis=1))


def _single_metrics(layer: Layer, averaged: Sequence[int] | None) -> dict[str, metrics.Metric]:
    macro = metrics.macro_f1 if averaged is None else metrics.mean_f1_of(averaged)
    wanted: dict[str, metrics.Metric] = {"macro_f1": macro, "accuracy": metrics.accuracy}
    if {"favor", "against"} <= set(layer.codes):
        wanted["favor_against_f1"] = metrics.mean_f1_of([layer.codes.index(c) for c in ("favor", "against")])
    return wanted


def _multi_metrics(layer: Layer) -> dict[str, metrics.Metric]:
    return {"macro_f1": metrics.label_macro_f1, "micro_f1": metrics.label_micro_f1}


def _label_metrics(
    layer: Layer, gold: npt.NDArray[Any], predicted: npt.NDArray[Any]
) -> dict[str, tuple[metrics.Metric, Bools]]:
    """Return metrics of one label, each with a mask over the sentences that it divides by."""
    single = layer.kind == "single"
    functions = (
        (metrics.class_precision, metrics.class_recall, metrics.class_f1)
        if single
        else (metrics.label_precision, metrics.label_recall, metrics.label_f1)
    )
    found: dict[str, tuple[metrics.Metric, Bools]] = {}
    for name, function in zip(("precision", "recall", "f1"), functions, strict=True):
        for number, code in enumerate(layer.codes):
            has, given = (x == number if single else x[:, number] for x in (gold, predicted))
            behind = {"precision": given, "recall": has, "f1": has | given}[name]
            found[f"{name}_{code}"] = (_one(function, number), behind)
    return found


def _one(function: metrics.Metric, number: int) -> metrics.Metric:
    return lambda matrix: function(matrix)[..., number]
