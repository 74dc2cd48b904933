from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from newstance.cli.calibrate import warnings_of
from newstance.corpora import read_annotations
from newstance.errors import AnnotationError, CheckpointError, UsageError
from newstance.eval.calibrating import fit_calibration, held_out_losses, write_calibration
from newstance.eval.figures import probability_figures
from newstance.eval.inputs import sentence_inputs
from newstance.eval.judged import judge
from newstance.model import (
    Checkpoint,
    LayerCalibration,
    Predictor,
    explain_encoded,
    fit_layer,
    fitting,
    load_codebook,
    probabilities,
)
from newstance.model.explanation import margin_labels
from newstance.scoring import Scorer


@pytest.fixture
def model(tiny_exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_exported, tmp_path / "model"))


def test_the_calibrated_checkpoint_opens_and_is_another_model(model: Path, annotations_file: Path) -> None:
    before = Checkpoint(model)
    old = before.hash
    fitted = fit_calibration(before, read_annotations(annotations_file), target_risk=0.2)
    write_calibration(before, {name: found.after for name, found in fitted.items()})
    after = Checkpoint(model)
    assert after.hash != old
    assert after.calibration.layer("stance") == fitted["stance"].after
    assert after.calibration.layer("stance").target_risk == 0.2
    assert fitted["stance"].sentences == 36
    Predictor.open(after)  # weights and tokenizer are still those that it vouches for


def test_a_copy_leaves_the_model_as_it_is(model: Path, tmp_path: Path) -> None:
    old = Checkpoint(model).hash
    folder = write_calibration(Checkpoint(model), {"stance": LayerCalibration(temperature=3.0)}, tmp_path / "copy")
    assert Checkpoint(model).hash == old
    assert Checkpoint(folder).calibration.layer("stance").temperature == 3.0


def test_the_model_card_tells_the_new_temperature_and_keeps_the_rest(model: Path) -> None:
    card = model / "README.md"
    card.write_text("# m\n\n## Calibration\n\n- stance: old\n\n## Uses\n\nMany.\n", encoding="utf-8")
    write_calibration(Checkpoint(model), {"stance": LayerCalibration(temperature=3.25, fitted_on="some")})
    text = card.read_text(encoding="utf-8")
    assert "temperature 3.25, fitted on some" in text and "stance: old" not in text
    assert text.endswith("\n\n## Uses\n\nMany.\n")


def test_the_model_card_says_once_that_its_figures_are_older_than_its_calibration(model: Path, tmp_path: Path) -> None:
    said = "the figures above were measured: those are of the model as it was trained, without offsets"
    assert said not in (model / "README.md").read_text(encoding="utf-8")
    moved = {"stance": LayerCalibration(offsets={"favor": -1.0, "against": 0.0, "neutral": 1.0})}
    write_calibration(Checkpoint(model), moved)
    copy = write_calibration(Checkpoint(model), moved, tmp_path / "copy")
    for folder in (model, copy):
        text = (folder / "README.md").read_text(encoding="utf-8")
        figures, section = text.index("## Figures on held-out data"), text.index("## Calibration")
        assert figures < section < text.index(said) < text.index("## Uses")
        assert text.count(said) == 1 and "offsets favor -1.00" in text


def test_a_damaged_file_is_not_vouched_for_anew(model: Path) -> None:
    checkpoint = Checkpoint(model)
    with (model / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(CheckpointError, match="SHA-256"):
        write_calibration(checkpoint, {"stance": LayerCalibration(temperature=3.0)})
    assert Checkpoint(model).calibration == checkpoint.calibration


SCRIPT = """
import os, resource, sys
from pathlib import Path
from newstance.errors import OutputError
from newstance.eval.calibrating import write_calibration
from newstance.model import Checkpoint, LayerCalibration
model, out, limit, kill = sys.argv[1:]
checkpoint = Checkpoint(model)
replace = Path.replace
Path.replace = lambda self, target: os._exit(9) if target.name == kill else replace(self, target)
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    write_calibration(checkpoint, {"stance": LayerCalibration(temperature=3.0)}, Path(out) if out else None)
except OutputError as error:
    sys.exit(str(error))
"""


def calibrate_alone(
    model: Path, *, out: Path | str = "", limit: int = 0, kill: str = ""
) -> subprocess.CompletedProcess[str]:
    arguments = [str(model), str(out), str(limit), kill]
    return subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on files")
def test_a_full_disk_leaves_the_model_as_it_was(model: Path) -> None:
    (model / "README.md").unlink()
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    assert len(before["calibration.json"]) < 1000 < len(before["config.json"]), "the second of the two fails"
    done = calibrate_alone(model, limit=1000)
    assert done.stderr == f"{model}/config.json: cannot be written: File too large\n"
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on files")
def test_a_kill_between_two_files_leaves_what_makes_the_model_whole(model: Path) -> None:
    before = Checkpoint(model).calibration
    assert calibrate_alone(model, kill="calibration.json").returncode == 9
    assert Checkpoint(model).calibration == before
    assert calibrate_alone(model, kill="config.json").returncode == 9
    with pytest.raises(CheckpointError, match="SHA-256"):
        Checkpoint(model)
    newest = max(model.glob(".config.json.*.tmp"), key=lambda path: path.stat().st_mtime_ns)
    newest.rename(model / "config.json")
    assert Checkpoint(model).calibration.layer("stance").temperature == 3.0


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on files")
@pytest.mark.parametrize("there", [True, False])
def test_a_copy_that_cannot_be_finished_leaves_nothing(model: Path, tmp_path: Path, there: bool) -> None:
    copy = tmp_path / "copy"
    if there:
        copy.mkdir()
    limit = (model / "model.onnx").stat().st_size // 2
    done = calibrate_alone(model, out=copy, limit=limit)
    assert done.stderr == f"{copy}: cannot be written: File too large\n"
    assert copy.is_dir() == there and not [path for path in tmp_path.rglob("*") if path.parent not in (tmp_path, model)]
    # What fails last is the file that makes it a model.
    assert calibrate_alone(model, out=copy, limit=0, kill="config.json").returncode == 9
    assert not there or not (copy / "config.json").exists()
    assert there or not copy.exists()


def test_a_copy_may_lie_in_the_folder_that_is_copied(model: Path) -> None:
    folder = write_calibration(Checkpoint(model), {"stance": LayerCalibration(temperature=3.0)}, model / "copy")
    assert {path.name for path in folder.iterdir()} == {path.name for path in model.iterdir()} - {"copy"}
    assert Checkpoint(folder).calibration.layer("stance").temperature == 3.0


def test_each_corpus_counts_the_same_however_large(model: Path, annotations_file: Path) -> None:
    records = read_annotations(annotations_file)
    wrong = [
        record.model_copy(update={"corpus": "other", "id": f"{record.id}-{i}", "stance": "neutral"})
        for i in range(20)
        for record in records
        if record.stance == "favor"
    ]
    alone = fit_calibration(Checkpoint(model), records)["stance"].after.temperature
    both = fit_calibration(Checkpoint(model), [*records, *wrong])["stance"]
    few = fit_calibration(Checkpoint(model), [*records, *wrong[:12]])["stance"]
    assert alone < both.after.temperature == pytest.approx(few.after.temperature, rel=1e-6)
    assert set(both.errors) == {"data", "other"}


def test_a_shipped_model_is_not_changed_in_place() -> None:
    checkpoint = Checkpoint.shipped()
    with pytest.raises(UsageError, match="--out"):
        write_calibration(checkpoint, {"stance": LayerCalibration(temperature=3.0)})
    assert json.loads((checkpoint.path / "calibration.json").read_bytes())["layers"]["stance"]["temperature"] != 3.0


def test_nothing_to_fit_on_is_an_error(model: Path, annotations_file: Path) -> None:
    voices = [r.model_copy(update={"stance": None, "voice": "outlet"}) for r in read_annotations(annotations_file)]
    with pytest.raises(AnnotationError, match="no record has a label"):
        fit_calibration(Checkpoint(model), voices)


def with_offsets(model: Path, out: Path, **offsets: float) -> Checkpoint:
    return Checkpoint(write_calibration(Checkpoint(model), {"stance": LayerCalibration(offsets=offsets)}, out))


def test_offsets_decide_and_the_words_still_sum_to_the_model_s_own_margin(
    model: Path, tmp_path: Path, annotations_file: Path
) -> None:
    moved = with_offsets(model, tmp_path / "moved", favor=-40.0, against=-50.0, neutral=0.0)
    inputs = sentence_inputs(read_annotations(annotations_file))
    plain, shifted = (Predictor.open(checkpoint) for checkpoint in (Checkpoint(model), moved))
    before, after = plain.predict(inputs), shifted.predict(inputs)
    codes = moved.codebook.layer("stance").codes
    favor, neutral = codes.index("favor"), codes.index("neutral")
    (explained,) = explain_encoded(shifted, shifted.encoding.encode(inputs[:1]), after[:1])
    own = before[0].logits["stance"]
    assert margin_labels(after[0], "stance") == (neutral, favor)
    assert explained.weights.sum() == pytest.approx(own[neutral] - own[favor], abs=1e-4)
    assert explained.residual == pytest.approx(40.0, abs=1e-4)
    rows = Scorer.load(moved.path).score("The government paid. The mayor praised it.").sentences
    assert {row.stance for row in rows} == {"neutral"}
    for row in rows:
        raw = np.array(row.stance_logits)
        p = probabilities(raw + np.array([-40.0, -50.0, 0.0]), moved.codebook.layer("stance"))
        assert p == pytest.approx(list(row.stance_probability.values()), abs=1e-5)
    (judged,) = (one for one in judge(moved, read_annotations(annotations_file)) if one.layer.name == "stance")
    (as_it_was,) = (one for one in judge(Checkpoint(model), judged.sentences) if one.layer.name == "stance")
    assert set(judged.predicted.tolist()) == {neutral}
    assert judged.uncalibrated == pytest.approx(as_it_was.uncalibrated, abs=1e-6)
    figures = [probability_figures(one, LayerCalibration(), samples=20, seed=0) for one in (judged, as_it_was)]
    one, other = (found["expected_calibration_error_before_temperature"].value for found in figures)
    assert one == pytest.approx(other, abs=1e-6)


def test_offsets_are_fitted_anew_not_on_top_of_those_that_are_there(
    model: Path, tmp_path: Path, annotations_file: Path
) -> None:
    records = read_annotations(annotations_file)
    moved = with_offsets(model, tmp_path / "moved", favor=3.0, against=-2.0, neutral=-1.0)
    first = fit_calibration(Checkpoint(model), records, layers=["stance"], offsets=True)["stance"]
    again = fit_calibration(moved, records, layers=["stance"], offsets=True)["stance"]
    assert again.after.offsets == pytest.approx(first.after.offsets, abs=1e-3)
    assert again.errors["data"][0] == pytest.approx(first.errors["data"][0], abs=1e-6)
    assert not fit_calibration(moved, records, layers=["stance"])["stance"].after.offsets


@pytest.mark.parametrize(
    ("layer", "offsets", "said"),
    [
        ("stance", {"favor": 1.0}, "takes one number for each of favor, against, neutral"),
        ("stance", {"favor": 1.0, "against": 0.0, "neutral": 0.0, "other": 0.0}, "takes one number for each of"),
        ("frames", {"economic": 1.0}, "a layer of any number of labels has no offsets"),
    ],
)
def test_offsets_that_do_not_fit_the_labels_are_refused(
    tmp_path: Path, layer: str, offsets: dict[str, float], said: str
) -> None:
    copy = write_calibration(Checkpoint.shipped(), {layer: LayerCalibration(offsets=offsets)}, tmp_path / "copy")
    with pytest.raises(CheckpointError, match=said) as caught:
        Checkpoint(copy)
    assert f"layers.{layer}.offsets" in str(caught.value)


def test_a_layer_that_is_asked_for_and_nobody_judged_is_an_error(annotations_file: Path) -> None:
    records = [r.model_copy(update={"frames": None}) for r in read_annotations(annotations_file)]
    with pytest.raises(AnnotationError, match=r"no record has a label of a layer that the model predicts \(frames\)"):
        fit_calibration(Checkpoint.shipped(), records, layers=["stance", "frames"])
    assert set(fit_calibration(Checkpoint.shipped(), records)) == {"stance"}


def test_ways_are_compared_on_articles_that_they_were_not_fitted_to() -> None:
    layer = load_codebook().layer("stance")
    generator = np.random.default_rng(4)
    logits = generator.normal(size=(600, 3))
    gold = np.array([generator.choice(3, p=row) for row in probabilities(logits + np.array([-2.0, 0.0, 2.0]), layer)])
    groups = np.array([f"a{i // 3}" for i in range(600)])
    before = LayerCalibration(temperature=9.0)
    found = held_out_losses(logits, gold, layer, before, groups=groups, weights=np.ones(600))
    assert found is not None and found.with_offsets < found.temperature - 5 * found.error
    right = before.probabilities(logits, layer)[np.arange(600), gold]
    assert found.as_it_was == pytest.approx(-np.log(right).mean())
    fitted = fit_layer(logits, gold, layer, target_risk=1.0, offsets=True)
    inside = -np.log(fitted.probabilities(logits, layer)[np.arange(600), gold]).mean()
    assert inside < found.with_offsets < inside + 0.05
    # An article stays whole: where each says another thing, its own sentences would tell what it says.
    told = np.repeat(generator.integers(3, size=20), 30)
    apart, together = (
        held_out_losses(logits, told, layer, before, groups=names, weights=np.ones(600))
        for names in (np.arange(600), np.repeat(np.arange(20), 30))
    )
    assert apart is not None and together is not None
    assert together.with_offsets > apart.with_offsets
    weights = np.where(gold == 2, 50.0, 1.0)
    weighed = held_out_losses(logits, gold, layer, before, groups=groups, weights=weights)
    assert weighed is not None and weighed.with_offsets < found.with_offsets
    assert held_out_losses(logits, gold, layer, before, groups=np.zeros(600), weights=np.ones(600)) is None


def test_ways_are_compared_without_thresholds_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> float:
        raise AssertionError("no threshold is wanted")

    monkeypatch.setattr(fitting, "threshold_for_risk", asked)
    logits = np.random.default_rng(8).normal(size=(40, 3))
    gold, groups = logits.argmax(axis=1), np.arange(40)
    gold[::5] = 0
    layer = load_codebook().layer("stance")
    found = held_out_losses(logits, gold, layer, LayerCalibration(), groups=groups, weights=np.ones(40))
    assert found is not None and found.temperature > 0


@pytest.mark.parametrize("layers", [None, ["frames"]])
def test_offsets_asked_for_where_no_layer_can_have_them_are_refused(
    annotations_file: Path, layers: list[str] | None
) -> None:
    of_frames = {"stance": None, "frames": ("economic",)}
    records = [r.model_copy(update=of_frames) for r in read_annotations(annotations_file)]
    with pytest.raises(UsageError, match="have no offsets: frames"):
        fit_calibration(Checkpoint.shipped(), records, layers=layers, offsets=True)


def test_sentences_left_out_as_annotators_tie_are_told(annotations_file: Path) -> None:
    records = read_annotations(annotations_file)
    against = [r.model_copy(update={"annotator": "other", "stance": "against"}) for r in records if r.stance == "favor"]
    fitted = fit_calibration(Checkpoint.shipped(), [*records, *against], layers=["stance"])["stance"]
    assert (fitted.sentences, fitted.tied) == (24, 12)
    assert "left out, as annotators tie: 12 sentences" in list(warnings_of(fitted, offsets=False))
    alone = fit_calibration(Checkpoint.shipped(), records[:1], layers=["stance"])["stance"]
    assert any(said.startswith("fitted on 1 sentence: ") for said in warnings_of(alone, offsets=False))


def test_sentences_that_do_not_name_the_target_are_told(annotations_file: Path) -> None:
    records = read_annotations(annotations_file)
    nameless = [r.model_copy(update={"target_spans": (), "target": "the Quorn"}) for r in records]
    fitted = fit_calibration(Checkpoint.shipped(), nameless, layers=["stance"])["stance"]
    assert fitted.unnamed is not None and fitted.unnamed.startswith("no mention of the target was found in 36 of 36")
    assert fit_calibration(Checkpoint.shipped(), records, layers=["stance"])["stance"].unnamed is None
