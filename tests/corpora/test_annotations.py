from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from newstance.corpora import (
    Annotation,
    ColumnMap,
    open_annotations,
    read_annotations,
    save_annotations,
    write_annotations,
)
from newstance.errors import AnnotationError, OutputError
from newstance.model import load_codebook
from newstance.model.codebook import Codebook

GOOD = {"id": "1", "text": "The council met.", "stance": "neutral"}


def written(tmp_path: Path, *rows: object) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    return path


def test_records_read_back_equal(tmp_path: Path) -> None:
    records = [
        Annotation(id="1", text="“Voß” ging 🙂", stance="favor", target_spans=((0, 5),), rationale=((6, 10),)),
        Annotation(id="1", text="“Voß” ging 🙂", frames=(), annotator="b", voice="quoted", speaker="Voß"),
        Annotation(id="2", text="Hm.", labels={"urgency": "high", "topics": ("ports", "rail"), "tone": ()}),
    ]
    write_annotations(tmp_path / "out.jsonl", records)
    assert read_annotations(tmp_path / "out.jsonl") == records


@pytest.mark.parametrize("name", ["x.jsonl", "x.csv", "x.parquet", "x.json"])
def test_a_file_is_written_whole_or_left_as_it_was(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    older, newer = (Annotation(id=i, text="It rained.", stance="neutral") for i in ("older", "newer"))
    save_annotations(tmp_path / name, [older])
    before = (tmp_path / name).read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OutputError, match=f"{name}: cannot be written: No space left"):
            save_annotations(tmp_path / name, [newer])
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]
    save_annotations(tmp_path / name, [newer])
    assert [record.id for record in open_annotations(tmp_path / name)] == ["newer"]


@pytest.mark.skipif(os.name != "posix", reason="modes of owner, group and others")
def test_a_file_that_is_written_again_keeps_its_mode(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    path.chmod(0o600)
    write_annotations(path, [Annotation.model_validate(GOOD)])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_synced_through_a_handle_that_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    modes: list[int] = []
    monkeypatch.setattr("os.fsync", lambda handle: modes.append(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE))
    write_annotations(tmp_path / "out.jsonl", [Annotation.model_validate(GOOD)])
    assert modes[0] == os.O_RDWR  # the folder's comes second


def test_a_link_stays_one_and_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "link.jsonl").symlink_to("there.jsonl")
    write_annotations(tmp_path / "link.jsonl", [Annotation.model_validate(GOOD)])
    assert (tmp_path / "link.jsonl").is_symlink() and read_annotations(tmp_path / "there.jsonl")
    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        write_annotations(tmp_path, [])


@pytest.mark.parametrize(
    ("row", "advice"),
    [
        (
            GOOD | {"anotator": "b"},
            ["anotator: a record has no such field, did you mean 'annotator'?; its fields are id,"],
        ),
        ({"id": "2", "txt": "x", "stance": "neutral"}, ["txt: a record has", "did you mean 'text'?", "text=COLUMN"]),
        (
            GOOD | {"remark": "hm"},
            ["remark: a record has no such field; its fields are id,", "under labels", "text=text"],
        ),
    ],
)
def test_a_key_that_no_record_has_is_named_with_what_to_do(tmp_path: Path, row: object, advice: list[str]) -> None:
    path = written(tmp_path, GOOD, row)
    with pytest.raises(AnnotationError) as caught:
        read_annotations(path)
    said = str(caught.value)
    assert said.startswith(f"{path}:2: ") and all(part in said for part in advice), said


def test_rows_with_other_keys_are_read_by_the_advice_and_keep_their_labels(tmp_path: Path) -> None:
    row = GOOD | {"remark": "hm", "labels": {"tone": "dry", "topics": ["ports"]}}
    (record,) = open_annotations(written(tmp_path, row), columns=ColumnMap(fields={"text": "text"}))
    assert record.labels == {"tone": "dry", "topics": ("ports",)}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ({"id": "2", "text": "x"}, "no label"),
        ({"text": "x", "stance": "neutral"}, "id"),
        (GOOD | {"stanze": "favor"}, "stanze"),
        (GOOD | {"stance": "positive"}, "unknown label 'positive'"),
        (GOOD | {"frames": ["money"]}, "unknown label 'money'"),
        (GOOD | {"target_spans": [[4, 400]]}, "target_spans"),
        (GOOD | {"rationale": [[3, 3]]}, "rationale"),
        (GOOD | {"voice": "anonymous"}, "voice"),
        (GOOD | {"labels": {"stance": "favor"}}, "field of its own"),
        (GOOD | {"labels": {"My layer": "x"}}, "My layer"),
        # Half of an emoji, as programs that count in UTF-16 units cut a text: nothing that UTF-8 could be written with.
        (GOOD | {"before": "It rained. \ud83d"}, "before"),
        (GOOD | {"annotator": "Ada \ud83d"}, "annotator"),
        (GOOD | {"labels": {"tone": "\ud83d"}}, "labels.tone"),
    ],
)
def test_a_bad_row_names_file_line_and_field(tmp_path: Path, row: object, problem: str) -> None:
    path = written(tmp_path, GOOD, row)
    with pytest.raises(AnnotationError) as caught:
        read_annotations(path, load_codebook())
    assert "rows.jsonl:2:" in str(caught.value)
    assert problem in str(caught.value)


def test_a_file_without_records_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="no annotation"):
        read_annotations(written(tmp_path))


def test_a_missing_file_and_another_encoding_are_errors(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="No such file"):
        read_annotations(tmp_path / "nowhere.jsonl")
    (tmp_path / "latin.jsonl").write_bytes('{"id": "é"}'.encode("latin-1"))
    with pytest.raises(AnnotationError, match="not UTF-8"):
        read_annotations(tmp_path / "latin.jsonl")


OWN = Codebook.model_validate(
    {
        "name": "own",
        "layers": [
            {"name": "urgency", "kind": "single", "labels": [{"code": "high"}, {"code": "low"}]},
            {"name": "text", "kind": "multi", "labels": [{"code": "ports"}, {"code": "rail"}]},
        ],
    }
)


def test_layers_of_a_codebook_of_ones_own_are_read_by_name() -> None:
    record = Annotation(id="1", text="x", labels={"urgency": "high", "text": ("rail",)})
    urgency, topics = OWN.layers
    assert (record.codes(urgency), record.codes(topics)) == (("high",), ("rail",))
    assert Annotation(id="1", text="x", stance="favor").codes(topics) is None  # a layer may be named as a field is


@pytest.mark.parametrize(
    ("labels", "problem"),
    [({"urgency": "hgih"}, "urgency: .*unknown label 'hgih'"), ({"urgency": ["high", "low"]}, "takes one")],
)
def test_a_label_that_the_own_codebook_lacks_is_refused(tmp_path: Path, labels: object, problem: str) -> None:
    with pytest.raises(AnnotationError, match=problem):
        read_annotations(written(tmp_path, {"id": "1", "text": "x", "labels": labels}), OWN)
