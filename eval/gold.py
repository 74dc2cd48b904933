"""Gold labels: what several annotators' judgements on one sentence come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation, filled_in, same_sentence
from newstance.errors import AnnotationError
from newstance.model.codebook import Layer

from .bootstrap import few_clusters

__all__ = [
    "Gold",
    "clusters",
    "few_articles",
    "gold_labels",
    "gold_of_layers",
    "interval_warning",
    "no_gold",
    "repeated_rows",
    "without_article",
]


@dataclass(frozen=True, slots=True)
class Gold:
    """Sentences that have a gold label of a layer.

    Attributes:
        sentences: one record a sentence, with what only other annotators' records say of it.
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
    return _merged(filled_in(records), layer)


def gold_of_layers(records: Sequence[Annotation], layers: Sequence[Layer]) -> list[Gold]:
    """Return what `gold_labels` does for each of several layers; what records leave out is looked for once.

    Raises:
        AnnotationError: a label that its layer does not know.
    """
    filled = filled_in(records)
    return [_merged(filled, layer) for layer in layers]


def _merged(records: Sequence[Annotation], layer: Layer) -> Gold:
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


def no_gold(records: Sequence[Annotation], layers: Sequence[Layer]) -> AnnotationError:
    """Return the error for records without a gold label of these layers: nobody gave one, or all are tied."""
    tied = max(len(gold.tied) for gold in gold_of_layers(records, layers))
    if tied:
        which = "the only sentence is" if tied == 1 else f"all {tied} sentences are"
        return AnnotationError(f"{which} tied between the annotators: no label has more votes than any other")
    known = ", ".join(layer.name for layer in layers)
    return AnnotationError(f"no record has a label of a layer that the model predicts ({known})")


def interval_warning(sentences: Sequence[Annotation]) -> str | None:
    """Return all that is to beware of in intervals over these sentences' articles, or None."""
    return "; ".join(filter(None, [few_articles(sentences), without_article(sentences)])) or None


def few_articles(sentences: Sequence[Annotation]) -> str | None:
    """Return what to beware of where few articles, or few sentences of none, stand behind intervals, or None."""
    given = any(record.article is not None for record in sentences)
    return few_clusters(clusters(sentences), "article" if given else "sentence")


def without_article(sentences: Sequence[Annotation]) -> str | None:
    """Return what to beware of where sentences name no article, or None where each does."""
    n = sum(record.article is None for record in sentences)
    if not n:
        return None
    found = "no articles given" if n == len(sentences) else f"no article given for {n} of {len(sentences)} sentences"
    return f"{found}: taken as independent, which makes intervals too narrow where sentences share an article"


def repeated_rows(records: Sequence[Annotation]) -> list[str]:
    """Return what to beware of where nameless rows say word for word what another row says."""
    nameless = [record for record in records if record.annotator is None]
    rows = {record.model_dump_json(): record.model_dump_json(exclude={"id"}) for record in nameless}
    again, elsewhere = len(nameless) - len(rows), len(rows) - len(set(rows.values()))
    found = []
    if again:
        found.append(
            f"{again} nameless rows repeat another row, id and all: each counts as one more person who agrees; remove "
            "them if they stand twice, name the annotators if not"
        )
    if elsewhere:
        found.append(
            f"{elsewhere} nameless rows repeat another row under an id of their own: each counts as one more sentence; "
            "remove them if they stand twice"
        )
    return found


def clusters(sentences: Sequence[Annotation]) -> list[str]:
    """Return the article of each sentence; a sentence without one stands for itself."""
    return [f"{record.corpus}/{record.article or record.id}" for record in sentences]
