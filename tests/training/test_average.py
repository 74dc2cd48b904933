from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file

from newstance.errors import CheckpointError, UsageError
from newstance.model import Checkpoint
from newstance.training.average import average_checkpoints
from newstance.training.config import load_config


def test_the_mean_of_a_checkpoint_with_itself_is_the_checkpoint(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = average_checkpoints([tiny_checkpoint, tiny_checkpoint], tmp_path / "mean", load_config(tiny_config))
    one, two = (load_file(f / "model.safetensors") for f in (tiny_checkpoint, folder))
    assert all(one[name].allclose(two[name], atol=1e-6) for name in one)
    provenance = Checkpoint(folder).config.provenance
    assert [part["config"]["seed"] for part in provenance["average_of"]] == [13, 13]


def test_one_checkpoint_or_an_occupied_folder_is_refused(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config = load_config(tiny_config)
    with pytest.raises(UsageError, match="two checkpoints"):
        average_checkpoints([tiny_checkpoint], tmp_path / "mean", config)
    with pytest.raises(UsageError, match="as many weights"):
        average_checkpoints([tiny_checkpoint] * 2, tmp_path / "mean", config, weights=[1.0])
    with pytest.raises(UsageError, match="not empty"):
        average_checkpoints([tiny_checkpoint] * 2, Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy")), config)


def test_models_that_encode_otherwise_are_not_averaged(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    from newstance.training.finetune import finetune

    marked = load_config(tiny_config, ["epochs=1", "encoding.target_mode=mark"])
    other = finetune(marked, tmp_path / "marked")
    with pytest.raises(CheckpointError, match="another architecture"):
        average_checkpoints([tiny_checkpoint, other], tmp_path / "mean", load_config(tiny_config))
