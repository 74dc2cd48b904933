from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score, log_loss

from newstance.corpora import Annotation, read_annotations
from newstance.errors import OutputError
from newstance.eval import Report, evaluate_model
from newstance.eval.judged import judge
from newstance.eval.report import render_report, write_report
from newstance.model import Checkpoint

HOSTILE = '<script>alert(1)</script> & "><img src=x onerror=alert(2)> </script>'


@pytest.fixture(scope="module")
def report(tiny_exported: Path, annotations_file: Path) -> Report:
    records = read_annotations(annotations_file)
    dated = [r.model_copy(update={"date": f"203{1 + i % 2}-05-01"}) for i, r in enumerate(records)]
    first = [r.model_copy(update={"annotator": HOSTILE, "outlet": "The <b>Mail</b>"}) for r in dated]
    second = [r.model_copy(update={"annotator": "second", "voice": "outlet"}) for r in dated]
    second[0] = second[0].model_copy(update={"stance": "against"})
    return evaluate_model(Checkpoint(tiny_exported), [*first, *second], samples=100)


def test_the_figures_are_those_of_scikit_learn(tiny_exported: Path, annotations_file: Path) -> None:
    records = read_annotations(annotations_file)
    checkpoint = Checkpoint(tiny_exported)
    (judged,) = judge(checkpoint, records)
    found = evaluate_model(checkpoint, records, samples=100, only_figures=True).layers["stance"]
    assert found["macro_f1"].value == pytest.approx(f1_score(judged.gold, judged.predicted, average="macro"))
    assert found["log_loss"].value == pytest.approx(log_loss(judged.gold, judged.probability, labels=[0, 1, 2]))
    one_against_rest = [brier_score_loss(judged.gold == i, judged.probability[:, i]) for i in range(3)]
    assert found["brier"].value == pytest.approx(sum(one_against_rest))
    assert found["risk_at_100_coverage"].value == pytest.approx(1 - found["accuracy"].value)


def test_the_object_holds_every_part_and_is_strict_json(report: Report) -> None:
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert set(data["layers"]["stance"]["macro_f1"]) == {"value", "low", "high", "n"}
    assert set(data["better"].values()) <= {"higher", "lower", "neither"}
    assert data["better"]["expected_calibration_error"] == "lower"
    assert {"model", "data", "seed", "versions", "command"} <= set(data["run"])
    assert data["annotators"]["stance"]["agreement"]["split"] == 1
    assert data["behaviour"] and data["symmetry"]["swap_unchanged"]["value"] == 1.0
    assert {(part["by"], part["part"], part["few"]) for part in data["slices"]["stance"]} >= {("year", "2031", True)}
    for figures in data["layers"].values():
        for figure in figures.values():
            assert figure["low"] is None or figure["low"] <= figure["value"] <= figure["high"]


def test_a_sentence_that_annotators_split_evenly_is_shown_with_the_models_probability(report: Report) -> None:
    among = report.annotators["stance"]
    assert among.split_sentences[0].votes == {"favor": 0.5, "against": 0.5}
    assert among.split_probability is not None and among.split_probability.n == 1
    assert among.soft_cross_entropy.value >= among.soft_entropy > 0


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_asks_for_nothing_and_runs_nothing(report: Report) -> None:
    page = _Page()
    html = render_report(report)
    page.feed(html)
    scripts = [attributes for tag, attributes in page.tags if tag == "script"]
    assert [attributes.get("type") for attributes in scripts] == ["application/json"]
    assert not [tag for tag, _ in page.tags if tag in ("img", "link", "iframe", "object", "b<")]
    assert not [a for _, a in page.tags if any(name.startswith("on") or name == "src" for name in a)]
    assert all((a.get("href") or "#").startswith("#") for _, a in page.tags)
    assert "default-src 'none'" in html
    assert HOSTILE not in html and "&lt;script&gt;alert(1)" in html


def test_the_page_holds_the_same_numbers_as_the_object(report: Report) -> None:
    html = render_report(report)
    inside = re.search(r'<script type="application/json" id="numbers">(.*?)</script>', html, re.DOTALL)
    assert inside is not None
    assert json.loads(inside.group(1)) == json.loads(json.dumps(report.to_dict()))
    assert f"{report.layers['stance']['macro_f1'].value:.3f}" in html
    assert "Student's t" in html and "MOVER" in html, "intervals that are not the bootstrap's are said to be others"
    for section in ("Partisan symmetry", "Behaviour tests", "Provenance", "Confusion", "Calibration and abstention"):
        assert section in html


def test_symmetry_is_shown_also_where_it_could_not_be_measured(tiny_exported: Path, annotations_file: Path) -> None:
    found = evaluate_model(
        Checkpoint(tiny_exported), read_annotations(annotations_file), samples=100, only_figures=True
    )
    assert "Partisan symmetry" in render_report(found)


def test_the_page_of_a_layer_of_many_labels_alone_says_what_is_missing() -> None:
    # Economic, the first label, is never annotated; health is.
    rows = [
        Annotation(id=str(i), text=f"Nurses vaccinated {i}.", frames=("health",), article=f"a{i}") for i in range(9)
    ]
    found = evaluate_model(Checkpoint.shipped(), rows, samples=100, only_figures=True)
    assert found.run["not_annotated"] == ["stance", "sentiment"]
    page = render_report(found)
    assert "layers of the model that these data do not judge: stance, sentiment" in page
    assert "<th>average precision</th>" in page
    nothing = replace(found.layers["frames"]["macro_f1"], value=math.nan, low=math.nan, high=math.nan)
    found.layers["frames"]["macro_f1"] = nothing
    assert ">nan" not in render_report(found) and '<div class="value">–</div>' in render_report(found)


def test_alpha_with_the_model_is_of_the_sentences_that_people_shared(
    tiny_exported: Path, annotations_file: Path
) -> None:
    first = [r.model_copy(update={"annotator": "a"}) for r in read_annotations(annotations_file)]
    stances = ("favor", "against", "neutral")
    second = [r.model_copy(update={"annotator": "b", "stance": stances[i % 3]}) for i, r in enumerate(first[:12])]
    checkpoint = Checkpoint(tiny_exported)
    whole, shared = (
        evaluate_model(checkpoint, rows, samples=100, only_figures=True).annotators["stance"].alpha_with_model
        for rows in ([*first, *second], [*first[:12], *second])
    )
    assert whole is not None and whole == shared and whole.n == 12


def test_the_page_says_what_intervals_resample_and_what_chance_makes(
    tiny_exported: Path, annotations_file: Path
) -> None:
    rows = read_annotations(annotations_file)
    loose = [row.model_copy(update={"article": None}) for row in rows]
    with_articles, without = (
        evaluate_model(Checkpoint(tiny_exported), r, samples=100, only_figures=True) for r in (rows, loose)
    )
    assert "which resamples articles." in render_report(with_articles)
    assert "36 sentences of 12 articles" in render_report(with_articles)
    assert "which resamples sentences." in render_report(without)
    assert "36 sentences, no articles given" in render_report(without)
    chance = without.layers["stance"]["expected_calibration_error_by_chance"]
    assert f"expected of a calibrated model: {chance.value:.3f}" in render_report(without)
    row = f"expected {chance.value:.3f}; 95% of calibrated models below {chance.high:.3f}"
    assert f'by chance alone</td><td colspan="2">{row}</td><td>neither' in render_report(without), "no interval, no bar"
    assert without.to_dict()["better"]["expected_calibration_error_by_chance"] == "neither"


def test_few_articles_are_warned_of(tiny_exported: Path) -> None:
    records = [
        Annotation(id=str(i), text="The council met at noon.", target="the council", stance="neutral", article="one")
        for i in range(12)
    ]
    found = evaluate_model(Checkpoint(tiny_exported), records, samples=100, only_figures=True)
    assert any("stance: only 1 article:" in warning for warning in found.run["warnings"])


def test_only_the_labels_that_a_corpus_knows_are_decided_for(tiny_exported: Path, annotations_file: Path) -> None:
    records = [r for r in read_annotations(annotations_file) if r.stance != "neutral"]
    (judged,) = judge(Checkpoint(tiny_exported), records, choices=("favor", "against"))
    neutral = judged.layer.codes.index("neutral")
    assert neutral not in judged.predicted
    assert np.allclose(judged.probability[:, neutral], 0)


def test_a_report_that_cannot_be_written_is_one_line(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_report(report, tmp_path / "file" / "report.html")


def test_a_report_is_written_whole_into_a_folder_that_is_made(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "new" / "report.html"
    write_report(report, page)
    whole = page.read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OutputError, match="No space left"):
        write_report(report, page)
    assert page.read_bytes() == whole and list(page.parent.iterdir()) == [page]
