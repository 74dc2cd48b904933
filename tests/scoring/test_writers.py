from __future__ import annotations

import csv
import errno
import json
import os
import threading
from dataclasses import asdict, replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from newstance.errors import OutputError, UsageError
from newstance.scoring import EvidenceWord, FrameScore, ScoredArticle, ScoredSentence, open_writer


def sentence(index: int, text: str = "“Plan” 🙂") -> ScoredSentence:
    return ScoredSentence(
        article="a.txt", index=index, text=text, start=0, end=len(text), role="body", section=None,
        target="the council", target_spans=[(1, 5)], speaker=None, voice=None, stance="favor",
        stance_probability={"favor": 0.75, "against": 0.125, "neutral": 0.125}, stance_logits=[2.0, 0.5, 0.5],
        frames=[FrameScore("policy", 0.75)], frame_logits=[1.0], evidence=[EvidenceWord("Plan", 1, 5, 1.5)],
        abstained=False, truncated=False, model="0" * 16,
    )  # fmt: skip


ARTICLE = ScoredArticle({"id": "a.txt"}, [sentence(0), sentence(1)])


def rows(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    return pq.read_table(path).to_pylist()


@pytest.mark.parametrize("empty", [{}, {"frames": None, "frame_logits": None, "evidence": None}])
def test_a_row_is_what_dataclasses_make_of_the_sentence_and_shares_nothing_with_it(empty: dict[str, None]) -> None:
    scored = replace(sentence(0), **empty)
    row = scored.to_dict()
    assert row == asdict(scored)
    for value in row.values():
        if isinstance(value, list | dict):
            value.clear()
    assert scored == replace(sentence(0), **empty)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_every_format_holds_every_field(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    with open_writer(path) as writer:
        writer.write(ARTICLE)
    found = rows(path)
    assert len(found) == 2
    assert list(found[0]) == list(sentence(0).to_dict())
    assert found[1]["text"] == "“Plan” 🙂"
    assert "Plan" in str(found[0]["evidence"])


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_failed_run_leaves_the_older_result_alone(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    path.write_text("older")
    with pytest.raises(RuntimeError), open_writer(path) as writer:
        writer.write(ARTICLE)
        raise RuntimeError
    assert path.read_text() == "older"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_lone_surrogates_and_empty_runs_are_written(tmp_path: Path, suffix: str) -> None:
    with open_writer(tmp_path / f"odd.{suffix}") as writer:
        writer.write(ScoredArticle({}, [sentence(0, "plan \ud800")]))
    assert rows(tmp_path / f"odd.{suffix}")[0]["text"] == "plan ?"
    with open_writer(tmp_path / f"empty.{suffix}"):
        pass
    assert rows(tmp_path / f"empty.{suffix}") == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "there" / "b.jsonl")
    with open_writer(tmp_path / "a.jsonl") as writer:
        writer.write(ARTICLE)
    assert (tmp_path / "a.jsonl").is_symlink() and len(rows(tmp_path / "there" / "b.jsonl")) > 0


@pytest.mark.skipif(os.name != "posix", reason="modes of owner, group and others")
@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_file_that_is_written_again_keeps_its_mode(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out.{suffix}"
    path.write_text("older")
    path.chmod(0o600)
    with open_writer(path) as writer:
        writer.write(ARTICLE)
    assert len(rows(path)) == 2 and path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_opened_leaves_nothing_beside_the_older_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    (tmp_path / "out.jsonl").write_text("older")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match="Too many open files"):
        open_writer(tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_is_written_and_stays_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out.jsonl")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "out.jsonl").read_text("utf-8")), daemon=True)
    reader.start()
    with open_writer(tmp_path / "out.jsonl") as writer:
        writer.write(ARTICLE)
    reader.join(timeout=10)
    assert len(read[0].splitlines()) == 2 and (tmp_path / "out.jsonl").is_fifo()


def test_the_file_is_synced_through_a_handle_that_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fcntl = pytest.importorskip("fcntl")
    modes: list[int] = []
    monkeypatch.setattr("os.fsync", lambda handle: modes.append(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE))
    with open_writer(tmp_path / "scored.jsonl"):
        pass
    assert modes[0] == os.O_RDWR  # the folder's comes second


def test_a_folder_takes_one_file_of_the_wanted_format(tmp_path: Path) -> None:
    with open_writer(tmp_path / "results", "csv") as writer:
        writer.write(ARTICLE)
    assert (tmp_path / "results" / "sentences.csv").is_file()


def test_format_and_suffix_must_agree(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--format says csv"):
        open_writer(tmp_path / "out.jsonl", "csv")
    with pytest.raises(UsageError, match="xlsx"):
        open_writer(tmp_path / "out.xlsx")


def test_an_unwritable_place_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        open_writer(tmp_path / "file" / "out.jsonl")
