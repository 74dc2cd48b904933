"""The model as one more annotator: beside the range of the people who judged, and where they were split."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .agreement import Agreement, layer_agreement, others_majority
from .alpha import MISSING, krippendorff_alpha
from .bootstrap import Bootstrap, Figure, varied
from .figures import macro_f1
from .judged import Judged
from .judgements import Judgements
from .plain import plain

__all__ = ["AmongAnnotators", "SplitSentence", "among_annotators"]

Floats = npt.NDArray[np.floating]

#: How many sentences that annotators were split over are shown.
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class SplitSentence:
    """A sentence over which annotators were split: the share of votes and the model's probability for each label."""

    id: str
    text: str
    votes: dict[str, float]
    model: dict[str, float]


@dataclass(frozen=True, slots=True)
class AmongAnnotators:
    """One layer's annotators, and the model among them.

    Attributes:
        agreement: of the annotators with each other.
        alpha_with_model: Krippendorff's alpha with the model as one more annotator, on the sentences that two or more
            people judged, as theirs is (single-label layers).
        model: for each annotator who has a name, the model's macro-F1 against the majority of the others, on the same
            sentences.
        soft_cross_entropy: of the model's probabilities against the share of votes, on sentences judged twice or more.
        soft_entropy: the votes' own entropy, which no model can get below.
        split_probability: mean probability of the labels that a split sentence's annotators gave.
        split_sentences: some of the split ones, those first that the model is surest about.
    """

    agreement: Agreement
    alpha_with_model: Figure | None
    model: dict[str, Figure]
    soft_cross_entropy: Figure
    soft_entropy: float
    split_probability: Figure | None
    split_sentences: list[SplitSentence]

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, with None for the ends of an interval that a figure does not have."""
        return dict(plain(asdict(self)))


def among_annotators(judged: Judged, judgements: Judgements, *, samples: int, seed: int) -> AmongAnnotators | None:
    """Set a model beside the annotators of a layer; None where no sentence was judged by two of them.

    Args:
        judged: the layer's predictions, those of sentences whose annotators tie included.
        judgements: the layer's, of the annotations behind them.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    agreement = layer_agreement(judgements, samples=samples, seed=seed)
    if agreement is None:
        return None
    rows = {(r.corpus, r.id): i for i, r in enumerate((*judged.sentences, *judged.tied))}
    order = np.array([rows[r.corpus, r.id] for r in judgements.sentences])
    p = np.concatenate([judged.probability, judged.tied_probability])[order]
    decided = judged.predicted
    if judged.layer.kind == "single":
        decided = np.concatenate([decided, judged.tied_probability.argmax(axis=1)])
    predicted, groups = decided[order], np.array(judgements.groups)
    model = {}
    for column in np.flatnonzero(judgements.named).tolist():
        name = judgements.annotators[column]
        mask, others = others_majority(judgements, column)
        if mask.any():
            model[name] = macro_f1(judged.layer, others, predicted[mask], groups[mask], samples=samples, seed=seed)
    votes, several = _votes(judgements)
    alpha = None
    if judged.layer.kind == "single":
        with_model = np.column_stack([judgements.given, predicted])[several]
        alpha = krippendorff_alpha(with_model, len(judged.layer.codes), groups[several], samples=samples, seed=seed)
    bootstrap = Bootstrap(groups[several], samples=samples, seed=seed)
    disputed = several & ((votes > 0) & (votes < 1)).any(axis=1)
    loss, entropy = (
        _cross_entropy(votes[several], p[several], judged),
        _cross_entropy(votes[several], votes[several], judged),
    )
    split_probability = None
    if disputed.any():
        chosen = votes[disputed] > 0
        share = (p[disputed] * chosen).sum(axis=1) / (chosen.sum(axis=1) if judged.layer.kind == "multi" else 1)
        split_probability = varied(Bootstrap(groups[disputed], samples=samples, seed=seed).mean(share))
    return AmongAnnotators(
        agreement=agreement,
        alpha_with_model=alpha,
        model=model,
        soft_cross_entropy=varied(bootstrap.mean(loss)),
        soft_entropy=float(entropy.mean()),
        split_probability=split_probability,
        split_sentences=_examples(judgements, votes, p, np.flatnonzero(disputed)),
    )


def _votes(judgements: Judgements) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the share of annotators for each label (sentences, labels), and which sentences two or more judged."""
    given = judgements.given
    if judgements.layer.kind == "single":
        counts = np.stack([(given == i).sum(axis=1) for i in range(len(judgements.layer.codes))], axis=1)
        n = (given != MISSING).sum(axis=1)
    else:
        counts, n = (given == 1).sum(axis=2).T, (given[0] != MISSING).sum(axis=1)
    return counts / n[:, None], n >= 2


def _cross_entropy(votes: Floats, p: Floats, judged: Judged) -> Floats:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    if judged.layer.kind == "multi":
        return np.asarray(-(votes * np.log(p) + (1 - votes) * np.log(1 - p)).mean(axis=1))
    return np.asarray(-(votes * np.log(p)).sum(axis=1))


def _examples(
    judgements: Judgements, votes: Floats, p: Floats, disputed: npt.NDArray[np.integer]
) -> list[SplitSentence]:
    surest = disputed[np.argsort(-p[disputed].max(axis=1), kind="stable")][:_SHOWN]
    codes = judgements.layer.codes
    return [
        SplitSentence(
            id=judgements.sentences[i].id,
            text=judgements.sentences[i].text,
            votes={code: round(float(v), 3) for code, v in zip(codes, votes[i], strict=True) if v > 0},
            model={
                code: round(float(q), 3) for code, v, q in zip(codes, votes[i], p[i], strict=True) if v > 0 or q > 0.2
            },
        )
        for i in surest
    ]
