"""A source of a configuration may be any file: its columns are named beside it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import yaml

from newstance.corpora import Annotation
from newstance.corpora.division import part_of
from newstance.errors import AnnotationError, UsageError
from newstance.training.config import codebook_of, load_config
from newstance.training.sections import Source
from newstance.training.sources import drawn_from, read_sources

CONFIG = {
    "name": "own",
    "layers": ["position", "topics"],
    "codebook": {
        "name": "own",
        "layers": [
            {"name": "position", "kind": "single", "labels": [{"code": c} for c in ("for", "against", "unclear")]},
            {"name": "topics", "kind": "multi", "labels": [{"code": c} for c in ("jobs", "harbour")]},
        ],
    },
}
SOURCE = {
    "corpus": "annotations",
    "path": "survey.csv",
    "columns": {"fields": {"text": "Sentence", "position": "Pos"}, "flags": {"topics": {"jobs": "J", "harbour": "H"}}},
}


def written(tmp_path: Path, rows: str, source: dict[str, object]) -> Path:
    (tmp_path / "survey.csv").write_text("Sentence,Pos,J,H\n" + rows, encoding="utf-8")
    data = {"root": str(tmp_path), "train": [source], "dev": [source]}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(CONFIG | {"data": data}), encoding="utf-8")
    return tmp_path / "own.yaml"


def test_a_spreadsheet_with_labels_of_its_own_is_a_source(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "The mill closed.,against,1,0\nIt reopened.,unclear,0,0\n", SOURCE))
    records = [record for record, _ in read_sources(config.data.train, config.data.root, codebook_of(config))]
    assert [r.labels for r in records] == [
        {"position": "against", "topics": ("jobs",)},
        {"position": "unclear", "topics": ()},
    ]


def test_a_label_that_the_codebook_lacks_is_said_with_file_row_and_layer(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "The mill closed.,aginst,1,0\n", SOURCE))
    with pytest.raises(AnnotationError, match=r"survey.csv:2: position: .*unknown label 'aginst'"):
        read_sources(config.data.train, config.data.root, codebook_of(config))


def test_a_misspelt_key_of_the_map_is_named_with_the_nearest(tmp_path: Path) -> None:
    source = SOURCE | {"columns": {"field": {"text": "Sentence"}}}
    with pytest.raises(UsageError, match=r"data.train.0.columns.field: unknown key, did you mean 'fields'"):
        load_config(written(tmp_path, "", source))


def own_rows(tmp_path: Path, **source: object) -> list[str]:
    data = {"train": [source], "dev": [{"corpus": "newstance", "split": "dev"}]}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump({"name": "own", "data": data}), encoding="utf-8")
    config = load_config(tmp_path / "own.yaml")
    return [record.id for record, _ in read_sources(config.data.train, config.data.root, codebook_of(config))]


def test_a_recipe_keeps_its_data_when_the_corpus_grows(tmp_path: Path) -> None:
    second = own_rows(tmp_path, corpus="newstance", split="train", version=2)
    assert len(set(second)) == 4185, "what version 2 held, and the shipped model was trained on"
    assert {name[0] for name in second} == set("abcdefghi")
    everything = own_rows(tmp_path, corpus="newstance", split="train")
    assert everything[: len(second)] == second
    assert set(everything) > set(second)


def test_only_the_own_corpus_has_versions(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"data.train.0: version: only newstance has versions, not newsmtsc"):
        own_rows(tmp_path, corpus="newsmtsc", path="train.jsonl", version=2)


def test_parts_are_refused_where_rows_name_their_split(tmp_path: Path) -> None:
    (tmp_path / "split.csv").write_text("text,stance,split\nA.,favor,test\nB.,against,train\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match=r"split.csv: part: rows name their split"):
        own_rows(tmp_path, corpus="annotations", path=str(tmp_path / "split.csv"), part="train")


def test_parts_of_articles_with_similar_names_have_their_sizes() -> None:
    records = [Annotation(id=str(n), text="A.", stance="favor", article=f"art-{n:03d}") for n in range(400)]
    sizes = Counter(part_of(record) for record in records)
    shares = [sizes[part] / 400 for part in ("train", "dev", "test")]
    assert shares == pytest.approx([0.7, 0.15, 0.15], abs=0.04)


def test_a_profile_reads_the_day_that_only_another_annotators_record_gives(tmp_path: Path) -> None:
    profile = tmp_path / "doe.yaml"
    profile.write_text("name: the Doe government\npeople: [{name: Edda Doe, role: premier, from: 2031-01-01}]\n")
    one = Annotation(id="1", text="Edda Doe closed the mill.", annotator="anna", stance="against")
    other = one.model_copy(update={"annotator": "ben", "date": "2026-05-01"})
    source = Source(corpus="annotations", path="a.jsonl", target=str(profile))
    assert drawn_from(source, [one])[0].target_spans == ((0, 8),)
    for records in ([one, other], [other, one]):
        assert [record.target_spans for record in drawn_from(source, records)] == [(), ()]
