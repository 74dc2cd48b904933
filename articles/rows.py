"""Tables of articles, read as streams: JSON Lines, CSV and Parquet, one row an article."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date
from math import isnan
from typing import IO, Any

from newstance.articles.compressed import DAMAGED, open_bytes
from newstance.articles.decode import mended_utf8
from newstance.articles.drafts import Draft, Refusal, spelt_out
from newstance.errors import ArticleError

__all__ = ["Columns", "read_csv", "read_jsonl", "read_parquet"]

Rows = Iterator[Draft | Refusal]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table hold what; only the text's must exist, unless another was named by the user.

    Attributes:
        text: the article's text.
        id: its id; without such a column a row's id is its file and line.
        title: its title.
        outlet: its publisher.
        date: its date of publication.
        named: those of the above (text, id, ...) that the user named; a table without them is refused.
    """

    text: str = "text"
    id: str = "id"
    title: str = "title"
    outlet: str = "outlet"
    date: str = "date"
    named: frozenset[str] = frozenset()

    @classmethod
    def named_by(cls, given: Mapping[str, str | None]) -> Columns:
        """Return the columns that a user's options name, by what they hold; None leaves the usual name."""
        named = {what: column for what, column in given.items() if column is not None}
        return cls(**named, named=frozenset(named))

    def names(self) -> dict[str, str]:
        """Return the name of each column by what it holds."""
        return {"text": self.text, "id": self.id, "title": self.title, "outlet": self.outlet, "date": self.date}

    def missing_in(self, names: Mapping[str, Any] | list[str]) -> str | None:
        """Return the first column that must be there and is not."""
        must = [self.text, *(getattr(self, what) for what in sorted(self.named))]
        return next((column for column in must if column not in names), None)


def read_jsonl(path: str, columns: Columns, *, most: int, stream: IO[bytes] | None = None) -> Rows:
    """Yield the articles of a JSON Lines file.

    Args:
        path: the file; named in errors and in the ids of rows that have none.
        columns: which field holds what.
        most: bytes of a line at most; a longer one is refused and never held in memory.
        stream: its unpacked bytes, where they are already open.
    """
    number = 0
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
                    yield _draft(row, path, number, columns) if isinstance(row, dict) else row
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
    missing = columns.missing_in(row)
    if missing is not None:
        return Refusal(_no_column(missing, list(row), path, number), id)
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


def _no_column(missing: str, found: list[str], path: str, number: int | None) -> ArticleError:
    known = ", ".join(map(str, found[:12])) or "none"
    return ArticleError(
        f"no such column (there are: {known}); name the right one, for instance with --text-column",
        path=path,
        line=number,
        field=missing,
    )


def read_csv(path: str, columns: Columns, *, most: int, tab: bool, stream: IO[bytes] | None = None) -> Rows:
    """Yield the articles of a CSV file with a header row, separated by tabs, or by what its header shows.

    UTF-16 by its mark, else UTF-8, and cell by cell Windows-1252, as spreadsheets write it, where that fails by more
    than a few bytes. A quotation mark that is never closed, or not doubled inside a cell, would let a record swallow
    others: such a one is refused with all its lines.
    """
    csv.field_size_limit(most)
    reader: Any = None
    try:
        with _as_text(stream or open_bytes(path)) as file:
            head = file.readline(most)
            separator = "\t" if tab else max(",;\t", key=head.count)
            header = next(csv.reader([head], delimiter=separator), [])
            blanks = columns.missing_in(header) is not None and any(name != name.strip() for name in header)
            if blanks:  # "id, text": then cells begin with a blank too
                header = [name.strip() for name in header]
            if (missing := columns.missing_in(header)) is not None:
                yield Refusal(_no_column(missing, header, path, None))
                return
            if _is_result(header):
                yield _own_result(path)
                return
            reader = csv.reader(file, delimiter=separator, strict=True, skipinitialspace=blanks)
            yield from _csv_rows(reader, header, path, columns)
    except DAMAGED as error:
        yield _cut(path, 1 + (reader.line_num if reader else 0), error)
    except csv.Error as error:
        yield _cut(path, 1 + reader.line_num, error)


def _as_text(stream: Any) -> IO[str]:
    """Decode a table's bytes; those that are not UTF-8 are kept for `_decoded`."""
    buffered = stream if hasattr(stream, "peek") else io.BufferedReader(stream, 1 << 16)
    if buffered.peek(2).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.TextIOWrapper(buffered, encoding="utf-16", errors="replace", newline="")
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _csv_rows(reader: Any, header: list[str], path: str, columns: Columns) -> Rows:
    number = 2
    for cells in _records(reader):
        if cells is None:
            yield Refusal(_bad_quotes(path, number, reader.line_num + 1))
        elif len(cells) == len(header):
            yield _draft({k: _decoded(v) for k, v in zip(header, cells, strict=True)}, path, number, columns)
        elif cells:
            message = f"has {len(cells)} cells, the header {len(header)}"
            yield Refusal(ArticleError(message, path=path, line=number))
        number = reader.line_num + 2


def _records(reader: Any) -> Iterator[list[str] | None]:
    """Yield records, None for one whose quotation marks are wrong; a cell of too many bytes ends the file."""
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if "field limit" in str(error):
                raise
            yield None
            continue
        if cells is None:
            return
        yield cells


def _bad_quotes(path: str, first: int, last: int) -> ArticleError:
    lost = f"; lines {first} to {last} are lost" if last > first else ""
    message = f"a quotation mark is not closed, or not doubled inside its cell{lost}"
    return ArticleError(message, path=path, line=first)


def _decoded(cell: str) -> str:
    if cell.isascii():
        return cell
    try:
        cell.encode()
    except UnicodeEncodeError:
        data = cell.encode("utf-8", "surrogateescape")
        return mended_utf8(data) or data.decode("cp1252", "replace")
    return cell


def read_parquet(path: str, columns: Columns, *, advance: Callable[[int], None]) -> Rows:
    """Yield the articles of a Parquet file, reading only the columns in question, a few rows at a time.

    Args:
        path: the file.
        columns: which column holds what.
        advance: told after each batch how many bytes of the file are done, in proportion to its rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    row = 0
    try:
        with pa.OSFile(path) as source, pq.ParquetFile(source) as file:
            size, names = source.size(), file.schema_arrow.names
            if (missing := columns.missing_in(names)) is not None:
                yield Refusal(_no_column(missing, names, path, None))
                return
            if _is_result(names):
                yield _own_result(path)
                return
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
    except (OverflowError, ValueError):
        columns = [[_cell(cell) for cell in column] for column in batch.columns]
        return [dict(zip(batch.schema.names, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return rows


def _cell(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (OverflowError, ValueError):
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
    """Return a date as ISO 8601; what cannot be understood stays as it is."""
    if isinstance(value, Date):  # a datetime is a date too
        return value.isoformat()[:10]
    if not isinstance(value, str):
        return None
    text = value.strip()
    try:
        return Date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        return text or None
