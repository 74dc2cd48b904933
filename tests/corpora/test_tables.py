"""Tables as people's programs write them, packed or not: cells, lines, quotation marks, damage."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newstance.corpora import Annotation, ColumnMap, Format, open_annotations, save_annotations
from newstance.errors import AnnotationError, UsageError
from newstance.model import load_codebook
from newstance.model.codebook import Codebook

Write = Callable[[str, str], Path]

SHEET = [
    ("Satz", "Position (für)", "Quelle"),
    ("“The café shut; so what?” he said, twice.", "against", "Zoë's Café"),
    ("It rained,\nand nobody came.", "neutral", ""),
    ("The jobs came back.", "favor", "Quay News"),
]


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def sheet(separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(SHEET)
    return text.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", sheet().encode("utf-8-sig")),
        ("x.csv", sheet(";").encode("cp1252")),
        ("x.csv", sheet("\t").encode("utf-16")),
        ("x.tsv", sheet("\t").encode("utf-16")),
        ("x.csv", sheet("|").encode()),
        ("x.csv.gz", packed(sheet().encode())),
        ("x.CSV.GZ", packed(sheet(";").encode("cp1252"))),
        ("x.tsv.zst", pa.compress(sheet("\t").encode(), "zstd", asbytes=True)),
    ],
)
def test_a_table_says_the_same_whatever_program_wrote_it(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    columns, lines = ColumnMap(fields={"text": "Satz", "stance": "Position (für)", "outlet": "Quelle"}), list[int]()
    records = open_annotations(tmp_path / name, columns=columns, codebook=load_codebook(), lines=lines)
    assert [(r.text, r.stance, r.outlet or "") for r in records] == SHEET[1:]
    assert [(r.id, line) for r, line in zip(records, lines, strict=True)] == [("x-2", 2), ("x-3", 3), ("x-5", 5)]


def test_blanks_around_the_names_of_columns_belong_to_none(write: Write, tmp_path: Path) -> None:
    assert [(r.text, r.stance) for r in open_annotations(write("x.csv", "id,Text ,stance \n1, A.,favor\n"),
            columns=ColumnMap(fields={"text": "Text"}))] == [(" A.", "favor")]  # fmt: skip
    (record,) = open_annotations(write("x.csv", 'id, text, stance\n1, "A, b.", favor\n'))
    assert (record.text, record.stance) == ("A, b.", "favor")
    rows = write("x.csv", "id,text,text ,stance\n1,A.,B.,favor\n")
    assert [r.text for r in open_annotations(rows)] == ["A."]
    assert [r.text for r in open_annotations(rows, columns=ColumnMap(fields={"text": "text "}))] == ["B."]
    pq.write_table(pa.table({" text": ["A."], "stance": ["favor"]}), tmp_path / "x.parquet")
    with pytest.raises(AnnotationError, match=r"there are: ' text', stance\).*--column text=' text'"):
        open_annotations(tmp_path / "x.parquet")


def test_a_row_of_blanks_is_no_row(write: Write) -> None:
    path = write("x.csv", "id;text;stance\r\n ; ;\t\r\n1;A.;favor\r\n;;\r\n")
    assert [r.text for r in open_annotations(path)] == ["A."]


def test_packed_lines_of_json_are_records_too(write: Write) -> None:
    plain = write("x.jsonl", '{"id": "1", "text": "The café shut.", "stance": "against"}\n')
    for name, data in (
        ("y.jsonl.gz", packed(plain.read_bytes())),
        ("y.jsonl.zst", pa.compress(plain.read_bytes(), "zstd", asbytes=True)),
    ):
        plain.with_name(name).write_bytes(data)
        assert open_annotations(plain.with_name(name)) == open_annotations(plain)


@pytest.mark.parametrize("name", ["y.jsonl.gz", "y.JSONL.zst", "y.csv.gz", "y.tsv.zst"])
def test_what_is_called_packed_is_packed(write: Write, name: str) -> None:
    records = open_annotations(write("x.jsonl", '{"id": "1", "text": "The café shut.", "stance": "against"}\n' * 2))
    path = write(name, "older")
    save_annotations(path, records)
    assert path.read_bytes()[:2] == {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5"}[path.suffix]
    assert open_annotations(path) == records


@pytest.mark.parametrize(
    ("name", "format", "problem"),
    [
        ("x.parquet.gz", "table", "Parquet, packed already, is not written"),
        ("x.json.gz", "annotations", "what labelstudio imports is not written"),
        ("x.jsonl.zst", "doccano", "what doccano imports is not written"),
    ],
)
def test_what_is_not_read_packed_is_not_written_so(tmp_path: Path, name: str, format: Format, problem: str) -> None:
    records = [Annotation(id="1", text="The mill closed.", stance="against")]
    with pytest.raises(UsageError, match=f"{name}: {problem} as .gz or .zst"):
        save_annotations(tmp_path / name, records, format)
    assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_line_of_the_file_though_cells_go_over_several(write: Write) -> None:
    path = write("x.csv", 'id,text,"stance\n"\n1,"It rained,\nand rained.",neutral\n\n2,It fell.,favour\n3,B.\n')
    problems: list[AnnotationError] = []
    columns = ColumnMap(fields={"stance": "stance\n"})
    assert len(open_annotations(path, columns=columns, codebook=load_codebook(), problems=problems)) == 1
    assert [(problem.line, problem.field) for problem in problems] == [(6, "stance"), (7, None)]


def test_a_quotation_mark_that_is_not_closed_names_the_lines_it_costs(write: Write) -> None:
    path = write("x.csv", 'id,text,stance\n1,A.,neutral\n2,"B.,favor\n3,"C.",against\n4,D.,favor\n')
    problems: list[AnnotationError] = []
    assert [r.id for r in open_annotations(path, problems=problems)] == ["1", "4"]
    assert [str(problem) for problem in problems] == [
        f"{path}:3: not CSV: a quotation mark is not closed, or not doubled inside its cell; lines 3 to 4 are lost"
    ]
    with pytest.raises(AnnotationError, match=r"x.csv:3: not CSV"):
        open_annotations(path)


def test_a_mark_in_the_header_that_is_not_closed_hides_no_row(write: Write) -> None:
    path = write("x.csv", 'id,text,stance,"size\n1,It rained.,neutral,5\n')
    assert [r.text for r in open_annotations(path)] == ["It rained."]


def test_a_cell_may_be_wide(write: Write) -> None:
    path = write("x.csv", f"id,text,stance,page\n1,It rained.,neutral,{'a' * 200_000}\n")
    assert len(open_annotations(path)) == 1


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("x.csv.gz", b"id,text,stance\n", "cannot be read: Not a gzipped file"),
        ("x.csv.gz", packed(b"id,text,stance\n")[:-9], "cannot be read: Compressed file ended"),
        ("x.csv.zst", b"id,text,stance\n", "cannot be read: (?!None)"),
        ("x.jsonl.gz", b"{}", "cannot be read: Not a gzipped file"),
        ("x.jsonl.gz", packed(b'{"id": "1", "text": "A."}\n')[:-9], "cannot be read: Compressed file ended"),
        ("x.parquet.gz", packed(b"PAR1"), "not a Parquet file: "),
    ],
)
def test_a_packed_file_that_is_damaged_is_said_in_one_line(
    tmp_path: Path, name: str, data: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AnnotationError, match=f"{name}: {problem}") as caught:
        open_annotations(tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("column", ["date", "text"])
def test_a_cell_of_parquet_that_python_cannot_hold_costs_its_row_alone(
    tmp_path: Path, column: str, own: Codebook
) -> None:
    days = pa.array([20_000, 6_600_000 if column == "date" else 20_001, 20_002], pa.date32())  # the year 20040
    bytes_ = pa.array([b"A.", b"\xff" if column == "text" else b"B.", b"C."])
    texts = pa.StringArray.from_buffers(3, *bytes_.buffers()[1:])
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": texts, "position": ["for"] * 3, "date": days}), path)
    problem = rf"x\.parquet:2: {column}: holds a value that cannot be read \("
    with pytest.raises(AnnotationError, match=problem):
        open_annotations(path, codebook=own)
    problems: list[AnnotationError] = []
    records = open_annotations(path, codebook=own, problems=problems)
    assert [(r.text, r.date) for r in records] == [("A.", "2024-10-04"), ("C.", "2024-10-06")]
    assert len(problems) == 1 and re.search(problem, str(problems[0]))


def test_two_columns_of_parquet_with_one_name_are_refused(tmp_path: Path) -> None:
    cells = [pa.array([cell]) for cell in ("It met.", "favor", "against")]
    pq.write_table(pa.Table.from_arrays(cells, names=["text", "stance", "stance"]), tmp_path / "x.parquet")
    with pytest.raises(AnnotationError, match="two columns") as caught:
        open_annotations(tmp_path / "x.parquet")
    assert caught.value.field == "stance"
