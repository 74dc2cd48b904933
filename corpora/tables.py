"""Rows of CSV, TSV, Parquet and JSON Lines, whatever their columns are called; and Annotation records as tables."""

from __future__ import annotations

import csv
import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError
from newstance.files import DAMAGED, NO_VALUE, BadRecord, create_text, inner_suffix, open_table, whole_file

from .annotation import OWN_FIELDS, Annotation
from .columns import SPAN_FIELDS
from .jsonl import read_jsonl_objects
from .problems import Problems, report, unreadable

__all__ = ["read_table", "write_table"]

Row = tuple[int, dict[str, Any]]
_SEPARATOR = ";"


def read_table(path: str | Path, problems: Problems = None, *, mapped: Collection[str] = ()) -> Iterator[Row]:
    """Yield each row's number and its cells: its line in the file, of Parquet its place among the rows, from 1.

    Of a delimited table, rows of blanks are left out, and so are blanks around the names of its columns.

    Args:
        path: `.csv` or `.tsv` with a header, as `newstance.files.delimited` reads them, `.parquet`, `.jsonl`; all but
            Parquet also packed.
        problems: where to put the errors of single rows instead of raising the first.
        mapped: columns that a map names; one with blanks around it says that such are meant.

    Raises:
        AnnotationError: the file cannot be read, or has no usable header.
    """
    path = Path(path)
    if inner_suffix(path) in (".csv", ".tsv"):
        return _read_csv(path, problems, mapped)
    if inner_suffix(path) == ".parquet":
        return _read_parquet(path, problems)
    return read_jsonl_objects(path, problems)


def _read_csv(path: Path, problems: Problems, mapped: Collection[str]) -> Iterator[Row]:
    try:
        with open_table(path, tab=inner_suffix(path) == ".tsv") as table:
            header = _without_blanks(table.header, mapped)
            if not any(header):
                raise AnnotationError("has no header that names its columns", path=path, line=1)
            _refuse_twice(header, path, line=1)
            # Who writes "id, text, stance" writes cells so too.
            spaced = header != table.header and all(name[:1].isspace() for name in table.header[1:])
            for number, cells in table.records(skip_blanks=spaced):
                if isinstance(cells, BadRecord):
                    report(AnnotationError(f"not CSV: {cells.message}", path=path, line=number), problems)
                elif not any(map(str.strip, cells)):
                    continue
                elif len(cells) != len(header):
                    message = f"has {len(cells)} cells, the header has {len(header)}"
                    report(AnnotationError(message, path=path, line=number), problems)
                else:
                    yield number, dict(zip(header, cells, strict=True))
    except DAMAGED as error:
        raise unreadable(path, error) from error


def _without_blanks(names: list[str], mapped: Collection[str]) -> list[str]:
    """Return the names without blanks around them, or as they are where that would make two alike or is mapped."""
    plain = [name.strip() for name in names]
    named = [name for name in plain if name]
    meant = any(name != name.strip() for name in mapped)
    return names if meant or len(set(named)) < len(named) else plain


def _refuse_twice(names: Sequence[str], path: Path, line: int | None = None) -> None:
    """Raise `AnnotationError` where two columns have one name: a row would hold the cell of the last alone."""
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise AnnotationError("two columns have this name", path=path, line=line, field=twice[0])


def _read_parquet(path: Path, problems: Problems) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    first = 1
    try:
        with pq.ParquetFile(path) as file:
            _refuse_twice(file.schema_arrow.names, path)
            for batch in file.iter_batches():
                yield from _batch_rows(batch, first, path, problems)
                first += batch.num_rows
    except pa.ArrowException as error:
        raise AnnotationError(f"not a Parquet file: {error}", path=path) from error
    except DAMAGED as error:
        raise unreadable(path, error) from error


def _batch_rows(batch: Any, first: int, path: Path, problems: Problems) -> Iterator[Row]:
    """Yield the rows of an Arrow batch but those with a cell that Python cannot hold, such as a date in year 20000."""
    try:
        rows = batch.to_pylist()
    except NO_VALUE:
        rows = None
    if rows is not None:
        yield from enumerate(rows, first)
        return
    for number, cells in enumerate(zip(*batch.columns, strict=True), first):
        row: dict[str, Any] = {}
        for name, cell in zip(batch.schema.names, cells, strict=True):
            try:
                row[name] = cell.as_py()
            except NO_VALUE as error:
                message = f"holds a value that cannot be read ({error})"
                report(AnnotationError(message, path=path, line=number, field=name), problems)
                break
        else:
            yield number, row


def write_table(path: str | Path, records: Iterable[Annotation]) -> None:
    """Write records as CSV, TSV or Parquet, one row each, so that they read back equal; unused columns are left out.

    A cell of CSV holds spans as JSON, and several codes with `;` between them or, where a code forbids that, as JSON.
    CSV and TSV are packed where the file's name says so.

    Raises:
        OutputError: the file cannot be written.
    """
    path = Path(path)
    rows = [_flat(record) for record in records]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with whole_file(path) as place:
        if inner_suffix(path) == ".parquet":
            _write_parquet(place, rows, columns)
            return
        with create_text(place, path, newline="") as file:
            writer = csv.writer(file, delimiter="\t" if inner_suffix(path) == ".tsv" else ",", lineterminator="\r\n")
            writer.writerow(columns)
            writer.writerows([_as_cell(name, row.get(name)) for name in columns] for row in rows)


def _flat(record: Annotation) -> dict[str, Any]:
    data = record.model_dump(mode="json", exclude_defaults=True)
    layers = data.pop("labels", {})
    return data | {f"labels.{name}": value for name, value in layers.items()}


def _as_cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        quoted = name in OWN_FIELDS or name.startswith("labels.")
        return json.dumps(value, ensure_ascii=False) if quoted and value[:1] in '["' else value
    if name in SPAN_FIELDS or name.startswith("labels.") or not _is_plain(value):
        return json.dumps(value, ensure_ascii=False)
    return _SEPARATOR.join(value) if isinstance(value, list) else str(value)


def _is_plain(value: Any) -> bool:
    """Return whether codes can be written with a separator between them and read back the same."""
    return not isinstance(value, list) or (
        bool(value) and all(v and v == v.strip() and _SEPARATOR not in v for v in value) and value[0][0] not in '["'
    )


def _write_parquet(path: Path, rows: list[dict[str, Any]], columns: list[str]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kind(name: str) -> Any:
        if name in SPAN_FIELDS:
            return pa.list_(pa.list_(pa.int64()))
        if name == "frames":
            return pa.list_(pa.string())
        return pa.int64() if name == "version" else pa.string()

    def cell(name: str, value: Any) -> Any:
        return _as_cell(name, value) if name.startswith("labels.") and value is not None else value

    arrays = {name: pa.array([cell(name, row.get(name)) for row in rows], kind(name)) for name in columns}
    pq.write_table(pa.table(arrays), path)
