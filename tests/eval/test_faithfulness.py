"""Faithfulness and plausibility: measures that tell a good explanation from a random one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import load_file, save_file

from newstance.corpora import Annotation, read_annotations
from newstance.errors import AnnotationError
from newstance.eval.explanations import measure_explanations
from newstance.eval.faithfulness import faithfulness, kendall_tau, mean_figures
from newstance.eval.gold import clusters
from newstance.eval.inputs import decisions, sentence_inputs
from newstance.eval.perturbation import words_for
from newstance.eval.plausibility import heaviest_run, plausibility
from newstance.model import Checkpoint, Predictor, explain_encoded, load_codebook, write_config

LAYER = load_codebook().layer("stance")


@pytest.fixture(scope="module")
def records(annotations_file: Path) -> list[Annotation]:
    found = read_annotations(annotations_file, load_codebook())
    # The words that the tiny model can tell the stances by: everything but the target.
    return [r.model_copy(update={"rationale": ((r.text.index(" ") + 1, len(r.text)),)}) for r in found]


@pytest.fixture(scope="module")
def checkpoint(tiny_exported: Path) -> Checkpoint:
    return Checkpoint(tiny_exported)


def test_leave_one_out_beats_the_random_control(checkpoint: Checkpoint, records: list[Annotation]) -> None:
    found = faithfulness(
        Predictor.open(checkpoint),
        checkpoint,
        sentence_inputs(records),
        clusters(records),
        methods=("evidence", "loo", "random"),
        samples=200,
    )
    loo, random = found.figures["loo"], found.figures["random"]
    assert loo["comprehensiveness"].value > random["comprehensiveness"].value
    assert loo["comprehensiveness_mask"].value > random["comprehensiveness_mask"].value
    difference = loo["comprehensiveness_minus_random"]
    assert difference.low <= difference.value <= difference.high
    assert difference.value == pytest.approx(loo["comprehensiveness"].value - random["comprehensiveness"].value)
    assert found.figures["evidence"]["kendall_tau"].n == len(records) and "kendall_tau" not in loo


def test_the_report_has_every_method_and_says_what_it_left_out(
    checkpoint: Checkpoint, records: list[Annotation]
) -> None:
    report = measure_explanations(checkpoint, records, sentences=6, steps=3, samples=100).to_dict()
    assert set(report["faithfulness"]) == {"evidence", "ig", "loo", "random"}
    assert set(report["faithfulness"]["ig"]["sufficiency"]) == {"value", "low", "high", "n"}
    assert report["faithfulness"]["ig"]["sufficiency"]["n"] == report["explanations"]["sentences"] == 6
    assert {"token_f1", "phrase_f1", "iou_f1", "auprc"} <= set(report["plausibility"]["evidence"])


def test_a_figure_of_explanations_that_no_draw_changes_has_no_interval_and_one_of_nothing_no_value(
    checkpoint: Checkpoint, records: list[Annotation]
) -> None:
    values = {"some": np.array([0.5, np.nan, 0.25]), "one": np.array([np.nan, 0.5, np.nan]), "none": np.full(3, np.nan)}
    found = mean_figures(values, ["a", "b", "c"], samples=100, seed=0)
    assert (found["some"].value, found["some"].n) == (0.375, 2) and found["some"].low < found["some"].high
    assert (found["one"].value, found["one"].n) == (0.5, 1) and found["one"].within() == "–"
    assert (found["none"].shown(), found["none"].within(), found["none"].n) == ("–", "–", 0)
    report = measure_explanations(checkpoint, records[:1], steps=3, samples=100).to_dict()
    figure = report["faithfulness"]["evidence"]["comprehensiveness"]
    assert (figure["low"], figure["high"], figure["n"]) == (None, None, 1)
    json.dumps(report, allow_nan=False)


def test_taking_every_word_of_the_rationale_is_perfect_plausibility(
    checkpoint: Checkpoint, records: list[Annotation]
) -> None:
    whole = [record.model_copy(update={"rationale": ((0, len(record.text)),)}) for record in records]
    found = plausibility(Predictor.open(checkpoint), checkpoint, whole, methods=("random",), samples=100)["random"]
    assert {figure.value for figure in found.values()} == {1.0}


def test_plausibility_is_of_all_sentences_with_a_rationale_however_few_are_drawn(
    checkpoint: Checkpoint, records: list[Annotation]
) -> None:
    report = measure_explanations(checkpoint, records, sentences=2, methods=("evidence", "random"), samples=100)
    assert report.plausibility is not None
    assert report.faithfulness["evidence"]["comprehensiveness"].n == 2
    assert report.plausibility["evidence"]["auprc"].n > 2


def test_plausibility_finds_the_target_as_faithfulness_does(
    checkpoint: Checkpoint, records: list[Annotation], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = tmp_path / "council.yaml"
    profile.write_text("name: council\naliases: [council]\n")
    bare = [r.model_copy(update={"target": None, "target_spans": ()}) for r in records if "council" in r.text]
    asked = []
    explain = "newstance.eval.plausibility.explain_encoded"
    monkeypatch.setattr(explain, lambda *given, **named: asked.extend(given[1]) or explain_encoded(*given, **named))
    measure_explanations(checkpoint, bare, target=str(profile), methods=("random",), samples=100)
    assert asked and all(any(sentence.windows[0].target) for sentence in asked)


def test_plausibility_sees_a_target_that_only_another_annotators_record_names(
    checkpoint: Checkpoint, records: list[Annotation], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [r for r in records if r.target_spans]
    bare = [r.model_copy(update={"target": None, "target_spans": ()}) for r in named]
    others = [r.model_copy(update={"annotator": "other", "stance": None, "rationale": ()}) for r in named]
    asked = []
    explain = "newstance.eval.plausibility.explain_encoded"
    monkeypatch.setattr(explain, lambda *given, **named: asked.extend(given[1]) or explain_encoded(*given, **named))
    measure_explanations(checkpoint, bare + others, methods=("random",), samples=100)
    assert asked and all(any(sentence.windows[0].target) for sentence in asked)


@pytest.fixture(scope="module")
def of_position(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    """The tiny model as one of a user's own codebook, whose layer of one label is called position."""
    folder = Path(shutil.copytree(tiny_checkpoint, tmp_path_factory.mktemp("own") / "model"))
    config = Checkpoint(folder).config
    for name in ("labels.yaml", "calibration.json"):
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("stance", "position"), encoding="utf-8")
    weights = load_file(folder / "model.safetensors")
    renamed = {name.replace(".stance.", ".position."): tensor for name, tensor in weights.items()}
    save_file(renamed, folder / "model.safetensors")
    heads = tuple(head.model_copy(update={"layer": "position"}) for head in config.heads)
    write_config(folder, config.model_copy(update={"heads": heads}))
    return Checkpoint(folder)


def test_explanations_of_a_codebook_of_ones_own_are_measured(
    of_position: Checkpoint, records: list[Annotation]
) -> None:
    own = [r.model_copy(update={"labels": {"position": r.stance}, "stance": None}) for r in records]
    report = measure_explanations(of_position, own, sentences=4, methods=("evidence", "random"), samples=100)
    assert report.faithfulness["evidence"]["comprehensiveness"].n == 4
    assert report.plausibility is not None and report.plausibility["evidence"]["auprc"].n > 2


def test_the_heaviest_run_is_of_neighbours_and_may_leave_the_single_heaviest_word_out() -> None:
    weights = np.array([5.0, -4.0, 0.0, 2.0, 3.0, 1.0])
    assert heaviest_run(weights, 1).tolist() == [True, False, False, False, False, False]
    assert heaviest_run(weights, 2).tolist() == [False, False, False, True, True, False]
    assert heaviest_run(weights, 6).all()


def test_records_without_rationales_are_refused_for_plausibility(
    checkpoint: Checkpoint, records: list[Annotation]
) -> None:
    bare = [record.model_copy(update={"rationale": ()}) for record in records]
    with pytest.raises(AnnotationError, match="rationale"):
        plausibility(Predictor.open(checkpoint), checkpoint, bare, methods=("random",))


def test_without_a_rationale_of_the_models_label_faithfulness_is_measured_alone(
    checkpoint: Checkpoint, records: list[Annotation]
) -> None:
    decided = decisions(Predictor.open(checkpoint).predict(sentence_inputs(records)), checkpoint, LAYER)
    others = [LAYER.codes[(label + 1) % len(LAYER.codes)] for label in decided]
    wrong = [record.model_copy(update={"stance": code}) for record, code in zip(records, others, strict=True)]
    report = measure_explanations(checkpoint, wrong, sentences=4, methods=("random",), samples=100)
    assert report.faithfulness["random"]["comprehensiveness"].n == 4 and report.plausibility is None
    assert "no record has a rationale" in report.run["left_out"]["plausibility"]


def test_the_same_shares_are_taken_from_every_text() -> None:
    assert [words_for(share, 20) for share in (0.01, 0.05, 0.1, 0.2, 0.5)] == [1, 1, 2, 4, 10]


def test_kendall_tau_of_known_rankings() -> None:
    one = np.array([1.0, 2.0, 3.0, 4.0])
    assert kendall_tau(one, one) == 1.0
    assert kendall_tau(one, -one) == -1.0
    assert kendall_tau(one, np.array([1.0, 2.0, 4.0, 3.0])) == pytest.approx(4 / 6)
    assert np.isnan(kendall_tau(one, np.zeros(4)))
