"""What offsets bring is judged on articles that they were not fitted on."""

from __future__ import annotations

import numpy as np
import pytest

from newstance.corpora import Annotation
from newstance.eval.judged import Judged
from newstance.eval.label_offsets import halves, outcome
from newstance.model import LayerCalibration, SentenceInput, load_codebook

LAYER = load_codebook().layer("stance")


def judged(gold: list[int], articles: list[str]) -> Judged:
    n = len(gold)
    flat = np.full((n, 3), 1 / 3)
    return Judged(
        layer=LAYER,
        sentences=[Annotation(id=str(i), text=f"Row {i}.", stance="neutral") for i in range(n)],
        gold=np.array(gold),
        probability=flat,
        uncalibrated=flat,
        predicted=np.zeros(n, dtype=int),
        groups=np.array(articles),
        inputs=[SentenceInput(f"Row {i}.") for i in range(n)],
        logits={},
        tied=[],
        tied_probability=np.empty((0, 3)),
    )


def test_no_article_lies_in_both_halves() -> None:
    data = judged([0] * 30, [str(i // 3) for i in range(30)])
    pairs = list(halves(data, draws=5, seed=1))
    assert len({tuple(one) for one, _ in pairs}) == 5
    for one, other in pairs:
        assert sorted([*one, *other]) == list(range(30))
        assert not set(data.groups[one]) & set(data.groups[other])


def test_figures_are_those_of_the_probabilities_with_their_offsets() -> None:
    data = judged([2, 2, 2, 0], list("abcd"))
    logits = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 3.0], [4.0, 0.0, 0.0]])
    rows = np.arange(4)
    plain = outcome(data, logits, rows, LayerCalibration())
    moved = outcome(data, logits, rows, LayerCalibration(offsets={"favor": -1.0, "against": -1.0, "neutral": 2.0}))
    assert (plain.accuracy, moved.accuracy) == (0.5, 1.0)
    assert moved.log_loss < plain.log_loss
    p = LayerCalibration().probabilities(logits, LAYER)
    assert plain.log_loss == pytest.approx(-np.log(p[rows, data.gold]).mean())
    assert plain.share_error == pytest.approx(np.abs(p.mean(axis=0) - [0.25, 0.0, 0.75]).max())
    # Of 3.2 sentences kept, the two surest are right; the equally sure two are half of each of the 1.2 that are left.
    assert (plain.fall, moved.fall) == (pytest.approx(1 - (1.2 / 3.2) / 0.5), 0.0)
