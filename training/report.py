"""The run's report: its figures beside those of baselines on the same data, each with an interval."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.eval.baselines import BagOfWords, Majority
from newstance.eval.bootstrap import Figure
from newstance.eval.figures import layer_figures
from newstance.eval.gold import Gold, clusters, gold_labels, gold_of_layers
from newstance.eval.inputs import decisions, sentence_inputs
from newstance.eval.plain import plain
from newstance.files import write_together
from newstance.model import Checkpoint, Predictor, SentenceEncoding, SentenceInput
from newstance.model.codebook import Layer

from .frozen import FrozenEncoder, vector_classifier
from .sections import Baseline, ReportConfig

__all__ = ["MODEL", "EvaluationSet", "NotFitted", "Row", "make_report", "read_report", "write_report"]

#: What the report calls the trained model itself.
MODEL = "model"
_NAMES: dict[Baseline, str] = {
    "majority": "majority",
    "bag_of_words": "tf-idf + logistic regression",
    "frozen_encoder": "frozen encoder + logistic regression",
}
_SEED = 0
Decide = Callable[[Sequence[SentenceInput]], npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Annotations to measure on: a source of the configuration, and whether it is for development or a test."""

    name: str
    part: str
    records: Sequence[Annotation]


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one system on one layer of one set."""

    data: str
    part: str
    layer: str
    system: str
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class NotFitted:
    """A baseline that the training rows of a layer cannot fit, and why."""

    layer: str
    system: str
    reason: str

    def __str__(self) -> str:
        """Return it as a line."""
        return f"{self.layer}: the baseline {self.system} could not be fitted: {self.reason}"


def make_report(
    checkpoint: Checkpoint,
    predictor: Predictor,
    train: Sequence[Annotation],
    sets: Sequence[EvaluationSet],
    settings: ReportConfig,
) -> tuple[list[Row], list[NotFitted]]:
    """Measure a model and the baselines that the settings name, fitted on the same training rows.

    Args:
        checkpoint: the model, with its thresholds.
        predictor: runs it.
        train: what it was trained on.
        sets: what to measure on; a set without labels of a layer has no row for it.
        settings: which baselines, and how many bootstrap samples.

    Returns:
        The figures; and the baselines that have none, since too few rows, or rows of a single label, fit no classifier.
    """
    rows: list[Row] = []
    missing: list[NotFitted] = []
    vectors = _Vectors(checkpoint.config.encoder_source, predictor.encoding)
    layers = checkpoint.codebook.layers
    by_set = [gold_of_layers(one.records, layers) for one in sets]
    for number, layer in enumerate(layers):
        judged = [(one, golds[number]) for one, golds in zip(sets, by_set, strict=True) if golds[number].sentences]
        systems: dict[str, Decide] = {}
        for name in settings.baselines if judged else ():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    systems[_NAMES[name]] = _baseline(name, train, layer, vectors)
            except ValueError as error:
                missing.append(NotFitted(layer.name, _NAMES[name], " ".join(str(error).split())))
        systems[MODEL] = partial(_decide, checkpoint, predictor, layer)
        for one, gold in judged:
            inputs = sentence_inputs(gold.sentences)
            rows += [
                Row(one.name, one.part, layer.name, name, _figures(layer, gold, decide(inputs), settings.samples))
                for name, decide in systems.items()
            ]
    return rows, missing


def _decide(
    checkpoint: Checkpoint, predictor: Predictor, layer: Layer, asked: Sequence[SentenceInput]
) -> npt.NDArray[Any]:
    return decisions(predictor.predict(asked), checkpoint, layer)


def _figures(layer: Layer, gold: Gold, predicted: npt.NDArray[Any], samples: int) -> dict[str, Figure]:
    found = layer_figures(layer, gold.labels, predicted, clusters(gold.sentences), samples=samples, seed=_SEED)
    # A label that does not occur has no figures, and JSON no word for them.
    return {name: figure for name, figure in found.items() if math.isfinite(figure.value)}


class _Vectors:
    """A frozen encoder's vectors of each sentence, computed once for all layers, and not at all when nobody asks."""

    def __init__(self, encoder: str, encoding: SentenceEncoding) -> None:
        self._name = encoder
        self._encoding = encoding
        self._encoder: FrozenEncoder | None = None
        self._known: dict[SentenceInput, npt.NDArray[np.floating]] = {}

    def of(self, sentences: Sequence[SentenceInput]) -> npt.NDArray[np.floating]:
        self._encoder = self._encoder or FrozenEncoder(self._name, self._encoding)
        new = [sentence for sentence in dict.fromkeys(sentences) if sentence not in self._known]
        self._known |= dict(zip(new, self._encoder.vectors(new), strict=True)) if new else {}
        return np.stack([self._known[sentence] for sentence in sentences])


def _baseline(name: Baseline, train: Sequence[Annotation], layer: Layer, vectors: _Vectors) -> Decide:
    if name == "majority":
        return Majority(train, layer).predict
    if name == "bag_of_words":
        return BagOfWords(train, layer).predict
    gold = gold_labels(train, layer)
    classifier = vector_classifier(layer).fit(vectors.of(sentence_inputs(gold.sentences)), gold.labels)

    def decide(asked: Sequence[SentenceInput]) -> npt.NDArray[Any]:
        found = np.asarray(classifier.predict(vectors.of(asked)))
        return found.astype(bool) if found.ndim == 2 else found

    return decide


def write_report(path: Path, rows: Sequence[Row], missing: Sequence[NotFitted], run: Mapping[str, Any]) -> None:
    """Write `report.json`, whole or not at all.

    It holds `rows` with data, part, layer, system and figures (value, low, high, n), the ends null where there is no
    interval; `not_fitted` with layer, system and reason; and `run`.

    Raises:
        OutputError: it cannot be written.
    """
    data = {
        "rows": plain([asdict(row) for row in rows]),
        "not_fitted": [asdict(one) for one in missing],
        "run": dict(run),
    }
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_together({path: text.encode()})


def read_report(path: Path) -> list[Row]:
    """Read the rows of a report.

    Raises:
        AnnotationError: the file is missing or no report.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        return [Row(**row | {"figures": {m: _read_figure(f) for m, f in row["figures"].items()}}) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnnotationError(f"not the report of a run: {error}", path=path) from error


def _read_figure(found: Mapping[str, Any]) -> Figure:
    low, high = (math.nan if found[end] is None else found[end] for end in ("low", "high"))
    return Figure(found["value"], low, high, found["n"])
