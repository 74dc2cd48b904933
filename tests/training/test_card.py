from __future__ import annotations

import shutil
from pathlib import Path

from newstance.model import Checkpoint
from newstance.training.card import model_card


def test_the_card_names_data_licences_figures_thresholds_and_limits(tiny_checkpoint: Path) -> None:
    text = (tiny_checkpoint / "README.md").read_text(encoding="utf-8")
    for part in (
        "the user's own annotations",
        "36 training sentences",
        "| weights rounded |",
        "temperature",
        "Not for rating",
    ):
        assert part in text
    assert "abstains from them" in text
    assert "?" not in text


def test_shared_alike_data_are_marked_as_not_to_be_shipped(tiny_checkpoint: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint(Path(shutil.copytree(tiny_checkpoint, tmp_path / "model")))
    run = checkpoint.config.provenance["config"]
    run["data"]["train"][0]["corpus"] = "seesaw"
    card = model_card(checkpoint.config, checkpoint.codebook, checkpoint.calibration)
    assert "must not be shipped" in card


def test_the_card_says_whose_answers_were_learnt(tiny_checkpoint: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint(Path(shutil.copytree(tiny_checkpoint, tmp_path / "model")))
    taught = {"checkpoints": ["checkpoint 01ab", "checkpoint 02cd"], "other_mentions": True}
    checkpoint.config.provenance["config"]["teacher"] = taught
    card = model_card(checkpoint.config, checkpoint.codebook, checkpoint.calibration)
    assert "model output: the answers of checkpoint 01ab and checkpoint 02cd, about another name" in card
