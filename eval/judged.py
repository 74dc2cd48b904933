"""`Judged`: one layer's gold labels beside what the model says of the same sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.corpora.frac import CLASSES
from newstance.corpora.frac import LAYER as MERGED_FRAME
from newstance.model import Checkpoint, Predictor, RuntimeName, SentenceInput, probabilities
from newstance.model.codebook import Layer

from .gold import clusters, gold_of_layers, no_gold
from .inputs import layer_logits, sentence_inputs
from .merged import merged_probability

__all__ = ["Judged", "judge"]

Floats = npt.NDArray[np.floating]
#: The frames that FrAC's classes merge; a codebook of one's own may lack them.
_MERGED = {code for codes in CLASSES.values() for code in codes}


@dataclass(frozen=True, slots=True)
class Judged:
    """A layer of one model on one set of sentences.

    Attributes:
        layer: the layer.
        sentences: one record a sentence, that of its first annotator.
        gold: (sentences,) label numbers, or (sentences, labels) booleans of a multi-label layer.
        probability: (sentences, labels), calibrated.
        uncalibrated: like `probability`, at temperature 1 and without offsets.
        predicted: what the model decides, shaped like `gold`.
        groups: (sentences,) the article of each.
        inputs: (sentences,) what the model was asked.
        logits: (sentences, labels) of every layer of the model by its name, with the offsets of its calibration.
        tied: sentences left out because their annotators were split evenly.
        tied_probability: (tied, labels), calibrated.
        calibrated: whether `probability` is one that the model was calibrated for.
        averaged: label numbers that macro-F1 is taken over; all when None.
    """

    layer: Layer
    sentences: list[Annotation]
    gold: npt.NDArray[Any]
    probability: Floats
    uncalibrated: Floats
    predicted: npt.NDArray[Any]
    groups: npt.NDArray[np.str_]
    inputs: list[SentenceInput]
    logits: dict[str, Floats]
    tied: list[Annotation]
    tied_probability: Floats
    calibrated: bool = True
    averaged: tuple[int, ...] | None = None

    def where(self, chosen: npt.NDArray[np.bool_]) -> Judged:
        """Return the part of it that a mask over the sentences chooses."""
        arrays = ("gold", "probability", "uncalibrated", "predicted", "groups")
        return replace(
            self,
            sentences=list(compress(self.sentences, chosen)),
            inputs=list(compress(self.inputs, chosen)),
            logits={name: values[chosen] for name, values in self.logits.items()},
            **{name: getattr(self, name)[chosen] for name in arrays},
        )

    @property
    def named(self) -> npt.NDArray[np.bool_]:
        """Return whether each sentence names the target, (sentences,)."""
        return np.array([bool(item.target_spans) for item in self.inputs], dtype=bool)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Return whether each decision is right; of a multi-label layer (sentences, labels)."""
        return np.asarray(self.gold == self.predicted)


def judge(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None = None,
    runtime: RuntimeName = "auto",
    choices: Sequence[str] | None = None,
) -> list[Judged]:
    """Predict annotated sentences once, and set every layer that both the model and the records have beside its gold.

    Args:
        checkpoint: the model.
        records: annotations; several annotators of a sentence are merged as `gold_labels` does.
        target: profile that finds the mentions in rows without `target_spans`; None looks for the row's own `target`.
        runtime: which weights to run.
        choices: the only codes of single-label layers that may be decided for; a corpus may know no neutral.

    Raises:
        AnnotationError: no record carries a label of a layer that the model predicts, or all sentences are tied.
    """
    layers = list(checkpoint.codebook.layers)
    if "frames" in checkpoint.codebook and set(checkpoint.codebook.layer("frames").codes) >= _MERGED:
        layers.append(MERGED_FRAME)
    every = zip(layers, gold_of_layers(records, layers), strict=True)
    golds = [(layer, gold) for layer, gold in every if gold.sentences]
    if not golds:
        raise no_gold(records, checkpoint.codebook.layers)
    unique = {(r.corpus, r.id): r for _, gold in golds for r in (*gold.sentences, *gold.tied)}
    inputs = sentence_inputs(list(unique.values()), target)
    predictions = Predictor.open(checkpoint, runtime=runtime).predict(inputs)
    by_key = dict(zip(unique, zip(predictions, inputs, strict=True), strict=True))
    found = []
    for layer, gold in golds:
        own = [by_key[r.corpus, r.id] for r in (*gold.sentences, *gold.tied)]
        merged = layer.name == MERGED_FRAME.name
        source = checkpoint.codebook.layer("frames") if merged else layer
        everything = [prediction for prediction, _ in own]
        logits = layer_logits(everything, source)
        calibration = checkpoint.calibration.layer(source.name)
        if layer.kind == "single" and not merged and choices:
            logits = np.where([code in choices for code in layer.codes], logits, -np.inf)
        probability = probabilities(logits, source, calibration.temperature)
        raw = probabilities(logits - calibration.offsets_of(source), source)
        if merged:
            probability, raw = (merged_probability(p, source) for p in (probability, raw))
        n = len(gold.sentences)
        probability, raw, tied = probability[:n], raw[:n], probability[n:]
        predicted = probability >= calibration.show_above if layer.kind == "multi" else probability.argmax(axis=1)
        found.append(
            Judged(
                layer=layer.model_copy(update={"name": "frames"}) if merged else layer,
                sentences=gold.sentences,
                gold=gold.labels,
                probability=probability,
                uncalibrated=raw,
                predicted=predicted,
                groups=np.array(clusters(gold.sentences)),
                inputs=[item for _, item in own[:n]],
                logits={one.name: layer_logits(everything[:n], one) for one in checkpoint.codebook.layers},
                tied=gold.tied,
                tied_probability=tied,
                calibrated=not merged,
                averaged=tuple(i for i, c in enumerate(CLASSES.values()) if c != ("other",)) if merged else None,
            )
        )
    return found
