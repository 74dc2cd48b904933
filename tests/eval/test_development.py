"""Development data is what may be looked at: dev splits, never a test split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newstance.errors import AnnotationError
from newstance.eval.data import is_reported
from newstance.eval.development import development_sets, real_articles


def test_the_projects_own_judges_stance_and_frames() -> None:
    (own,) = development_sets(None)
    assert own.layer == "stance"
    assert {record.split for record in own.records} == {"dev"}
    assert all(any(record.judged(layer) is not None for record in own.records) for layer in ("stance", "frames"))


def test_published_labels_are_sentiment_and_never_stance(tmp_path: Path) -> None:
    for part in ("hf_rw", "hf_mt"):
        row = {"sentence": "The council wrecked it.", "mention": "council", "from": 4, "to": 11, "polarity": -1}
        path = tmp_path / "newsmtsc" / part / "dev.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(row | {"id": f"{part}-1"}) + "\n", encoding="utf-8")
    published, by_codebook, own = development_sets(tmp_path)
    assert (published.layer, own.layer) == ("sentiment", "stance")
    assert [record.id for record in published.records] == ["hf_rw-1", "hf_mt-1"]
    assert all(r.stance is None and r.judged("sentiment") == "negative" for r in published.records)
    assert by_codebook.records == []  # no pass has seen these rows


def test_a_folder_without_the_corpora_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="newsmtsc"):
        development_sets(tmp_path)
    with pytest.raises(AnnotationError, match="seesaw"):
        real_articles(tmp_path)


def test_the_real_articles_are_those_that_figures_are_not_reported_on(shared: Path) -> None:
    data = real_articles(shared / "data")
    assert (data.name, data.layer) == ("SEESAW train", "stance")
    assert {record.split for record in data.records} == {"train"} and not is_reported("seesaw", "train")
