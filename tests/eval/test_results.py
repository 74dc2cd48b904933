"""What docs/results.md says beside its figures, on records invented here."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from newstance.corpora import Annotation, read_pstance
from newstance.eval.by_target import MEAN_OF_TARGETS, target_figures
from newstance.eval.judged import Judged, judge
from newstance.eval.results import Row, document, result_rows
from newstance.eval.slices import slices_of
from newstance.model import Checkpoint


def tweets(n: int = 40) -> list[Annotation]:
    """Return tweets about two invented people, of whom one is named in a hashtag alone."""
    names = {"Mara Voss": "#VoteVoss", "Edda Lorne": "Edda Lorne"}
    return [
        Annotation(
            id=f"{target} {number}",
            text=f"{names[target]} {'rescued' if number % 2 else 'wrecked'} harbour {number}.",
            target=target,
            stance="favor" if number % 2 else "against",
            corpus="pstance",
        )
        for target in names
        for number in range(n)
    ]


def test_figures_by_target_and_their_mean(tiny_exported: Path) -> None:
    records = tweets()[:60]  # 40 of one target, 20 of the other: each counts the same in the mean
    (judged,) = judge(Checkpoint(tiny_exported), records, choices=("favor", "against"))
    found = target_figures(judged, samples=100, seed=0)
    assert list(found) == ["Edda Lorne", "Mara Voss", MEAN_OF_TARGETS]
    assert [figure.n for figure in found.values()] == [20, 40, 60]
    mean = found.pop(MEAN_OF_TARGETS)
    assert mean.value == pytest.approx(np.mean([figure.value for figure in found.values()]))
    assert mean.low <= mean.value <= mean.high


def test_parts_by_target_where_there_are_few(tiny_exported: Path) -> None:
    records = tweets()
    (judged,) = judge(Checkpoint(tiny_exported), records)
    parts = {part.part: int(part.mask.sum()) for part in slices_of(judged, records) if part.by == "toward"}
    assert parts == {"Edda Lorne": 40, "Mara Voss": 40}
    many = [record.model_copy(update={"target": f"councillor {n // 10}"}) for n, record in enumerate(records * 2)]
    many = [record.model_copy(update={"id": str(n)}) for n, record in enumerate(many)]
    (judged,) = judge(Checkpoint(tiny_exported), many)
    assert not [part for part in slices_of(judged, many) if part.by == "toward"]


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with a few rows of P-Stance and FrAC, which alone are evaluated."""
    monkeypatch.setattr("newstance.eval.results.SAMPLES", 50)
    monkeypatch.setattr("newstance.eval.results.read_corpus", lambda split: [])  # no baselines, which take minutes
    monkeypatch.setattr("newstance.eval.results.NAMES", {"pstance": "P-Stance, test", "frac": "FrAC"})
    write(tmp_path / "pstance" / "raw_test_all.csv", ("Tweet", "Target", "Stance"), [
        (record.text, record.target, (record.stance or "").upper()) for record in tweets(6)
    ])  # fmt: skip
    write(tmp_path / "frac" / "gold_standard_single_label_all.csv", ("sentence", "label"), [
        ("The court ruled on the case.", 5), ("Taxes rose.", 1), ("It rained on the quay.", 15),
    ])  # fmt: skip
    return tmp_path


def test_the_page_gives_targets_both_published_figures_of_frac_and_warnings(public: Path) -> None:
    assert all(record.target_spans for record in read_pstance(public / "pstance", split="test"))
    rows = list(result_rows({"shipped": Checkpoint.shipped()}, public))
    systems = [row.system for row, _ in rows if row.corpus == "pstance" and not row.source]
    assert systems == [
        "shipped",
        "shipped, toward Edda Lorne",
        "shipped, toward Mara Voss",
        f"shipped, {MEAN_OF_TARGETS}",
    ]
    frac = [row for row, _ in rows if row.corpus == "frac"]
    assert [row.figures["macro_f1"].value for row in frac if row.source] == [0.77, 0.83]
    assert "shipped, with other as a tenth class" in [row.system for row in frac]
    page = document(rows, "")
    assert "neither\npublished figure over the same sentences" in page
    assert "- P-Stance, test: shipped: stance: fewer than 20 sentences of favor 6, against 6" in page
    assert "never annotated, nor decided: neutral" not in page, "it could not be decided for"
    assert "## Warnings" not in document([(Row("frac", "frames", "x", frac[0].figures, "y"), None)], "")


def test_the_page_names_the_version_of_the_corpus_that_the_shipped_models_learnt_from() -> None:
    page = " ".join(document([], "").split())
    configs = Path(__file__).resolve().parents[2] / "configs"
    learnt = {}
    for recipe in ("default", "marked"):
        sources = yaml.safe_load((configs / f"{recipe}.yaml").read_text(encoding="utf-8"))["data"]["train"]
        (learnt[recipe],) = (source["version"] for source in sources if source["corpus"] == "newstance")
    assert "Baselines are trained on NewsMTSC train and all of the own corpus's train, in its present version" in page
    assert f"default learnt from version {learnt['default']}, `marked` from version {learnt['marked']}." in page


def test_each_set_is_judged_once_for_all_its_rows(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def noting(checkpoint: Checkpoint, records: list[Annotation], **options: Any) -> list[Judged]:
        judged.append(str(records[0].corpus))
        return judge(checkpoint, records, **options)

    for module in ("evaluate", "results"):
        monkeypatch.setattr(f"newstance.eval.{module}.judge", noting)
    model = Checkpoint.shipped()
    rows = list(result_rows({"one": model, "other": model}, public))
    assert judged == ["pstance", "pstance", "frac", "frac"], "once for each of the two models"
    values = {row.system: row.figures for row, _ in rows if row.corpus == "pstance"}
    for name in ("", f", {MEAN_OF_TARGETS}"):
        assert values[f"one{name}"]["favor_against_f1"] == values[f"other{name}"]["favor_against_f1"]


def write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    path.parent.mkdir()
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
