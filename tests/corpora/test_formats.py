"""Every kind of file is found out, becomes records, and what is wrong with it is said in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from newstance.corpora import ColumnMap, detect_format, open_annotations
from newstance.errors import AnnotationError, NewstanceError, UsageError
from newstance.model.codebook import Codebook

Write = Callable[[str, str], Path]

SURVEY = ColumnMap(
    fields={"text": "Sentence", "position": "Pos", "annotator": "Coder"},
    flags={"topics": {"jobs": "is jobs", "harbour": "is harbour"}},
    values={"position": {"pro": "for", "con": "against"}},
    fill={"target": "the council"},
)
HEADER = "Sentence,Pos,Coder,is jobs,is harbour,remark\n"


@pytest.mark.parametrize(
    ("name", "text", "columns", "problem"),
    [
        ("x.csv", HEADER + "A.,pro,Ada,1\n", SURVEY, "x.csv:2: has 4 cells, the header has 6"),
        ("x.csv", HEADER + "A.,prro,Ada,1,0,\n", SURVEY, r"x.csv:2: position: .*'prro'.* {position: {.prro.: CODE"),
        ("x.csv", HEADER + "A.,pro,Ada,1,maybe,\n", SURVEY, "x.csv:2: topics: 'maybe' in column 'is harbour'"),
        ("x.csv", HEADER + ",pro,Ada,1,0,\n", SURVEY, "x.csv:2: text: Field required"),
        ("x.csv", HEADER + "A.,,Ada,,,\n", SURVEY, "x.csv:2: holds no label"),
        ("x.csv", HEADER.replace("Pos", "P") + "A.,pro,Ada,1,0,\n", SURVEY, "fields.position: no column.*'Pos'"),
        ("x.csv", HEADER + "A.,pro,Ada,1,0,\n", ColumnMap(fields={"stanse": "Pos"}), "no layer 'stanse'.*'stance'"),
        ("x.csv", HEADER + "A.,pro,Ada,1,0,\n", ColumnMap(flags={"topics": {"work": "Pos"}}), "unknown label 'work'"),
        ("x.csv", "a,a\n1,2\n", None, "x.csv:1: a: two columns"),
        ("x.csv", "sentence,position\nA.,for\n", None, r"x.csv: text: no such .*: sentence, position\).*text=sent"),
        ("x.csv", "text,code\nA.,for\n", None, r"x.csv: holds no label: .*or topics .*: text, code\).*=COLUMN"),
        ("x.csv", "", None, "x.csv:1: has no header"),
        ("x.csv", "id,text\n", None, "x.csv: holds no annotation"),
        ("x.csv", 'id,text,position\n1,"A. "B",for\n', None, "x.csv:2: not CSV"),
        ("x.csv", "id,text,position,rationale\n1,A.,for,here\n", None, "x.csv:2: rationale: 'here' gives no spans"),
        ("x.csv", 'id,text,position,rationale\n1,A.,for,"[[0, 9]]"\n', None, r"x.csv:2: rationale \[0, 9\) is"),
        ("x.parquet", "no parquet at all", None, "x.parquet: not a Parquet file"),
        ("x.zip", "no archive", None, "x.zip: not a readable archive"),
        ("x.jsonl", '{"id": 1}\n', ColumnMap(fields={"text": "s"}), "x.jsonl:1: text: Field required"),
        ("x.json", "{", None, "x.json: not JSON"),
        ("x.json", '[{"text": "A."}]', None, "x.json:1: data: .*not JSON-MIN"),
        ("x.json", "{}", None, "x.json: .*list of tasks"),
        ("x.txt", "A.", None, "x.txt: not a kind of annotation file"),
        ("d.jsonl", '{"text": "A.", "cats": ["hopeful"]}', None, "d.jsonl:1: label: no layer of the codebook"),
        ("d.jsonl", '{"text": "A.", "cats": ["for"], "entities": [[1]]}', None, r"d.jsonl:1: entities: \[1\] is no"),
        ("p.jsonl", '{"text": "A.", "accept": ["for"], "spans": [{"start": 1}]}', None, "p.jsonl:1: spans.0: a span"),
        ("p.jsonl", '{"text": "A.", "accept": "for", "answer": "accept"}', None, "p.jsonl:1: accept: is no list"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line_with_file_row_and_field(
    write: Write, name: str, text: str, columns: ColumnMap | None, problem: str, own: Codebook
) -> None:
    path = write(name, text)
    with pytest.raises(NewstanceError, match=problem) as caught:
        open_annotations(path, columns=columns, codebook=own)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.json", "x.zip", "x.jsonl"])
def test_a_missing_file_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnnotationError, match=rf"{name}: .*No such file"):
        open_annotations(tmp_path / name)


def test_all_bad_rows_can_be_collected_and_the_good_ones_kept(write: Write) -> None:
    rows = [{"id": "1", "text": "A.", "stance": "neutral"}, {"id": "2", "text": "B."}, {"id": "3", "text": ""}]
    path = write("x.jsonl", "\n".join(map(json.dumps, rows)) + "\n{\n")
    problems: list[AnnotationError] = []
    assert [r.id for r in open_annotations(path, problems=problems)] == ["1"]
    assert [p.line for p in problems] == [2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("s1,They met.,,,favor\ns1,They left.,,,favor", "text: the id 's1' stands for another text in row 2"),
        ("s1,They met.,Voss,,favor\ns1,They met.,Orme,,favor", "target: the id 's1' stands for another target in row"),
        ("s1,They met.,,0-4,favor\ns1,They met.,,5-8,favor", "target_spans: the id 's1' stands for another mention in"),
    ],
)
def test_an_id_names_one_sentence_with_its_target(write: Write, rows: str, problem: str) -> None:
    path = write("x.csv", f"id,text,target,target_spans,stance\n{rows}\n")
    with pytest.raises(AnnotationError, match=rf"x.csv:3: {problem}"):
        open_annotations(path)
    problems: list[AnnotationError] = []
    lines: list[int] = []
    assert len(open_annotations(path, problems=problems, lines=lines)) == len(problems) == 1
    assert lines == [2]


def test_annotators_of_one_sentence_may_leave_its_target_out_or_mark_more_of_it(write: Write) -> None:
    rows = "s1,The mayor left.,the mayor,0-9,favor\ns1,The mayor left.,,,favor\ns1,The mayor left.,,4-9,against\n"
    assert len(open_annotations(write("x.csv", "id,text,target,target_spans,stance\n" + rows))) == 3


@pytest.mark.parametrize("name", ["frac", "newsmtsc", "own", "pstance", "seesaw"])
def test_every_corpus_says_its_licence_and_whom_to_cite(name: str) -> None:
    adapter = import_module(f"newstance.corpora.{name}")
    assert adapter.LICENCE
    assert len(adapter.CITATION) > 40


def test_the_kind_of_file_is_found_out(write: Write, tmp_path: Path) -> None:
    assert detect_format(write("a.jsonl", '{"id": "1", "text": "x", "labels": {"tone": "dry"}}')) == "records"
    assert detect_format(tmp_path / "a.jsonl", mapped=True) == "table"
    with pytest.raises(UsageError, match="is a folder; name its corpus"):
        detect_format(tmp_path)


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ({"answer": "yes"}, "table"),
        ({"answer": "accept", "stance": "favor"}, "table"),
        ({"answer": "against", "label": "b", "options": ["a", "b"]}, "table"),
        ({"answer": ["accept"], "label": "b"}, "table"),
        ({"accept": "yes"}, "table"),
        ({"entities": ["Voss"]}, "table"),
        ({"answer": "reject", "label": "favor"}, "prodigy"),
        ({"answer": "accept", "spans": []}, "prodigy"),
        ({"accept": ["favor"]}, "prodigy"),
        ({"_input_hash": 5}, "prodigy"),
        ({"_task_hash": 6, "answer": "accept"}, "prodigy"),
        ({"entities": [[0, 4, "rationale"]]}, "doccano"),
        ({"entities": [], "cats": ["favor"]}, "doccano"),
        ({"label": ["favor"], "Comments": []}, "doccano"),
    ],
)
def test_a_column_that_is_called_as_in_a_tools_export_makes_a_table_none(
    write: Write, row: dict[str, Any], kind: str
) -> None:
    path = write("a.jsonl", json.dumps({"text": "Voss left."} | row))
    assert detect_format(path, mapped=True) == kind
    assert detect_format(path) == ("records" if kind == "table" else kind)


def test_a_column_called_answer_may_hold_the_label(write: Write) -> None:
    path = write("a.jsonl", '{"text": "Voss left.", "answer": "accept"}\n{"text": "Voss fell.", "answer": "reject"}')
    columns = ColumnMap(fields={"stance": "answer"}, values={"stance": {"accept": "favor", "reject": "against"}})
    assert [r.stance for r in open_annotations(path, columns=columns)] == ["favor", "against"]


def test_a_map_for_a_corpus_with_its_own_columns_is_refused() -> None:
    with pytest.raises(UsageError, match="newstance has columns of its own"):
        open_annotations(format="newstance", columns=ColumnMap(separator="|"))
