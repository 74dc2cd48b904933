"""The sentences of a scored archive that are counted: of headline and body, naming the target unless all are wanted.

Parts are read one at a time, and of each only the columns that are asked for: an archive of 200,000 articles fits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.articles import RUN_MANIFEST
from newstance.errors import InputError, UsageError
from newstance.errors.hints import did_you_mean

from .writers import parquet_schema

__all__ = [
    "COUNTED_ROLES",
    "KEYS",
    "MISSING",
    "cell_value",
    "check_key",
    "column_of",
    "counted",
    "encoded",
    "scored_files",
    "scored_parts",
    "unfinished",
]

#: Captions, bylines, headings and credits are scored and not counted.
COUNTED_ROLES = ("headline", "body")
#: What sentences can be counted by.
KEYS = ("outlet", "voice", "year", "month", "week")
#: What a cell is called whose articles give no outlet, or no date that is one.
MISSING = "–"
_PART = re.compile(r"part-\d+\.(parquet|jsonl)$")


def scored_files(source: str | Path) -> list[Path]:
    """Return the files of a scored archive in their order: a run's parts, or the one file that was written.

    Raises:
        UsageError: there are none, or it is a file of another kind.
    """
    path = Path(source)
    if path.is_dir():
        found = sorted(one for one in path.iterdir() if _PART.match(one.name))
        if not found:
            raise UsageError("holds no part-*.parquet or part-*.jsonl, as `newstance score --out` writes", path=path)
        return found
    if not path.is_file():
        raise UsageError("no such file or folder", path=path)
    if path.suffix not in (".parquet", ".jsonl"):
        raise UsageError("give the folder of a run, or a scored .parquet or .jsonl file", path=path)
    return [path]


def unfinished(source: str | Path) -> str | None:
    """Return what to beware of where a run was stopped, or goes on at this moment, or None.

    Its articles come in the order of the archive: what is there is no random part of it.
    """
    folder = Path(source)
    if not (folder / RUN_MANIFEST).is_file():
        return None
    try:
        found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
        complete = bool(found["complete"])
    except (OSError, ValueError, KeyError, TypeError):  # it is there only while no call adds to the run
        complete = False
    return None if complete else f"the run {folder} is not complete: these are its first articles, not the archive"


def scored_parts(source: str | Path, columns: Sequence[str]) -> Iterator[Any]:
    """Yield an Arrow table of these columns for each file of a scored archive, all of its sentences.

    Raises:
        UsageError: see `scored_files`.
        InputError: a file cannot be read, or lacks a column.
    """
    for path in scored_files(source):
        try:
            yield _table(path, columns)
        except (OSError, ValueError, KeyError, TypeError) as error:  # Arrow's errors are of these kinds
            raise InputError(f"no sentences as `newstance score` writes them: {error}", path=path) from error


def counted(table: Any, *, unnamed: bool = False, insiders: bool = True) -> Any:
    """Return which rows are counted, an Arrow array of booleans.

    Args:
        table: sentences of a scored archive, with `role`, `target_spans` and `insider`.
        unnamed: count sentences that do not name the target too.
        insiders: count what the target's own people say.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.is_in(table["role"], value_set=pa.array(COUNTED_ROLES))
    if not unnamed:
        found = pc.and_(found, pc.greater(pc.fill_null(pc.list_value_length(table["target_spans"]), 0), 0))
    return found if insiders else pc.and_(found, pc.invert(pc.fill_null(table["insider"], False)))


def encoded(column: Any) -> tuple[list[Any], npt.NDArray[np.int64]]:
    """Return a column's different values, and for each row which of them it holds."""
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
    found = column.dictionary_encode(null_encoding="encode")
    return found.dictionary.to_pylist(), np.asarray(found.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


def check_key(key: str, option: str) -> None:
    """Raise `UsageError` where sentences cannot be counted by a key."""
    if key not in KEYS:
        raise UsageError(f"no {key!r} to go by{did_you_mean(key, KEYS)}; there are {', '.join(KEYS)}", field=option)


def column_of(key: str) -> str:
    """Return the column that a key is read from."""
    return key if key in ("outlet", "voice") else "date"


def cell_value(key: str, value: str | None) -> str:
    """Return what a column's value is by a key: of a date its year, its month, or its week's Monday."""
    if not value:
        return MISSING
    if key in ("outlet", "voice"):
        return value
    try:
        day = date.fromisoformat(value[:10])
    except ValueError:
        return MISSING
    if key == "week":
        return (day - timedelta(days=day.weekday())).isoformat()
    return day.isoformat()[: 4 if key == "year" else 7]


def _table(path: Path, columns: Sequence[str]) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        return pq.read_table(path, columns=list(columns), partitioning=None)
    schema = parquet_schema(())
    rows = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(_row(line, columns, path, number))
    return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in columns]))


def _row(line: str, columns: Sequence[str], path: Path, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
        return {name: row[name] for name in columns}
    except KeyError as error:
        message = f"no sentence as `newstance score` writes it: has no {error.args[0]!r}"
    except (ValueError, TypeError, RecursionError):
        message = "no sentence as `newstance score` writes it: no JSON object, or cut off"
    raise InputError(message, path=path, line=number)
