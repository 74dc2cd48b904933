"""Annotators against each other: Krippendorff's alpha with its interval, and each against the others' majority."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

from .alpha import MISSING, alpha_of, coincidences, krippendorff_alpha
from .bootstrap import Figure, cluster_sums, few_clusters, interval
from .figures import macro_f1
from .judgements import Judgements, collect_judgements

__all__ = ["Agreement", "annotator_agreement", "layer_agreement", "others_majority"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the annotators of one layer agree.

    Attributes:
        alpha: Krippendorff's alpha, nominal; of a multi-label layer the mean over its labels that occur.
        by_label: alpha of each label of a multi-label layer as a yes-or-no question.
        annotators: for each, macro-F1 of its labels against the majority of the others.
        sentences: judged by two or more.
        split: of those, how many not all gave the same label.
        warning: what to beware of in the intervals where those come from few articles.
    """

    alpha: Figure | None
    by_label: dict[str, Figure]
    annotators: dict[str, Figure]
    sentences: int
    split: int
    warning: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries."""
        return asdict(self)


def annotator_agreement(
    records: Sequence[Annotation], codebook: Codebook, *, samples: int = 1000, seed: int = 0
) -> dict[str, Agreement]:
    """Return the agreement on every layer that several annotators judged.

    Args:
        records: annotations.
        codebook: the layers.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Raises:
        AnnotationError: no sentence was judged by two annotators.
    """
    found = {}
    for layer in codebook.layers:
        judgements = collect_judgements(records, layer)
        if (agreement := layer_agreement(judgements, samples=samples, seed=seed)) is not None:
            found[layer.name] = agreement
    if not found:
        raise AnnotationError("no sentence was judged by two annotators: rows of one sentence share an id", field="id")
    return found


def layer_agreement(judgements: Judgements, *, samples: int, seed: int) -> Agreement | None:
    """Return the agreement on one layer, or None where no sentence was judged twice."""
    layer, given = judgements.layer, judgements.given
    several = ((given if layer.kind == "single" else given[0]) != MISSING).sum(axis=1) >= 2
    if not several.any():
        return None
    binary = given[None] if layer.kind == "single" else given
    lowest = np.where(binary == MISSING, len(layer.codes) + 1, binary).min(axis=2)
    split = int(((binary.max(axis=2) > lowest).any(axis=0) & several).sum())
    by_label: dict[str, Figure] = {}
    if layer.kind == "single":
        alpha = krippendorff_alpha(given, len(layer.codes), judgements.groups, samples=samples, seed=seed)
    else:
        for number, code in enumerate(layer.codes):
            found = krippendorff_alpha(given[number], 2, judgements.groups, samples=samples, seed=seed)
            if found is not None:
                by_label[code] = found
        alpha = _mean_alpha(judgements, samples=samples, seed=seed) if by_label else None
    annotators = {}
    for column, name in enumerate(judgements.annotators):
        judged, others = others_majority(judgements, column)
        if judged.any():
            own = given[judged, column] if layer.kind == "single" else given[:, judged, column].T.astype(bool)
            groups = [g for g, keep in zip(judgements.groups, judged, strict=True) if keep]
            annotators[name] = macro_f1(layer, others, own, groups, samples=samples, seed=seed)
    warning = few_clusters(np.array(judgements.groups)[several])
    return Agreement(alpha, by_label, annotators, int(several.sum()), split, warning)


def others_majority(judgements: Judgements, column: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[Any]]:
    """Return which sentences an annotator judged beside others who have a majority, and that majority's labels.

    Args:
        judgements: the layer's judgements.
        column: the annotator.

    Returns:
        A mask (sentences,), and for the sentences that it chooses label numbers, or booleans (sentences, labels).
    """
    layer, given = judgements.layer, judgements.given
    if layer.kind == "multi":
        others = np.delete(given, column, axis=2)
        judged = (others[0] != MISSING).sum(axis=1)
        mask = (given[0, :, column] != MISSING) & (judged > 0)
        return mask, (2 * (others == 1).sum(axis=2) >= judged)[:, mask].T
    others = np.delete(given, column, axis=1)
    votes = np.stack([(others == label).sum(axis=1) for label in range(len(layer.codes))], axis=1)
    ranked = np.sort(votes, axis=1)
    mask = (given[:, column] != MISSING) & (ranked[:, -1] > ranked[:, -2])
    return mask, votes.argmax(axis=1)[mask]


def _mean_alpha(judgements: Judgements, *, samples: int, seed: int) -> Figure:
    cells = np.stack([coincidences(label, 2) for label in judgements.given], axis=1)
    several = int((cells.sum(axis=(1, 2, 3)) > 0).sum())
    sums = cluster_sums(cells, judgements.groups)
    occurs = np.isfinite(alpha_of(sums.sum(axis=0)))
    return interval(
        lambda m: np.nanmean(alpha_of(m)[..., occurs], axis=-1), sums, n=several, samples=samples, seed=seed
    )
