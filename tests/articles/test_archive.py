"""An archive in any of its shapes is one stream of drafts; what is broken in it costs only itself."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import random
import re
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newstance.articles import Archive, Columns, Draft, Refusal, article_from_draft
from newstance.articles import rows as row_readers
from newstance.articles.archive import InputFormat
from newstance.articles.mentions import day_of
from newstance.errors import ArticleError

ROWS = [
    {"id": f"tide-{n}", "text": f"The council met {n} times.", "outlet": "Quay News", "date": f"2031-03-0{n}"}
    for n in range(1, 6)
]


def drafts(*paths: Path | str, columns: Columns | None = None, stdin: InputFormat = "auto") -> list[Draft]:
    return [found for found in Archive(paths, columns=columns, stdin=stdin) if isinstance(found, Draft)]


def refusals(*paths: Path | str, columns: Columns | None = None) -> list[str]:
    return [str(found.error) for found in Archive(paths, columns=columns) if isinstance(found, Refusal)]


def write_jsonl(path: Path, rows: list[dict[str, str]] = ROWS) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_csv(path: Path) -> Path:
    cells = [",".join(f'"{cell}"' for cell in row.values()) for row in ROWS]
    path.write_text("\n".join([",".join(ROWS[0]), *cells]) + "\n", encoding="utf-8")
    return path


def write_parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


@pytest.mark.parametrize(
    ("name", "write"), [("a.jsonl", write_jsonl), ("a.csv", write_csv), ("a.parquet", write_parquet)]
)
def test_a_table_gives_one_draft_a_row(tmp_path: Path, name: str, write: object) -> None:
    path = write(tmp_path / name)  # type: ignore[operator]
    found = drafts(path)
    assert [(d.id, d.text, d.outlet, d.date) for d in found] == [tuple(row.values()) for row in ROWS]
    assert all(d.path == str(path) for d in found)


def test_packed_tables_give_the_same(tmp_path: Path) -> None:
    data = write_jsonl(tmp_path / "a.jsonl").read_bytes()
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(data))
    with pa.CompressedOutputStream(str(tmp_path / "c.jsonl.zst"), "zstd") as file:
        file.write(data)
    texts = [d.text for d in drafts(tmp_path / "a.jsonl")]
    for name in ("b.jsonl.gz", "c.jsonl.zst"):
        assert [d.text for d in drafts(tmp_path / name)] == texts


def test_a_folder_and_a_pattern_give_files_and_tables_in_order(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "b.jsonl", ROWS[:1])
    (tmp_path / "a.txt").write_text("The council met.")
    (tmp_path / "c.txt.gz").write_bytes(gzip.compress(b"The council met again."))
    assert [Path(d.id).name for d in drafts(tmp_path)] == ["a.txt", "tide-1", "c.txt.gz"]
    assert [Path(d.id).name for d in drafts(str(tmp_path / "*.txt*"))] == ["a.txt", "c.txt.gz"]
    assert article_from_draft(drafts(tmp_path)[2]).text == "The council met again."
    assert refusals(str(tmp_path / "*.pdf")) == [f"{tmp_path}/*.pdf: no file matches this pattern"]


def test_what_cannot_be_looked_at_costs_only_itself(tmp_path: Path) -> None:
    long = "The council met. " * 20
    (tmp_path / "a.txt").write_text("The council met.")
    (tmp_path / "b.txt").symlink_to(long)
    (tmp_path / "c.txt").symlink_to("c.txt")
    (tmp_path / "d.txt").write_text("The council met again.")
    archive = Archive([long, f"{long}.csv", f"{long}*", tmp_path])
    assert [Path(found.id).name for found in archive if isinstance(found, Draft)][1:] == [
        "a.txt",
        "b.txt",
        "c.txt",
        "d.txt",
    ]
    assert refusals(f"{long}.csv", f"{long}*") == [
        f"{long}.csv: cannot be read (File name too long)",
        f"{long}*: no file matches this pattern",
    ]
    for draft in (drafts(long)[0], *drafts(tmp_path)[1:3]):
        with pytest.raises(ArticleError, match=r"cannot be read \((File name too long|Too many levels)"):
            article_from_draft(draft)


def test_a_folder_that_cannot_be_listed_costs_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.txt").write_text("The council met.")
    listed = os.scandir

    def forbidding(folder: Any) -> Any:  # root may list every folder
        if Path(folder).name == "b":
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return listed(folder)

    monkeypatch.setattr(os, "scandir", forbidding)
    found = drafts(tmp_path)
    assert [Path(draft.id).relative_to(tmp_path) for draft in found] == [
        Path(x) for x in ("a/one.txt", "b", "c/one.txt")
    ]
    with pytest.raises(ArticleError, match=r"b: cannot list the folder \(Permission denied\)"):
        article_from_draft(found[1])


def test_a_runs_own_folder_is_no_input(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The council met.")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "newstance-run.json").write_text("{}")
    write_parquet(tmp_path / "run" / "part-00000.parquet")
    assert [Path(d.id).name for d in drafts(tmp_path)] == ["a.txt"]


def test_a_runs_folder_is_passed_over_by_patterns_and_named_when_given(tmp_path: Path) -> None:
    (tmp_path / "a.markdown").write_text("The council met.")
    (tmp_path / "run").mkdir()
    for name in ("newstance-run.json", "summary.json", "part-00000.jsonl"):
        (tmp_path / "run" / name).write_text("{}")
    for pattern in ("**", "*"):
        assert [Path(d.id).name for d in drafts(str(tmp_path / pattern))] == ["a.markdown"]
        assert refusals(str(tmp_path / pattern)) == []
    for given in ("run", "run/part-*"):
        (problem,) = refusals(str(tmp_path / given))
        assert "the result of a run" in problem


def test_what_is_to_be_written_and_what_was_is_no_input(tmp_path: Path) -> None:
    for name in ("a.txt", "b.csv", "c.html", "c-articles/1.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("The council met.")
    left_out = [tmp_path / "b.csv", tmp_path / "c.html", tmp_path / "c-articles"]
    assert [Path(d.id).name for d in Archive([tmp_path], leave_out=left_out) if isinstance(d, Draft)] == ["a.txt"]
    row = {"article": "a", "text": "The council met.", "target_spans": [], "stance_logits": [1.0]}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "r.parquet")
    (tmp_path / "r.jsonl").write_text(2 * f"{json.dumps(row)}\n")
    (tmp_path / "r.csv").write_text("article,text,target_spans,stance_logits\na,It met.,[],[1]\n")
    for name in ("r.parquet", "r.jsonl", "r.csv"):
        assert [type(f) for f in Archive([tmp_path / name])] == [Refusal]
        assert "is a result of newstance" in refusals(tmp_path / name)[0]


def test_rows_without_an_id_are_known_by_file_and_line(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"text": "One."}, {"text": "Two."}])
    assert [d.id for d in drafts(path)] == [f"{path}:1", f"{path}:2"]


def test_columns_go_by_the_names_they_are_given(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "a.jsonl", [{"key": "k", "body": "One.", "paper": "Quay", "when": "2031-03-01T10:00"}]
    )
    columns = Columns(text="body", id="key", outlet="paper", date="when")
    (found,) = drafts(path, columns=columns)
    assert (found.id, found.text, found.outlet, found.date) == ("k", "One.", "Quay", "2031-03-01")


def test_a_wrong_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    for path in (write_csv(tmp_path / "a.csv"), write_parquet(tmp_path / "a.parquet")):
        (problem,) = refusals(path, columns=Columns(text="body"))
        assert problem.startswith(f"{path}: body: no such column (there are: id, text, outlet, date)")
        assert problem.endswith("name the right one with --text-column")
        (problem,) = refusals(path, columns=Columns.named_by({"outlet": "paper"}))
        assert ": paper: no such column" in problem and problem.endswith("with --outlet-column")


def test_a_line_needs_its_text_and_a_named_id_and_may_leave_out_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [
        '{"key": 1, "text": "One.", "published": "2031-03-01"}',
        '{"key": 2, "text": "Two.", "published": null}',
        '{"key": 3, "text": "Three."}',
        '{"text": "Four."}',
    ]
    path.write_text("\n".join(lines))
    columns = Columns.named_by({"id": "key", "date": "published"})
    assert [(d.id, d.date) for d in drafts(path, columns=columns)] == [("1", "2031-03-01"), ("2", None), ("3", None)]
    (problem,) = refusals(path, columns=columns)
    assert problem.startswith(f"{path}:4: key: no such column") and problem.endswith("with --id-column")
    columns = Columns.named_by({"outlet": "paper"})
    assert len(drafts(path, columns=columns)) == 4
    (problem,) = refusals(path, columns=columns)
    assert problem.startswith(f"{path}: paper: no row has this column") and problem.endswith("with --outlet-column")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_columns_that_differ_by_their_case_are_told_with_their_option(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    row = {"ID": "x", "text": "One.", "outlet": "Quay", "DATE ": "2031-03-01"}
    if kind == "csv":
        path.write_text(f"{','.join(row)}\n{','.join(row.values())}\n")
    elif kind == "jsonl":
        path.write_text(2 * f"{json.dumps(row)}\n")
    else:
        pq.write_table(pa.Table.from_pylist([row]), path)
    archive = Archive([path])
    for _ in range(2):
        assert all(isinstance(found, Draft) and found.date is None for found in archive)
        (line,) = archive.unused.lines()
        assert line.startswith(f"{path}: ") and line.endswith("--id-column ID --date-column 'DATE '")
    named = Archive([path], columns=Columns.named_by({"id": "ID", "date": "DATE "}))
    assert next(f.date for f in named if isinstance(f, Draft)) == "2031-03-01" and not named.unused.lines()


def test_a_text_column_in_capitals_is_proposed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,Text\nx,One.\n")
    (problem,) = refusals(tmp_path / "a.csv")
    assert problem.endswith("name the right one with --text-column Text")


def test_files_of_other_kinds_are_counted(tmp_path: Path) -> None:
    for name in ("a.txt", "b.json", "in/c.docx", "in/d.docx.gz", "in/README", ".hidden.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("The council met.")
    archive = Archive([tmp_path])
    assert archive.size() == 16 and len(list(archive)) == 1
    assert archive.unused.lines() == ["4 files of other kinds passed over (.docx, .json, no suffix)"]
    named = Archive([tmp_path / "a.txt", tmp_path / "in" / "README"])
    assert len(list(named)) == 2 and named.unused.lines() == []


def test_two_columns_of_one_name_are_refused_where_they_are_in_use(tmp_path: Path) -> None:
    for name, heads in (("a", ["id", "text", "text"]), ("b", ["id", "text", "x", "x"])):
        cells = [str(n) for n in range(len(heads))]
        (tmp_path / f"{name}.csv").write_text(f"{','.join(heads)}\n{','.join(cells)}\n")
        pq.write_table(pa.Table.from_arrays([pa.array([cell]) for cell in cells], heads), tmp_path / f"{name}.parquet")
    for kind in ("csv", "parquet"):
        (problem,) = refusals(tmp_path / f"a.{kind}")
        assert problem == f"{tmp_path}/a.{kind}: text: two columns have this name; rename one"
        assert [d.text for d in drafts(tmp_path / f"b.{kind}")] == ["1"]


def test_every_bad_line_is_named_and_every_good_one_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = json.dumps(ROWS[0]).encode()
    bad = [b"{", b"[]", b'{"id": "x"}', b'{"text": null}', b'{"text": "caf\xe9"}', b"{" + b"[" * 100_000]
    path.write_bytes(b"\n".join([good, *bad, good, b"", good]))
    assert len(drafts(path)) == 3
    problems = refusals(path)
    assert [problem.split(": ")[0] for problem in problems] == [f"{path}:{n}" for n in range(2, 8)]


def test_a_line_of_any_length_is_refused_without_being_held(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"text": "' + b"a" * 2_000_000 + b'"}\n' + json.dumps(ROWS[0]).encode() + b"\n")
    found = list(Archive([path], max_characters=1000))
    assert [type(f) for f in found] == [Refusal, Draft]
    assert isinstance(found[1], Draft) and found[1].line == 2


def test_an_article_longer_than_any_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The council met. " * 1000)
    (draft,) = drafts(path)
    with pytest.raises(ArticleError, match=r"a\.txt.*--max-characters"):
        article_from_draft(draft, max_characters=1000)
    with pytest.raises(ArticleError, match="--max-characters"):
        article_from_draft(Draft("x", text="a" * 1001), max_characters=1000)
    assert len(article_from_draft(draft).sentences) == 1000


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
def test_a_cut_file_gives_what_it_holds_and_says_where_it_ends(tmp_path: Path, name: str) -> None:
    rows = "".join(f'"tide-{n}","{n} The council met, and then it met again."\n' for n in range(5000))
    text = '"id","text"\n' + rows if ".csv" in name else "".join(json.dumps(row) + "\n" for row in ROWS * 2000)
    data = gzip.compress(text.encode())
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    assert 0 < len(drafts(tmp_path / name)) < 10_000
    (problem,) = refusals(tmp_path / name)
    assert problem.startswith(f"{tmp_path / name}:") and "the rest of the file cannot be read" in problem


def test_a_row_group_of_any_size_is_not_held_in_memory(tmp_path: Path) -> None:
    chance, path = random.Random(1), tmp_path / "a.parquet"
    texts = [chance.randbytes(1000).hex() for _ in range(5000)]
    pq.write_table(pa.table({"text": texts}), path, compression="none", use_dictionary=False)
    assert pq.read_metadata(path).num_row_groups == 1
    before, most = pa.total_allocated_bytes(), 0
    for _ in Archive([path]):
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < path.stat().st_size / 2


def test_what_is_no_table_at_all_is_named(tmp_path: Path) -> None:
    for name in ("a.parquet", "a.jsonl.gz", "a.jsonl.zst"):
        (tmp_path / name).write_bytes(b"not what it says")
        (problem,) = refusals(tmp_path / name)
        assert problem.startswith(str(tmp_path / name))
    for name in ("none.jsonl", "none.csv", "none.parquet", "none.warc"):
        (problem,) = refusals(tmp_path / name)
        assert problem.startswith(f"{tmp_path / name}:")


def test_a_csv_row_with_too_many_cells_is_refused_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id,text\n1,"Two\nlines."\n2,Too,many\n3,Fine.\n')
    assert [(d.id, d.line) for d in drafts(tmp_path / "a.csv")] == [("1", 2), ("3", 5)]
    assert refusals(tmp_path / "a.csv") == [f"{tmp_path}/a.csv:4: has 3 cells, the header 2"]


def test_the_empty_rows_below_a_spreadsheets_table_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfid;text;date\r\n1;It rained.;2031-05-22\r\n;;\r\n ; ;\r\n2;;\r\n")
    assert [draft.id for draft in drafts(path)] == ["1", "2"]
    assert refusals(path) == []


def test_a_wide_cell_that_is_no_text_costs_nothing(tmp_path: Path) -> None:
    wide = "a" * 200_000
    (tmp_path / "a.csv").write_text(f"id,text,raw\n1,One.,x\n2,Two.,{wide}\n3,{wide},x\n4,Four.,x\n")
    found = list(Archive([tmp_path / "a.csv"], max_characters=1000))
    assert [d.id for d in found if isinstance(d, Draft)] == ["1", "2", "3", "4"]
    with pytest.raises(ArticleError, match=r"a\.csv:4: 200,000 characters"):
        article_from_draft(found[2], max_characters=1000)  # type: ignore[arg-type]


def test_a_cell_wider_than_any_is_refused_alone_or_with_what_it_swallowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_readers, "_CELL", 100_000)
    path, wide = tmp_path / "a.csv", "a" * 100_001
    path.write_text(f'id,text,raw\n1,One.,x\n2,Two.,{wide}\n3,Three.,x\n4,Four.,"x\n{wide}\n5,Five.,x\n')
    found = list(Archive([path], max_characters=1000))
    assert [d.id for d in found if isinstance(d, Draft)] == ["1", "3"]
    alone, last = [str(f.error) for f in found if isinstance(f, Refusal)]
    assert alone == f"{path}:3: a cell has more than 100,000 characters"
    assert last.startswith(f"{path}:5: a cell has more than") and "the rest of the file cannot be read" in last


@pytest.mark.parametrize(
    ("rows", "ids", "lines"),
    [
        ('1,"The tide rose. unclosed\n2,The council met.\n3,It met again.\n', [], "2: .*lines 2 to 4 are lost"),
        ('1,Fine.\n2,"unclosed\n3,"The council met."\n4,"Fine\ntoo."\n', ["1", "4"], "3: .*lines 3 to 4 are lost"),
        ('1,"a "plan" it said"\n2,Fine.\n', ["2"], "2: .*not doubled inside its cell$"),
    ],
)
def test_a_quotation_mark_that_is_not_closed_swallows_no_row_in_silence(
    tmp_path: Path, rows: str, ids: list[str], lines: str
) -> None:
    (tmp_path / "a.csv").write_text(f"id,text\n{rows}")
    assert [d.id for d in drafts(tmp_path / "a.csv")] == ids
    (problem,) = refusals(tmp_path / "a.csv")
    assert re.search(rf"a\.csv:{lines}", problem)


def test_a_spreadsheets_csv_is_read_in_its_encoding(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id;text\n1;“Café”, said the council.\n".encode("cp1252"))
    assert [d.text for d in drafts(tmp_path / "a.csv")] == ["“Café”, said the council."]


def test_a_column_is_named_as_it_reads_in_any_encoding_and_between_bars(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Schlüssel|Text\n1|“Café”, said the council.\n".encode("cp1252"))
    found = drafts(tmp_path / "a.csv", columns=Columns.named_by({"id": "Schlüssel", "text": "Text"}))
    assert [(d.id, d.text) for d in found] == [("1", "“Café”, said the council.")]


def test_a_bad_byte_in_a_cell_of_utf_8_costs_only_itself(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("id,text\n1,“The café”; said Caf".encode() + b"\xe9\n2,Caf\xe9\n")
    assert [d.text for d in drafts(tmp_path / "a.csv")] == ["“The café”; said Caf\ufffd", "Café"]


def test_ids_are_plain_texts_whatever_the_column_or_file_name_holds(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", [{"id": "caf\udce9", "text": "One."}])
    assert [d.id for d in drafts(path)] == ["caf\\udce9"]
    (tmp_path / "caf\udce9.txt").write_text("The council met.")
    (found,) = drafts(tmp_path / "caf\udce9.txt")
    assert found.id == f"{tmp_path}/caf\\udce9.txt" and article_from_draft(found).id == found.id
    (tmp_path / "caf\udce9.parquet").touch()
    assert len(refusals(tmp_path / "caf\udce9.parquet")) == 1


def test_a_column_of_numbers_with_a_gap_still_holds_ids(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    ids = pa.array([7.0, None, float("nan"), 8.5])
    pq.write_table(pa.table({"id": ids, "text": ["One.", "Two.", "Three.", "Four."]}), path)
    assert [d.id for d in drafts(path)] == ["7", f"{path}:2", f"{path}:3"]
    assert refusals(path) == [f"{path}:4: id: holds float, not an id"]


def test_a_date_beyond_all_calendars_costs_only_itself(tmp_path: Path) -> None:
    dates = pa.array([10**15, 0], pa.timestamp("s"))
    pq.write_table(pa.table({"text": ["One.", "Two."], "date": dates}), tmp_path / "a.parquet")
    assert [(d.text, d.date) for d in drafts(tmp_path / "a.parquet")] == [("One.", None), ("Two.", "1970-01-01")]


def test_numbers_are_days_where_eight_digits_give_one_and_are_kept_where_not(tmp_path: Path) -> None:
    # The first eight digits of a time in seconds are no day, though they may look like one of the year 1709.
    given = [20310301, 20310301.0, 1709121234, 1709121234.0, 45678, True, None]
    rows = [{"text": "One.", "date": date} for date in given]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    days = ["2031-03-01", "2031-03-01", "1709121234", "1709121234", "45678", None, None]
    assert [d.date for d in drafts(tmp_path / "a.jsonl")] == days
    texts = ["20310301", "20310301101500", "1709121234", "1709121234567", "2031-03-01T23:59:00-05:00", "2031-03-015"]
    (tmp_path / "a.csv").write_text("text,date\n" + "".join(f"One.,{text}\n" for text in texts))
    days = ["2031-03-01", "2031-03-01", "1709121234", "1709121234567", "2031-03-01", "2031-03-015"]
    assert [d.date for d in drafts(tmp_path / "a.csv")] == days
    assert day_of("1709121234") is None


def test_a_header_with_blanks_and_utf_16_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('id, text\n1, "One, said the council."\n')
    (tmp_path / "b.csv").write_bytes("id\ttext\n1\tOne, said the council.\n".encode("utf-16"))
    for name in ("a.csv", "b.csv"):
        assert [(d.id, d.text) for d in drafts(tmp_path / name)] == [("1", "One, said the council.")]


def test_a_web_archive_that_cannot_be_read_here_costs_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastwarc.warc", None)
    (tmp_path / "a.warc").touch()
    (tmp_path / "b.txt").write_text("The council met.")
    assert [type(found) for found in Archive([tmp_path])] == [Refusal, Draft]
    assert "newstance[warc]" in refusals(tmp_path)[0]


class _Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BufferedReader(io.BytesIO(data))  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("data", "kind", "ids"),
    [
        (b'{"text": "One."}\n{"text": "Two."}\n', "auto", ["-:1", "-:2"]),
        (b"id,text\nx,One.\n", "csv", ["x"]),
        (b"id,text\nx,One.\n", "auto", ["-"]),
        (b"The council met.", "auto", ["-"]),
    ],
)
def test_standard_input_holds_rows_or_one_article(
    monkeypatch: pytest.MonkeyPatch, data: bytes, kind: InputFormat, ids: list[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    assert Archive(["-"], stdin=kind).is_single() == (ids == ["-"])
    assert [d.id for d in drafts("-", stdin=kind)] == ids


@pytest.mark.parametrize("data", [b"key,body\nx,One.\n", b"key\tbody\nx\tOne.\n", b'{"key": "x", "body": "One."}\n'])
def test_standard_input_holds_rows_where_a_column_is_named(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    columns = Columns.named_by({"text": "body", "id": "key"})
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    assert not Archive(["-"], columns=columns).is_single()
    assert [(d.id, d.text) for d in drafts("-", columns=columns)] == [("x", "One.")]


@pytest.mark.parametrize("data", [b'{"text": "One."}\n', b"The council met."])
def test_standard_input_is_read_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.txt").write_text("The council met.")
    monkeypatch.setattr(sys, "stdin", _Stdin(data))
    archive = Archive(["-", "-", tmp_path / "a.txt"])
    assert [type(found) for found in archive] == [Draft, Refusal, Draft]
    first, second, _ = archive
    assert [str(found.error) for found in (first, second) if isinstance(found, Refusal)] == 2 * [
        "-: standard input has been read already; give - once"
    ]


def test_the_whole_size_is_known_and_reached(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "a.jsonl")
    write_parquet(tmp_path / "b.parquet")
    (tmp_path / "c.txt").write_text("The council met.")
    archive = Archive([tmp_path])
    assert len(list(archive)) == 11
    assert archive.done == archive.size() == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert Archive(["-"]).size() is None


PAGE = b"<html><title>Harbour plan</title><body><p>" + b"The council met again at noon. " * 20 + b"</p></body></html>"


def warc_record(number: int, kind: str, status: str = "200 OK", body: bytes = PAGE) -> bytes:
    http = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n\r\n".encode() + body
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n"
        f"WARC-Date: 2031-03-01T00:00:00Z\r\nWARC-Target-URI: https://quay.example/{number}\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(http)}\r\n\r\n"
    )
    return head.encode() + http + b"\r\n\r\n"


def test_pages_of_a_web_archive_are_read(tmp_path: Path) -> None:
    pytest.importorskip("fastwarc")
    kinds = ("text/html", "image/png", "text/html")
    records = b"".join(warc_record(number, kind) for number, kind in enumerate(kinds))
    (tmp_path / "a.warc").write_bytes(records)
    (tmp_path / "b.warc.gz").write_bytes(gzip.compress(records))
    for name in ("a.warc", "b.warc.gz"):
        found = drafts(tmp_path / name)
        assert [(d.id, d.path) for d in found] == [("0", "https://quay.example/0"), ("2", "https://quay.example/2")]
        assert article_from_draft(found[0]).title == "Harbour plan"


def test_errors_and_redirects_in_a_web_archive_are_no_articles_and_are_counted(tmp_path: Path) -> None:
    pytest.importorskip("fastwarc")
    answers = ("200 OK", "404 Not Found", "503 Service Unavailable", "404 Gone", "203 Non-Authoritative", "301 Moved")
    records = b"".join(warc_record(number, "text/html", status) for number, status in enumerate(answers))
    page = b"WARC/1.0\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:6>\r\nContent-Type: text/html\r\n"
    page += f"WARC-Date: 2031-03-01T00:00:00Z\r\nContent-Length: {len(PAGE)}\r\n\r\n".encode() + PAGE + b"\r\n\r\n"
    (tmp_path / "a.warc").write_bytes(records + page)
    archive = Archive([tmp_path])
    assert [found.id for found in archive] == ["0", "4", "6"]
    assert archive.unused.lines() == [
        "4 pages of errors and redirects in web archives passed over (HTTP 404, 503, 301)"
    ]
