"""`disagreements`: the sentences over which annotators are split, each with what everybody gave, to be settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from newstance.corpora import Annotation
from newstance.corpora.codes import tool_codebook
from newstance.model.codebook import Codebook

from .judgements import collect_judgements

__all__ = ["Disagreement", "disagreements"]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A sentence to which not all annotators of a layer gave the same.

    Attributes:
        id: of the sentence.
        layer: the layer.
        labels: each annotator's label; of a multi-label layer the list of labels, empty where none applies.
        text: the sentence.
        article: the article that it stands in, if the rows name one.
    """

    id: str
    layer: str
    labels: dict[str, str | list[str]]
    text: str
    article: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries and lists, ready for JSON."""
        return asdict(self)


def disagreements(records: Sequence[Annotation], codebook: Codebook) -> list[Disagreement]:
    """Return the sentences that annotators are split over, by layer and then in the order of their first rows.

    Args:
        records: annotations; rows of one sentence share an id.
        codebook: the layers; with a stance goes the voice, as annotators are asked for it.

    Raises:
        AnnotationError: an annotator judged a sentence twice, or a label is none of the layer's.
    """
    found = []
    for judgements in collect_judgements(records, tool_codebook(codebook).layers):
        for number in np.flatnonzero(judgements.split).tolist():
            record = judgements.sentences[number]
            found.append(
                Disagreement(record.id, judgements.layer.name, judgements.of(number), record.text, record.article)
            )
    return found
