"""Plausibility: do explanations name the words that a reader named? (DeYoung et al., ACL 2020.)"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.model import METHODS, Checkpoint, Method, Predictor, Span, explain_encoded

from .bootstrap import Figure
from .faithfulness import explained_layer, mean_figures
from .gold import clusters, gold_labels
from .inputs import sentence_inputs
from .perturbation import top_words, words_for
from .rationales import marked_words

__all__ = ["heaviest_run", "plausibility"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


def plausibility(
    predictor: Predictor,
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None = None,
    methods: Sequence[Method] = METHODS,
    gradients: Predictor | None = None,
    steps: int = 10,
    share: float | None = None,
    samples: int = 1000,
    seed: int = 0,
    step: Callable[[], None] = lambda: None,
) -> dict[Method, dict[str, Figure]]:
    """Compare explanations with the rationales of annotators who gave the label that the model gave too.

    A word belongs to the rationale when at least half of those annotators marked it. Where the model decided otherwise
    than the annotators there is nothing to compare: its words speak for another label.

    Metrics: `token_f1` of the words in the rationale and `iou_f1` of its spans (a predicted span counts when it covers
    half of the union with one of the annotators'), both for the `share` of words with the highest weights; `phrase_f1`,
    the token-F1 of as many *neighbouring* words, those that weigh most together, since annotators mark phrases and
    not the single words of a ranking; and `auprc`, the average precision of the ranking.

    Args:
        predictor: the model.
        checkpoint: its checkpoint.
        records: annotations with rationales.
        target: profile that finds mentions in rows without `target_spans`.
        methods: what to compare; differences are taken from `ig` and `random`.
        gradients: the same model on the torch runtime, for `ig`.
        steps: points of its integral.
        share: share of words that an explanation names; by default the mean share of the rationales themselves.
        samples: bootstrap samples.
        seed: of the bootstrap and of the control.
        step: called after each method.

    Raises:
        AnnotationError: no record with a rationale of a label that the model gave.
        UsageError: the model has no layer of one label.
    """
    layer = explained_layer(checkpoint)
    gold = gold_labels(records, layer)
    inputs = sentence_inputs(gold.sentences, target)
    encoded = predictor.encoding.encode(inputs)
    predictions = predictor.predict_encoded(encoded)
    marked: dict[tuple[str | None, str, str], list[tuple[Span, ...]]] = {}
    for record in records:
        if record.rationale:
            for code in record.codes(layer) or ():
                marked.setdefault((record.corpus, record.id, code), []).append(record.rationale)
    kept: list[int] = []
    truths: list[Bools] = []
    for i, (record, label) in enumerate(zip(gold.sentences, gold.labels, strict=True)):
        spans = marked.get((record.corpus, record.id, layer.codes[label]), [])
        if not spans or int(np.argmax(predictions[i].logits[layer.name])) != label:
            continue
        votes = np.mean([marked_words(encoded[i].words, one) for one in spans], axis=0)
        if (votes >= 0.5).any() and len(encoded[i].words) > 1:
            kept.append(i)
            truths.append(votes >= 0.5)
    if not kept:
        raise AnnotationError("no record has a rationale of a label that the model gave", field="rationale")
    share = share if share is not None else float(np.mean([truth.mean() for truth in truths]))
    groups = clusters([gold.sentences[i] for i in kept])
    values: dict[Method, dict[str, Floats]] = {}
    for method in methods:
        model = gradients if method == "ig" and gradients is not None else predictor
        found = explain_encoded(
            model,
            [encoded[i] for i in kept],
            [predictions[i] for i in kept],
            method,
            layer=layer.name,
            steps=steps,
            seed=seed,
        )
        rows = [_scores(one.weights, truth, share) for one, truth in zip(found, truths, strict=True)]
        values[method] = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        step()
    figures = {method: mean_figures(v, groups, samples=samples, seed=seed) for method, v in values.items()}
    for method, ours in figures.items():
        for other in ("ig", "random"):
            if other in values and method != other:
                apart = {name: values[method][name] - values[other][name] for name in values[method]}
                found_figures = mean_figures(apart, groups, samples=samples, seed=seed)
                ours.update({f"{name}_minus_{other}": figure for name, figure in found_figures.items()})
    return figures


def _scores(weights: Floats, truth: Bools, share: float) -> dict[str, float]:
    count = words_for(share, len(weights))
    named = np.zeros(len(weights), dtype=bool)
    named[list(top_words(weights, count))] = True
    return {
        "token_f1": _token_f1(named, truth),
        "phrase_f1": _token_f1(heaviest_run(weights, count), truth),
        "iou_f1": _iou_f1(_runs(named), _runs(truth)),
        "auprc": _average_precision(weights, truth),
    }


def heaviest_run(weights: Floats, count: int) -> Bools:
    """Return which words make up the run of `count` neighbours that weigh most together; of equal runs the first."""
    sums = np.convolve(weights, np.ones(count), mode="valid")
    start = int(np.argmax(sums))
    named = np.zeros(len(weights), dtype=bool)
    named[start : start + count] = True
    return named


def _token_f1(named: Bools, truth: Bools) -> float:
    return 2 * float((named & truth).sum()) / float(named.sum() + truth.sum())


def _runs(chosen: Bools) -> list[set[int]]:
    """Return the runs of neighbouring words."""
    runs: list[set[int]] = []
    for number in np.flatnonzero(chosen).tolist():
        if runs and number - 1 in runs[-1]:
            runs[-1].add(number)
        else:
            runs.append({number})
    return runs


def _iou_f1(named: Sequence[set[int]], wanted: Sequence[set[int]]) -> float:
    def matched(ones: Sequence[set[int]], others: Sequence[set[int]]) -> int:
        return sum(any(2 * len(one & other) >= len(one | other) for other in others) for one in ones)

    precision, recall = matched(named, wanted) / len(named), matched(wanted, named) / len(wanted)
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _average_precision(weights: Floats, truth: Bools) -> float:
    """Return the mean precision at each word of the rationale, down the ranking."""
    hits = truth[np.argsort(-weights, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float(precision[hits].mean())
