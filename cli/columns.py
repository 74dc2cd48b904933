"""`Columns`: rows of one line each, side by side; what a table needs when nothing wraps, at half of its time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

__all__ = ["Column", "Columns"]

#: Between columns.
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        header: its name.
        right: whether its texts end under one another.
        style: of what has no style of its own.
        most: its width at most, in cells; longer texts end in an ellipsis.
        share: instead of its texts' width, how much of what the others leave it takes.
    """

    header: str
    right: bool = False
    style: str = ""
    most: int | None = None
    share: int = 0


class Columns:
    """A header and rows that `rich` prints, exactly as wide as the console."""

    def __init__(self, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> None:
        """Join columns and rows, each of as many texts as there are columns."""
        self._columns = columns
        self._rows = rows
        self._own = [0 if c.share else self._longest(place) for place, c in enumerate(columns)]

    def fits(self, width: int) -> bool:
        """Return whether every column is at least one cell wide when all are `width` together."""
        return min(self._widths(width)) >= 1

    def _longest(self, place: int) -> int:
        column = self._columns[place]
        longest = max(len(column.header), *(row[place].cell_len for row in self._rows))
        return min(longest, column.most or longest)

    def _widths(self, width: int) -> list[int]:
        last = len(self._columns) - 1
        # `rich` counts one blank on either side of a column as the column's own, but for those at the edges.
        blanks = [1 if place in (0, last) else 2 for place in range(last + 1)]
        fixed = [own + blank for c, own, blank in zip(self._columns, self._own, blanks, strict=True) if not c.share]
        left, shares = width - sum(fixed), sum(column.share for column in self._columns)
        widths = list(self._own)
        for place, column in enumerate(self._columns):
            if column.share:
                part = ceil(column.share * left / shares)
                left, shares = left - part, shares - column.share
                widths[place] = part - blanks[place]
        return widths

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Yield the header and every row."""
        widths = self._widths(options.max_width)
        styles = [console.get_style(column.style) for column in self._columns]
        dim = console.get_style("dim")
        yield from self._line([Text(column.header) for column in self._columns], widths, [dim] * len(widths), console)
        for row in self._rows:
            yield from self._line(row, widths, styles, console)

    def _line(
        self, row: Sequence[Text], widths: list[int], styles: Sequence[Style], console: Console
    ) -> Iterator[Segment]:
        last = len(widths) - 1
        for place, (text, width, style) in enumerate(zip(row, widths, styles, strict=True)):
            shown = text.copy()
            shown.end = ""
            shown.truncate(width, overflow="ellipsis")
            blank = " " * (width - shown.cell_len)
            if blank and self._columns[place].right:
                yield Segment(blank, style)
            # A text without spans renders without its own style.
            yield from Segment.apply_style(shown.render(console), style + console.get_style(shown.style))
            if blank and not self._columns[place].right:
                yield Segment(blank, style)
            if place < last:
                yield Segment(_GAP)
        yield Segment.line()
