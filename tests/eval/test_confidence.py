"""Confidences are compared by what they do to the risk: one that knows more wins, one that knows nothing does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from newstance.corpora import Annotation, open_annotations
from newstance.eval.confidence import confidences, expected_fall, falls, features
from newstance.eval.inputs import layer_logits, sentence_inputs
from newstance.eval.judged import Judged, judge
from newstance.model import Checkpoint, Predictor, SentenceInput, load_codebook, probabilities

N = 400


@pytest.fixture
def judged() -> Judged:
    """Decisions of which three in four are right, whatever the model's probability of them."""
    generator = np.random.default_rng(5)
    probability = generator.dirichlet([4.0, 1.0, 1.0], size=N)
    predicted = probability.argmax(axis=1)
    wrong = generator.random(N) < 0.25
    return Judged(
        layer=load_codebook().layer("stance"),
        sentences=[Annotation(id=str(i), text=f"Row {i}.", stance="neutral") for i in range(N)],
        gold=np.where(wrong, (predicted + 1) % 3, predicted),
        probability=probability,
        uncalibrated=probability,
        predicted=predicted,
        groups=np.array([f"article {i // 4}" for i in range(N)]),
        inputs=[SentenceInput(f"Row {i}.") for i in range(N)],
        logits={"stance": np.log(probability)},
        tied=[],
        tied_probability=np.zeros((0, 3)),
    )


def test_a_confidence_that_learns_what_the_probability_does_not_know_lowers_the_risk(judged: Judged) -> None:
    telling = (judged.right + np.random.default_rng(1).normal(0.0, 0.3, N))[:, None]
    found = falls(judged, confidences(judged, telling), 0.8, samples=200)
    assert found["learnt"][0].value > 0.7
    assert found["learnt"][1].low > 0.3
    assert abs(found["probability"][0].value) < 0.15
    assert found["probability"][1].value == 0.0


def test_learning_from_noise_gains_nothing(judged: Judged) -> None:
    noise = np.random.default_rng(2).normal(size=(N, 3))
    assert abs(falls(judged, confidences(judged, noise), 0.8, samples=50)["learnt"][0].value) < 0.15


def test_what_probabilities_promise_is_the_fall_of_their_own_expected_errors(judged: Judged) -> None:
    wrong = np.sort(1.0 - judged.probability.max(axis=1))
    assert expected_fall(judged, 0.5) == pytest.approx(1.0 - wrong[: N // 2].mean() / wrong.mean())
    assert expected_fall(judged, 1.0) == pytest.approx(0.0)


def test_what_the_learnt_one_learns_from_is_what_judging_asked_and_heard(
    tiny_exported: Path, annotations_file: Path
) -> None:
    checkpoint = Checkpoint(tiny_exported)
    (judged,) = judge(checkpoint, open_annotations(annotations_file))
    few = judged.where(judged.gold == 1)
    assert 0 < len(few.sentences) < len(judged.sentences)
    inputs = sentence_inputs(few.sentences)
    logits = layer_logits(Predictor.open(checkpoint).predict(inputs), judged.layer)
    assert few.inputs == inputs
    assert few.named.all()
    np.testing.assert_array_equal(few.logits["stance"], logits)
    found = features(few)
    np.testing.assert_array_equal(found[:, :3], logits)
    np.testing.assert_allclose(found[:, 3:], [[np.log1p(len(one.text)), len(one.target_spans)] for one in inputs])


def test_offsets_doubt_the_label_that_is_rarer_than_its_probabilities_say() -> None:
    generator = np.random.default_rng(3)
    logits = generator.normal(size=(N, 3))
    layer = load_codebook().layer("stance")
    right = np.array([generator.choice(3, p=row) for row in probabilities(logits + np.array([-2.0, 0.0, 2.0]), layer)])
    probability = probabilities(logits, layer)
    data = Judged(
        layer=layer,
        sentences=[Annotation(id=str(i), text=f"Row {i}.", stance="neutral") for i in range(N)],
        gold=right,
        probability=probability,
        uncalibrated=probability,
        predicted=probability.argmax(axis=1),
        groups=np.array([f"article {i // 4}" for i in range(N)]),
        inputs=[SentenceInput(f"Row {i}.") for i in range(N)],
        logits={"stance": logits},
        tied=[],
        tied_probability=np.zeros((0, 3)),
    )
    found = falls(data, confidences(data, np.zeros((N, 1))), 0.8, samples=200)
    assert found["offsets"][1].low > 0.05
