from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.stats import binomtest
from typer.testing import CliRunner

from newstance.cli.app import app
from newstance.corpora import Annotation, read_annotations
from newstance.errors import AnnotationError, UsageError
from newstance.eval import compare
from newstance.eval.bootstrap import Figure
from newstance.eval.calibrating import write_calibration
from newstance.eval.compare import compare_models, mcnemar, paired_difference
from newstance.eval.judged import judge
from newstance.eval.metrics import accuracy, confusions, macro_f1
from newstance.eval.renamed import Renamed
from newstance.model import Checkpoint, LayerCalibration, load_codebook
from newstance.training.config import load_config
from newstance.training.finetune import finetune


@pytest.mark.parametrize(("one", "two"), [(0, 0), (3, 3), (1, 9), (40, 22), (700, 640)])
def test_mcnemar_is_the_exact_binomial_test(one: int, two: int) -> None:
    expected = binomtest(one, one + two, 0.5).pvalue if one + two else 1.0
    assert mcnemar(one, two) == pytest.approx(expected, abs=1e-9)


def test_pairing_narrows_the_interval_of_models_that_err_alike() -> None:
    generator = np.random.default_rng(0)
    gold = generator.integers(0, 2, 200)
    first = np.where(generator.random(200) < 0.7, gold, 1 - gold)
    second = np.where(generator.random(200) < 0.05, gold, first)
    cells = [confusions(gold, predicted, 2) for predicted in (first, second)]
    paired = paired_difference(accuracy, *cells, n=200, samples=400, seed=0)
    apart = paired_difference(accuracy, cells[0], cells[1][generator.permutation(200)], n=200, samples=400, seed=0)
    assert paired.value == pytest.approx(apart.value) == pytest.approx((second == gold).mean() - (first == gold).mean())
    assert paired.high - paired.low < 0.5 * (apart.high - apart.low)


def test_a_model_does_not_differ_from_itself(tiny_exported: Path, annotations_file: Path, tmp_path: Path) -> None:
    copy = write_calibration(Checkpoint(tiny_exported), {"stance": LayerCalibration(temperature=9.0)}, tmp_path / "m")
    records = read_annotations(annotations_file)
    found = compare_models(Checkpoint(tiny_exported), Checkpoint(copy), records, samples=100)
    stance = found.layers["stance"]
    assert (stance.difference.value, stance.only_first, stance.only_second, stance.changes) == (0.0, 0, 0, 0)
    assert stance.mcnemar == 1.0 and not stance.shown
    assert found.run["first"]["model"] != found.run["second"]["model"]


def test_sentences_and_layers_left_out_as_annotators_tie_are_named(tiny_exported: Path, annotations_file: Path) -> None:
    records = read_annotations(annotations_file)
    against = [r.model_copy(update={"annotator": "other", "stance": "against"}) for r in records if r.stance == "favor"]
    models = [Checkpoint(tiny_exported)] * 2
    found = compare_models(*models, [*records, *against], samples=100)
    assert found.run["warnings"] == ["stance: left out, as annotators tie: 12 sentences"]
    assert found.layers["stance"].difference.n == 24
    assert compare_models(*models, records, samples=100).run["warnings"] == []
    # A layer of which nothing else is left is no layer of the comparison.
    frames = [r.model_copy(update={"frames": ("economic",)}) for r in (*records[:3], *against[:3])]
    split = [r.model_copy(update={"id": "one", "text": records[0].text, "target_spans": ()}) for r in frames]
    two = [split[0].model_copy(update={"stance": "favor"}), split[-1]]
    shipped = Checkpoint.shipped()
    found = compare_models(shipped, shipped, two, samples=100)
    assert set(found.layers) == {"frames"}
    assert found.run["warnings"] == ["stance: left out, as annotators tie: 1 sentence"]


@pytest.mark.parametrize("n", [1, 12])
def test_a_difference_that_no_draw_changes_is_not_certain(n: int) -> None:
    gold = np.zeros(n, dtype=int)
    wrong, right = (confusions(gold, gold + number, 2) for number in (1, 0))
    found = paired_difference(accuracy, wrong, right, n=n, samples=100, seed=0, share=True)
    assert found.value == 1.0 and found.low < 1.0 <= found.high
    of_f1 = paired_difference(macro_f1, wrong, right, n=n, samples=100, seed=0)
    assert of_f1.value == 1.0 and math.isnan(of_f1.low), "an F1 is no share, whose interval could stand in"
    same = paired_difference(accuracy, right, right, n=n, samples=100, seed=0)
    assert (same.low, same.value, same.high) == (0.0, 0.0, 0.0)


def test_few_articles_are_said_and_show_no_difference(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    records = [r.model_copy(update={"article": f"a{i % 2}"}) for i, r in enumerate(read_annotations(annotations_file))]
    found = compare_models(Checkpoint(tiny_exported), Checkpoint(tiny_exported), records, samples=100)
    stance = found.layers["stance"]
    assert stance.few and not stance.shown and (stance.warning or "").startswith("only 2 articles")
    assert not replace(stance, difference=Figure(0.5, 0.4, 0.6, 36)).shown
    assert replace(stance, difference=Figure(0.5, 0.4, 0.6, 36), few=False).shown
    assert all(part.few for part in stance.parts)


def test_a_multi_label_layer_counts_sentences_and_has_no_mcnemar(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [
        Annotation(id=str(i), text=f"The council paid {i} for the ferry.", frames=("economic",), article=f"a{i}")
        for i in range(12)
    ]
    model = Checkpoint.shipped()
    (judged,) = (found for found in judge(model, records) if found.layer.name == "frames")
    right, wrong = judged.gold.copy(), judged.gold.copy()
    wrong[:4] = ~wrong[:4]  # four sentences are wrong in every label, one in one
    right[11, 0] = not right[11, 0]
    decided = iter([[replace(judged, predicted=wrong)], [replace(judged, predicted=right)]])
    monkeypatch.setattr(compare, "judge", lambda *_, **__: next(decided))
    found = compare_models(model, model, records, samples=100)
    frames = found.layers["frames"]
    assert (frames.only_first, frames.only_second, frames.changes) == (1, 4, 5)
    assert frames.mcnemar is None
    assert json.loads(json.dumps(found.to_dict(), allow_nan=False))["layers"]["frames"]["mcnemar"] is None


def test_where_no_label_occurs_there_is_no_difference_as_there_is_no_f1(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [Annotation(id=str(i), text=f"It rained {i}.", frames=(), article=f"a{i}") for i in range(12)]
    model = Checkpoint.shipped()
    (judged,) = judge(model, records)
    nothing = replace(judged, predicted=np.zeros_like(judged.gold))
    wrong = replace(judged, predicted=np.ones_like(judged.gold))
    for second, value in ((nothing, None), (wrong, 0.0)):
        decided = iter([[nothing], [second]])
        monkeypatch.setattr(compare, "judge", lambda *_, found=decided, **__: next(found))
        found = compare_models(model, model, records, samples=100)
        frames = json.loads(json.dumps(found.to_dict(), allow_nan=False))["layers"]["frames"]
        assert frames["first"]["value"] is None and frames["second"]["value"] == value
        for name in ("difference", "accuracy_difference"):
            assert (frames[name]["value"], frames[name]["low"], frames[name]["high"]) == (None, None, None)
        assert frames["shown"] is False


def test_layers_that_cannot_be_compared_are_named(
    tiny_exported: Path, annotations_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Checkpoint(tiny_exported)
    (judged,) = (one for one in judge(model, read_annotations(annotations_file)) if one.layer.name == "stance")
    turned = judged.layer.model_copy(update={"labels": judged.layer.labels[::-1]})
    names = ("tone", "scope")
    tone, scope = (replace(judged, layer=judged.layer.model_copy(update={"name": name})) for name in names)
    first = [judged, tone, scope]
    second = [judged, replace(tone, layer=turned.model_copy(update={"name": "tone"}))]
    decided = iter([first, second])
    monkeypatch.setattr(compare, "judge", lambda *_, **__: next(decided))
    found = compare_models(model, model, judged.sentences, samples=100)
    assert list(found.layers) == ["stance"]
    assert found.run["warnings"] == [
        "scope: left out: only one of the models predicts it",
        "tone: left out: the models' labels of it are not the same",
    ]


#: What the model of `own_words` calls our stances, in another order than ours.
OWN_CODES = {"unclear": "neutral", "for": "favor", "against": "against"}
AS = "position=stance," + ",".join(f"{own}={ours}" for own, ours in OWN_CODES.items())


@pytest.fixture(scope="module")
def own_words(tiny_config: Path, annotations_file: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a model with a layer `position` instead of `stance`, and the annotations in its words."""
    folder = tmp_path_factory.mktemp("own")
    back = {ours: own for own, ours in OWN_CODES.items()}
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    own = [row | {"labels": {"position": back[row.pop("stance")]}} for row in rows]
    data = folder / annotations_file.name
    data.write_text("".join(json.dumps(row) + "\n" for row in own), encoding="utf-8")
    layer = {"name": "position", "kind": "single", "labels": [{"code": code} for code in OWN_CODES]}
    config = yaml.safe_load(tiny_config.read_text(encoding="utf-8"))
    config |= {"codebook": {"name": "own", "layers": [layer]}, "layers": ["position"], "epochs": 2}
    config["data"]["root"] = str(folder)
    (folder / "own.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    return finetune(load_config(folder / "own.yaml", ["report.baselines=[]"]), folder / "run"), data


def test_a_model_of_own_labels_is_compared_with_one_that_calls_them_otherwise(
    own_words: tuple[Path, Path], tiny_exported: Path, annotations_file: Path
) -> None:
    own, data = Checkpoint(own_words[0]), read_annotations(own_words[1])
    ours, ours_data = Checkpoint(tiny_exported), read_annotations(annotations_file)
    with pytest.raises(AnnotationError, match="no record has a label of a layer that the model predicts"):
        compare_models(ours, own, data, samples=100)
    renamed = [Renamed("position", "stance", OWN_CODES)]
    found = compare_models(ours, own, data, renamed=renamed, samples=100)
    turned = compare_models(own, ours, data, renamed=renamed, samples=100)
    assert set(found.layers) == {"stance"} and not found.run["warnings"]
    stance = found.layers["stance"]
    alone = compare_models(ours, ours, ours_data, samples=100).layers["stance"]
    own_alone = compare_models(own, own, data, samples=100).layers["position"]
    assert (stance.first, stance.second.value) == (alone.first, pytest.approx(own_alone.first.value))
    assert turned.layers["stance"].difference.value == pytest.approx(-stance.difference.value)
    assert {changed.gold for changed in stance.changed} <= set(OWN_CODES.values())


def test_probabilities_of_a_renamed_layer_stand_under_their_new_names(own_words: tuple[Path, Path]) -> None:
    (judged,) = judge(Checkpoint(own_words[0]), read_annotations(own_words[1]))
    layer = load_codebook().layer("stance")
    new = Renamed("position", "stance", OWN_CODES).judged(judged, layer)
    assert new.right.tolist() == judged.right.tolist()
    for code, ours in OWN_CODES.items():
        before = judged.probability[:, judged.layer.codes.index(code)]
        assert new.probability[:, layer.codes.index(ours)].tolist() == before.tolist()


def test_labels_of_many_are_renamed_in_records_and_back() -> None:
    record = Annotation(id="1", text="It met.", labels={"topics": ("cost", "safety")}, voice="outlet")
    new = Renamed("topics", "frames", {"cost": "economic", "safety": "health"}).record(record)
    assert (new.frames, new.labels, new.voice) == (("economic", "health"), {}, "outlet")
    back = Renamed("frames", "topics", {"economic": "cost", "health": "safety"}).record(new)
    assert back == record


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("position=stance", "--as: takes LAYER=LAYER,CODE=CODE,... with every label, not 'position=stance'"),
        ("position=stance,for", "--as: takes LAYER=LAYER,CODE=CODE"),
        ("position=stance,for=favor", "one for one another layer of the other; the first has stance (favor, against,"),
        (AS.replace("unclear=neutral", "unclear=favor"), "the second has position (unclear, for, against)"),
    ],
)
def test_what_is_no_renaming_is_refused_in_a_line(
    own_words: tuple[Path, Path], tiny_exported: Path, option: str, problem: str
) -> None:
    given = ["compare", str(tiny_exported), str(own_words[0]), "--data", str(own_words[1])]
    with pytest.raises(UsageError) as caught:
        CliRunner().invoke(app, [*given, "--as", option], catch_exceptions=False)
    assert problem in str(caught.value)


def test_compare_takes_the_names_from_its_option(own_words: tuple[Path, Path], tiny_exported: Path) -> None:
    given = ["compare", str(tiny_exported), str(own_words[0]), "--data", str(own_words[1]), "--samples", "100"]
    done = CliRunner().invoke(app, [*given, "--as", AS], catch_exceptions=False)
    assert done.exit_code == 0 and done.stdout.startswith("stance\n"), done.output
    with pytest.raises(UsageError, match=r"has no layer 'position'.*; --as says what a layer of the other model is"):
        CliRunner().invoke(app, [*given, "--column", "position=label"], catch_exceptions=False)
    with pytest.raises(UsageError, match="another --as names too"):
        CliRunner().invoke(app, [*given, "--as", AS, "--as", AS], catch_exceptions=False)
