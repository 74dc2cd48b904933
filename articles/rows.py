"""Tables of articles, read as streams: JSON Lines, CSV and Parquet, one row an article."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date as Date
from math import isnan
from typing import IO, Any

from newstance.articles.columns import Columns
from newstance.articles.drafts import Draft, Refusal, spelt_out
from newstance.articles.mentions import day_of
from newstance.errors import ArticleError
from newstance.files import DAMAGED, NO_VALUE, WIDEST, BadRecord, DelimitedTable, open_bytes, open_table

__all__ = ["read_csv", "read_jsonl", "read_parquet"]

Rows = Iterator[Draft | Refusal]
#: What is told, once for a table that can be read, the names of its columns.
Told = Callable[[Collection[str]], None]
#: Characters of a CSV cell at most, whatever an article may have.
_CELL = WIDEST


def read_jsonl(path: str, columns: Columns, *, most: int, told: Told, stream: IO[bytes] | None = None) -> Rows:
    """Yield the articles of a JSON Lines file.

    A row needs its text, and its id where that column was named. Another named column may be missing from some rows;
    one that no row has is refused at the end.

    Args:
        path: the file; named in errors and in the ids of rows that have none.
        columns: which field holds what.
        most: bytes of a line at most; a longer one is refused and never held in memory.
        told: told the names of the first row's fields.
        stream: its unpacked bytes, where they are already open.
    """
    number = 0
    unseen = columns.named - {"text", "id"}
    found: list[str] = []
    try:
        with stream or open_bytes(path) as file:
            for number, line in _lines(file, most):
                if line is None:
                    yield Refusal(ArticleError(f"the line has more than {most:,} bytes", path=path, line=number))
                elif line.strip():
                    row = _json_row(line, path, number)
                    if isinstance(row, dict) and _is_result(row):
                        yield _own_result(path)
                        return
                    if isinstance(row, dict) and not found:
                        told(row)
                    if isinstance(row, dict) and (unseen or not found):
                        found = list(row)
                        unseen = frozenset(what for what in unseen if columns.names()[what] not in row)
                    yield _draft(row, path, number, columns) if isinstance(row, dict) else row
            for what in sorted(unseen) if found else ():  # else there was no row
                problem = "no row has this column, and all were read without"
                yield Refusal(_no_column(what, columns, found, path, None, problem))
    except DAMAGED as error:
        yield _cut(path, number, error)


def _lines(file: IO[bytes], most: int) -> Iterator[tuple[int, bytes | None]]:
    """Yield numbered lines, None for one that is too long."""
    number = 0
    buffered = io.BufferedReader(file, 1 << 16) if not hasattr(file, "peek") else file  # type: ignore[type-var]
    while line := buffered.readline(most):
        number += 1
        if len(line) == most and not line.endswith(b"\n"):
            while (rest := buffered.readline(1 << 16)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line


def _json_row(line: bytes, path: str, number: int) -> dict[str, Any] | Refusal:
    def refuse(message: str) -> Refusal:
        return Refusal(ArticleError(message, path=path, line=number))

    try:
        row = json.loads(line)
    except UnicodeDecodeError:
        return refuse("not UTF-8, as JSON Lines must be")
    except (ValueError, RecursionError) as error:
        return refuse(f"not JSON: {getattr(error, 'msg', error)}")
    if not isinstance(row, dict):
        return refuse("a line must hold one JSON object")
    return row


def _is_result(names: Collection[str]) -> bool:
    """Return whether columns are those of scored sentences, whose texts are no articles."""
    return "stance_logits" in names and "target_spans" in names


def _own_result(path: str) -> Refusal:
    return Refusal(ArticleError("is a result of newstance, one row a sentence, not a table of articles", path=path))


def _draft(row: Mapping[str, Any], path: str, number: int, columns: Columns) -> Draft | Refusal:
    """Make a draft of a row, or say which column is wrong."""
    given = _whole(row.get(columns.id))
    if given is not None and not isinstance(given, str | int):
        message = f"holds {type(given).__name__}, not an id"
        return Refusal(ArticleError(message, path=path, line=number, field=columns.id))
    id = spelt_out(str(given)) if given is not None and str(given).strip() else None
    missing = columns.missing_in(row, optional=False)
    if missing is not None:
        return Refusal(_no_column(missing, columns, list(row), path, number), id)
    if id is None and "id" in columns.named:
        return Refusal(ArticleError("holds no id", path=path, line=number, field=columns.id))
    text = row[columns.text]
    if not isinstance(text, str):
        found = "null" if text is None else type(text).__name__
        error = ArticleError(f"holds {found}, not a text", path=path, line=number, field=columns.text)
        return Refusal(error, id)
    return Draft(
        id=id or spelt_out(f"{path}:{number}"),
        path=path,
        line=number,
        text=text,
        title=_one_line(row.get(columns.title)),
        outlet=_one_line(row.get(columns.outlet)),
        date=_iso(row.get(columns.date)),
    )


def _whole(value: Any) -> Any:
    """Return a float that stands for a whole number as one, and NaN as None: a column with a gap holds such."""
    if not isinstance(value, float):
        return value
    if value.is_integer():
        return int(value)
    return None if isnan(value) else value


def _no_column(
    what: str, columns: Columns, found: list[str], path: str, number: int | None, problem: str = "no such column"
) -> ArticleError:
    known = ", ".join(map(str, found[:12])) or "none"
    near = columns.near(what, found) or ""
    return ArticleError(
        f"{problem} (there are: {known}); name the right one with --{what}-column {near}".rstrip(),
        path=path,
        line=number,
        field=columns.names()[what],
    )


def _refused_header(names: list[str], columns: Columns, path: str) -> Refusal | None:
    """Return why a table cannot be read, as far as the names of its columns tell."""
    if (missing := columns.missing_in(names)) is not None:
        return Refusal(_no_column(missing, columns, names, path, None))
    if _is_result(names):
        return _own_result(path)
    twice = next((column for column in columns.names().values() if names.count(column) > 1), None)
    if twice is not None:
        return Refusal(ArticleError("two columns have this name; rename one", path=path, field=twice))
    return None


def read_csv(path: str, columns: Columns, *, most: int, tab: bool, told: Told, stream: IO[bytes] | None = None) -> Rows:
    """Yield the articles of a CSV file with a header row, separated by tabs, or by what its header shows.

    UTF-16 by its mark, else UTF-8, and cell by cell Windows-1252, as spreadsheets write it, where that fails by more
    than a few bytes. A quotation mark that is never closed, or not doubled inside a cell, would let a record swallow
    others: such a one is refused with all its lines.

    Args:
        path: the file; named in errors and in the ids of rows that have none.
        columns: which column holds what.
        most: characters of the header at most, and of a cell where that is more than 16 million.
        tab: whether tabs separate cells.
        told: told the names of its columns.
        stream: its unpacked bytes, where they are already open.
    """
    table: DelimitedTable | None = None
    try:
        with open_table(path, tab=tab, most=most, widest=max(most, _CELL), stream=stream) as table:
            header = table.header
            blanks = columns.missing_in(header) is not None and any(name != name.strip() for name in header)
            if blanks:  # "id, text": then cells begin with a blank too
                header = [name.strip() for name in header]
            if (refused := _refused_header(header, columns, path)) is not None:
                yield refused
                return
            told(header)
            wanted = [(place, name) for place, name in enumerate(header) if name in columns.names().values()]
            for number, cells in table.records(skip_blanks=blanks):
                if isinstance(cells, BadRecord):
                    yield Refusal(ArticleError(cells.message, path=path, line=number))
                elif not any(map(str.strip, cells)):
                    continue  # a spreadsheet ends in such rows
                elif len(cells) != len(header):
                    message = f"has {len(cells)} cells, the header {len(header)}"
                    yield Refusal(ArticleError(message, path=path, line=number))
                else:
                    yield _draft({name: cells[place] for place, name in wanted}, path, number, columns)
    except DAMAGED as error:
        yield _cut(path, table.line if table else 0, error)


def read_parquet(path: str, columns: Columns, *, advance: Callable[[int], None], told: Told) -> Rows:
    """Yield the articles of a Parquet file, reading only the columns in question, a few rows at a time.

    Memory holds a page of each column, which writers end after a megabyte, or after a thousand rows if that is more.

    Args:
        path: the file.
        columns: which column holds what.
        advance: told after each batch how many bytes of the file are done, in proportion to its rows.
        told: told the names of its columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        # By itself Arrow would hold whole row groups, which may be the whole file.
        with pa.OSFile(path) as source, pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20) as file:
            size, names = source.size(), file.schema_arrow.names
            if (refused := _refused_header(names, columns, path)) is not None:
                yield refused
                return
            told(names)
            wanted = [column for column in dict.fromkeys(columns.names().values()) if column in names]
            for batch in file.iter_batches(batch_size=64, columns=wanted, use_threads=False):
                for cells in _cells(batch):
                    row += 1
                    yield _draft(cells, path, row, columns)
                advance(size * batch.num_rows // max(1, file.metadata.num_rows))
    except (*DAMAGED, pa.ArrowException, UnicodeDecodeError) as error:
        yield _cut(path, row, error)


def _cells(batch: Any) -> list[dict[str, Any]]:
    """Return an Arrow batch as rows; a cell that Python cannot hold, such as a date in the year 20000, is None."""
    try:
        rows: list[dict[str, Any]] = batch.to_pylist()
    except UnicodeDecodeError:
        raise
    except NO_VALUE:
        columns = [[_cell(cell) for cell in column] for column in batch.columns]
        return [dict(zip(batch.schema.names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return rows


def _cell(cell: Any) -> Any:
    try:
        return cell.as_py()
    except NO_VALUE:
        return None


def _cut(path: str, number: int, error: Exception) -> Refusal:
    """Say that a file ends early: what was read before counts, what comes after is lost."""
    if isinstance(error, FileNotFoundError):
        return Refusal(ArticleError("no such file; check the path", path=path))
    if isinstance(error, PermissionError):
        return Refusal(ArticleError("no permission to read this file; change its mode or owner", path=path))
    reason = " ".join(str(getattr(error, "strerror", None) or error).split())
    if number == 0:
        return Refusal(ArticleError(f"cannot be read ({reason})", path=path))
    return Refusal(ArticleError(f"damaged, the rest of the file cannot be read ({reason})", path=path, line=number + 1))


def _one_line(value: Any) -> str | None:
    return " ".join(str(value).split()) or None if isinstance(value, str | int | float) else None


def _iso(value: Any) -> str | None:
    """Return a date as ISO 8601; what cannot be understood, a number too, stays as it is and is counted."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = None if (number := _whole(value)) is None else str(number)
    if not isinstance(value, str | Date):
        return None
    if (day := day_of(value)) is not None:
        return day.isoformat()
    return str(value).strip() or None
