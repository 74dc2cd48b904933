"""Fitting the evidence head: better evidence, and nothing else about the model changes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from newstance.corpora import read_annotations
from newstance.errors import UsageError
from newstance.eval.inputs import sentence_inputs
from newstance.model import Checkpoint, Predictor, SentenceInput, load_codebook
from newstance.training.evidence import FitConfig, fit_evidence, margin_matrix
from newstance.training.export import export_checkpoint
from newstance.training.removals import RemovalsConfig, compute_removals

FIT = FitConfig(size=32, heads=2, epochs=40, batch_size=8, learning_rate=5e-3)


@pytest.fixture(scope="module")
def inputs(annotations_file: Path) -> list[SentenceInput]:
    return sentence_inputs(read_annotations(annotations_file, load_codebook()))


@pytest.fixture(scope="module")
def explained(tiny_exported: Path, inputs: list[SentenceInput], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fit_evidence(tiny_exported, inputs, tmp_path_factory.mktemp("explained") / "model", config=FIT)


def test_the_fitted_model_decides_as_before_and_its_evidence_still_sums_to_the_logits(
    inputs: list[SentenceInput], explained: Path, tiny_exported: Path
) -> None:
    before = Predictor.open(Checkpoint(tiny_exported), runtime="onnx").predict(inputs)
    after = Predictor.open(Checkpoint(explained)).predict(inputs)
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new.logits["stance"], old.logits["stance"], atol=1e-4)
        np.testing.assert_allclose(new.evidence["stance"].sum(axis=0), new.logits["stance"], atol=1e-4)
        assert np.abs(new.evidence["stance"] - old.evidence["stance"]).max() > 0.01


def test_the_margin_is_the_chosen_label_less_the_best_other_in_each_layer_of_one_label() -> None:
    logits = torch.tensor([-1.0, 2.0, 0.5, 9.0, 9.0, 3.0, -2.0])  # three labels, two of a multi layer, two labels
    margins = margin_matrix(logits, [slice(0, 3), slice(5, 7)])
    assert (logits @ margins).tolist() == [1.5, 5.0]
    assert margins[3:5].count_nonzero() == 0


def test_the_margin_weighs_in_the_fit_and_the_card_says_how_much(
    tiny_exported: Path, inputs: list[SentenceInput], explained: Path, tmp_path: Path
) -> None:
    without_it = fit_evidence(tiny_exported, inputs, tmp_path / "model", config=replace(FIT, margin=0.0))
    notes = [Checkpoint(folder).config.provenance["evidence"] for folder in (explained, without_it)]
    assert [note["settings"]["margin"] for note in notes] == [1.0, 0.0]
    one, two = (Predictor.open(Checkpoint(folder)).predict(inputs[:1])[0] for folder in (explained, without_it))
    assert np.abs(one.evidence["stance"] - two.evidence["stance"]).max() > 1e-4


def test_the_report_is_kept_and_a_second_fit_replaces_what_the_card_says_of_the_first(
    tiny_exported: Path, inputs: list[SentenceInput], tmp_path: Path
) -> None:
    source = Path(shutil.copytree(tiny_exported, tmp_path / "source"))
    (source / "report.json").write_text("[]", encoding="utf-8")
    first = fit_evidence(source, inputs, tmp_path / "first", config=replace(FIT, epochs=1))
    with (first / "README.md").open("a", encoding="utf-8") as card:
        card.write("\n## Remarks\n\nWritten by hand.\n")
    second = fit_evidence(first, inputs[:20], tmp_path / "second", config=replace(FIT, epochs=1))
    text = (second / "README.md").read_text(encoding="utf-8")
    assert text.count("## Evidence") == 1 and "from 20 sentences" in text and "Written by hand." in text
    assert text.startswith((source / "README.md").read_text(encoding="utf-8"))
    assert (second / "report.json").read_text(encoding="utf-8") == "[]"


def test_a_width_that_its_heads_do_not_divide_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(UsageError, match="multiple of 3"):
        FitConfig(size=100, heads=3)


def test_the_export_carries_the_head(inputs: list[SentenceInput], explained: Path, tmp_path: Path) -> None:
    exported = Checkpoint(export_checkpoint(explained, tmp_path / "exported"))
    assert exported.config.evidence == Checkpoint(explained).config.evidence is not None
    one = Predictor.open(exported, runtime="onnx").predict(inputs)
    for x, y in zip(one, Predictor.open(Checkpoint(explained)).predict(inputs), strict=True):
        np.testing.assert_allclose(x.evidence["stance"], y.evidence["stance"], atol=1e-3)
        np.testing.assert_allclose(x.evidence["stance"].sum(axis=0), x.logits["stance"], atol=1e-3)


def test_the_evidence_comes_closer_to_what_removal_does(
    inputs: list[SentenceInput], explained: Path, tiny_exported: Path, tmp_path: Path
) -> None:
    predictor = Predictor.open(Checkpoint(tiny_exported), runtime="onnx")
    rows = compute_removals(predictor, inputs, tmp_path / "r.jsonl", model="x", config=RemovalsConfig(handfuls=0))
    error = {}
    for name, folder in (("before", tiny_exported), ("after", explained)):
        found = Predictor.open(Checkpoint(folder)).predict(inputs)
        error[name] = np.mean(
            [((p.evidence["stance"] - r.drops) ** 2).mean() for p, r in zip(found, rows, strict=True)]
        )
    assert error["after"] < 0.8 * error["before"]


def test_removals_are_kept_and_an_interrupted_file_is_completed(
    inputs: list[SentenceInput], tiny_exported: Path, tmp_path: Path
) -> None:
    predictor = Predictor.open(Checkpoint(tiny_exported), runtime="onnx")
    file = tmp_path / "removals.jsonl"
    whole = compute_removals(predictor, inputs, file, model="m")
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    file.write_text("".join(lines[:5]) + lines[5][:40], encoding="utf-8")
    again = compute_removals(predictor, inputs, file, model="m")
    assert [json.loads(x) for x in file.read_text(encoding="utf-8").splitlines()] == [json.loads(x) for x in lines]
    for one, two in zip(whole, again, strict=True):
        np.testing.assert_array_equal(one.drops, two.drops)
    assert "harbour" not in text  # the file holds no text


def test_only_some_words_of_each_sentence_are_taken_if_so_asked(
    inputs: list[SentenceInput], tiny_exported: Path, tmp_path: Path
) -> None:
    predictor = Predictor.open(Checkpoint(tiny_exported), runtime="onnx")
    every = compute_removals(predictor, inputs, tmp_path / "every.jsonl", model="m")
    some = RemovalsConfig(words=3, handfuls=1)
    rows = compute_removals(predictor, inputs, tmp_path / "some.jsonl", model="m", config=some)
    singles = [[gone for gone in row.gone if len(gone) == 1] for row in rows]
    assert {len(taken) for taken in singles} == {3} and {len(row.gone) for row in rows} == {4}
    assert len({tuple(taken) for taken in singles}) > 1, "the same places from every sentence"
    for row, whole in zip(rows, every, strict=True):
        same = [whole.drops[whole.gone.index(gone)] for gone in row.gone[:3]]
        np.testing.assert_allclose(row.drops[:3], same, atol=1e-4)
    with pytest.raises(UsageError, match="made otherwise"):
        compute_removals(predictor, inputs, tmp_path / "every.jsonl", model="m", config=some)


def test_removals_of_another_model_are_refused(
    inputs: list[SentenceInput], tiny_exported: Path, tmp_path: Path
) -> None:
    predictor = Predictor.open(Checkpoint(tiny_exported), runtime="onnx")
    compute_removals(predictor, inputs[:2], tmp_path / "r.jsonl", model="one")
    with pytest.raises(UsageError, match="another model"):
        compute_removals(predictor, inputs[:2], tmp_path / "r.jsonl", model="two")
