"""What docs/results.md says beside its figures, on records invented here."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from newstance.corpora import Annotation, read_pstance
from newstance.eval.by_target import MEAN_OF_TARGETS, target_figures
from newstance.eval.judged import judge
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


def test_the_page_gives_targets_both_published_figures_of_frac_and_warnings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("newstance.eval.results.SAMPLES", 50)
    monkeypatch.setattr("newstance.eval.results.read_corpus", lambda split: [])  # no baselines, which take minutes
    monkeypatch.setattr("newstance.eval.results.NAMES", {"pstance": "P-Stance, test", "frac": "FrAC"})
    write(tmp_path / "pstance" / "raw_test_all.csv", ("Tweet", "Target", "Stance"), [
        (record.text, record.target, (record.stance or "").upper()) for record in tweets(6)
    ])  # fmt: skip
    write(tmp_path / "frac" / "gold_standard_single_label_all.csv", ("sentence", "label"), [
        ("The court ruled on the case.", 5), ("Taxes rose.", 1), ("It rained on the quay.", 15),
    ])  # fmt: skip
    assert all(record.target_spans for record in read_pstance(tmp_path / "pstance", split="test"))
    rows = list(result_rows({"shipped": Checkpoint.shipped()}, tmp_path))
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
    assert "- P-Stance, test: shipped: stance: fewer than 20 sentences of favor 6, against 6" in page.replace(
        ", neutral 0", ""
    )
    assert "## Warnings" not in document([(Row("frac", "frames", "x", frac[0].figures, "y"), None)], "")


def write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    path.parent.mkdir()
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
