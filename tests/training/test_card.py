from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from newstance.corpora import FORMATS, frac, newsmtsc, own, pstance, seesaw
from newstance.model import Checkpoint
from newstance.model.checkpoint import write_config
from newstance.training.card import model_card
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.origins import line_of


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


def test_the_card_says_what_it_takes_to_make_the_model_again(tiny_checkpoint: Path) -> None:
    checkpoint = Checkpoint(tiny_checkpoint)

    def card(provenance: dict[str, object]) -> str:
        config = checkpoint.config.model_copy(update={"provenance": checkpoint.config.provenance | provenance})
        return model_card(config, checkpoint.codebook, checkpoint.calibration).partition("## Made by")[2]

    run = checkpoint.config.provenance["config"]
    assert "makes the model again from the same data." in card({})
    begun = {**run, "start_from": "checkpoint 01ab", "teacher": {"checkpoints": ["checkpoint 02cd", "checkpoint 03ef"]}}
    found = card({"config": begun})
    assert "in `start_from` checkpoint 01ab; in `teacher.checkpoints` checkpoint 02cd and checkpoint 03ef" in found
    parts = [{"checkpoint": name, "weight": 0.5, "config": run} for name in ("04aa", "05bb")]
    found = card({"average_of": parts})
    assert "the mean of the checkpoints 04aa, 05bb" in found and "makes the model again" not in found


@pytest.mark.parametrize("corpus", FORMATS)
def test_every_corpus_that_can_be_trained_on_has_its_licence_and_citation(corpus: str) -> None:
    line = line_of(corpus)
    adapters = {"newstance": own, "newsmtsc": newsmtsc, "seesaw": seesaw, "pstance": pstance, "frac": frac}
    adapter = adapters.get(corpus.partition("-")[0])
    if adapter is None:
        assert line.startswith("the user's own annotations")
    else:
        assert adapter.LICENCE in line and adapter.CITATION in line
    assert ("weights must not be shipped" in line) == (corpus in ("seesaw", "frac"))


def test_the_card_lists_the_rows_that_only_teachers_label(tiny_checkpoint: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint(Path(shutil.copytree(tiny_checkpoint, tmp_path / "model")))
    taught = {"checkpoints": ["checkpoint 01ab"], "data": [{"corpus": "seesaw", "share": 0.5}]}
    checkpoint.config.provenance["config"]["teacher"] = taught
    card = model_card(checkpoint.config, checkpoint.codebook, checkpoint.calibration)
    assert "labels ignored: seesaw (CC BY-NC-SA 4.0: research only, weights must not be shipped)" in card


@pytest.mark.parametrize("setting", ["start_from={}", "teacher={{checkpoints: [{}]}}"])
def test_what_a_model_learnt_from_is_carried_over_by_those_that_learn_from_it(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path, setting: str
) -> None:
    """Through two generations; of an older model, whose provenance does not say, it is said that nobody knows."""
    first = Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))
    config = Checkpoint(first).config
    config.provenance["config"]["data"]["train"][0]["corpus"] = "seesaw"
    config.provenance["config"]["start_from"] = "checkpoint 0123"
    write_config(first, config)
    for name in ("child", "grandchild"):
        settings = ["epochs=1", "report.baselines=[]", setting.format(first)]
        first = finetune(load_config(tiny_config, settings), tmp_path / name)
        card = (first / "README.md").read_text(encoding="utf-8")
        assert "seesaw (CC BY-NC-SA 4.0: research only, weights must not be shipped)" in card
        assert "checkpoint 0123, whose data are not recorded" in card
