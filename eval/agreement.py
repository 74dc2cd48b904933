"""Annotators against each other: Krippendorff's alpha with its interval, and each against the others' majority."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.corpora.codes import tool_codebook
from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

from .alpha import MISSING, alpha_of, coincidences, krippendorff_alpha
from .bootstrap import Figure, cluster_sums, interval
from .figures import macro_f1
from .gold import interval_warning, repeated_rows
from .judgements import Judgements, collect_judgements
from .metrics import mean_of_known
from .plain import plain

__all__ = ["Agreement", "annotator_agreement", "layer_agreement", "others_majority"]

Ints = npt.NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the annotators of one layer agree.

    Attributes:
        alpha: Krippendorff's alpha, nominal; of a multi-label layer the mean over its labels that occur.
        by_label: alpha of each label of a multi-label layer as a yes-or-no question.
        annotators: for each that has a name, macro-F1 of its labels against the majority of the others.
        sentences: judged by two or more.
        split: of those, how many not all gave the same label.
        warning: what to beware of: few articles, or none given, behind the intervals, and rows that stand twice.
    """

    alpha: Figure | None
    by_label: dict[str, Figure]
    annotators: dict[str, Figure]
    sentences: int
    split: int
    warning: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, with None for the ends of an interval that a figure does not have."""
        return dict(plain(asdict(self)))


def annotator_agreement(
    records: Sequence[Annotation], codebook: Codebook, *, samples: int = 1000, seed: int = 0
) -> dict[str, Agreement]:
    """Return the agreement on every layer that several annotators judged.

    Args:
        records: annotations.
        codebook: the layers; with a stance goes the voice, as annotators are asked for it.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Raises:
        AnnotationError: no sentence was judged by two annotators.
    """
    found = {}
    repeats = repeated_rows(records)
    layers = tool_codebook(codebook).layers
    for judgements in collect_judgements(records, layers):
        if (agreement := layer_agreement(judgements, samples=samples, seed=seed)) is not None:
            said = [agreement.warning, *repeats]
            found[judgements.layer.name] = replace(agreement, warning="; ".join(filter(None, said)) or None)
    if not found:
        asked = ", ".join(layer.name for layer in layers)
        raise AnnotationError(
            f"no sentence was judged by two annotators on a layer of the codebook ({asked}): rows of one sentence "
            "share an id, and layers of your own need their --codebook",
            field="id",
        )
    return found


def layer_agreement(judgements: Judgements, *, samples: int, seed: int) -> Agreement | None:
    """Return the agreement on one layer, or None where no sentence was judged twice."""
    layer, given = judgements.layer, judgements.given
    several = judgements.several
    if not several.any():
        return None
    by_label: dict[str, Figure] = {}
    if layer.kind == "single":
        alpha = krippendorff_alpha(given, len(layer.codes), judgements.groups, samples=samples, seed=seed)
    else:
        for number, code in enumerate(layer.codes):
            found = krippendorff_alpha(given[number], 2, judgements.groups, samples=samples, seed=seed)
            if found is not None:
                by_label[code] = found
        alpha = _mean_alpha(judgements, by_label.values(), samples=samples, seed=seed) if by_label else None
    annotators = {}
    for column in np.flatnonzero(judgements.named).tolist():
        judged, others = others_majority(judgements, column)
        if judged.any():
            own = given[judged, column] if layer.kind == "single" else given[:, judged, column].T.astype(bool)
            groups = [g for g, keep in zip(judgements.groups, judged, strict=True) if keep]
            annotators[judgements.annotators[column]] = macro_f1(layer, others, own, groups, samples=samples, seed=seed)
    warning = interval_warning(list(compress(judgements.sentences, several)))
    return Agreement(alpha, by_label, annotators, int(several.sum()), int(judgements.split.sum()), warning)


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


def _mean_alpha(judgements: Judgements, by_label: Collection[Figure], *, samples: int, seed: int) -> Figure:
    cells = np.stack([coincidences(label, 2) for label in judgements.given], axis=1)
    several = cells.sum(axis=(1, 2, 3)) > 0
    sums = cluster_sums(cells[several], np.array(judgements.groups)[several])
    occurs = np.isfinite(alpha_of(sums.sum(axis=0)))
    found = interval(
        lambda m: mean_of_known(alpha_of(m)[..., occurs]),
        sums,
        n=int(several.sum()),
        samples=samples,
        seed=seed,
    )
    if found.low < found.high:
        return found
    # No draw differs: the labels' own intervals have a width, and so has the mean of their ends.
    low, high = (float(np.mean([getattr(label, end) for label in by_label])) for end in ("low", "high"))
    return replace(found, low=min(low, found.value), high=max(high, found.value))
