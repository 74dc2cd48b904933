"""The adapters on files of our own in the official layouts, and on the real ones where they are at hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from newstance.corpora import Annotation, open_annotations, read_newsmtsc, read_seesaw, without_texts_of
from newstance.errors import AnnotationError, UsageError
from newstance.model import load_codebook

Write = Callable[[str, str], Path]

ROW = {
    "mention": "Mara Voss",
    "polarity": -1,
    "from": 8,
    "to": 17,
    "sentence": "Critics Mara Voss ignored were loud.",
    "id": "allsides_12_3_4_Mara Voss_8_17",
}


def newsmtsc(tmp_path: Path, *rows: dict[str, object]) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_newsmtsc_rows_become_annotations(tmp_path: Path) -> None:
    record = read_newsmtsc(newsmtsc(tmp_path, ROW), split="train")[0]
    assert (record.stance, record.target, record.article) == ("against", "Mara Voss", "allsides_12_3")
    assert [record.text[a:b] for a, b in record.target_spans] == ["Mara Voss"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"from": 7}, "from:to"),
        ({"from": "7"}, "from"),
        ({"polarity": 2}, "polarity"),
        ({"sentence": None}, "sentence"),
        ({"id": 5}, "id"),
        ({"mention": ""}, "mention"),
        ({"mention": "lou", "from": -5, "to": -2}, "from: -5 is no offset"),
        ({"polarity": True}, "polarity"),
        ({"id": "\ud800"}, "id"),
    ],
)
def test_a_bad_newsmtsc_row_names_its_line(tmp_path: Path, change: dict[str, object], problem: str) -> None:
    row = {k: v for k, v in (ROW | change).items() if v is not None}
    with pytest.raises(AnnotationError, match=problem) as caught:
        read_newsmtsc(newsmtsc(tmp_path, ROW, row))
    assert caught.value.line == 2


def test_held_out_texts_leave_training() -> None:
    rows = [Annotation(id=str(i), text=t, stance="neutral") for i, t in enumerate(["One  day.", "Two days."])]
    held = [Annotation(id="x", text="one day.", stance="favor")]
    assert [r.id for r in without_texts_of(rows, held)] == ["1"]


def seesaw(tmp_path: Path, stances: dict[str, list[dict[str, str]]], sentences: list[str]) -> Path:
    for folder in ("annotations", "articles", "meta"):
        (tmp_path / folder).mkdir()
    name = "TRIPLET_000_DOCUMENT_0.json"
    (tmp_path / "annotations" / name).write_text(json.dumps({"sentence-level stances": stances}))
    rows = [{"id": i, "text": text} for i, text in enumerate(sentences)]
    (tmp_path / "articles" / name).write_text(json.dumps({"text": rows}))
    meta = {"triplet_id": "000", "Split": "valid", "story_time": "2019-05-01"}
    (tmp_path / "meta" / "TRIPLET_000.json").write_text(json.dumps(meta))
    return tmp_path


def test_seesaw_keeps_sentences_that_name_the_administration(tmp_path: Path) -> None:
    def against(name: str, sign: str = "NEG") -> dict[str, str]:
        return {"subject": "x", "object": name, "sentiment": sign}

    folder = seesaw(
        tmp_path,
        {"0": [against("Donald Trump")], "2": [against("Congress")], "3": [against("Donald Trump", "POS")],
         "4": [against("Donald Trump"), against("Trump administration", "POS")]},
        ["Trump erred.", "Nobody is named.", "President Trump met it.", "Trump Jr. left.", "The Trump administration."],
    )  # fmt: skip
    found = read_seesaw(folder)
    assert [(r.id[-1], r.stance) for r in found.records] == [("0", "against"), ("2", "neutral")]
    assert found.both_signs == 1
    assert found.records[1].text[slice(*found.records[1].target_spans[0])] == "President Trump"
    assert found.records[0].after == "Nobody is named."


def test_a_folder_of_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="official SEESAW layout"):
        read_seesaw(tmp_path)


def test_the_real_files_hold_what_they_are_known_to_hold(shared: Path) -> None:
    rows = read_newsmtsc(shared / "data" / "newsmtsc" / "hf_rw" / "train.jsonl")
    assert Counter(r.stance for r in rows) == {"against": 3316, "neutral": 3028, "favor": 2395}
    found = read_seesaw(shared / "data" / "seesaw")
    assert Counter(r.stance for r in found.records) == {"neutral": 506, "against": 182, "favor": 69}
    assert all(0 <= a < b <= len(r.text) for r in found.records for a, b in r.target_spans)


def test_p_stance_rows_become_annotations(write: Write) -> None:
    path = write("raw_val_all.csv", "Tweet,Target,Stance\nGo on!,Mara Voss,FAVOR\n")
    (record,) = open_annotations(path.parent, "pstance", split="dev", codebook=load_codebook())
    assert (record.text, record.target, record.stance, record.split) == ("Go on!", "Mara Voss", "favor", "dev")
    write("raw_val_all.csv", "Tweet,Target,Stance\nGo on!,Mara Voss,NONE\n")
    with pytest.raises(AnnotationError, match=r"raw_val_all.csv:2: Stance: 'NONE' is not FAVOR"):
        open_annotations(path, "pstance")


@pytest.mark.parametrize(
    ("tweet", "mentions"),
    [
        ("Voss, VOSS and Vosses", ["Voss", "VOSS", "Voss"]),
        ("Mara Voss met Mara J. Voss.", ["Mara Voss", "Mara J. Voss"]),
        ("Go on, mara! Marathons bore Maras team.", ["mara", "Maras"]),
        ("#Voss2031 #VoteMara #MaraVossRocks", ["Voss", "Mara", "MaraVoss"]),
        ("@realMaraVoss said so to @MorningMara.", ["@realMaraVoss"]),
        ("@IvankaVoss, Hunter Voss, Mara Voss Jr. and #MaraVossJr", []),
        ("Nobody is named.", []),
    ],
)
def test_p_stance_finds_its_target_by_the_parts_of_the_name(write: Write, tweet: str, mentions: list[str]) -> None:
    path = write("raw_val_all.csv", f'Tweet,Target,Stance\n"{tweet}",Mara Voss,FAVOR\n')
    (record,) = open_annotations(path, "pstance")
    assert [record.text[start:end] for start, end in record.target_spans] == mentions


def test_frac_is_a_corpus_with_a_layer_of_merged_frames(write: Write) -> None:
    path = write("gold.csv", "sentence,label\nThe court ruled.,5\n")
    assert open_annotations(path, "frac") == [
        Annotation(id="frac-2", text="The court ruled.", labels={"merged_frame": "legality+crime"}, corpus="frac")
    ]


def test_a_bad_row_of_frac_is_named_and_the_others_are_kept(write: Write) -> None:
    path = write("gold.csv", "sentence,label\n,1\nThe court ruled.,5\nIt rained.,2\n")
    problems: list[AnnotationError] = []
    assert [record.id for record in open_annotations(path, "frac", problems=problems)] == ["frac-3"]
    assert [str(problem).removeprefix(f"{path}") for problem in problems] == [
        ":2: sentence: missing",
        ":4: label: unknown class '2'",
    ]


def test_frac_has_no_split_to_ask_for(write: Write) -> None:
    path = write("gold.csv", "sentence,label\nThe court ruled.,5\n")
    with pytest.raises(UsageError, match="split: FrAC has no splits"):
        open_annotations(path, "frac", split="dev")
