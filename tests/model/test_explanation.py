"""Explanations: one interface, words with exact offsets, and the margin as what is explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from newstance.errors import UsageError
from newstance.model import (
    METHODS,
    Checkpoint,
    Predictor,
    SentenceInput,
    carrying_phrases,
    explain,
    explain_encoded,
    smallest_flip,
    without,
)

INPUTS = [
    SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),)),
    SentenceInput("Fishermen thanked the cabinet for a generous and sensible plan.", ((22, 29),)),
    SentenceInput(" ".join(["Members of the ministry met in the town hall at noon."] * 30), ((15, 23),)),
]


@pytest.fixture(scope="module")
def torch_predictor(tiny_checkpoint: Path) -> Predictor:
    return Predictor.open(Checkpoint(tiny_checkpoint), runtime="torch")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_weighs_every_word(torch_predictor: Predictor, method: str) -> None:
    for prediction, found in explain(torch_predictor, INPUTS, method, steps=4):  # type: ignore[arg-type]
        assert found.method == method
        assert found.weights.shape == (len(prediction.words),)
        assert np.isfinite(found.weights).all()


def test_integrated_gradients_add_up_ever_better_with_more_steps(torch_predictor: Predictor) -> None:
    few, many = (
        [abs(found.residual) for _, found in explain(torch_predictor, INPUTS, "ig", steps=steps)] for steps in (1, 64)
    )
    assert max(many) < 0.05
    assert sum(many) < sum(few)


def test_leaving_a_word_out_is_what_the_model_says_without_it(torch_predictor: Predictor) -> None:
    (encoded,) = torch_predictor.encoding.encode(INPUTS[:1])
    ((prediction, found),) = explain(torch_predictor, INPUTS[:1], "loo")
    logits = prediction.logits["stance"]
    best, other = np.argsort(-logits)[:2]
    (shorter,) = torch_predictor.predict_encoded([without(encoded, {2})])
    left = shorter.logits["stance"]
    assert found.weights[2] == pytest.approx((logits[best] - logits[other]) - (left[best] - left[other]), abs=1e-5)


def test_leaving_out_needs_no_torch_and_both_runtimes_agree(tiny_exported: Path, torch_predictor: Predictor) -> None:
    onnx = Predictor.open(Checkpoint(tiny_exported), runtime="onnx")
    for (_, one), (_, two) in zip(explain(onnx, INPUTS, "loo"), explain(torch_predictor, INPUTS, "loo"), strict=True):
        np.testing.assert_allclose(one.weights, two.weights, atol=1e-3)
    with pytest.raises(UsageError, match="torch runtime"):
        explain(onnx, INPUTS, "ig")


def test_a_layer_that_is_missing_or_takes_any_number_of_labels_is_refused(torch_predictor: Predictor) -> None:
    framed = Predictor(torch_predictor.encoding, torch_predictor.runtime, ["stance", "frames"], multi=["frames"])
    encoded = framed.encoding.encode(INPUTS[:1])
    predictions = torch_predictor.predict_encoded(encoded)
    for layer, wanted in (("frames", "any number of labels.*: stance"), ("position", "no layer 'position'")):
        with pytest.raises(UsageError, match=wanted):
            explain_encoded(framed, encoded, predictions, layer=layer)
        with pytest.raises(UsageError, match=wanted):
            smallest_flip(framed, encoded[0], np.ones(9), layer=layer)


def test_of_a_shipped_model_frames_are_not_explained() -> None:
    with pytest.raises(UsageError, match="frames takes any number of labels"):
        explain(Predictor.open(Checkpoint.shipped()), INPUTS[:1], layer="frames")


def test_the_control_is_random_and_the_same_each_time(torch_predictor: Predictor) -> None:
    (_, one), _, _ = explain(torch_predictor, INPUTS, "random")
    (_, two), _, _ = explain(torch_predictor, INPUTS, "random")
    (_, other), _, _ = explain(torch_predictor, INPUTS, "random", seed=1)
    assert one.weights.tolist() == two.weights.tolist() != other.weights.tolist()


def test_an_exported_model_can_be_studied_with_torch(tiny_exported: Path, torch_predictor: Predictor) -> None:
    read_back = Predictor.open(Checkpoint(tiny_exported), runtime="torch")
    for one, two in zip(read_back.predict(INPUTS), torch_predictor.predict(INPUTS), strict=True):
        np.testing.assert_allclose(one.logits["stance"], two.logits["stance"], atol=1e-4)


def test_a_flip_does_flip_and_every_word_of_it_is_needed(torch_predictor: Predictor) -> None:
    (encoded,) = torch_predictor.encoding.encode(INPUTS[:1])
    ((prediction, found),) = explain(torch_predictor, INPUTS[:1], "loo")
    flip = smallest_flip(torch_predictor, encoded, found.weights)
    assert flip is not None

    def label(gone: set[int]) -> int:
        (shorter,) = torch_predictor.predict_encoded([without(encoded, gone)])
        return int(np.argmax(shorter.logits["stance"]))

    before = int(np.argmax(prediction.logits["stance"]))
    assert label(set(flip.words)) == flip.label != before
    assert all(label(set(flip.words) - {word}) == before for word in flip.words)


def test_phrases_join_neighbours_and_leave_out_what_spoke_against() -> None:
    weights = np.array([0.0, 2.0, 0.1, 1.5, -1.0, 0.0, 0.0, 0.9])
    first, *rest = carrying_phrases(weights, carries=0.9)
    assert (first.first, first.end) == (1, 4) and first.weight == pytest.approx(3.6)
    assert [(one.first, one.end) for one in rest] == [(7, 8)]
    assert carrying_phrases(np.array([-1.0, -2.0])) == []


def test_vectors_of_sentences_are_the_same_from_both_runtimes(tiny_exported: Path, torch_predictor: Predictor) -> None:
    onnx = Predictor.open(Checkpoint(tiny_exported), runtime="onnx")
    encoded = onnx.encoding.encode(INPUTS)
    np.testing.assert_allclose(onnx.embed(encoded), torch_predictor.embed(encoded), atol=1e-3)
