"""Explanations of a decision, word by word, by four methods behind one interface.

All explain the same number: the margin in logits between the chosen label and the best other one. Positive words speak
for the choice, negative ones against it.

- `evidence`: the model's own output, from the pass that made the decision.
- `ig`: integrated gradients (Sundararajan, Taly and Yan, ICML 2017) of the margin; needs torch.
- `loo`: leave one word out; what the margin loses without it, one pass a word.
- `random`: the control that every method must beat.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from newstance.errors import UsageError

from .encoding import EncodedSentence, SentenceInput
from .prediction import Prediction, margin_weights
from .predictor import Predictor
from .removal import without
from .runtime import Runtime

__all__ = ["METHODS", "Explanation", "Method", "explain", "explain_encoded", "margin_labels", "margin_of"]

Floats = npt.NDArray[np.floating]
Method = Literal["evidence", "ig", "loo", "random"]
METHODS: tuple[Method, ...] = get_args(Method)
IG_STEPS = 10


@dataclass(frozen=True, slots=True)
class Explanation:
    """The words' parts in one decision.

    Attributes:
        method: how they were found.
        weights: one for each of `Prediction.words`, in logits.
        residual: the margin (for `ig`: its difference from the empty sentence's) less the sum of the weights; for
            evidence what offsets of the two labels have in the margin, zero where the calibration has none, and for
            `ig` the error of the integral. Leaving words out does not add up, and need not.
    """

    method: Method
    weights: Floats
    residual: float


def explain(
    predictor: Predictor,
    inputs: Sequence[SentenceInput],
    method: Method = "evidence",
    *,
    layer: str = "stance",
    steps: int = IG_STEPS,
    seed: int = 0,
) -> list[tuple[Prediction, Explanation]]:
    """Predict sentences and explain each decision; see `explain_encoded`."""
    encoded = predictor.encoding.encode(inputs)
    predictions = predictor.predict_encoded(encoded)
    found = explain_encoded(predictor, encoded, predictions, method, layer=layer, steps=steps, seed=seed)
    return list(zip(predictions, found, strict=True))


def explain_encoded(
    predictor: Predictor,
    encoded: Sequence[EncodedSentence],
    predictions: Sequence[Prediction],
    method: Method = "evidence",
    *,
    layer: str = "stance",
    steps: int = IG_STEPS,
    seed: int = 0,
) -> list[Explanation]:
    """Explain decisions that have been made.

    Args:
        predictor: the model; for `ig` one on the torch runtime.
        encoded: the sentences.
        predictions: what the model said of them.
        method: how to explain.
        layer: a single-label layer.
        steps: points of the integral, for `ig`.
        seed: for `random`.

    Raises:
        UsageError: no such method, `ig` without the torch runtime, or a layer that the model lacks or that takes any
            number of labels.
    """
    if method not in METHODS:
        raise UsageError(f"no method {method!r} explains decisions; known: {', '.join(METHODS)}")
    predictor.require_single(layer)
    if method == "evidence":
        return [_complete(method, margin_weights(p, layer), margin_of(p, layer)) for p in predictions]
    if method == "random":
        return [_random(e, p, layer, seed) for e, p in zip(encoded, predictions, strict=True)]
    if method == "loo":
        return _leave_one_out(predictor, encoded, predictions, layer)
    return _integrated_gradients(predictor.runtime, predictor.encoding.pad_id, encoded, predictions, layer, steps)


def margin_labels(prediction: Prediction, layer: str) -> tuple[int, int]:
    """Return the numbers of the chosen label and the best other one."""
    order = np.argsort(-prediction.logits[layer], kind="stable")
    return int(order[0]), int(order[1])


def margin_of(prediction: Prediction, layer: str, labels: tuple[int, int] | None = None) -> float:
    """Return the margin between two labels, by default the chosen one and the best other."""
    chosen, other = labels or margin_labels(prediction, layer)
    return float(prediction.logits[layer][chosen] - prediction.logits[layer][other])


def _complete(method: Method, weights: Floats, margin: float) -> Explanation:
    return Explanation(method, weights, margin - float(weights.sum()))


def _random(encoded: EncodedSentence, prediction: Prediction, layer: str, seed: int) -> Explanation:
    """Share the margin out at random; the same sentence always gets the same shares."""
    ids = [window.input_ids for window in encoded.windows]
    generator = random.Random(f"{seed}/{ids}")
    shares = np.array([generator.random() for _ in encoded.words])
    margin = margin_of(prediction, layer)
    return _complete("random", shares * (margin / shares.sum()) if len(shares) else shares, margin)


def _leave_one_out(
    predictor: Predictor,
    encoded: Sequence[EncodedSentence],
    predictions: Sequence[Prediction],
    layer: str,
) -> list[Explanation]:
    shorter = [without(sentence, {word}) for sentence in encoded for word in range(len(sentence.words))]
    found = iter(predictor.predict_encoded(shorter))
    explanations = []
    for sentence, prediction in zip(encoded, predictions, strict=True):
        labels = margin_labels(prediction, layer)
        margin = margin_of(prediction, layer, labels)
        left = np.array([margin_of(next(found), layer, labels) for _ in sentence.words])
        explanations.append(_complete("loo", margin - left, margin))
    return explanations


def _integrated_gradients(
    runtime: Runtime,
    pad_id: int,
    encoded: Sequence[EncodedSentence],
    predictions: Sequence[Prediction],
    layer: str,
    steps: int,
) -> list[Explanation]:
    try:
        from .integrated_gradients import integrated_gradients
        from .torch_runtime import TorchRuntime
    except ImportError as error:
        raise UsageError("integrated gradients need torch: pip install 'newstance[train]'") from error
    if not isinstance(runtime, TorchRuntime):
        raise UsageError("integrated gradients need the torch runtime: open the model with runtime='torch'")
    labels = [margin_labels(prediction, layer) for prediction in predictions]
    found = integrated_gradients(runtime.network, encoded, labels, layer=layer, pad_id=pad_id, steps=steps)
    return [Explanation("ig", weights, residual) for weights, residual in found]
