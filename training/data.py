"""Training rows: annotations, merged over annotators and encoded, and the collator that batches them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from datasets import Dataset

from newstance.corpora import (
    Annotation,
    codebook_pass,
    read_annotations,
    read_corpus,
    read_newsmtsc,
    read_seesaw,
    same_sentence,
)
from newstance.eval.inputs import sentence_inputs
from newstance.model import Codebook, SentenceEncoding, SentenceInput, Window, collate
from newstance.model.codebook import Layer

from .config import MaskingConfig, Source

__all__ = ["Collator", "Item", "as_dataset", "merge_annotators", "read_sources"]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Item:
    """One sentence with what its annotators said, as one distribution per layer; None where nobody judged.

    Attributes:
        record: the first annotator's record.
        input: what the model is asked; mentions that the record does not give were looked for, as `evaluate` does.
        labels: for each layer, the share of annotators for each label.
        weight: how much the row counts in the loss.
    """

    record: Annotation
    input: SentenceInput
    labels: dict[str, Floats | None]
    weight: float = 1.0


def read_sources(sources: Sequence[Source], root: str | Path, codebook: Codebook) -> list[tuple[Annotation, float]]:
    """Read every source and pair each record with its source's weight.

    Raises:
        AnnotationError: a file is missing or wrong.
        UsageError: a corpus has no such split, or there is no such target profile.
    """
    pairs: list[tuple[Annotation, float]] = []
    for source in sources:
        path = Path(root) / source.path
        if source.corpus == "newsmtsc":
            records = read_newsmtsc(path, split=source.split)
        elif source.corpus == "newsmtsc-codebook":
            records = codebook_pass(read_newsmtsc(path, split=source.split))
        elif source.corpus == "seesaw":
            records = read_seesaw(path, split=source.split or "train").records
        elif source.corpus == "newstance":
            records = read_corpus(source.split or "train")
        else:
            records = read_annotations(path, codebook)
            if source.split is not None:
                records = [record for record in records if record.split == source.split]
        drawn = [record for record in records if _drawn(record.id, source.share)]
        if source.target is not None:
            drawn = [_with_mentions(record, source.target) for record in drawn]
        pairs += [(record, source.weight) for record in drawn]
    return pairs


def _with_mentions(record: Annotation, profile: str) -> Annotation:
    """Return the record with the mentions that a profile finds where it gives none itself."""
    found = sentence_inputs([record], profile)[0]
    spans = {name: getattr(found, name) for name in ("target_spans", "before_spans", "after_spans")}
    return record.model_copy(update=spans)


def _drawn(identifier: str, share: float) -> bool:
    """Return whether a row is among the share: by the hash of its id, so that order and platform do not matter."""
    return share >= 1.0 or zlib.crc32(identifier.encode("utf-8", "replace")) < share * 2**32


def merge_annotators(pairs: Sequence[tuple[Annotation, float]], codebook: Codebook) -> list[Item]:
    """Make one item of all judgements on the same sentence and target: the share of annotators for each label.

    Each judgement counts by its source's weight: where two sources judge the same rows, their weights say how far the
    labels follow the one or the other. The row counts in the loss as its heaviest judgement does.
    """
    groups: dict[tuple[str | None, str], list[tuple[Annotation, float]]] = {}
    for record, weight in pairs:
        groups.setdefault((record.corpus, record.id), []).append((record, weight))
    items = []
    for group in groups.values():
        votes = [record for record, _ in group]
        same_sentence(votes)
        weights = [weight for _, weight in group]
        labels = {layer.name: _distribution(votes, weights, layer) for layer in codebook.layers}
        items.append(Item(votes[0], sentence_inputs(votes[:1])[0], labels, max(weights)))
    return items


def _distribution(votes: Sequence[Annotation], weights: Sequence[float], layer: Layer) -> Floats | None:
    rows, counts = [], []
    for record, weight in zip(votes, weights, strict=True):
        chosen = record.codes(layer)
        if chosen is None:
            continue
        rows.append([float(code in chosen) for code in layer.codes])
        counts.append(weight)
    return np.average(rows, axis=0, weights=counts) if rows else None


def as_dataset(items: Sequence[Item], encoding: SentenceEncoding, codebook: Codebook) -> tuple[Dataset, int]:
    """Encode items into rows for the `Trainer`.

    Returns:
        The rows, and how many sentences were longer than one window; of those only the first window is trained on.
    """
    encoded = encoding.encode([item.input for item in items])
    rows: list[dict[str, Any]] = []
    for item, sentence in zip(items, encoded, strict=True):
        window = sentence.windows[0]
        row: dict[str, Any] = {
            "input_ids": window.input_ids,
            "token_type_ids": window.token_type_ids,
            "words": window.words,
            "length": len(window.input_ids),
            "weight": item.weight,
        }
        for layer in codebook.layers:
            labels = item.labels[layer.name]
            row[f"labels_{layer.name}"] = [-1.0] * len(layer.codes) if labels is None else labels.tolist()
        rows.append(row)
    return Dataset.from_list(rows), sum(len(sentence.windows) > 1 for sentence in encoded)


class Collator:
    """Pad rows into a batch and hide words at random, drawing from torch's generator so that a run can resume."""

    def __init__(self, pad_id: int, protected: set[int], masking: MaskingConfig) -> None:
        """Prepare; `protected` are the token ids that are never hidden (mask and markers of the target)."""
        self._pad_id = pad_id
        self._protected = protected
        self._masking = masking

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the network's inputs and, as `labels_<layer>` and `weight`, what the loss needs."""
        windows = [Window(r["input_ids"], r["token_type_ids"], r["words"]) for r in rows]
        batch = {name: torch.from_numpy(array) for name, array in collate(windows, self._pad_id).items()}
        for row, window in enumerate(windows):
            if torch.rand(()).item() < self._masking.rows:
                hidden = self._hidden(window)
                batch["attention_mask"][row, hidden] = 0
                batch["pool_mask"][row, hidden] = 0
        for name in rows[0]:
            if name.startswith("labels_") or name == "weight":
                batch[name] = torch.tensor([r[name] for r in rows], dtype=torch.float32)
        return batch

    def _hidden(self, window: Window) -> list[int]:
        """Return the positions of the tokens of the words drawn to be hidden; at least one word stays."""
        kept = {w for w, token in zip(window.words, window.input_ids, strict=True) if token in self._protected}
        words = sorted({w for w in window.words if w >= 0} - kept)
        share = torch.rand(()).item() * self._masking.up_to
        count = min(round(share * len(words)), len(words) - (not kept))
        if count <= 0:
            return []
        drawn = {words[i] for i in torch.randperm(len(words))[:count].tolist()}
        return [position for position, word in enumerate(window.words) if word in drawn]
