"""Writers: scored sentences to JSON Lines, CSV or Parquet, one row a sentence, whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Protocol, Self, cast, get_args

from newstance.errors import OutputError, UsageError
from newstance.files import WholeFile

from .records import ScoredArticle

__all__ = [
    "Format",
    "Writer",
    "encodable",
    "open_file",
    "open_writer",
    "pages_folder",
    "parquet_schema",
    "parquet_table",
]

Format = Literal["jsonl", "csv", "parquet"]

#: Rows that Parquet stores together: enough for its compression, few enough to hold.
_ROW_GROUP = 1024


class _Sink(Protocol):
    def write(self, rows: list[dict[str, Any]]) -> None: ...
    def close(self) -> None: ...


class Writer(AbstractContextManager["Writer"]):
    """Write the sentences of articles to one file, by way of a `WholeFile`.

    An older result is never lost to a failed run, nor to one without a single article.
    """

    def __init__(self, path: Path, make: Callable[[Path], _Sink]) -> None:
        """Open the temporary file by `make`.

        Raises:
            OutputError: the folder cannot be made or written.
        """
        self.path = path
        self._articles = 0
        try:
            self._file = WholeFile(path)
            try:
                self._sink = make(self._file.temporary)
            except BaseException:
                self._file.discard()
                raise
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror or error}", path=path) from error

    def write(self, article: ScoredArticle) -> None:
        """Add an article's sentences.

        Raises:
            OutputError: the disk is full, or the file cannot be written.
        """
        try:
            self._sink.write([sentence.to_dict() for sentence in article.sentences])
            self._articles += 1
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror or error}", path=self.path) from error

    def discard(self) -> None:
        """Remove what was written; on a full disk, closing may fail once more, which is nothing new."""
        with contextlib.suppress(OSError):
            self._sink.close()
        self._file.discard()

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the file its name, or, after an error, remove what was written."""
        try:
            self._sink.close()
            if kind is None and (self._articles or not self.path.exists()):
                self._file.finish()
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror or error}", path=self.path) from error
        finally:
            self._file.discard()


def pages_folder(path: Path) -> Path:
    """Return the folder that holds the pages of several articles, beside the page that leads to them."""
    return path.with_name(f"{path.stem}-articles")


def open_writer(
    out: Path, wanted: Format | None = None, *, stances: Sequence[str] = ("favor", "against", "neutral")
) -> Writer:
    """Open a writer on a file, whose suffix gives the format, or on a folder.

    Args:
        out: a file ending in `.jsonl`, `.csv` or `.parquet`, or a folder (without suffix), in which
            `sentences.<format>` is written.
        wanted: the format; JSON Lines when neither this nor the suffix says otherwise.
        stances: codes of the stance layer, the columns of a Parquet file's probabilities.

    Raises:
        UsageError: the suffix and the format disagree, or the suffix is unknown.
        OutputError: the place cannot be written.
    """
    suffix = out.suffix.lstrip(".").lower()
    if out.is_dir() or not suffix:
        chosen: str = wanted or "jsonl"
        out = out / f"sentences.{chosen}"
    elif suffix not in get_args(Format):
        raise UsageError(f"--out ends in .{suffix}; use .jsonl, .csv or .parquet, or a folder", path=out)
    elif wanted is not None and wanted != suffix:
        raise UsageError(f"--out ends in .{suffix} but --format says {wanted}", path=out)
    else:
        chosen = suffix
    return open_file(out, cast("Format", chosen), stances)


def open_file(path: Path, wanted: Format, stances: Sequence[str]) -> Writer:
    """Open a writer on a file of a given format, whatever its name."""
    makers: dict[Format, Callable[[Path], _Sink]] = {
        "jsonl": _JsonLines,
        "csv": _Csv,
        "parquet": partial(_Parquet, stances),
    }
    return Writer(path, makers[wanted])


class _JsonLines:
    """Lone surrogates, which no encoding can hold, become question marks, here as in the other formats."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", errors="replace", newline="\n")

    def write(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")

    def close(self) -> None:
        self._file.close()


class _Csv:
    """Nested fields are JSON inside their cell."""

    def __init__(self, path: Path) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8", errors="replace", newline="")
        self._writer: Any = None

    def write(self, rows: list[dict[str, Any]]) -> None:
        for row in rows:
            flat = {key: _cell(value) for key, value in row.items()}
            if self._writer is None:
                self._writer = csv.DictWriter(self._file, list(flat))
                self._writer.writeheader()
            self._writer.writerow(flat)

    def close(self) -> None:
        self._file.close()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict | tuple) else value


class _Parquet:
    """Typed columns; probabilities are a struct of one column a stance, so that engines can read each alone."""

    def __init__(self, stances: Sequence[str], path: Path) -> None:
        import pyarrow.parquet as pq

        self._schema = parquet_schema(stances)
        self._rows: list[dict[str, Any]] = []
        self._file: IO[bytes] = path.open("wb")
        self._writer = pq.ParquetWriter(self._file, self._schema, compression="zstd")

    def write(self, rows: list[dict[str, Any]]) -> None:
        self._rows += rows
        if len(self._rows) >= _ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(parquet_table(self._rows, self._schema))
            self._rows = []

    def close(self) -> None:
        try:
            self._flush()
            self._writer.close()
        finally:
            self._file.close()


def parquet_table(rows: Sequence[dict[str, Any]], schema: Any) -> Any:
    """Return rows (`ScoredSentence.to_dict`) as an Arrow table."""
    import pyarrow as pa

    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except UnicodeEncodeError:
        return pa.Table.from_pylist([encodable(row) for row in rows], schema=schema)


def encodable(value: Any) -> Any:
    """Replace lone surrogates, which no encoding can hold, by question marks in every string of a row."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [encodable(item) for item in value]
    if isinstance(value, dict):
        return {key: encodable(item) for key, item in value.items()}
    return value


def parquet_schema(stances: Sequence[str]) -> Any:
    """Return the Arrow schema of `ScoredSentence` rows."""
    import pyarrow as pa

    number = pa.float32()
    evidence = pa.struct([("word", pa.string()), ("start", pa.int64()), ("end", pa.int64()), ("weight", number)])
    frame = pa.struct([("code", pa.string()), ("probability", number)])
    return pa.schema(
        [
            ("article", pa.string()),
            ("index", pa.int32()),
            ("text", pa.string()),
            ("start", pa.int64()),
            ("end", pa.int64()),
            ("role", pa.string()),
            ("section", pa.string()),
            ("target", pa.string()),
            ("target_spans", pa.list_(pa.list_(pa.int64()))),
            ("speaker", pa.string()),
            ("voice", pa.string()),
            ("stance", pa.string()),
            ("stance_probability", pa.struct([(code, number) for code in stances])),
            ("stance_logits", pa.list_(number)),
            ("frames", pa.list_(frame)),
            ("frame_logits", pa.list_(number)),
            ("evidence", pa.list_(evidence)),
            ("abstained", pa.bool_()),
            ("truncated", pa.bool_()),
            ("model", pa.string()),
            ("insider", pa.bool_()),
            ("version", pa.int32()),
            ("outlet", pa.string()),
            ("date", pa.string()),
        ]
    )
