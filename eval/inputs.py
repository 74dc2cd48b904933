"""What the model is asked about annotated sentences, and what it answers, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.articles.find import find_spans
from newstance.corpora import Annotation
from newstance.model import Checkpoint, Prediction, Predictor, SentenceInput, probabilities
from newstance.model.codebook import Layer

__all__ = [
    "TokenKey",
    "decided",
    "decisions",
    "layer_logits",
    "sentence_inputs",
    "token_keys",
    "unnamed_share",
    "without_mention",
]

#: The token ids of each window of a sentence.
TokenKey = tuple[tuple[int, ...], ...]


def layer_logits(predictions: Sequence[Prediction], layer: Layer) -> npt.NDArray[np.floating]:
    """Return a layer's logits, (sentences, labels), with offsets where its calibration has any."""
    return np.stack([prediction.logits[layer.name] for prediction in predictions])


def decisions(predictions: Sequence[Prediction], checkpoint: Checkpoint, layer: Layer) -> npt.NDArray[Any]:
    """Return what the model decides: (sentences,) label numbers, or (sentences, labels) booleans for a multi layer."""
    return decided(layer_logits(predictions, layer), checkpoint, layer)


def decided(logits: npt.NDArray[np.floating], checkpoint: Checkpoint, layer: Layer) -> npt.NDArray[Any]:
    """Return what a layer's logits (sentences, labels), offsets included, decide, shaped as `decisions` says."""
    if layer.kind == "single":
        return np.asarray(logits.argmax(axis=1))
    calibration = checkpoint.calibration.layer(layer.name)
    return np.asarray(probabilities(logits, layer, calibration.temperature) >= calibration.show_above)


def sentence_inputs(sentences: Sequence[Annotation], target: str | None = None) -> list[SentenceInput]:
    """Return what the model is asked; mentions come from the record, else from a profile or the target's name.

    A profile's people count who were in office on the record's date.
    """
    return [
        SentenceInput(
            text=record.text,
            target_spans=record.target_spans or find_spans(record.text, target, record.target, record.date),
            target=record.target or "",
            before=record.before,
            after=record.after,
            before_spans=record.before_spans or find_spans(record.before, target, record.target, record.date),
            after_spans=record.after_spans or find_spans(record.after, target, record.target, record.date),
        )
        for record in sentences
    ]


def unnamed_share(layer: Layer, sentences: Sequence[Annotation], inputs: Sequence[SentenceInput]) -> tuple[int, int]:
    """Return in how many sentences the model was not shown what a label is toward, and of how many."""
    # What the target is decides on layers that take one label; of those stance alone is never without one.
    asked = [layer.name == "stance" or record.target is not None for record in sentences]
    unnamed = sum(wanted and not one.target_spans for wanted, one in zip(asked, inputs, strict=True))
    return 0 if layer.kind == "multi" else unnamed, len(asked)


def without_mention(
    layer: Layer, sentences: Sequence[Annotation], inputs: Sequence[SentenceInput], target: str | None
) -> str | None:
    """Return what to beware of where the model was not shown what a label is toward, or None.

    Args:
        layer: the layer.
        sentences: its annotated sentences.
        inputs: what the model is asked about them.
        target: the profile by which mentions were looked for, if one was given.
    """
    unnamed, n = unnamed_share(layer, sentences, inputs)
    if not unnamed:
        return None
    found = f"no mention of the target was found in {unnamed} of {n} sentences"
    if 2 * unnamed > n:
        found += ", so these figures are of a model that was not shown toward whom it is to judge"
    if target is None:
        return (
            f"{found}; no profile was given: name the one of the target that was annotated with --target "
            "(`newstance targets` lists those that ship), or give `target_spans` in the rows"
        )
    return f"{found}; {target} does not find them: give a --target that has more names, or `target_spans` in the rows"


def token_keys(predictor: Predictor, inputs: Sequence[SentenceInput]) -> list[TokenKey]:
    """Return what the model reads of each sentence; of equal ones it must say the same."""
    return [tuple(tuple(w.input_ids) for w in encoded.windows) for encoded in predictor.encoding.encode(inputs)]
