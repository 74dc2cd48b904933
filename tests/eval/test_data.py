from __future__ import annotations

import json
from pathlib import Path

import pytest

from newstance.corpora.division import PARTS, part_of
from newstance.errors import AnnotationError, UsageError
from newstance.eval.data import choices_of, is_reported, read_data
from newstance.model import load_codebook
from newstance.training.sections import Source
from newstance.training.sources import read_sources

GOOD = {"id": "1", "text": "The council met.", "stance": "neutral", "annotator": "ann", "split": "dev"}


def write(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("\n\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


BAD = {
    "unknown label": ([GOOD, GOOD | {"id": "2", "stance": "angry"}], 3, "stance", "unknown label 'angry'"),
    "another text": ([GOOD, GOOD | {"text": "It met.", "annotator": "bea"}], 3, "text", "another text in row 1"),
    "judged twice": ([GOOD, GOOD | {"id": "2"}, GOOD | {"stance": "favor"}], 5, "annotator", "already in row 1"),
    "no text": ([GOOD, {"id": "2", "stance": "favor"}], 3, "text", "Field required"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_row_is_named_with_file_row_and_field(name: str, tmp_path: Path) -> None:
    rows, line, field, message = BAD[name]
    path = write(tmp_path / "bad.jsonl", *rows)
    with pytest.raises(AnnotationError, match=message) as caught:
        read_data(load_codebook(), files=[path])
    assert (caught.value.path, caught.value.line, caught.value.field) == (str(path), line, field)


def test_a_missing_column_of_a_table_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,stance\n1,favor\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="text"):
        read_data(load_codebook(), files=[path])


def test_rows_of_a_table_are_counted_as_a_spreadsheet_does(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,text,stance,annotator\n1,It met.,favor,a\n1,It met.,against,a\n", encoding="utf-8")
    with pytest.raises(AnnotationError) as caught:
        read_data(load_codebook(), files=[path])
    assert caught.value.line == 3


def test_an_empty_split_and_an_empty_file_are_errors_not_zeros(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", GOOD)
    with pytest.raises(AnnotationError, match="split 'test'"):
        read_data(load_codebook(), files=[path], split="test")
    (tmp_path / "none.jsonl").write_text("\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="holds no"):
        read_data(load_codebook(), files=[tmp_path / "none.jsonl"])


def test_ids_may_begin_anew_in_each_split(tmp_path: Path) -> None:
    learnt = {"id": "1", "text": "It rose.", "stance": "favor", "split": "train"}
    judged = learnt | {"text": "It sat.", "split": "test"}
    files = [write(tmp_path / name, learnt, judged) for name in ("ada.jsonl", "bo.jsonl")]
    found = read_data(load_codebook(), files=files, split="test", name_annotators=True)
    assert [(record.text, record.annotator) for record in found] == [("It sat.", "ada"), ("It sat.", "bo")]
    with pytest.raises(AnnotationError, match="'1' stands for another text in row 1"):
        read_data(load_codebook(), files=files)


def test_two_annotators_of_one_sentence_are_no_mistake(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", GOOD, GOOD | {"annotator": "bea", "stance": "favor"})
    assert len(read_data(load_codebook(), files=[path], split="dev")) == 2


def test_the_corpora_are_read_by_name(shared: Path) -> None:
    root = shared / "data"
    for name, n in (("newsmtsc-mt", 1034), ("seesaw", 757), ("frac", 523), ("pstance", 2157)):
        assert len(read_data(load_codebook(), corpora=[name], data_dir=root)) == n
    assert read_data(load_codebook(), corpora=["newsmtsc-mt"], data_dir=root / "newsmtsc")
    assert choices_of(["pstance"]) == ("favor", "against")
    assert choices_of(["seesaw"]) is None
    with pytest.raises(AnnotationError, match="no row is of the split"):
        read_data(load_codebook(), corpora=["newsmtsc-codebook-rw"], data_dir=root, split="test")


def test_what_is_asked_for_must_exist() -> None:
    with pytest.raises(UsageError, match="unknown corpus"):
        read_data(load_codebook(), corpora=["reuters"])
    with pytest.raises(UsageError, match="--data-dir"):
        read_data(load_codebook(), corpora=["seesaw"])


def test_blank_and_skipped_rows_are_counted_too(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("id,text,stance,annotator\n1,It met.,favor,a\n\n,,,\n1,It met.,favor,a\n", encoding="utf-8")
    with pytest.raises(AnnotationError, match="already in row 2") as caught:
        read_data(load_codebook(), files=[path])
    assert caught.value.line == 5


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [({"text": "It met."}, "text", "another text in row 1 of .*one.jsonl"), ({}, "annotator", "row 1 of .*one.jsonl")],
)
def test_what_does_not_fit_between_files_is_named_with_both(
    tmp_path: Path, change: dict[str, str], field: str, message: str
) -> None:
    files = [write(tmp_path / "one.jsonl", GOOD), write(tmp_path / "two.jsonl", GOOD | {"id": "2"}, GOOD | change)]
    with pytest.raises(AnnotationError, match=message) as caught:
        read_data(load_codebook(), files=files)
    assert (caught.value.path, caught.value.line, caught.value.field) == (str(files[1]), 3, field)


def test_another_mention_of_the_target_in_another_file_is_called_one(tmp_path: Path) -> None:
    files = [
        write(tmp_path / f"{who}.jsonl", GOOD | {"annotator": who, "target_spans": [span]})
        for who, span in (("ada", [0, 3]), ("bea", [4, 7]))
    ]
    with pytest.raises(AnnotationError, match=r"another mention in row 1 of .*ada.jsonl; give every sentence"):
        read_data(load_codebook(), files=files)


def test_nameless_annotators_of_several_files_are_called_by_their_files(tmp_path: Path) -> None:
    nameless = {name: value for name, value in GOOD.items() if name != "annotator"}
    frames = {name: value for name, value in nameless.items() if name != "stance"} | {"frames": ["health"]}
    files = [
        write(tmp_path / "ada.jsonl", nameless, frames),
        write(tmp_path / "bo.jsonl", nameless),
        write(tmp_path / "two.jsonl", nameless, nameless | {"stance": "favor"}),
    ]
    found = read_data(load_codebook(), files=files, name_annotators=True)
    assert [record.annotator for record in found] == ["ada", "ada", "bo", None, None], "two people wrote the last file"
    assert read_data(load_codebook(), files=files[:1], name_annotators=True)[0].annotator is None


def test_what_would_not_be_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", GOOD)
    with pytest.raises(UsageError, match="--data-dir goes with a --corpus"):
        read_data(load_codebook(), files=[path], data_dir=tmp_path)
    with pytest.raises(UsageError, match="frac has no split 'banana'"):
        read_data(load_codebook(), corpora=["frac"], data_dir=tmp_path, split="banana")


def test_files_beside_corpora_are_read_whole(tmp_path: Path) -> None:
    path = write(tmp_path / "rows.jsonl", {name: value for name, value in GOOD.items() if name != "split"})
    found = read_data(load_codebook(), files=[path], corpora=["newstance"], corpus_split="dev")
    assert {record.split for record in found} == {None, "dev"}


def test_the_split_that_figures_are_reported_on_is_known_by_every_name() -> None:
    assert is_reported("seesaw", "dev") and is_reported("seesaw", "valid") and not is_reported("seesaw", "train")
    assert is_reported("newstance", "test") and not is_reported("newstance", "dev")
    assert not is_reported("newsmtsc-codebook-rw", "dev"), "these labels are never reported on"


ARTICLES = "".join(f"Sentence {n}.,favor,story {n // 2}\n" for n in range(80))


def test_a_part_is_the_one_that_training_gives(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,stance,article\n" + ARTICLES, encoding="utf-8")
    names: list[str] = []
    for part in PARTS:
        source = Source(corpus="annotations", path="x.csv", part=part)
        learnt = [record.id for record, _ in read_sources([source], tmp_path, load_codebook())]
        assert [r.id for r in read_data(load_codebook(), files=[tmp_path / "x.csv"], part=part)] == learnt
        names += learnt
    assert len(names) == len(set(names)) == 80


def test_rows_that_name_their_split_are_divided_only_within_one(tmp_path: Path) -> None:
    rows = "".join(f"{row},{('train', 'dev')[n % 2]}\n" for n, row in enumerate(ARTICLES.splitlines()))
    (tmp_path / "x.csv").write_text("text,stance,article,split\n" + rows, encoding="utf-8")
    with pytest.raises(AnnotationError, match=r"x.csv: part: rows name their split"):
        read_data(load_codebook(), files=[tmp_path / "x.csv"], part="test")
    found = read_data(load_codebook(), files=[tmp_path / "x.csv"], split="dev", part="train")
    assert {record.split for record in found} == {"dev"} and {part_of(record) for record in found} == {"train"}
    with pytest.raises(UsageError, match="--part: divides files"):
        read_data(load_codebook(), corpora=["newstance"], part="test")


def test_an_empty_part_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,stance,article\nIt met.,favor,a\n", encoding="utf-8")
    (empty, *_) = [part for part in PARTS if part != part_of(read_data(load_codebook(), files=[tmp_path / "x.csv"])[0])]
    with pytest.raises(AnnotationError, match=f"no article falls into the part '{empty}'"):
        read_data(load_codebook(), files=[tmp_path / "x.csv"], part=empty)
