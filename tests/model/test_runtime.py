from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import newstance.model
from newstance.errors import CheckpointError
from newstance.model import Checkpoint, Predictor, SentenceInput, cores
from newstance.model.onnx_runtime import begin_loading
from newstance.model.runtime import quota_cores


@pytest.mark.parametrize(
    ("written", "found"),
    [("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", None), ("", None)],
)
def test_a_containers_quota_counts_as_cores_rounded_up(tmp_path: Path, written: str, found: int | None) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(written, encoding="ascii")
    assert quota_cores(limit) == found


def test_without_control_groups_there_is_no_quota_and_always_a_core(tmp_path: Path) -> None:
    assert quota_cores(tmp_path / "cpu.max") is None
    assert cores() >= 1


def test_a_model_begun_early_says_what_it_would_have_said(tiny_exported: Path) -> None:
    inputs = [SentenceInput("The council wrecked the harbour.", ((4, 11),))]
    late = Predictor.open(Checkpoint(tiny_exported)).predict(inputs)
    begin_loading(tiny_exported / "model.onnx")
    early = Predictor.open(Checkpoint(tiny_exported)).predict(inputs)
    np.testing.assert_array_equal(early[0].logits["stance"], late[0].logits["stance"])


def test_a_damaged_model_begun_early_is_refused_for_its_hash(tiny_exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_exported, tmp_path / "model")
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    begin_loading(folder / "model.onnx")
    with pytest.raises(CheckpointError, match="SHA-256"):
        Predictor.open(Checkpoint(folder)).predict([SentenceInput("Nobody met.")])


def test_every_public_name_of_the_package_is_found() -> None:
    assert all(getattr(newstance.model, name) is not None for name in newstance.model.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        newstance.model.nothing  # noqa: B018
