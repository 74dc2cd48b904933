"""A delimited table gives its header and numbered records, whoever wrote it and whatever is broken in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from newstance.files import BadRecord, open_table


def read(path: Path, data: str | bytes, **limits: int) -> tuple[list[str], list[tuple[int, list[str] | str]]]:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    with open_table(path, **limits) as table:
        records = list(table.records())
    return table.header, [(line, r.message if isinstance(r, BadRecord) else r) for line, r in records]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_what_the_first_line_shows_most_often(tmp_path: Path, separator: str) -> None:
    cells = ["1", "rain, wind; snow | hail"]
    text = f'id{separator}text\n1{separator}"{cells[1]}"\n'
    assert read(tmp_path / "a.csv", text) == (["id", "text"], [(2, cells)])


@pytest.mark.parametrize("told", ["sep=;", "SEP=;", '"sep=;"'])
def test_a_first_line_for_excel_says_the_separator_and_is_no_header(tmp_path: Path, told: str) -> None:
    text = f"{told}\r\nid;a, b, c\r\n1;x\r\n"
    assert read(tmp_path / "a.csv", text) == (["id", "a, b, c"], [(3, ["1", "x"])])


def test_names_and_cells_are_windows_1252_where_they_are_not_utf_8(tmp_path: Path) -> None:
    data = "Größe;Café\n".encode("cp1252") + "“x”;".encode("cp1252") + "“Café”\n".encode()
    assert read(tmp_path / "a.csv", data) == (["Größe", "Café"], [(2, ["“x”", "“Café”"])])


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    header, records = read(tmp_path / "a.csv", 'id,"te\nxt"\r\n\r\n1,"a\nb"\r\n2,c')
    assert (header, records) == (["id", "te\nxt"], [(4, ["1", "a\nb"]), (6, ["2", "c"])])


@pytest.mark.parametrize("limits", [{}, {"most": 20}])
def test_a_mark_in_the_header_that_is_never_closed_swallows_no_record(tmp_path: Path, limits: dict[str, int]) -> None:
    header, records = read(tmp_path / "a.csv", 'id,"text\n1,One\n2,Two\n3,Three\n', **limits)
    assert header[0] == "id" and len(header) == 2
    assert records == [(2, ["1", "One"]), (3, ["2", "Two"]), (4, ["3", "Three"])]


def test_a_bad_record_says_what_it_costs(tmp_path: Path) -> None:
    _, records = read(tmp_path / "a.csv", 'id,text\n1,"a\n2,"b",c\n3,"a "b" c"\n4,d\n')
    bad = "a quotation mark is not closed, or not doubled inside its cell"
    assert records == [(2, f"{bad}; lines 2 to 3 are lost"), (4, bad), (5, ["4", "d"])]
    _, records = read(tmp_path / "a.csv", f'id,text\n1,{"a" * 30}\n2,b\n3,"c\n{"d" * 30}\n4,e\n', widest=20)
    assert [line for line, _ in records] == [2, 3, 4]
    assert records[0][1] == "a cell has more than 20 characters" and records[1] == (3, ["2", "b"])
    assert "the rest of the file cannot be read" in records[2][1]


def test_a_mark_that_is_never_closed_is_given_up_before_it_fills_the_memory(tmp_path: Path) -> None:
    line = "a" * 9_999 + "\n"
    _, records = read(tmp_path / "a.csv", 'id,text\n1,"' + 2_000 * line)
    ((number, problem),) = records
    assert number == 2 and str(problem).startswith("a cell has more than 16,777,216 characters; its quotation mark")


@pytest.mark.parametrize("text", ["", "\n", "id,text\n"])
def test_a_table_may_be_empty(tmp_path: Path, text: str) -> None:
    assert read(tmp_path / "a.csv", text) == (["id", "text"] if "id" in text else [], [])
