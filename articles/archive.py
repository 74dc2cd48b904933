"""`Archive`: whatever people call an archive, read as one stream of drafts."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import nullcontext
from os import PathLike
from os.path import isdir, realpath
from pathlib import Path
from typing import IO, Any, Literal

from newstance.articles.columns import Columns
from newstance.articles.drafts import MAX_CHARACTERS, Draft, Refusal, spelt_out
from newstance.articles.paths import TABLE_SUFFIXES, expand_paths
from newstance.articles.rows import read_csv, read_jsonl, read_parquet
from newstance.articles.unused import Unused
from newstance.errors import ArticleError
from newstance.files import DAMAGED, inner_suffix, open_bytes

__all__ = ["Archive", "InputFormat"]

InputFormat = Literal["auto", "article", "jsonl", "csv", "tsv"]


class Archive:
    """Go through files, folders, patterns, tables, web archives and standard input, one article at a time.

    What cannot be read comes up as a `Refusal` in its place, and the rest goes on. Memory does not grow with the
    archive; so ids are not remembered, and one that is given twice comes up twice. Iterating again reads everything
    again, standard input excepted.

    Attributes:
        done: bytes of the files that have been gone through so far, packed as they lie on disk.
        unused: what lay beside the articles gone through so far and was not read.
    """

    def __init__(
        self,
        paths: Iterable[str | PathLike[str]],
        *,
        columns: Columns | None = None,
        stdin: InputFormat = "auto",
        max_characters: int = MAX_CHARACTERS,
        leave_out: Iterable[Path] = (),
    ) -> None:
        """Name the inputs; nothing is read yet.

        Args:
            paths: files, folders, patterns, or ``-``.
            columns: which columns of tables hold what.
            stdin: what standard input holds; `auto` takes JSON objects for rows, and all else for one article, or for
                CSV where the user named a column.
            max_characters: longer articles are refused.
            leave_out: files, and folders with the files in them, that are no articles: what this call is to write.
        """
        self.paths = list(paths)
        self.columns = columns or Columns()
        self.max_characters = max_characters
        self.done = 0
        self.unused = Unused()
        self._stdin = stdin
        self._stdin_read = False
        self._leave_out = {path.name: realpath(path) for path in leave_out}
        #: A character takes six bytes at most, as an escape in JSON.
        self._most = 6 * max_characters + (1 << 16)

    def size(self) -> int | None:
        """Return the bytes of all files, or None where standard input is among them."""
        if any(str(path) == "-" for path in self.paths):
            return None
        return sum(_size(found) for found in self._files() if isinstance(found, Path))

    def is_single(self) -> bool:
        """Return whether one article is all there is to read, as far as names and the head of standard input tell."""
        found = list(itertools.islice(self._files(), 2))
        if len(found) != 1 or isinstance(found[0], Refusal):
            return len(found) == 1
        if str(found[0]) == "-":
            return self._stdin_kind() == "article"
        return inner_suffix(found[0]) not in TABLE_SUFFIXES

    def __iter__(self) -> Iterator[Draft | Refusal]:
        """Yield drafts in a fixed order: by path as given, folders sorted, tables row by row."""
        self.done, self.unused = 0, Unused()
        for found in self._files(self.unused.add_file):
            if isinstance(found, Refusal):
                yield found
            elif str(found) == "-":
                yield from self._standard_input()
            elif inner_suffix(found) in TABLE_SUFFIXES and not _is_folder(found):
                before = self.done
                yield from self._table(found)
                self.done = before + _size(found)
            else:
                self.done += _size(found)
                yield Draft(id=spelt_out(str(found)), path=str(found))

    def _files(self, passed_over: Callable[[Path], None] = lambda path: None) -> Iterator[Path | Refusal]:
        for path in self.paths:
            try:
                expanded = expand_paths([path], passed_over=passed_over)
                yield from (found for found in expanded if not self._is_left_out(found))
            except ArticleError as error:
                yield Refusal(error)

    def _is_left_out(self, path: Path) -> bool:
        """Return whether a file is among those left out; only one of the same name is looked up."""
        return any(
            place.name in self._leave_out and self._leave_out[place.name] == realpath(place)
            for place in (path, path.parent)
        )

    def _table(self, path: Path) -> Iterator[Draft | Refusal]:
        kind = inner_suffix(path)
        if kind == ".parquet":
            yield from read_parquet(str(path), self.columns, advance=self._advance, told=self._told(str(path)))
            return
        try:
            stream = open_bytes(path)
        except DAMAGED:
            stream = None  # the reader says why
        started, position = self.done, _Position(path, stream)
        with stream or nullcontext():
            for found in self._rows(str(path), kind, stream):
                self.done = started + position.bytes()
                yield found

    def _rows(self, path: str, kind: str, stream: IO[bytes] | None) -> Iterator[Draft | Refusal]:
        if kind in (".jsonl", ".ndjson"):
            return read_jsonl(path, self.columns, most=self._most, told=self._told(path), stream=stream)
        if kind in (".csv", ".tsv"):
            tab, told = kind == ".tsv", self._told(path)
            return read_csv(path, self.columns, most=self._most, tab=tab, told=told, stream=stream)
        if stream is None:
            return iter([Refusal(ArticleError("cannot be opened; check the path and its mode", path=path))])
        from newstance.articles.warc import read_warc

        return read_warc(path, stream, most=self._most, passed_over=self.unused.add_answer)

    def _told(self, path: str) -> Callable[[Collection[str]], None]:
        return lambda names: self.unused.add_table(path, names, self.columns)

    def _advance(self, size: int) -> None:
        self.done += size

    def _stdin_kind(self) -> InputFormat:
        """Return what standard input holds, by its head where nobody said; nothing of it is taken."""
        if self._stdin != "auto" or sys.stdin is None:
            return self._stdin
        head: bytes = sys.stdin.buffer.peek(1 << 12)  # type: ignore[union-attr]
        if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
            return "jsonl"
        return "csv" if self.columns.named else "article"

    def _standard_input(self) -> Iterator[Draft | Refusal]:
        if sys.stdin is None:
            yield Refusal(ArticleError("standard input is closed; give a file, or something to read", path="-"))
            return
        if self._stdin_read:
            yield Refusal(ArticleError("standard input has been read already; give - once", path="-"))
            return
        self._stdin_read = True
        stream: Any = sys.stdin.buffer
        kind = self._stdin_kind()
        if kind in ("jsonl", "csv", "tsv"):
            yield from self._rows("-", f".{kind}", stream)
        else:
            yield Draft(id="-")


class _Position:
    """How far a stream has been read, in bytes of the file as it lies on disk."""

    def __init__(self, path: Path, stream: Any) -> None:
        raw = getattr(stream, "fileobj", stream)  # gzip keeps the packed file here
        self._tell = raw.tell if raw is not None and hasattr(raw, "tell") and path.suffix.lower() != ".zst" else None
        self._calls = itertools.count()
        self._last = 0

    def bytes(self) -> int:
        if self._tell is not None and next(self._calls) % 64 == 0:
            try:
                self._last = self._tell()
            except (OSError, ValueError):
                self._tell = None  # closed, or not a place
        return self._last


def _is_folder(path: Path) -> bool:
    """Return whether a path is a folder, which is then one that cannot be listed; a name that is too long is none."""
    return isdir(path)  # noqa: PTH112  # Path.is_dir raises at such a name


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
