from __future__ import annotations

import errno
import json
import math
import os
from pathlib import Path

import pytest
from torch import nn

from newstance.corpora import read_annotations
from newstance.errors import AnnotationError, OutputError
from newstance.eval import evaluate_model
from newstance.eval.bootstrap import Figure
from newstance.model import Checkpoint
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.report import Row, read_report, write_report
from newstance.training.run import Run
from newstance.training.weights import save_weights

BASELINES = {"majority", "tf-idf + logistic regression", "frozen encoder + logistic regression"}


def test_the_report_stands_beside_the_weights_with_every_baseline_and_interval(tiny_checkpoint: Path) -> None:
    rows = read_report(tiny_checkpoint / "report.json")
    assert {row.system for row in rows} == BASELINES | {"model"}
    for row in rows:
        share, figure = row.figures["accuracy"], row.figures["macro_f1"]
        assert (row.part, row.layer, figure.n) == ("dev", "stance", 36)
        assert 0 <= share.low <= share.value <= share.high <= 1
        assert 0 <= figure.low <= figure.value <= figure.high <= 1 or math.isnan(figure.low)  # where no draw differs
    scores = {row.system: row.figures["macro_f1"].value for row in rows}
    assert scores["majority"] == pytest.approx(1 / 6)  # three labels, alike in number: F1 of one is 1/2, of two is 0
    assert scores["majority"] < min(value for name, value in scores.items() if name != "majority")


def test_a_label_that_does_not_occur_has_no_figure_and_the_report_is_strict_json(tiny_checkpoint: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    json.loads((tiny_checkpoint / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)
    (majority,) = (row for row in read_report(tiny_checkpoint / "report.json") if row.system == "majority")
    decided = [name for name in majority.figures if name.startswith("precision_")]
    assert len(decided) == 1, "the majority decides for one label alone"


def test_the_report_says_what_evaluate_says(tiny_checkpoint: Path, annotations_file: Path) -> None:
    found = evaluate_model(
        Checkpoint(tiny_checkpoint), read_annotations(annotations_file), runtime="torch", samples=1000
    )
    (own,) = (row for row in read_report(tiny_checkpoint / "report.json") if row.system == "model")
    assert own.figures["macro_f1"] == found.layers["stance"]["macro_f1"]


def test_test_data_are_measured_and_kept_out_of_training(
    tiny_config: Path, annotations_file: Path, tmp_path: Path
) -> None:
    test = tmp_path / "test.jsonl"
    lines = annotations_file.read_text(encoding="utf-8").splitlines(keepends=True)
    test.write_text("".join(lines[:9]), encoding="utf-8")
    config = load_config(
        tiny_config,
        [
            "epochs=1",
            "report.baselines=[majority]",
            "data.drop_repeated_texts=true",
            f"data.dev=[{{corpus: annotations, path: {test}}}]",
            f"data.test=[{{corpus: annotations, path: {test}}}]",
        ],
    )
    folder = finetune(config, tmp_path / "run")
    rows = read_report(folder / "report.json")
    assert {(row.part, row.system) for row in rows} == {(p, s) for p in ("dev", "test") for s in ("majority", "model")}
    assert Checkpoint(folder).config.provenance["rows"]["train"] == 27
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "Measured once, after everything was chosen." in card and "**model**" in card


def test_test_data_without_an_answer_are_named(tiny_config: Path, annotations_file: Path, tmp_path: Path) -> None:
    row = json.loads(annotations_file.read_text(encoding="utf-8").splitlines()[0])
    tied = [row | {"annotator": stance, "stance": stance} for stance in ("favor", "against")]
    (tmp_path / "tied.jsonl").write_text("".join(json.dumps(one) + "\n" for one in tied), encoding="utf-8")
    said: list[str] = []
    test = f"data.test=[{{corpus: annotations, path: {tmp_path / 'tied.jsonl'}}}]"
    Run.prepare(load_config(tiny_config, ["report.baselines=[]", test]), said.append).save(tmp_path / "model", {})
    (warning,) = (line for line in said if line.startswith("warning: data."))
    assert warning.startswith("warning: data.test: ") and warning.endswith(": no sentence has an answer on stance")


def test_a_baseline_that_cannot_be_fitted_is_named_with_the_reason(
    tiny_config: Path, annotations_file: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    train = tmp_path / "train.jsonl"
    train.write_text("".join(json.dumps(row) + "\n" for row in rows if row["stance"] == "favor"), encoding="utf-8")
    said: list[str] = []
    settings = ["epochs=1", f"data.train=[{{corpus: annotations, path: '{train}'}}]"]
    folder = finetune(load_config(tiny_config, settings), tmp_path / "run", say=said.append)
    assert {row.system for row in read_report(folder / "report.json")} == {"majority", "model"}
    found = json.loads((folder / "report.json").read_text(encoding="utf-8"))["not_fitted"]
    assert {(one["layer"], one["system"]) for one in found} == {("stance", x) for x in BASELINES - {"majority"}}
    card = (folder / "README.md").read_text(encoding="utf-8")
    for one in found:
        line = f"stance: the baseline {one['system']} could not be fitted: {one['reason']}"
        assert one["reason"] and f"- {line}" in card and f"warning: {line}" in said


@pytest.mark.parametrize("name", ["report.json", "README.md"])
def test_report_and_card_are_written_whole_or_not_at_all(
    tiny_config: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.prepare(load_config(tiny_config, ["report.baselines=[majority]"]), lambda _: None)
    folder = run.save(tmp_path / "model", {})
    before = (folder / name).read_bytes()

    def full(path: Path, data: bytes | str, **_: object) -> int:
        """Write half of what is asked for, and then the disk is full."""
        with path.open("wb") as file:
            file.write(half := (data.encode() if isinstance(data, str) else data)[: len(data) // 2])
        if name in path.name:
            raise OSError(errno.ENOSPC, "No space left on device")
        with path.open("ab") as file:
            file.write((data.encode() if isinstance(data, str) else data)[len(half) :])
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", full)
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OutputError, match=f"{name}: cannot be written: No space left on device"):
        run.save(folder, {})
    assert (folder / name).read_bytes() == before


def test_weights_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"model\.safetensors: cannot be written"):
        save_weights(nn.Linear(2, 2), tmp_path / "none" / "model.safetensors")


@pytest.mark.skipif(os.name != "posix", reason="modes")
def test_whoever_may_read_a_model_s_card_may_read_its_weights(tiny_checkpoint: Path) -> None:
    modes = {path.stat().st_mode for path in tiny_checkpoint.iterdir()}
    assert len(modes) == 1


def test_what_is_no_report_is_named(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"rows": [{"data": "x"}]}), encoding="utf-8")
    with pytest.raises(AnnotationError, match="not the report of a run"):
        read_report(path)


def test_a_figure_without_an_interval_is_kept_as_such(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    without = Row("mine", "dev", "frames", "majority", {"macro_f1": Figure(0.0, math.nan, math.nan, 12)})
    write_report(path, [without], [], {})
    assert json.loads(path.read_text(encoding="utf-8"))["rows"][0]["figures"]["macro_f1"]["low"] is None
    (row,) = read_report(path)
    assert row.figures["macro_f1"].n == 12 and math.isnan(row.figures["macro_f1"].high)
