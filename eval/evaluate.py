"""`evaluate_model`: a model's decisions against annotations."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.model import Checkpoint, Predictor, RuntimeName, SentenceInput
from newstance.model.codebook import Layer
from newstance.scoring.scorer import find_spans

from . import metrics
from .bootstrap import Figure, cluster_sums, interval

__all__ = ["Report", "evaluate_model", "layer_figures", "sentence_inputs"]


@dataclass(frozen=True, slots=True)
class Report:
    """Figures by layer and metric, with where they come from.

    Attributes:
        layers: for each layer, metric name to figure; every metric is better when higher.
        run: model and data hashes, counts, versions, seed.
    """

    layers: dict[str, dict[str, Figure]]
    run: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries: `layers.<layer>.<metric> = {value, low, high, n}`, and `run`."""
        return {
            "layers": {layer: {m: asdict(f) for m, f in found.items()} for layer, found in self.layers.items()},
            "run": self.run,
        }


def evaluate_model(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None = None,
    runtime: RuntimeName = "auto",
    samples: int = 1000,
    seed: int = 0,
) -> Report:
    """Predict annotated sentences and compare.

    Several annotators of the same sentence are merged to the label most of them gave; a sentence without a majority
    has no gold label and is left out, counted in `run.ties`.

    Args:
        checkpoint: the model.
        records: annotations.
        target: profile that finds mentions in rows without `target_spans`; None looks for the row's own `target`.
        runtime: which weights to run.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Raises:
        AnnotationError: no record carries a label of a layer that the model predicts.
    """
    stance = checkpoint.codebook.layer("stance")
    sentences, gold, ties = _majority(records, stance)
    if not sentences:
        raise AnnotationError("no record has a stance that the model predicts", field="stance")
    inputs = sentence_inputs(sentences, target)
    predictions = Predictor.open(checkpoint, runtime=runtime).predict(inputs)
    predicted = np.array([int(np.argmax(p.logits["stance"])) for p in predictions])
    figures = layer_figures(stance, np.array(gold), predicted, _clusters(sentences), samples=samples, seed=seed)
    digest = hashlib.sha256("\n".join(sorted(r.model_dump_json() for r in records)).encode("utf-8", "replace"))
    run = {
        "model": checkpoint.hash,
        "model_name": checkpoint.config.name,
        "data": digest.hexdigest()[:16],
        "records": len(records),
        "sentences": len(sentences),
        "ties": ties,
        "without_target_spans": sum(not item.target_spans for item in inputs),
        "clusters": len(set(_clusters(sentences))),
        "bootstrap_samples": samples,
        "seed": seed,
        "versions": {name: version(name) for name in ("newstance", "numpy", "onnxruntime", "tokenizers")}
        | {"python": platform.python_version()},
    }
    return Report({"stance": figures}, run)


def layer_figures(
    layer: Layer,
    gold: np.ndarray,  # type: ignore[type-arg]
    predicted: np.ndarray,  # type: ignore[type-arg]
    clusters: Sequence[str],
    *,
    samples: int,
    seed: int,
) -> dict[str, Figure]:
    """Return every metric of a single-label layer with its interval.

    Args:
        layer: the layer.
        gold: (sentences,) label numbers.
        predicted: (sentences,) label numbers.
        clusters: the article of each sentence.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    sums = cluster_sums(metrics.confusions(gold, predicted, len(layer.codes)), clusters)
    wanted: dict[str, metrics.Metric] = {"macro_f1": metrics.macro_f1, "accuracy": metrics.accuracy}
    if {"favor", "against"} <= set(layer.codes):
        ends = [layer.codes.index("favor"), layer.codes.index("against")]
        wanted["favor_against_f1"] = metrics.mean_f1_of(ends)
    for number, code in enumerate(layer.codes):
        for name, function in (
            ("precision", metrics.class_precision),
            ("recall", metrics.class_recall),
            ("f1", metrics.class_f1),
        ):
            wanted[f"{name}_{code}"] = lambda m, f=function, i=number: f(m)[..., i]  # type: ignore[misc]
    return {name: interval(metric, sums, samples=samples, seed=seed) for name, metric in wanted.items()}


def sentence_inputs(sentences: Sequence[Annotation], target: str | None = None) -> list[SentenceInput]:
    """Return what the model is asked; mentions come from the record, else from a profile or the target's name."""
    return [
        SentenceInput(
            text=record.text,
            target_spans=record.target_spans or find_spans(record.text, target, record.target),
            target=record.target or "",
            before=record.before,
            after=record.after,
            before_spans=record.before_spans or find_spans(record.before, target, record.target),
            after_spans=record.after_spans or find_spans(record.after, target, record.target),
        )
        for record in sentences
    ]


def _majority(records: Sequence[Annotation], layer: Layer) -> tuple[list[Annotation], list[int], int]:
    votes: dict[tuple[str | None, str], list[Annotation]] = {}
    for record in records:
        if record.stance is not None:
            votes.setdefault((record.corpus, record.id), []).append(record)
    sentences: list[Annotation] = []
    gold: list[int] = []
    ties = 0
    for group in votes.values():
        counts = Counter(record.stance for record in group).most_common(2)
        if len(counts) == 2 and counts[0][1] == counts[1][1]:
            ties += 1
            continue
        label = counts[0][0]
        if label not in layer.codes:
            raise AnnotationError(f"unknown label {label!r}; the model knows {', '.join(layer.codes)}", field="stance")
        sentences.append(group[0])
        gold.append(layer.codes.index(label))
    return sentences, gold, ties


def _clusters(sentences: Sequence[Annotation]) -> list[str]:
    """Return the article of each sentence; a sentence without one stands for itself."""
    return [f"{r.corpus}/{r.article or r.id}" for r in sentences]
