"""From gold and predicted labels to figures: which metrics each kind of layer gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from newstance.model.codebook import Layer

from . import metrics
from .bootstrap import Figure, cluster_sums, interval

__all__ = ["layer_figures"]


def layer_figures(
    layer: Layer,
    gold: npt.NDArray[Any],
    predicted: npt.NDArray[Any],
    clusters: Sequence[str],
    *,
    samples: int,
    seed: int,
) -> dict[str, Figure]:
    """Return every metric of a layer with its interval; each is better when higher.

    Args:
        layer: the layer.
        gold: (sentences,) label numbers, or (sentences, labels) booleans for a multi-label layer.
        predicted: like `gold`.
        clusters: the article of each sentence.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    if layer.kind == "single":
        wanted, cells = _single_metrics(layer), metrics.confusions(gold, predicted, len(layer.codes))
    else:
        wanted, cells = _multi_metrics(layer), metrics.label_confusions(gold, predicted)
    sums = cluster_sums(cells, clusters)
    return {name: interval(metric, sums, n=len(gold), samples=samples, seed=seed) for name, metric in wanted.items()}


def _single_metrics(layer: Layer) -> dict[str, metrics.Metric]:
    wanted: dict[str, metrics.Metric] = {"macro_f1": metrics.macro_f1, "accuracy": metrics.accuracy}
    if {"favor", "against"} <= set(layer.codes):
        wanted["favor_against_f1"] = metrics.mean_f1_of([layer.codes.index(c) for c in ("favor", "against")])
    for name, function in (
        ("precision", metrics.class_precision),
        ("recall", metrics.class_recall),
        ("f1", metrics.class_f1),
    ):
        for number, code in enumerate(layer.codes):
            wanted[f"{name}_{code}"] = _one(function, number)
    return wanted


def _multi_metrics(layer: Layer) -> dict[str, metrics.Metric]:
    wanted: dict[str, metrics.Metric] = {"macro_f1": metrics.label_macro_f1, "micro_f1": metrics.label_micro_f1}
    for number, code in enumerate(layer.codes):
        wanted[f"f1_{code}"] = _one(metrics.label_f1, number)
    return wanted


def _one(function: metrics.Metric, number: int) -> metrics.Metric:
    return lambda matrix: function(matrix)[..., number]
