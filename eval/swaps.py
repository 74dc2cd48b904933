"""`swaps`: other names in the place of the target's mentions, with everything else as it was.

A model that masks its target reads the same tokens whoever is named; one that sees names may answer otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from newstance.model import Checkpoint, Layer, Prediction, Predictor, SentenceInput, probabilities

from .bootstrap import Figure
from .inputs import TokenKey, layer_logits, token_keys
from .judged import Judged
from .parts import part_of

__all__ = ["Swap", "swaps", "with_mentions_replaced"]

#: What a change of P(favor) minus P(against) can be.
_CHANGES = (-2.0, 2.0)


@dataclass(frozen=True, slots=True)
class Swap:
    """What another name in the target's place changes.

    Attributes:
        name: the name put there.
        unchanged: share of sentences with the same label as before.
        lean: mean P(favor) minus P(against) with this name, minus the mean with the sentences' own names.
        few: whether the sentences come from too few articles to say much of others.
        same_input: whether the model reads the same tokens with this name in every sentence: nothing can change.
    """

    name: str
    unchanged: Figure
    lean: Figure
    few: bool
    same_input: bool


def swaps(
    checkpoint: Checkpoint,
    predictor: Predictor,
    layer: Layer,
    judged: Judged,
    names: Sequence[str],
    *,
    seed: int,
    most: int,
) -> tuple[list[Swap], Figure | None]:
    """Return what each name changes in the target's place, and the share of labels that stay; nothing without a name.

    Args:
        checkpoint: the model.
        predictor: the model, opened.
        layer: the model's stance layer, of favor, against and neutral.
        judged: any layer on the evaluated data, whose sentences are taken; no annotated label is looked at.
        names: names to put in.
        seed: of the draw of sentences.
        most: sentences that names are put into.
    """
    named = np.flatnonzero(judged.named)
    if not len(named) or not names:
        return [], None
    chosen = np.sort(np.random.default_rng(seed).permutation(named)[:most])
    inputs = [judged.inputs[i] for i in chosen]
    codes = layer.codes
    temperature = checkpoint.calibration.layer(layer.name).temperature
    asked = [*inputs, *(with_mentions_replaced(sentence, name) for name in names for sentence in inputs)]
    keys = token_keys(predictor, asked)
    logits = layer_logits(_predict_once(predictor, asked, keys), layer)
    p = probabilities(logits, layer, temperature)
    p = p.reshape(len(names) + 1, len(inputs), len(codes))
    lean = p[..., codes.index("favor")] - p[..., codes.index("against")]
    same = (p[1:].argmax(axis=2) == p[0].argmax(axis=1)).astype(float)
    groups, n = judged.groups[chosen].tolist(), len(inputs)
    one = np.ones(n)
    found = []
    for i, name in enumerate(names):
        unchanged = part_of(same[i], one, groups)
        same_input = keys[(i + 1) * n : (i + 2) * n] == keys[:n]
        change = Figure(0.0, 0.0, 0.0, n)
        if not same_input:
            change = part_of(lean[i + 1] - lean[0], one, groups, bounds=_CHANGES).figure
        found.append(Swap(name, unchanged.figure, change, unchanged.few, same_input))
    every = part_of(same.ravel(), np.ones(same.size), [*groups] * len(names))
    return found, every.figure


def with_mentions_replaced(sentence: SentenceInput, name: str) -> SentenceInput:
    """Return the sentence with every mention of its target, also in its neighbours, replaced by another name."""
    text, spans = _replaced(sentence.text, sentence.target_spans, name)
    before, before_spans = _replaced(sentence.before, sentence.before_spans, name)
    after, after_spans = _replaced(sentence.after, sentence.after_spans, name)
    return SentenceInput(text, spans, name, before, after, before_spans, after_spans)


def _replaced(text: str, spans: Sequence[tuple[int, int]], name: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    parts, found, position, length = [], [], 0, 0
    for start, end in sorted(spans):
        if start < position:
            continue
        length += start - position
        parts += [text[position:start], name]
        found.append((length, length + len(name)))
        length, position = length + len(name), end
    return "".join([*parts, text[position:]]), tuple(found)


def _predict_once(predictor: Predictor, inputs: Sequence[SentenceInput], keys: Sequence[TokenKey]) -> list[Prediction]:
    """Predict, asking once for sentences that come to the same tokens, as all swaps do where the target is masked."""
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    predicted = dict(zip(first, predictor.predict([inputs[i] for i in first.values()]), strict=True))
    return [predicted[key] for key in keys]
