from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from newstance.errors import CheckpointError
from newstance.model import Checkpoint, Predictor, SentenceInput


@pytest.fixture
def copy(tiny_exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_exported, tmp_path / "model"))


def opened(folder: Path) -> Predictor:
    return Predictor.open(Checkpoint(folder))


@pytest.mark.parametrize("name", ["config.json", "labels.yaml", "calibration.json", "tokenizer.json", "model.onnx"])
def test_a_missing_file_is_named(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(CheckpointError, match=name.replace(".", r"\.")):
        opened(copy)


@pytest.mark.parametrize("name", ["labels.yaml", "calibration.json", "tokenizer.json", "model.onnx"])
def test_a_file_that_differs_from_its_recorded_hash_is_refused_before_it_answers(copy: Path, name: str) -> None:
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(bytes(data))
    with pytest.raises(CheckpointError, match="SHA-256"):
        opened(copy).predict([SentenceInput("The council met.")])  # the network is checked and loaded in the background


def test_an_unknown_key_in_the_config_is_named(copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | {"trust_remote_code": True}))
    with pytest.raises(CheckpointError, match="trust_remote_code"):
        Checkpoint(copy)


def test_no_folder_and_no_shipped_model_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such model folder"):
        Checkpoint.find(tmp_path / "nowhere")
    with pytest.raises(CheckpointError, match="shipped"):
        Checkpoint.shipped("nowhere")


def test_the_hash_changes_with_the_calibration(tiny_exported: Path, copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    config["files"]["calibration.json"] = "0" * 64
    (copy / "config.json").write_text(json.dumps(config))
    assert len(Checkpoint(tiny_exported).hash) == 16
    import hashlib

    assert hashlib.sha256((copy / "config.json").read_bytes()).hexdigest()[:16] != Checkpoint(tiny_exported).hash


def test_both_runtimes_give_the_same_logits_and_evidence(tiny_checkpoint: Path, tmp_path: Path) -> None:
    from newstance.training.export import export_checkpoint

    plain = export_checkpoint(tiny_checkpoint, tmp_path / "plain", storage="none")
    inputs = [
        SentenceInput("The council wrecked the harbour and lied.", ((4, 11),)),
        SentenceInput("Members met."),
        SentenceInput("plan " * 400),
    ]
    for one, two in zip(opened(plain).predict(inputs), opened(tiny_checkpoint).predict(inputs), strict=True):
        assert one.logits["stance"] == pytest.approx(two.logits["stance"], abs=1e-4)
        assert one.evidence["stance"] == pytest.approx(two.evidence["stance"], abs=1e-4)
