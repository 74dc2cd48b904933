"""Columns of other names, other values and yes-or-no columns become what a record holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newstance.corpora import ColumnMap, open_annotations
from newstance.errors import AnnotationError
from newstance.model import load_codebook
from newstance.model.codebook import Codebook

Write = Callable[[str, str], Path]

SURVEY = ColumnMap(
    fields={"text": "Sentence", "position": "Pos", "annotator": "Coder"},
    flags={"topics": {"jobs": "is jobs", "harbour": "is harbour"}},
    values={"position": {"pro": "for", "con": "against"}},
    fill={"target": "the council"},
)
HEADER = "Sentence,Pos,Coder,is jobs,is harbour,remark\n"


def test_a_spreadsheet_with_its_own_columns_values_and_flags_is_read(write: Write, own: Codebook) -> None:
    path = write("survey.csv", HEADER + "“Jobs, jobs”,pro,Ada,1,0,\n“Jobs, jobs”,con,Bo,yes,x,hm\n")
    path.write_text(path.read_text("utf-8").replace("“Jobs, jobs”", '"Jobs, jobs"'), encoding="utf-8")
    ada, bo = open_annotations(path, columns=SURVEY, codebook=own)
    assert ada.labels == {"position": "for", "topics": ("jobs",)}
    assert bo.labels == {"position": "against", "topics": ("jobs", "harbour")}
    assert (ada.text, ada.target, ada.id) == ("Jobs, jobs", "the council", bo.id)


def test_semicolons_several_codes_in_a_cell_and_blank_rows(write: Write) -> None:
    path = write("x.csv", "\ufeffid;text;frames;stance\r\n1;Prices rose.;economic, health;neutral\r\n;;;\r\n")
    records = open_annotations(path, columns=ColumnMap(separator=","), codebook=load_codebook())
    assert [(r.frames, r.stance) for r in records] == [(("economic", "health"), "neutral")]


def test_frames_that_a_value_calls_none_were_judged_and_empty_cells_were_not(write: Write) -> None:
    path = write("x.csv", "id,text,frames,stance\n1,A.,none,neutral\n2,B.,,neutral\n")
    records = open_annotations(path, columns=ColumnMap(values={"frames": {"none": ""}}))
    assert [r.frames for r in records] == [(), None]


def test_one_mention_may_be_given_by_two_offsets_and_is_checked_against_its_words(write: Write) -> None:
    columns = ColumnMap(fields={"target_start": "from", "target_end": "to", "mention": "who"})
    path = write("x.csv", "id,text,stance,from,to,who\n1,Then Voss left.,neutral,5,9,Voss\n")
    assert open_annotations(path, columns=columns)[0].target_spans == ((5, 9),)
    path = write("x.csv", "id,text,stance,from,to,who\n1,Then Voss left.,neutral,4,8,Voss\n")
    with pytest.raises(AnnotationError, match=r"x.csv:2: mention: the offsets give ' Vos', not 'Voss'"):
        open_annotations(path, columns=columns)


@pytest.mark.parametrize("spans", ['["Voss"]', '[{"start": 5, "end": 9}]', "[[5, null]]", "[[5, Infinity]]", "[5, 9]"])
def test_spans_of_another_shape_are_one_line_beside_the_words_too(write: Write, spans: str) -> None:
    path = write(
        "x.jsonl", f'{{"text": "Then Voss left.", "stance": "favor", "mention": "Voss", "target_spans": {spans}}}'
    )
    with pytest.raises(AnnotationError, match=r"x.jsonl:1: target_spans\.0"):
        open_annotations(path, columns=ColumnMap(fields={"text": "text"}))


def test_spans_in_a_column_of_floats_are_checked_against_their_words(tmp_path: Path) -> None:
    cells = {"text": ["Then Voss left."], "stance": ["favor"], "mention": ["Voss"], "target_spans": [[[5.0, 9.0]]]}
    pq.write_table(pa.table(cells), tmp_path / "x.parquet")
    assert open_annotations(tmp_path / "x.parquet")[0].target_spans == ((5, 9),)


@pytest.mark.parametrize(
    ("field", "cell"), [("target_spans", "0-{}"), ("version", "{}"), ("target_end", "{}"), ("target_end", "{}.0")]
)
def test_a_number_of_thousands_of_digits_is_one_line(field: str, cell: str, write: Write) -> None:
    digits = "9" * 5000
    path = write("rows.csv", f"text,stance,target_start,{field}\nThey met.,favor,0,{cell.format(digits)}\n")
    with pytest.raises(AnnotationError, match="too long for a number") as caught:
        open_annotations(path, columns=ColumnMap(fields={} if field == "target_end" else {"article": "target_start"}))
    assert (caught.value.line, caught.value.field) == (2, field)
    assert len(str(caught.value)) < 300


def test_a_gap_among_numbers_is_an_empty_cell(tmp_path: Path) -> None:
    """A column of 1 and 0 with a gap becomes one of floats with NaN, in Parquet as pandas writes it."""
    gap = float("nan")
    cells = {
        "text": ["A.", "B.", "C.", "D."],
        "stance": ["favor"] * 4,
        "eco": [1.0, gap, gap, 0.0],
        "hea": [0.0, gap, 1.0, gap],
        "labels.tone": [2.0, gap, 1.0, 1.0],
    }
    pq.write_table(pa.table(cells), tmp_path / "x.parquet")
    columns = ColumnMap(flags={"frames": {"economic": "eco", "health": "hea"}})
    records = open_annotations(tmp_path / "x.parquet", columns=columns)
    assert [r.frames for r in records] == [("economic",), None, ("health",), ()]
    assert [r.labels for r in records] == [{"tone": "2"}, {}, {"tone": "1"}, {"tone": "1"}]


def test_the_number_nought_is_a_label_and_no_gap(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["A.", "B."], "labels.tone": [0, 1]}), tmp_path / "x.parquet")
    assert [r.labels for r in open_annotations(tmp_path / "x.parquet")] == [{"tone": "0"}, {"tone": "1"}]


def test_a_cell_of_labels_with_blanks_alone_is_empty(write: Write) -> None:
    path = write("x.csv", "text,stance,frames,eco,labels.tone\nA.,favor, , ,\nB., ,economic,1, \n")
    a, b = open_annotations(path, codebook=load_codebook())
    assert [(r.stance, r.frames, r.labels) for r in (a, b)] == [("favor", None, {}), (None, ("economic",), {})]
    columns = ColumnMap(flags={"frames": {"economic": "eco"}}, values={"stance": {" ": "neutral"}})
    a, b = open_annotations(path, columns=columns)
    assert [(r.stance, r.frames, r.labels) for r in (a, b)] == [("favor", None, {}), ("neutral", ("economic",), {})]
