"""Arguments and options that several commands share: which articles to read, how, and for which target."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = [
    "DateColumn",
    "Engine",
    "IdColumn",
    "MaxCharacters",
    "OutletColumn",
    "PartArticles",
    "Paths",
    "Stdin",
    "Target",
    "TextColumn",
    "TitleColumn",
    "Workers",
    "by_field",
]

_TABLES = "Tables of articles"
_RUNS = "Large archives"

Paths = Annotated[
    list[str],
    typer.Argument(
        help="Articles (.txt, .md, .html), tables of them (.jsonl, .csv, .tsv, .parquet, .warc), also .gz and "
        ".zst; folders, patterns, or - for standard input."
    ),
]
Target = Annotated[
    str,
    typer.Option(
        "--target", "-t", help="Whose actions: a shipped profile's name (see `newstance targets`) or a YAML file."
    ),
]
TextColumn = Annotated[
    str | None, typer.Option("--text-column", help="Column of the text. [default: text]", rich_help_panel=_TABLES)
]
IdColumn = Annotated[
    str | None,
    typer.Option(
        "--id-column", help="Column of the id; file and line stand in for it. [default: id]", rich_help_panel=_TABLES
    ),
]
TitleColumn = Annotated[
    str | None,
    typer.Option(
        "--title-column", help="Column of the title, shown and not scored. [default: title]", rich_help_panel=_TABLES
    ),
]
OutletColumn = Annotated[
    str | None,
    typer.Option("--outlet-column", help="Column of the publisher. [default: outlet]", rich_help_panel=_TABLES),
]
DateColumn = Annotated[
    str | None, typer.Option("--date-column", help="Column of the date. [default: date]", rich_help_panel=_TABLES)
]
Stdin = Annotated[
    str, typer.Option("--stdin", help="What - holds: auto, article, jsonl, csv or tsv.", rich_help_panel=_TABLES)
]
MaxCharacters = Annotated[
    int,
    typer.Option(
        "--max-characters", min=1000, max=1_000_000_000, help="Longer articles are refused.", rich_help_panel=_RUNS
    ),
]
Workers = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Batches at a time, or actors. [default: one a core]", rich_help_panel=_RUNS),
]
PartArticles = Annotated[
    int | None,
    typer.Option("--part-articles", min=1, help="Articles of a part of a run. [default: 1000]", rich_help_panel=_RUNS),
]
Engine = Annotated[
    str, typer.Option("--engine", help="local, or ray (extra `cluster`, experimental).", rich_help_panel=_RUNS)
]


def by_field(
    text: str | None, id: str | None, title: str | None, outlet: str | None, date: str | None
) -> dict[str, str | None]:
    """Return the columns that the options name, by the field of an article that each holds."""
    return {"text": text, "id": id, "title": title, "outlet": outlet, "date": date}
