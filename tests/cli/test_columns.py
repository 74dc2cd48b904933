from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table
from rich.text import Text

from newstance.cli.columns import Column, Columns

COLUMNS = (Column("#", right=True), Column("voice", most=9), Column("sentence", share=3), Column("words", share=1))
ROWS = [
    [
        Text("7"),
        Text("Ines Calloway"),
        Text("The council wrecked the harbour 港口 and lied about it."),
        Text("wrecked, lied"),
    ],
    [Text("12"), Text("outlet"), Text("Nobody met."), Text("")],
]


def printed(what: Columns | Table, width: int) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def as_table() -> Table:
    table = Table(box=None, pad_edge=False, show_edge=False, expand=True)
    for column in COLUMNS:
        table.add_column(
            column.header,
            justify="right" if column.right else "left",
            max_width=column.most,
            ratio=column.share or None,
            no_wrap=True,
            overflow="ellipsis",
        )
    for row in ROWS:
        table.add_row(*row)
    return table


@pytest.mark.parametrize("width", [40, 41, 57, 80, 133])
def test_columns_print_what_the_librarys_table_prints(width: int) -> None:
    columns = Columns(COLUMNS, ROWS)
    assert columns.fits(width)
    assert printed(columns, width) == printed(as_table(), width)


def test_a_terminal_too_narrow_is_told_apart() -> None:
    assert not Columns(COLUMNS, ROWS).fits(18)


def test_a_texts_own_style_and_its_columns_are_both_shown() -> None:
    console = Console(file=io.StringIO(), width=40, force_terminal=True, color_system="standard")
    console.print(Columns([Column("a", style="dim"), Column("b", share=1)], [[Text("x"), Text("yes", style="bold")]]))
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[2mx\x1b[0m" in console.file.getvalue()
    assert "\x1b[1myes\x1b[0m" in console.file.getvalue()
