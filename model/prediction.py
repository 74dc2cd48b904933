"""`Prediction`: what the model says of one sentence, put together from its windows, with evidence per word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .encoding import EncodedSentence
from .runtime import Outputs
from .words import Span

__all__ = ["Prediction", "combine", "margin_weights", "window_shares"]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Prediction:
    """Logits and evidence of one sentence.

    Attributes:
        logits: for each layer, shape (labels,); with the offsets of its calibration, where it has any.
        evidence: for each layer, shape (words, labels); its sum over words is the logits, without offsets.
        words: display span of each word in the sentence, code points.
        truncated: whether the model did not see the whole sentence.
    """

    logits: dict[str, Floats]
    evidence: dict[str, Floats]
    words: tuple[Span, ...]
    truncated: bool


def combine(
    sentence: EncodedSentence,
    layers: Sequence[str],
    rows: Sequence[Outputs],
    offsets: Mapping[str, Floats] | None = None,
) -> Prediction:
    """Put the windows of one sentence together.

    The logits are the windows' mean, weighted by how many of the sentence's tokens each holds; evidence is weighted
    alike, so that it still sums to the logits.

    Args:
        sentence: the encoded sentence.
        layers: names of the layers.
        rows: outputs of each of its windows: `<layer>_logits` (labels,) and `<layer>_evidence` (tokens, labels).
        offsets: added to the logits of the layers that they name, (labels,).
    """
    shares = window_shares(sentence)
    owners = [np.array(window.words) for window in sentence.windows]
    own = [words >= 0 for words in owners]
    logits: dict[str, Floats] = {}
    evidence: dict[str, Floats] = {}
    for layer in layers:
        labels = len(rows[0][f"{layer}_logits"])
        total = np.zeros(labels)
        per_word = np.zeros((len(sentence.words), labels))
        for share, words, held, outputs in zip(shares, owners, own, rows, strict=True):
            total += share * outputs[f"{layer}_logits"]
            np.add.at(per_word, words[held], share * outputs[f"{layer}_evidence"][: len(words)][held])
        logits[layer], evidence[layer] = total + (offsets or {}).get(layer, 0.0), per_word
    return Prediction(logits, evidence, sentence.words, sentence.truncated)


def window_shares(sentence: EncodedSentence) -> Floats:
    """Return how much each window counts: its share of the sentence's tokens, (windows,)."""
    sizes = np.array([max(1, sum(word >= 0 for word in w.words)) for w in sentence.windows], dtype=np.float64)
    return np.asarray(sizes / sizes.sum())


def margin_weights(prediction: Prediction, layer: str) -> Floats:
    """Return each word's part in the margin between the chosen label and the best other, shape (words,).

    Positive words spoke for the choice, negative ones against it; the sum is the margin itself, less what the offsets
    of the two labels have in it.
    """
    logits = prediction.logits[layer]
    order = np.argsort(-logits, kind="stable")
    parts = prediction.evidence[layer]
    return np.asarray(parts[:, order[0]] - parts[:, order[1]])
