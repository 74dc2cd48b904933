"""Target pooling from the configuration to the exported file; models that do not use it take no more inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from newstance.model import Checkpoint, Predictor, SentenceInput, without
from newstance.training.config import load_config
from newstance.training.export import INPUTS, export_checkpoint
from newstance.training.finetune import finetune

SENTENCES = [
    SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),)),
    SentenceInput("Fishermen thanked the ministry, and the ministry met.", ((22, 30), (40, 48))),
    SentenceInput("Nobody met."),
    SentenceInput("The council wrecked the harbour. " * 60, ((4, 11),)),
]


@pytest.fixture(scope="module")
def trained(tiny_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finetune(load_config(tiny_config, ["pooling=target"]), tmp_path_factory.mktemp("target") / "run")


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export_checkpoint(trained, tmp_path_factory.mktemp("exported") / "model")


def test_a_run_learns_with_it_and_the_export_decides_the_same(trained: Path, exported: Path) -> None:
    checkpoint = Checkpoint(trained)
    assert checkpoint.config.heads[0].pooling == "target"
    assert checkpoint.config.provenance["dev_macro_f1"]["as trained"]["stance"] > 0.8
    one, two = (Predictor.open(Checkpoint(folder)).predict(SENTENCES) for folder in (trained, exported))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a.logits["stance"], b.logits["stance"], atol=1e-4)
        np.testing.assert_allclose(a.evidence["stance"], b.evidence["stance"], atol=1e-4)
        np.testing.assert_allclose(b.evidence["stance"].sum(axis=0), b.logits["stance"], atol=1e-4)


def test_the_position_of_the_target_is_an_input_of_such_models_only(exported: Path, tiny_exported: Path) -> None:
    names = [[x.name for x in onnx.load(str(f / "model.onnx")).graph.input] for f in (tiny_exported, exported)]
    assert names == [list(INPUTS), [*INPUTS, "target_mask"]]


def test_the_same_tokens_are_read_otherwise_when_another_of_them_is_the_target(exported: Path) -> None:
    predictor = Predictor.open(Checkpoint(exported))
    both = predictor.encoding.encode([SentenceInput("They blamed them.", ((0, 4), (12, 16)))])[0]
    window = both.windows[0]
    assert len(window.target) == 2  # a mask each, whichever is the mention
    first, second = (replace(both, windows=(replace(window, target=(place,)),)) for place in window.target)
    one, two = predictor.predict_encoded([first, second])
    assert np.abs(one.logits["stance"] - two.logits["stance"]).max() > 1e-4


def test_a_sentence_that_loses_its_mention_is_read_by_attention(exported: Path) -> None:
    predictor = Predictor.open(Checkpoint(exported))
    (encoded,) = predictor.encoding.encode(SENTENCES[:1])
    assert encoded.windows[0].target
    for how in ("delete", "mask"):
        (found,) = predictor.predict_encoded([without(encoded, {1}, how)])  # type: ignore[arg-type]
        np.testing.assert_allclose(found.evidence["stance"].sum(axis=0), found.logits["stance"], atol=1e-4)
        assert (found.evidence["stance"][1] == 0).all()
