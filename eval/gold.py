"""Gold labels: what several annotators' judgements on one sentence come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation, same_sentence
from newstance.model.codebook import Layer

__all__ = ["Gold", "clusters", "gold_labels"]


@dataclass(frozen=True, slots=True)
class Gold:
    """Sentences that have a gold label of a layer.

    Attributes:
        sentences: one record a sentence.
        labels: (sentences,) label numbers, or (sentences, labels) booleans for a multi-label layer.
        tied: sentences left out because no label had more votes than any other.
    """

    sentences: list[Annotation]
    labels: npt.NDArray[Any]
    tied: list[Annotation]

    @property
    def ties(self) -> int:
        """Return how many sentences were left out."""
        return len(self.tied)


def gold_labels(records: Sequence[Annotation], layer: Layer) -> Gold:
    """Merge annotators: the label most gave; for a multi-label layer every label that at least half gave.

    Raises:
        AnnotationError: a label that the layer does not know.
    """
    votes: dict[tuple[str | None, str], list[Annotation]] = {}
    for record in records:
        if record.judged(layer.name) is not None:
            votes.setdefault((record.corpus, record.id), []).append(record)
    sentences: list[Annotation] = []
    labels: list[int | list[bool]] = []
    tied: list[Annotation] = []
    for group in votes.values():
        same_sentence(group)
        counts = Counter(code for record in group for code in record.codes(layer) or ())
        if layer.kind == "multi":
            labels.append([2 * counts[code] >= len(group) for code in layer.codes])
        else:
            best = counts.most_common(2)
            if len(best) == 2 and best[0][1] == best[1][1]:
                tied.append(group[0])
                continue
            labels.append(layer.codes.index(best[0][0]))
        sentences.append(group[0])
    kind = bool if layer.kind == "multi" else np.int64
    return Gold(sentences, np.array(labels, dtype=kind), tied)


def clusters(sentences: Sequence[Annotation]) -> list[str]:
    """Return the article of each sentence; a sentence without one stands for itself."""
    return [f"{record.corpus}/{record.article or record.id}" for record in sentences]
