"""`explain_sentence`: one sentence, why the model says what it says of it, and what would change its mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from newstance.articles import MentionFinder
from newstance.errors import CheckpointError
from newstance.model import (
    Checkpoint,
    EncodedSentence,
    Method,
    Predictor,
    SentenceInput,
    carrying_phrases,
    explain_encoded,
    probabilities,
    smallest_flip,
)

from .records import EvidenceWord, ScoredArticle, ScoredSentence
from .scorer import Scorer, abstains

__all__ = ["ExplainedSentence", "Flipped", "PhrasePart", "asked", "explain_sentence", "flip_of"]


@dataclass(frozen=True, slots=True)
class PhrasePart:
    """Neighbouring words that carried the decision; offsets are code points into the sentence."""

    text: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class Flipped:
    """Words without which the model says `stance`."""

    words: list[EvidenceWord]
    stance: str


@dataclass(frozen=True, slots=True)
class ExplainedSentence:
    """One sentence with its decision and the reasons for it.

    Attributes:
        text: the sentence.
        target_spans: where it names the target.
        stance: the chosen label.
        against: the best other label, which the weights speak against.
        stance_probability: calibrated probability of each label.
        abstained: whether the model declines to decide, as `score` would mark it.
        abstain_below: the probability of the chosen label below which it does.
        margin: difference of the two labels' logits, which the weights and `residual` come to.
        method: how the weights were found.
        words: every word with its weight.
        residual: what the weights do not sum up to; see `newstance.model.explanation`.
        phrases: merged neighbours that carried the decision, heaviest first.
        flip: the smallest flipping deletion found, or None when none was found (or asked for).
    """

    text: str
    target_spans: list[tuple[int, int]]
    stance: str
    against: str
    stance_probability: dict[str, float]
    abstained: bool
    abstain_below: float
    margin: float
    method: Method
    words: list[EvidenceWord]
    residual: float
    phrases: list[PhrasePart]
    flip: Flipped | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and dictionaries, ready for JSON."""
        return asdict(self)


def explain_sentence(
    checkpoint: Checkpoint,
    predictor: Predictor,
    text: str,
    finder: MentionFinder,
    *,
    method: Method = "evidence",
    steps: int = 10,
    flip: bool = True,
) -> ExplainedSentence:
    """Decide on one sentence and explain the decision.

    Args:
        checkpoint: the model's checkpoint.
        predictor: the model; on the torch runtime for `ig`.
        text: the sentence.
        finder: finds the target's mentions.
        method: how to weigh words.
        steps: points of the integral, for `ig`.
        flip: look for the smallest deletion that flips the decision, up to two dozen passes.

    Raises:
        UsageError: `ig` without the torch runtime.
        CheckpointError: the model has no layer that takes one label.
    """
    layer = checkpoint.codebook.stance
    if layer is None:
        raise CheckpointError("predicts no layer that takes one label, such as a stance", path=checkpoint.path)
    spans = tuple((mention.start, mention.end) for mention in finder.find(text))
    (sentence,) = predictor.encoding.encode([SentenceInput(text, target_spans=spans, target=finder.profile.name)])
    (prediction,) = predictor.predict_encoded([sentence])
    (found,) = explain_encoded(predictor, [sentence], [prediction], method, layer=layer.name, steps=steps)
    logits = prediction.logits[layer.name]
    chosen, other = np.argsort(-logits, kind="stable")[:2]
    calibration = checkpoint.calibration.layer(layer.name)
    probability = probabilities(logits, layer, calibration.temperature)
    words = [
        EvidenceWord(text[start:end], start, end, round(float(weight), 6))
        for (start, end), weight in zip(sentence.words, found.weights, strict=True)
    ]
    phrases = []
    for phrase in carrying_phrases(found.weights):
        start, end = words[phrase.first].start, words[phrase.end - 1].end
        phrases.append(PhrasePart(text[start:end], start, end, round(phrase.weight, 6)))
    turned = smallest_flip(predictor, sentence, found.weights, layer=layer.name) if flip and len(words) > 1 else None
    return ExplainedSentence(
        text=text,
        target_spans=list(spans),
        stance=layer.codes[chosen],
        against=layer.codes[other],
        stance_probability={c: round(float(p), 6) for c, p in zip(layer.codes, probability, strict=True)},
        abstained=abstains(checkpoint, layer, float(probability[chosen]), names_target=bool(spans)),
        abstain_below=calibration.abstain_below,
        margin=round(float(logits[chosen] - logits[other]), 6),
        method=method,
        words=words,
        residual=round(found.residual, 6),
        phrases=phrases,
        flip=None if turned is None else Flipped([words[i] for i in turned.words], layer.codes[turned.label]),
    )


def asked(scored: ScoredArticle) -> list[SentenceInput]:
    """Return what the model was asked about each sentence of a scored article."""
    sentences = scored.sentences
    inputs = []
    for i, sentence in enumerate(sentences):
        before = sentences[i - 1] if i > 0 else None
        after = sentences[i + 1] if i + 1 < len(sentences) else None
        inputs.append(
            SentenceInput(
                text=sentence.text,
                target_spans=_local(sentence),
                target=sentence.target,
                before=before.text if before else "",
                after=after.text if after else "",
                before_spans=_local(before) if before else (),
                after_spans=_local(after) if after else (),
            )
        )
    return inputs


def flip_of(scorer: Scorer, encoded: EncodedSentence, sentence: ScoredSentence) -> Flipped | None:
    """Return the smallest deletion found that flips a scored sentence's stance; it needs its evidence."""
    words: Sequence[EvidenceWord] = sentence.evidence or []
    if len(words) < 2:
        return None
    weights = np.array([word.weight for word in words])
    found = smallest_flip(scorer.predictor, encoded, weights, layer=scorer.stance.name)
    return None if found is None else Flipped([words[i] for i in found.words], scorer.stances[found.label])


def _local(sentence: ScoredSentence) -> tuple[tuple[int, int], ...]:
    return tuple((start - sentence.start, end - sentence.start) for start, end in sentence.target_spans)
