"""Delimited tables (CSV and its kin) as people's programs write them: a header, then numbered records of cells.

Spreadsheets and statistics packages write commas, semicolons, tabs or bars, in UTF-8, UTF-16 or Windows-1252, as their
language and version have it, and leave no word about it in the file. What the columns mean is the readers' matter.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from os import PathLike
from typing import IO, Any

from newstance.files.packed import open_bytes
from newstance.files.utf8 import mended_utf8

__all__ = ["WIDEST", "BadRecord", "DelimitedTable", "open_table"]

#: Characters of a cell at most, where a reader sets no other limit: columns that nobody reads hold pages and images,
#: and a quotation mark that is never closed is held in memory up to here.
WIDEST = 1 << 24
#: What may separate cells; of two that a header shows equally often, the first.
_SEPARATORS = ",;\t|"
#: A line above the header that tells Excel what separates cells.
_TOLD = re.compile(rf'"?sep=([{_SEPARATORS}])"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class BadRecord:
    """A record that has no cells to give.

    Attributes:
        message: what is wrong with it, and which lines or whether the rest of the file are lost with it.
    """

    message: str


@contextmanager
def open_table(
    path: str | PathLike[str],
    *,
    tab: bool = False,
    most: int = WIDEST,
    widest: int = WIDEST,
    stream: IO[bytes] | None = None,
) -> Iterator[DelimitedTable]:
    """Open a delimited table, packed or not.

    Args:
        path: the file.
        tab: whether tabs separate cells; else what a first line such as `sep=;` says, or the header's first line shows
            most often.
        most: characters of the header at most.
        widest: characters of a cell at most.
        stream: its unpacked bytes, where they are already open.

    Raises:
        OSError: it cannot be opened; this and reading on may raise any of `DAMAGED`.
    """
    with _as_text(stream or open_bytes(path)) as file:
        yield DelimitedTable(file, tab=tab, most=most, widest=widest)


class DelimitedTable:
    """A delimited table that is open, to be read once: its header is read, its records are to come.

    Args:
        file: its text as `open_table` decodes it, each line with its end as it stands.
        tab: whether tabs separate cells.
        most: characters of the header at most.
        widest: characters of a cell at most.

    Attributes:
        header: the names of the columns as they stand there; none where the first line is empty.
    """

    def __init__(self, file: IO[str], *, tab: bool, most: int, widest: int) -> None:
        csv.field_size_limit(widest)  # of the whole process: there is no other
        self._widest = widest
        self._reader: Any = None
        first = file.readline(most)
        if told := None if tab else _TOLD.fullmatch(first):
            first = file.readline(most)
        self._separator = told[1] if told else "\t" if tab else max(_SEPARATORS, key=first.count)
        self.header, self._above, left = self._read_header(first, file, most)
        self._above += bool(told)
        self._lines = chain(left, file)

    @property
    def line(self) -> int:
        """The last line of the file that was read, from 1."""
        return self._above + (self._reader.line_num if self._reader else 0)

    def records(self, *, skip_blanks: bool = False) -> Iterator[tuple[int, list[str] | BadRecord]]:
        """Yield the line on which each record begins, the header's being 1, and its cells or what is wrong with it.

        Lines count as in a text editor: a cell may go over several. An empty line is no record; how many cells there
        are is not looked at. A quotation mark that is never closed, or not doubled inside a cell, would let a record
        swallow others: such a one is bad, with all its lines.

        Args:
            skip_blanks: whether blanks after a separator belong to no cell.

        Raises:
            OSError: or any of `DAMAGED`: the file is cut or damaged.
        """
        self._reader = csv.reader(self._lines, delimiter=self._separator, strict=True, skipinitialspace=skip_blanks)
        number = self.line + 1
        for cells in self._parsed():
            if isinstance(cells, csv.Error):
                too_wide = "field limit" in str(cells)
                yield number, BadRecord(self._too_wide(number) if too_wide else self._bad_quotes(number))
                if too_wide and self.line > number:
                    return  # what follows may be the middle of the cell
            elif cells:
                yield number, [_decoded(cell) for cell in cells]
            number = self.line + 1

    def _read_header(self, first: str, file: IO[str], most: int) -> tuple[list[str], int, list[str]]:
        """Return the names, how many lines they take, and lines that were read beyond them.

        A name in quotation marks may go over several lines. One whose mark is never closed goes to the end of its line.
        """
        taken: list[str] = []

        def lines() -> Iterator[str]:
            line, room = first, most
            while line:
                taken.append(line)
                yield line
                room -= len(line)
                line = file.readline() if room > 0 else ""  # whole, as it may be a record

        try:
            names = next(csv.reader(lines(), delimiter=self._separator, strict=True), [])
        except csv.Error:
            names, left = next(csv.reader(taken[:1], delimiter=self._separator), []), taken[1:]
        else:
            left = []
        return [_decoded(name) for name in names], max(1, len(taken) - len(left)), left

    def _parsed(self) -> Iterator[list[str] | csv.Error]:
        """Yield records, or what is wrong with one; the reader then goes on with the next line."""
        while True:
            try:
                yield next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield error

    def _too_wide(self, first: int) -> str:
        lost = "; its quotation mark may never be closed, and the rest of the file cannot be read"
        return f"a cell has more than {self._widest:,} characters{lost if self.line > first else ''}"

    def _bad_quotes(self, first: int) -> str:
        lost = f"; lines {first} to {self.line} are lost" if self.line > first else ""
        return f"a quotation mark is not closed, or not doubled inside its cell{lost}"


def _as_text(stream: Any) -> IO[str]:
    """Decode UTF-16 by its mark, else UTF-8; bytes that are not UTF-8 are kept for `_decoded`."""
    buffered = stream if hasattr(stream, "peek") else io.BufferedReader(stream, 1 << 16)
    if buffered.peek(2).startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return io.TextIOWrapper(buffered, encoding="utf-16", errors="replace", newline="")
    return io.TextIOWrapper(buffered, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _decoded(cell: str) -> str:
    """Read the bytes of a cell that are not UTF-8 as Windows-1252, unless they are a few bad ones in UTF-8."""
    if cell.isascii():
        return cell
    try:
        cell.encode()
    except UnicodeEncodeError:
        data = cell.encode("utf-8", "surrogateescape")
        return mended_utf8(data) or data.decode("cp1252", "replace")
    return cell
