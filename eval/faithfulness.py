"""Faithfulness: do explanations name the words that the decision hangs on? Every method beside the random control."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newstance.errors import UsageError
from newstance.model import (
    METHODS,
    Checkpoint,
    Explanation,
    Layer,
    Method,
    Prediction,
    Predictor,
    Removal,
    SentenceInput,
    explain_encoded,
    probabilities,
)

from .bootstrap import Figure, cluster_sums, interval, varied
from .perturbation import SHARES, Perturber, Question, top_words, words_for

__all__ = ["Faithfulness", "explained_layer", "faithfulness", "mean_figures"]

Floats = npt.NDArray[np.floating]
Values = dict[str, Floats]

_HOW: tuple[Removal, ...] = ("delete", "mask")


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """What each method scored.

    Attributes:
        figures: method, then metric, then its figure; `<metric>_minus_<other>` are paired differences.
        values: the same per sentence, before averaging.
        sentences: how many were explained.
        skipped: sentences of fewer than two words, which leave nothing to rank.
    """

    figures: dict[Method, dict[str, Figure]]
    values: dict[Method, Values]
    sentences: int
    skipped: int


def faithfulness(
    predictor: Predictor,
    checkpoint: Checkpoint,
    inputs: Sequence[SentenceInput],
    clusters: Sequence[str],
    *,
    methods: Sequence[Method] = METHODS,
    gradients: Predictor | None = None,
    steps: int = 10,
    samples: int = 1000,
    seed: int = 0,
    step: Callable[[], None] = lambda: None,
) -> Faithfulness:
    """Measure explanations of the model's own decisions on its stance layer; no gold label is needed.

    Probability is the calibrated one of the label that the model chose for the whole sentence. Metrics:

    - `comprehensiveness`, `sufficiency`: means over the shares of words 1, 5, 10, 20 and 50%, words deleted;
      `..._mask` with words masked in place (DeYoung et al., ACL 2020).
    - `aopc`: area over the perturbation curve from none to half of the words deleted, as a mean (Samek et al., 2017).
    - `kendall_tau`: rank correlation (tau-b) of the weights with those of leave-one-out.

    Args:
        predictor: the model that decides.
        checkpoint: its checkpoint, for labels and calibration.
        inputs: sentences.
        clusters: the article of each, for the intervals.
        methods: what to compare; differences are taken from `ig` and `random` where they are among them.
        gradients: the same model on the torch runtime, for `ig`.
        steps: points of its integral.
        samples: bootstrap samples.
        seed: of the bootstrap and of the control.
        step: called after each sentence of each method.

    Raises:
        UsageError: `ig` without `gradients`, no layer of one label, or no sentence of two words or more.
    """
    if "ig" in methods and gradients is None:
        raise UsageError("integrated gradients need the torch runtime: leave ig out, or give the model on torch")
    layer = explained_layer(checkpoint)
    temperature = checkpoint.calibration.layer(layer.name).temperature
    encoded = predictor.encoding.encode(inputs)
    kept = [i for i, sentence in enumerate(encoded) if len(sentence.words) > 1]
    if not kept:
        raise UsageError("no sentence of two words or more to explain")
    encoded = [encoded[i] for i in kept]
    predictions = predictor.predict_encoded(encoded)

    def probability(prediction: Prediction, label: int) -> float:
        return float(probabilities(prediction.logits[layer.name], layer, temperature)[label])

    chosen = [int(np.argmax(prediction.logits[layer.name])) for prediction in predictions]
    whole = np.array([probability(p, label) for p, label in zip(predictions, chosen, strict=True)])
    perturber = Perturber(predictor, encoded, lambda i, prediction: probability(prediction, chosen[i]))
    explained: dict[Method, list[Explanation]] = {}
    for method in methods:
        model = gradients if method == "ig" and gradients is not None else predictor
        explained[method] = explain_encoded(
            model, encoded, predictions, method, layer=layer.name, steps=steps, seed=seed
        )
    values: dict[Method, Values] = {}
    for method, found in explained.items():
        weights = [explanation.weights for explanation in found]
        values[method] = _perturbation_values(perturber, weights, whole, step)
        if "loo" in explained and method != "loo":
            pairs = zip(weights, explained["loo"], strict=True)
            values[method]["kendall_tau"] = np.array([kendall_tau(w, other.weights) for w, other in pairs])
    groups = [clusters[i] for i in kept]
    figures = {m: mean_figures(v, groups, samples=samples, seed=seed) for m, v in values.items()}
    for method, found_figures in figures.items():
        for other in ("ig", "random"):
            if other in values and method != other:
                shared = {k: values[method][k] - values[other][k] for k in values[method] if k in values[other]}
                differences = mean_figures(shared, groups, samples=samples, seed=seed)
                found_figures.update({f"{name}_minus_{other}": figure for name, figure in differences.items()})
    return Faithfulness(figures, values, len(kept), len(inputs) - len(kept))


def explained_layer(checkpoint: Checkpoint) -> Layer:
    """Return the layer whose decisions are explained, the one that plays the stance; `UsageError` when none does."""
    if (layer := checkpoint.codebook.stance) is None:
        raise UsageError("the model has no layer of one label, whose decisions could be explained")
    return layer


def _perturbation_values(
    perturber: Perturber, weights: Sequence[Floats], whole: Floats, step: Callable[[], None]
) -> Values:
    def gone(number: int, share: float, *, inverse: bool) -> frozenset[int]:
        count = len(weights[number])
        top = top_words(weights[number], words_for(share, count))
        return frozenset(range(count)) - top if inverse else top

    sets = {
        (i, share, inverse): gone(i, share, inverse=inverse)
        for i in range(len(weights))
        for share in SHARES
        for inverse in (False, True)
    }
    perturber.ask([Question(i, taken, how) for (i, _, _), taken in sets.items() for how in _HOW], step)
    drops = {
        (share, inverse, how): np.array(
            [whole[i] - perturber[Question(i, sets[i, share, inverse], how)] for i in range(len(weights))]
        )
        for share in SHARES
        for inverse in (False, True)
        for how in _HOW
    }
    values: Values = {}
    for how in _HOW:
        suffix = "" if how == "delete" else "_mask"
        for name, inverse in (("comprehensiveness", False), ("sufficiency", True)):
            values[name + suffix] = np.mean([drops[share, inverse, how] for share in SHARES], axis=0)
    curve = np.array([np.zeros(len(weights)), *(drops[share, False, "delete"] for share in SHARES)])
    steps = np.diff([0.0, *SHARES])[:, None]
    values["aopc"] = ((curve[1:] + curve[:-1]) / 2 * steps).sum(axis=0) / SHARES[-1]
    return values


def mean_figures(
    values: Mapping[str, Floats], clusters: Sequence[str], *, samples: int, seed: int
) -> dict[str, Figure]:
    """Return the mean of each metric over the sentences with its interval; sentences without a value are left out.

    Where none has one the mean is NaN; where no draw differs, as with a single sentence, there is no interval.
    """
    figures = {}
    for name, found in values.items():
        here = np.isfinite(found)
        cells = np.stack([np.where(here, found, 0.0), here.astype(float)], axis=1)
        sums = cluster_sums(cells, clusters)
        figures[name] = varied(interval(_mean, sums, n=int(here.sum()), samples=samples, seed=seed))
    return figures


def _mean(sums: Floats) -> Floats:
    below = np.asarray(sums[..., 1])
    return np.asarray(np.divide(sums[..., 0], below, out=np.full(below.shape, np.nan), where=below > 0))


def kendall_tau(one: Floats, two: Floats) -> float:
    """Return Kendall's tau-b of two rankings (Kendall, 1945); NaN when either ranks nothing."""
    upper = np.triu_indices(len(one), k=1)
    a, b = (np.sign(x[:, None] - x[None, :])[upper] for x in (one, two))
    spread = np.sqrt(np.sum(a != 0) * float(np.sum(b != 0)))
    return float(np.sum(a * b) / spread) if spread else float("nan")
