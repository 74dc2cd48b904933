"""Signatures of `newstance targets` and `newstance mentions`; the work is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import inputs

__all__ = ["add_to"]

_TARGETS = """**Examples**

`newstance targets`

`newstance targets us-trump-2025`

`newstance targets mine.yaml`
"""
_MENTIONS = """**Examples**

`newstance mentions articles/ --target mine.yaml`

`newstance mentions articles.csv --text-column body --id-column url --date-column published --target us-trump-2025`

`newstance mentions archive.parquet --target mine.yaml --out check.csv --sample 200` (to mark right and wrong ones)

`newstance mentions archive/ --target mine.yaml --top 500 --json`
"""


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(epilog=_TARGETS)(targets)
    app.command(epilog=_MENTIONS)(mentions)


def targets(
    profile: Annotated[
        str | None,
        typer.Argument(help="Check and show this one: a YAML file, or a shipped profile's name.", show_default=False),
    ] = None,
) -> None:
    """List the target profiles that ship with newstance and the terms of their people; or check and show one."""
    from .targets import run_targets

    run_targets(profile)


def mentions(
    paths: inputs.Paths,
    target: inputs.Target = "government",
    top: Annotated[int, typer.Option("--top", min=1, help="Rows of each table.")] = 40,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FILE", help="Also write mentions with their sentences: a .csv to mark."),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option("--sample", min=1, help="With --out: this many of them, drawn at random. [default: all]"),
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Of the random sample. [default: 0]")] = None,
    text_column: inputs.TextColumn = None,
    id_column: inputs.IdColumn = None,
    title_column: inputs.TitleColumn = None,
    outlet_column: inputs.OutletColumn = None,
    date_column: inputs.DateColumn = None,
    stdin: inputs.Stdin = "auto",
    max_characters: inputs.MaxCharacters = 1_000_000,
) -> None:
    """Show what a target profile finds in articles, and what it may miss, without scoring them."""
    from .asked import MentionOptions
    from .mentions import run_mentions

    options = MentionOptions(
        paths=paths,
        columns=inputs.by_field(text_column, id_column, title_column, outlet_column, date_column),
        stdin=stdin,
        max_characters=max_characters,
        target=target,
        top=top,
        json=json,
        out=out,
        sample=sample,
        seed=seed,
    )
    raise typer.Exit(run_mentions(options))
