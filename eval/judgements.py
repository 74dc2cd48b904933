"""`Judgements`: who gave which label to which sentence, as a matrix, one a layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation, filled_in
from newstance.errors import AnnotationError
from newstance.model.codebook import Layer

from .alpha import MISSING
from .gold import clusters

__all__ = ["Judgements", "collect_judgements"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Judgements:
    """One layer's judgements.

    Attributes:
        layer: the layer.
        sentences: one record a sentence, with what only other annotators' records say of it.
        annotators: names, in the order of the columns.
        named: (annotators,) whether the column is somebody's; a nameless one holds the first, second, ... nameless
            judgement of each sentence, which may be by other people each time.
        given: (sentences, annotators) label numbers of a single-label layer, (labels, sentences, annotators) of 0 and
            1 for a multi-label one; `MISSING` where an annotator did not judge a sentence.
    """

    layer: Layer
    sentences: list[Annotation]
    annotators: list[str]
    named: npt.NDArray[np.bool_]
    given: Ints

    @property
    def groups(self) -> list[str]:
        """Return the article of each sentence."""
        return clusters(self.sentences)

    @property
    def several(self) -> npt.NDArray[np.bool_]:
        """Return which sentences (sentences,) two or more judged."""
        given = self.given if self.layer.kind == "single" else self.given[0]
        return np.asarray((given != MISSING).sum(axis=1) >= 2)

    @property
    def split(self) -> npt.NDArray[np.bool_]:
        """Return which of these (sentences,) not all gave the same label, or the same labels."""
        given = self.given[None] if self.layer.kind == "single" else self.given
        beyond = len(self.layer.codes) + 1
        lowest = np.where(given == MISSING, beyond, given).min(axis=2, initial=beyond)
        return np.asarray((given.max(axis=2, initial=MISSING) > lowest).any(axis=0) & self.several)

    def of(self, sentence: int) -> dict[str, str | list[str]]:
        """Return who gave a sentence, by its number, which label, or which labels of a multi-label layer."""
        codes = self.layer.codes
        if self.layer.kind == "single":
            return {
                name: codes[number]
                for name, number in zip(self.annotators, self.given[sentence].tolist(), strict=True)
                if number != MISSING
            }
        return {
            name: [code for code, given in zip(codes, judged, strict=True) if given]
            for name, judged in zip(self.annotators, self.given[:, sentence].T.tolist(), strict=True)
            if judged[0] != MISSING
        }


def collect_judgements(records: Sequence[Annotation], layers: Sequence[Layer]) -> list[Judgements]:
    """Collect each layer's judgements; records without an annotator are the first, second, ... one of a sentence.

    Raises:
        AnnotationError: an annotator judged a sentence twice, or a label is none of the layer's.
    """
    filled = filled_in(records)
    return [_collected(filled, layer) for layer in layers]


def _collected(records: Sequence[Annotation], layer: Layer) -> Judgements:
    rows: dict[tuple[str | None, str], dict[str, tuple[str, ...]]] = {}
    first: dict[tuple[str | None, str], Annotation] = {}
    names: dict[str, bool] = {}
    for record in records:
        codes = record.codes(layer)
        if codes is None:
            continue
        key = (record.corpus, record.id)
        judged = rows.setdefault(key, {})
        first.setdefault(key, record)
        name = record.annotator or f"unnamed {1 + sum(n.startswith('unnamed ') for n in judged)}"
        if name in judged:
            raise AnnotationError(f"{record.id}: {name} judged this sentence twice", field=layer.name)
        judged[name] = codes
        names[name] = record.annotator is not None
    annotators = list(names)
    given = np.full((len(layer.codes), len(rows), len(annotators)), MISSING)
    for i, judged in enumerate(rows.values()):
        for name, codes in judged.items():
            given[:, i, annotators.index(name)] = [code in codes for code in layer.codes]
    if layer.kind == "single":
        given = np.where(given[0] == MISSING, MISSING, given.argmax(axis=0))
    return Judgements(layer, list(first.values()), annotators, np.array(list(names.values()), dtype=bool), given)
