from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from safetensors.torch import load_file

from newstance.errors import CheckpointError, UsageError
from newstance.model import Checkpoint
from newstance.model.checkpoint import write_config
from newstance.training.average import average_checkpoints
from newstance.training.config import load_config
from newstance.training.origins import learnt_through

THROUGH = {"checkpoint 01ab": ["seesaw"]}


def test_the_mean_of_a_checkpoint_with_itself_is_the_checkpoint(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    folder = average_checkpoints([tiny_checkpoint, tiny_checkpoint], tmp_path / "mean", load_config(tiny_config))
    one, two = (load_file(f / "model.safetensors") for f in (tiny_checkpoint, folder))
    assert all(one[name].allclose(two[name], atol=1e-6) for name in one)
    provenance = Checkpoint(folder).config.provenance
    assert [part["config"]["seed"] for part in provenance["average_of"]] == [13, 13]


def test_the_mean_passes_on_what_the_models_behind_its_parts_learnt_from(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    part = Path(shutil.copytree(tiny_checkpoint, tmp_path / "part"))
    config = Checkpoint(part).config
    config.provenance["config"]["start_from"] = "checkpoint 01ab"
    write_config(part, config.model_copy(update={"provenance": config.provenance | {"learnt_through": THROUGH}}))
    settings = load_config(tiny_config, ["report.baselines=[]"])
    folder = average_checkpoints([tiny_checkpoint, part], tmp_path / "mean", settings)
    line = "  - starting from checkpoint 01ab (which learnt from seesaw (CC BY-NC-SA 4.0: research only"
    assert line in (folder / "README.md").read_text(encoding="utf-8")
    child = load_config(tiny_config, [f"start_from={folder}"])
    assert list(learnt_through(child).values()) == [["annotations", "seesaw"]]


def test_one_checkpoint_or_an_occupied_folder_is_refused(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config = load_config(tiny_config)
    with pytest.raises(UsageError, match="two checkpoints"):
        average_checkpoints([tiny_checkpoint], tmp_path / "mean", config)
    with pytest.raises(UsageError, match="as many weights"):
        average_checkpoints([tiny_checkpoint] * 2, tmp_path / "mean", config, weights=[1.0])
    for wrong in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(UsageError, match="numbers above 0"):
            average_checkpoints([tiny_checkpoint] * 2, tmp_path / "mean", config, weights=[1.0, wrong])
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
