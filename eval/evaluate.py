"""`evaluate_model`: a model's decisions against annotations."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.articles.find import find_spans
from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.model import Checkpoint, Prediction, Predictor, RuntimeName, SentenceInput, probabilities
from newstance.model.codebook import Layer

from .bootstrap import Figure
from .figures import layer_figures
from .gold import clusters, gold_labels

__all__ = ["Report", "decisions", "evaluate_model", "sentence_inputs"]


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
    """Predict annotated sentences and compare, for every layer that both the model and the records have.

    Several annotators of the same sentence are merged to the label most of them gave; a sentence without a majority
    has no gold label and is left out, counted in `run.ties`. Of a multi-label layer a sentence has every label that at
    least half of its annotators gave.

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
    predictor = Predictor.open(checkpoint, runtime=runtime)
    layers: dict[str, dict[str, Figure]] = {}
    ties: dict[str, int] = {}
    unnamed = 0
    articles: set[str] = set()
    for layer in checkpoint.codebook.layers:
        gold = gold_labels(records, layer)
        if not gold.sentences:
            continue
        inputs = sentence_inputs(gold.sentences, target)
        predicted = decisions(predictor.predict(inputs), checkpoint, layer)
        groups = clusters(gold.sentences)
        layers[layer.name] = layer_figures(layer, gold.labels, predicted, groups, samples=samples, seed=seed)
        ties[layer.name] = gold.ties
        unnamed = max(unnamed, sum(not item.target_spans for item in inputs))
        articles.update(groups)
    if not layers:
        known = ", ".join(layer.name for layer in checkpoint.codebook.layers)
        raise AnnotationError(f"no record has a label of a layer that the model predicts ({known})")
    digest = hashlib.sha256(
        "\n".join(sorted(r.model_dump_json(exclude_defaults=True) for r in records)).encode("utf-8", "replace")
    )
    run = {
        "model": checkpoint.hash,
        "model_name": checkpoint.config.name,
        "data": digest.hexdigest()[:16],
        "records": len(records),
        "sentences": max(next(iter(found.values())).n for found in layers.values()),
        "ties": ties,
        "without_target_spans": unnamed,
        "clusters": len(articles),
        "bootstrap_samples": samples,
        "seed": seed,
        "versions": {name: version(name) for name in ("newstance", "numpy", "onnxruntime", "tokenizers")}
        | {"python": platform.python_version()},
    }
    return Report(layers, run)


def decisions(predictions: Sequence[Prediction], checkpoint: Checkpoint, layer: Layer) -> npt.NDArray[Any]:
    """Return what the model decides: (sentences,) label numbers, or (sentences, labels) booleans for a multi layer."""
    logits = np.stack([prediction.logits[layer.name] for prediction in predictions])
    if layer.kind == "single":
        return np.asarray(logits.argmax(axis=1))
    calibration = checkpoint.calibration.layer(layer.name)
    return np.asarray(probabilities(logits, layer, calibration.temperature) >= calibration.show_above)


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
