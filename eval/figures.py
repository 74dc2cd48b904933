"""From gold and predicted labels to figures: which metrics each kind of layer gets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from newstance.model.codebook import Layer

from . import metrics
from .bootstrap import Figure, cluster_sums, interval

__all__ = ["multi_figures", "single_figures"]


def single_figures(
    layer: Layer,
    gold: npt.NDArray[np.integer],
    predicted: npt.NDArray[np.integer],
    clusters: Sequence[str],
    *,
    samples: int,
    seed: int,
) -> dict[str, Figure]:
    """Return every metric of a single-label layer with its interval; each is better when higher.

    Args:
        layer: the layer.
        gold: (sentences,) label numbers.
        predicted: (sentences,) label numbers.
        clusters: the article of each sentence.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
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
    sums = cluster_sums(metrics.confusions(gold, predicted, len(layer.codes)), clusters)
    return _figures(wanted, sums, n=len(gold), samples=samples, seed=seed)


def multi_figures(
    layer: Layer,
    gold: npt.NDArray[np.bool_],
    predicted: npt.NDArray[np.bool_],
    clusters: Sequence[str],
    *,
    samples: int,
    seed: int,
) -> dict[str, Figure]:
    """Return every metric of a multi-label layer with its interval; each is better when higher.

    Args:
        layer: the layer.
        gold: (sentences, labels).
        predicted: (sentences, labels).
        clusters: the article of each sentence.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    wanted: dict[str, metrics.Metric] = {"macro_f1": metrics.label_macro_f1, "micro_f1": metrics.label_micro_f1}
    for number, code in enumerate(layer.codes):
        wanted[f"f1_{code}"] = _one(metrics.label_f1, number)
    sums = cluster_sums(metrics.label_confusions(gold, predicted), clusters)
    return _figures(wanted, sums, n=len(gold), samples=samples, seed=seed)


def _one(function: metrics.Metric, number: int) -> metrics.Metric:
    return lambda matrix: function(matrix)[..., number]


def _figures(
    wanted: dict[str, metrics.Metric], sums: npt.NDArray[np.floating], *, n: int, samples: int, seed: int
) -> dict[str, Figure]:
    return {name: interval(metric, sums, n=n, samples=samples, seed=seed) for name, metric in wanted.items()}
