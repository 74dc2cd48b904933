"""A teacher and its student, both trained for real: what the student was never told it learns from the teacher."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from newstance.corpora import read_annotations
from newstance.errors import UsageError
from newstance.eval.inputs import sentence_inputs
from newstance.eval.parity import agreement
from newstance.model import Checkpoint, load_codebook
from newstance.training.config import TrainingConfig, load_config
from newstance.training.export import export_checkpoint
from newstance.training.finetune import finetune
from newstance.training.run import Run
from newstance.training.teacher import ask_teachers

#: The student is told the label of one sentence of each kind; the teacher is asked about the sentences of three
#: targets, and both are compared on those of the fourth.
TOLD = ("council-0", "council-3", "council-6")


@pytest.fixture(scope="module")
def data(annotations_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taught")
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    parts = {
        "told": [row for row in rows if row["id"] in TOLD],
        "asked": [row | {"stance": "neutral"} for row in rows if "cabinet" not in row["text"]],
        "dev": [row for row in rows if "cabinet" in row["text"]],
    }
    for name, kept in parts.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in kept), encoding="utf-8")
    return folder


def student(tiny_config: Path, data: Path, *settings: str) -> TrainingConfig:
    source = "{{corpus: annotations, path: {}.jsonl}}"
    parts = [f"data.root={data}", f"data.train=[{source.format('told')}]", f"data.dev=[{source.format('dev')}]"]
    return load_config(tiny_config, [*parts, "report.baselines=[]", "masking.rows=0", "seed=21", *settings])


def taught_by(teacher: Path | str) -> str:
    return f"teacher={{checkpoints: [{teacher}], weight: 0.9, data: [{{corpus: annotations, path: asked.jsonl}}]}}"


def test_a_student_comes_to_agree_with_its_teacher(
    tiny_config: Path, tiny_checkpoint: Path, data: Path, tmp_path: Path
) -> None:
    sentences = sentence_inputs(read_annotations(data / "dev.jsonl", load_codebook()))
    found = {}
    for name, settings in (("alone", []), ("taught", [taught_by(tiny_checkpoint)])):
        folder = finetune(student(tiny_config, data, *settings), tmp_path / name)
        (layer,) = agreement(export_checkpoint(folder, tmp_path / f"{name}-exported"), tiny_checkpoint, sentences)
        found[name] = layer.equal_labels
    assert found["taught"] > found["alone"] + 0.2
    assert found["taught"] > 0.8
    written = Checkpoint(tmp_path / "taught" / "model").config.provenance["config"]["teacher"]["checkpoints"]
    assert written == [f"checkpoint {Checkpoint(tiny_checkpoint).hash}"], "a path of this machine"
    with np.load(tmp_path / "taught" / "teacher.npz") as kept:
        assert kept["stance"].shape == (3 + 27, 3)
        np.testing.assert_allclose(kept["stance"].sum(axis=1), 1.0, atol=1e-5)


def test_a_teacher_of_other_codes_is_refused(
    tiny_config: Path, tiny_checkpoint: Path, data: Path, tmp_path: Path
) -> None:
    book = "codebook={name: b, layers: [{name: stance, kind: single, labels: [{code: neutral}, {code: other}]}]}"
    rows = [{"id": str(i), "text": f"Letter {i}.", "stance": code} for i, code in enumerate(("neutral", "other"))]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    own = "[{corpus: annotations, path: own.jsonl}]"
    settings = [book, f"data.root={tmp_path}", f"data.train={own}", f"data.dev={own}"]
    with pytest.raises(UsageError, match="has the codes favor, against, neutral") as caught:
        finetune(
            load_config(tiny_config, [*settings, f"teacher={{checkpoints: [{tiny_checkpoint}]}}"]), tmp_path / "run"
        )
    assert caught.value.field == "teacher.checkpoints"


def test_only_the_layers_that_are_named_are_taught(tiny_config: Path, data: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) | {"frames": ["health"]} for line in (data / "told.jsonl").read_text().splitlines()]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    own = "[{corpus: annotations, path: own.jsonl}]"
    settings = ["layers=[stance, frames]", f"data.root={tmp_path}", f"data.train={own}", f"data.dev={own}"]

    def run(*layers: str) -> Run:
        teacher = f"teacher={{checkpoints: [default], layers: [{', '.join(layers)}]}}"
        return Run.prepare(load_config(tiny_config, [*settings, teacher]), lambda _: None)

    assert set(ask_teachers(run("frames"), tmp_path)[0]) == {"frames"}
    with pytest.raises(UsageError, match="'sentiment' is no layer of this run") as caught:
        ask_teachers(run("stance", "sentiment"), tmp_path / "none")
    assert caught.value.field == "teacher.layers"


def test_teachers_can_be_asked_about_labelled_rows_alone(tiny_config: Path, data: Path, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (data / "told.jsonl").read_text().splitlines()]
    for row in rows[::2]:
        row["frames"] = row.pop("stance") and ["health"]
    rows.append({"id": "unlabelled", "text": "Rain is expected on Friday.", "labels": {"tone": "dry"}})
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    own = "[{corpus: annotations, path: own.jsonl}]"
    settings = ["layers=[stance, frames]", f"data.root={tmp_path}", f"data.train={own}", f"data.dev={own}"]
    teacher = "teacher={checkpoints: [default], layers: [stance], labelled_only: true}"
    run = Run.prepare(load_config(tiny_config, [*settings, teacher]), lambda _: None)
    taught = ask_teachers(run, tmp_path)[0]["stance"]
    for item, row in zip(run.train, taught, strict=True):
        assert (row >= 0).all() if item.labels["stance"] is not None else (row == -1).all()
    assert {item.labels["stance"] is None for item in run.train} == {True, False}
    assert "unlabelled" not in {item.record.id for item in run.train}  # nothing would be learnt from it
    with pytest.raises(UsageError, match="nobody would be asked"):
        load_config(tiny_config, [*settings, teacher.replace("only: true", "only: true, other_mentions: true")])


def test_answers_about_another_number_of_rows_are_refused(tiny_config: Path, data: Path, tmp_path: Path) -> None:
    run = Run.prepare(student(tiny_config, data, "teacher={checkpoints: [default]}"), lambda _: None)
    np.savez(tmp_path / "teacher.npz", stance=np.full((len(run.train) + 1, 3), 1 / 3))
    with pytest.raises(UsageError, match="not about the 3 training rows"):
        ask_teachers(run, tmp_path)
