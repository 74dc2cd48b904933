"""Answers of a teacher in a file: a student learns from them what it would learn from the teacher."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from newstance.errors import InputError, UsageError
from newstance.model import Checkpoint, SentenceInput
from newstance.training.answers import KeptAnswers, keep_answers, main
from newstance.training.checking import check_config
from newstance.training.config import TrainingConfig, load_config
from newstance.training.finetune import finetune
from newstance.training.run import Run
from newstance.training.teacher import ask_teachers

ASKED = [SentenceInput(f"The council will meet on day {n}.", ((4, 11),)) for n in range(6)]


@pytest.fixture
def rows(annotations_file: Path, tmp_path: Path) -> Path:
    lines = annotations_file.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "train.jsonl").write_text("".join(line for line in lines if "cabinet" not in line), encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text("".join(line for line in lines if "cabinet" in line), encoding="utf-8")
    return tmp_path


def recipe(tiny_config: Path, rows: Path, *settings: str) -> TrainingConfig:
    parts = [f"data.{part}=[{{corpus: annotations, path: {part}.jsonl}}]" for part in ("train", "dev")]
    return load_config(tiny_config, [f"data.root={rows}", *parts, "report.baselines=[]", "epochs=1", *settings])


def taught(tiny_config: Path, rows: Path, teacher: str, folder: Path) -> dict[str, np.ndarray]:
    folder.mkdir()
    return ask_teachers(Run.prepare(recipe(tiny_config, rows, f"teacher={{{teacher}}}"), lambda _: None), folder)[0]


def test_answers_in_a_file_are_the_teachers(
    tiny_config: Path, tiny_checkpoint: Path, rows: Path, tmp_path: Path
) -> None:
    file, settings = tmp_path / "answers.npz", [f"data.root={rows}"]
    settings += [f"data.{part}=[{{corpus: annotations, path: {part}.jsonl}}]" for part in ("train", "dev")]
    main(str(tiny_checkpoint), file, str(tiny_config), settings)
    asked = taught(tiny_config, rows, f"checkpoints: [{tiny_checkpoint}]", tmp_path / "asked")
    read = taught(tiny_config, rows, f"answers: [{file}]", tmp_path / "read")
    assert set(read) == set(asked) == {"stance"}
    np.testing.assert_allclose(read["stance"], asked["stance"], atol=1e-3)
    assert np.ptp(asked["stance"]) > 0.1, "a teacher who says the same of all"
    folder = finetune(recipe(tiny_config, rows, f"teacher={{answers: [{file}]}}"), tmp_path / "run")
    provenance, name = Checkpoint(folder).config.provenance, f"answers of checkpoint {Checkpoint(tiny_checkpoint).hash}"
    assert provenance["config"]["teacher"]["answers"] == [name]
    assert provenance["learnt_through"] == {name: ["annotations"]}
    assert str(tmp_path) not in json.dumps(provenance)


def test_a_file_and_a_checkpoint_are_averaged_and_rows_that_the_file_lacks_are_left_to_their_labels(
    tiny_config: Path, tiny_checkpoint: Path, rows: Path, tmp_path: Path
) -> None:
    told = Run.prepare(recipe(tiny_config, rows), lambda _: None).train
    kept = keep_answers(Checkpoint.find("default"), [item.input for item in told[:-2]], tmp_path / "some.npz")
    both = f"checkpoints: [{tiny_checkpoint}], answers: [{kept.path}]"
    found = taught(tiny_config, rows, both, tmp_path / "both")["stance"]
    one = taught(tiny_config, rows, f"checkpoints: [{tiny_checkpoint}]", tmp_path / "one")["stance"]
    other = taught(tiny_config, rows, f"answers: [{kept.path}]", tmp_path / "other")["stance"]
    assert (found[-2:] == -1).all()
    assert (other[-2:] == -1).all()
    np.testing.assert_allclose(found[:-2], (one[:-2] + other[:-2]) / 2, atol=1e-6)


def test_only_what_is_new_is_asked_and_what_was_answered_stays(tmp_path: Path) -> None:
    teacher, file, said = Checkpoint.find("default"), tmp_path / "answers.npz", []
    first = keep_answers(teacher, ASKED[:3], file)
    again = keep_answers(teacher, [*ASKED, *ASKED], file, say=said.append)
    assert said[0] == "12 rows, 6 different, 3 of them not asked about yet"
    whole = keep_answers(teacher, ASKED, tmp_path / "whole.npz")
    read = KeptAnswers.find(file)
    for layer in ("stance", "frames", "sentiment"):
        np.testing.assert_array_equal(read.of(layer, ASKED[:3]), first.of(layer, ASKED[:3]))
        np.testing.assert_array_equal(read.of(layer, ASKED), again.of(layer, ASKED))
        np.testing.assert_allclose(read.of(layer, ASKED), whole.of(layer, ASKED), atol=0.01)
    # The same words about another mention are another question.
    assert np.isnan(read.of("stance", [SentenceInput(ASKED[0].text, ((22, 27),))])).all()
    assert b"council" not in file.read_bytes()
    with pytest.raises(UsageError, match="holds the answers of checkpoint"):
        keep_answers(Checkpoint.find("marked"), ASKED, file)


def test_what_is_wrong_with_a_file_is_said_before_training(
    tiny_config: Path, tiny_checkpoint: Path, rows: Path, tmp_path: Path
) -> None:
    (tmp_path / "words.npz").write_text("no table", encoding="utf-8")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    for name, problem in (("words", "no file of a teacher"), ("other", "no file of a teacher"), ("gone", "no such")):
        problems, _ = check_config(recipe(tiny_config, rows, f"teacher={{answers: [{tmp_path / name}.npz]}}"))
        assert len(problems) == 1
        assert problems[0].startswith("teacher.answers.0: ")
        assert problem in problems[0]
    with pytest.raises(InputError, match=r"words\.npz"):
        KeptAnswers.find(tmp_path / "words.npz")
    kept = keep_answers(Checkpoint.find(str(tiny_checkpoint)), ASKED, tmp_path / "strange.npz")
    with pytest.raises(UsageError, match="about none of the") as caught:
        taught(tiny_config, rows, f"answers: [{kept.path}]", tmp_path / "strange")
    assert caught.value.field == "teacher.answers"
    with pytest.raises(UsageError, match="names nobody"):
        recipe(tiny_config, rows, "teacher={weight: 0.5}")
    with pytest.raises(UsageError, match="hold no states"):
        recipe(tiny_config, rows, f"teacher={{answers: [{kept.path}], states_weight: 1}}")
