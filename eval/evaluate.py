"""`evaluate_model`: a model's decisions against annotations."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.model import Checkpoint, Predictor, RuntimeName

from .bootstrap import Figure
from .figures import layer_figures
from .gold import clusters, gold_labels
from .inputs import decisions, sentence_inputs

__all__ = ["Report", "evaluate_model"]


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
