"""Signatures of the commands that go from a scored archive to shares; the work is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .data_commands import ColumnOption, MapOption

__all__ = ["add_to"]

_SAMPLE = """**Examples**

`newstance sample run/ --out sample.csv`

`newstance sample run/ --n 100 --per outlet --exclude sample.csv --out more.csv`
"""
_SHARES = """**Examples**

`newstance shares run/ --annotated annotated.csv`

`newstance shares run/ --annotated annotated.csv --by outlet,month --out shares.csv`

`newstance shares run/ --annotated annotated.csv --by voice --no-insiders --json`

`newstance shares run/ --layer frames --by outlet`
"""

RunArgument = Annotated[
    Path, typer.Argument(help="Folder of `newstance score --out`, or a scored .parquet or .jsonl file.")
]
UnnamedOption = Annotated[
    bool,
    typer.Option("--unnamed", help="Count sentences that do not name the target too."),
]
InsidersOption = Annotated[
    bool, typer.Option("--insiders/--no-insiders", help="Count what the target's own people say.")
]
CodebookOption = Annotated[
    Path | None,
    typer.Option("--codebook", help="Codebook or configuration of a model with labels of its own."),
]
_KEYS = "outlet, voice, year, month or week"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(epilog=_SAMPLE)(sample)
    app.command(epilog=_SHARES)(shares)


def sample(
    run: RunArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE.csv", help="Sheet to write, a new one.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many sentences.")] = 400,
    per: Annotated[str | None, typer.Option("--per", help=f"Draw --n sentences for each {_KEYS}.")] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", help="A column to fill in; may be given again. [default: the stance]"),
    ] = None,
    exclude: Annotated[
        list[Path] | None,
        typer.Option("--exclude", help="Sheet drawn earlier: none of its sentences; may be given again."),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option("--show", help="Of outlet, date, voice what annotators see. [default: none, lest it sway them]"),
    ] = None,
    codebook: CodebookOption = None,
    unnamed: UnnamedOption = False,
    insiders: InsidersOption = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the drawing.")] = 1,
) -> None:
    """Draw sentences of a scored archive at random, into a sheet to annotate; the model's labels are not in it."""
    from .sample import run_sample

    run_sample(
        run,
        out=out,
        n=n,
        per=per,
        layers=layer or [],
        exclude=exclude or [],
        show=show,
        codebook=codebook,
        unnamed=unnamed,
        insiders=insiders,
        seed=seed,
    )


def shares(
    run: RunArgument,
    annotated: Annotated[
        list[Path] | None,
        typer.Option(
            "--annotated",
            "-a",
            help="Annotated sample of it (`newstance sample`), any format; may be given again.",
        ),
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option("--layer", help="frames: how many sentences use each. [default: the stance]", show_default=False),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", help=f"Shares for each {_KEYS}; or each combination: outlet,month."),
    ] = None,
    drawn_per: Annotated[
        str | None, typer.Option("--drawn-per", help="The sample was drawn with `sample --per` this: weigh it back.")
    ] = None,
    own_from: Annotated[
        int | None,
        typer.Option("--own-from", min=1, help="Fewer annotated sentences than this borrow errors. [default: 30]"),
    ] = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    codebook: CodebookOption = None,
    unnamed: UnnamedOption = False,
    insiders: InsidersOption = True,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE.csv", help="Write the table.")] = None,
    samples: Annotated[int, typer.Option("--samples", min=100, help="Bootstrap samples behind each interval.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Estimate how many sentences take each stance, corrected by an annotated sample, with intervals over articles."""
    from .shares import run_shares

    run_shares(
        run,
        annotated=annotated or [],
        map_path=map_,
        column=column or [],
        codebook=codebook,
        layer_name=layer,
        by=by,
        drawn_per=drawn_per,
        own_from=own_from,
        unnamed=unnamed,
        insiders=insiders,
        out=out,
        samples=samples,
        seed=seed,
        as_json=json,
    )
