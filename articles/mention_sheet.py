"""`open_sheet`: mentions as a table on which somebody marks which of them are the target."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from newstance.articles.mention_counts import MentionInContext, mentions_in_context
from newstance.articles.records import Article
from newstance.articles.reservoir import Reservoir
from newstance.files import whole_file

__all__ = ["RIGHT", "MentionSheet", "open_sheet"]

#: The column that is left empty, to be filled in.
RIGHT = "right"


class MentionSheet:
    """A table of mentions that is being written: `MentionInContext`, and a column `right` to be filled in.

    Attributes:
        rows: how many were written so far; those of a sample are written at the end.
    """

    def __init__(self, writer: Any, sample: Reservoir[MentionInContext] | None) -> None:
        """Write the header to a writer of `csv`; with a sample, rows wait in it until `finish`."""
        self.rows = 0
        self._writer, self._sample = writer, sample
        writer.writerow([*(field.name for field in fields(MentionInContext)), RIGHT])

    def add(self, article: Article) -> None:
        """Add an article's mentions, or let the sample choose among them."""
        for mention in mentions_in_context(article):
            if self._sample is None:
                self._write(mention)
            else:
                self._sample.offer(mention)

    def finish(self) -> None:
        """Write the sample, if there is one."""
        for mention in self._sample.items() if self._sample is not None else ():
            self._write(mention)

    def _write(self, mention: MentionInContext) -> None:
        self.rows += 1
        self._writer.writerow([*astuple(mention), ""])


@contextmanager
def open_sheet(path: Path, *, sample: int | None, seed: int) -> Iterator[MentionSheet]:
    """Open a CSV file (UTF-8 with a byte order mark, which spreadsheets need) that is written whole or not at all.

    Args:
        path: the file.
        sample: how many mentions to draw at random; None writes all of them.
        seed: of the sample.

    Raises:
        OutputError: it cannot be written.
    """
    drawn = None if sample is None else Reservoir[MentionInContext](sample, seed)
    # A lone surrogate, which no encoding can hold, becomes a question mark, as in the tables of `score`.
    with (
        whole_file(path) as temporary,
        temporary.open("w", encoding="utf-8-sig", errors="replace", newline="") as file,
    ):
        sheet = MentionSheet(csv.writer(file), drawn)
        yield sheet
        sheet.finish()
