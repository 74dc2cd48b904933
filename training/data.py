"""Training rows: annotations, merged over annotators and encoded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from datasets import Dataset

from newstance.corpora import Annotation, filled_in_of_one, sentence_numbers
from newstance.eval.inputs import sentence_inputs
from newstance.eval.rationales import marked_words
from newstance.model import Codebook, EncodedSentence, SentenceEncoding, SentenceInput, Span
from newstance.model.codebook import Layer

from .collator import LABELS, RATIONALE, TAUGHT_WORDS, TEACHER
from .taught_states import TaughtStates

__all__ = ["Item", "as_dataset", "fingerprint", "merge_annotators"]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence with what its annotators said, as one distribution per layer; None where nobody judged.

    Attributes:
        record: the first annotator's record, with what only others' say of the sentence.
        input: what the model is asked; mentions that the record does not give were looked for, as `evaluate` does.
        labels: for each layer, the share of annotators for each label.
        weight: how much the row counts in the loss.
        rationales: for each annotator who marked any, the spans of the sentence that decided the stance.
    """

    record: Annotation
    input: SentenceInput
    labels: dict[str, Floats | None]
    weight: float = 1.0
    rationales: tuple[tuple[Span, ...], ...] = ()


def merge_annotators(pairs: Sequence[tuple[Annotation, float]], codebook: Codebook, *, soft: bool = True) -> list[Item]:
    """Make one item of all judgements on the same sentence and target.

    Each judgement counts by its source's weight: where two sources judge the same rows, their weights say how far the
    labels follow the one or the other. The row counts in the loss as its heaviest judgement does. Files may use one id
    for different texts or targets: those are items of their own (within a file `open_annotations` refuses it).

    Args:
        pairs: records with their sources' weights.
        codebook: the layers to read.
        soft: keep the share of judgements for each label; otherwise the label that most gave (of a multi-label layer
            every label that at least half gave), and nothing where two are level.
    """
    groups: dict[int, list[tuple[Annotation, float]]] = {}
    for pair, number in zip(pairs, sentence_numbers(record for record, _ in pairs), strict=True):
        groups.setdefault(number, []).append(pair)
    items = []
    for group in groups.values():
        votes = filled_in_of_one([record for record, _ in group])
        weights = [weight for _, weight in group]
        labels = {layer.name: _distribution(votes, weights, layer, soft=soft) for layer in codebook.layers}
        marked = tuple(record.rationale for record in votes if record.rationale)
        items.append(Item(votes[0], sentence_inputs(votes[:1])[0], labels, max(weights), marked))
    return items


def fingerprint(*parts: Sequence[Item]) -> str:
    """Return a SHA-256 of all that a run learns from and chooses by, as hexadecimal digits: rows in their order."""
    found = hashlib.sha256()
    for items in parts:
        found.update(f"{len(items)}\n".encode())
        for item in items:
            # Rounded, so that another processor's last digit is not another row.
            labels = {n: None if x is None else [round(float(p), 6) for p in x] for n, x in item.labels.items()}
            row = [astuple(item.input), labels, round(item.weight, 6), item.rationales]
            found.update(json.dumps(row, sort_keys=True).encode() + b"\n")
    return found.hexdigest()


def _marked(item: Item, sentence: EncodedSentence) -> list[float]:
    """Return for each token of the first window the share of the marking annotators who marked its word."""
    marks = np.zeros(len(sentence.words) + 1)  # the last is for tokens that are of no word, whose number is -1
    for spans in item.rationales:
        marks[: len(sentence.words)] += marked_words(sentence.words, spans)
    shares: list[float] = (marks[list(sentence.windows[0].words)] / max(1, len(item.rationales))).tolist()
    return shares


def _distribution(votes: Sequence[Annotation], weights: Sequence[float], layer: Layer, *, soft: bool) -> Floats | None:
    rows, counts = [], []
    for record, weight in zip(votes, weights, strict=True):
        chosen = record.codes(layer)
        if chosen is None:
            continue
        rows.append([float(code in chosen) for code in layer.codes])
        counts.append(weight)
    if not rows:
        return None
    shares: Floats = np.average(rows, axis=0, weights=counts)
    if soft:
        return shares
    if layer.kind == "multi":
        return (shares >= 0.5).astype(float)
    most = shares == shares.max()
    return most.astype(float) if most.sum() == 1 else None


def as_dataset(
    items: Sequence[Item],
    encoding: SentenceEncoding,
    codebook: Codebook,
    taught: Mapping[str, Floats] | None = None,
    *,
    states: TaughtStates | None = None,
    rationales: bool = False,
) -> tuple[Dataset, int]:
    """Encode items into rows for the `Trainer`.

    Args:
        items: the sentences.
        encoding: how they become token ids.
        codebook: the layers; where an item has no label the row holds -1.
        taught: for each layer that a teacher knows, its probabilities, (items, labels).
        states: what a teacher's last layer makes of the items' words.
        rationales: whether a row also says which tokens its annotators marked.

    Returns:
        The rows, and how many sentences were longer than one window; of those only the first window is trained on.
    """
    encoded = encoding.encode([item.input for item in items])
    rows: list[dict[str, Any]] = []
    for number, (item, sentence) in enumerate(zip(items, encoded, strict=True)):
        window = sentence.windows[0]
        row: dict[str, Any] = {
            "row": number,
            "input_ids": window.input_ids,
            "token_type_ids": window.token_type_ids,
            "words": window.words,
            "target": list(window.target),
            "length": len(window.input_ids),
            "weight": item.weight,
        }
        if rationales:
            row[RATIONALE] = _marked(item, sentence)
        if states is not None:
            row[TAUGHT_WORDS] = states.words_of_tokens(number, sentence)
        for layer in codebook.layers:
            labels = item.labels[layer.name]
            row[LABELS + layer.name] = [-1.0] * len(layer.codes) if labels is None else labels.tolist()
        for name, probabilities in (taught or {}).items():
            row[TEACHER + name] = probabilities[number].tolist()
        rows.append(row)
    return Dataset.from_list(rows), sum(len(sentence.windows) > 1 for sentence in encoded)
