"""Signatures of `newstance data ...`; the work is imported when a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import inputs

__all__ = ["data_app"]

data_app = typer.Typer(help="Look at annotated data, check them, and carry them between tools.", no_args_is_help=True)

FormatOption = Annotated[
    str,
    typer.Option(
        "--format",
        help="annotations (finds out), records, table, labelstudio, doccano, prodigy; or a corpus: newstance, "
        "newsmtsc, newsmtsc-codebook, newsmtsc-mentions, seesaw, pstance, frac.",
    ),
]
SplitOption = Annotated[str | None, typer.Option("--split", help="Only this split.")]
MapOption = Annotated[
    Path | None, typer.Option("--map", help="Column map, YAML: fields, flags, values, separator, fill, unlabelled.")
]
ColumnOption = Annotated[
    list[str] | None, typer.Option("--column", help="FIELD=COLUMN, added to the map; may be given again.")
]
CodebookOption = Annotated[
    Path | None,
    typer.Option(
        "--codebook",
        help="Codebook that the labels belong to, or a training configuration that has one. [default: any labels]",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


@data_app.callback()
def _data() -> None:
    pass


@data_app.command()
def stats(json: JsonOption = False) -> None:
    """Count what the project's own corpus covers, and how far its two passes agree."""
    from .data import run_stats

    run_stats(as_json=json)


@data_app.command(
    epilog="""**Examples**

`newstance data check train.jsonl dev.jsonl test.jsonl`

`newstance data check --config my.yaml --set data.root=corpora`

`newstance data check survey.csv --column text=Sentence --column stance=Position --codebook mine.yaml --json`
"""
)
def check(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Annotation files. A row's split is its own, else read off the file's name."),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", help="Instead of files: the data of a training configuration.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting of it: a.b=value.")] = None,
    format: FormatOption = "annotations",
    split: SplitOption = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    codebook: CodebookOption = None,
    similar: Annotated[
        float,
        typer.Option("--similar", min=0.3, max=1.0, help="Shared word pairs that make two texts nearly equal."),
    ] = 0.7,
    json: JsonOption = False,
) -> None:
    """Find what would make a model or its figures wrong; exit code 1 when there are errors."""
    from .check import run_check

    raise typer.Exit(
        run_check(
            files or [],
            config=config,
            overrides=set_ or [],
            format=format,
            split=split,
            map_path=map_,
            column=column or [],
            codebook=codebook,
            similar=similar,
            as_json=json,
        )
    )


@data_app.command(
    epilog="""**Examples**

`newstance data convert survey.csv records.jsonl --column text=Sentence --column stance=Position`

`newstance data convert records.jsonl tasks.json` (Label Studio; its labelling interface is written beside it)

`newstance data convert project.zip records.jsonl` (doccano)
"""
)
def convert(
    source: Annotated[str, typer.Argument(metavar="IN", help="Annotation file, or the folder of a corpus.")],
    target: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="File: .jsonl, .csv, .tsv (.gz or .zst may follow), .parquet, or .json."),
    ],
    format: FormatOption = "annotations",
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="records, table, labelstudio or doccano. [default: by OUT's extension]",
            show_default=False,
        ),
    ] = "annotations",
    split: SplitOption = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    codebook: CodebookOption = None,
) -> None:
    """Carry annotations from one format to another."""
    from .convert import run_convert

    run_convert(
        source, target, format=format, to=to, split=split, map_path=map_, column=column or [], codebook=codebook
    )


@data_app.command(
    epilog="""**Examples**

`newstance data suggest articles/ tasks.json --target us-trump-2025` (Label Studio)

`newstance data suggest article.txt lines.jsonl --to doccano`

`newstance data suggest articles.csv tasks.json --text-column body --id-column url`
"""
)
def suggest(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="IN...",
            help="Article files (.txt, .md, .html), tables of articles (CSV, TSV, JSONL, Parquet), WARC files, "
            "folders or patterns of them, or - for standard input.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="New file to import into the annotation tool: .json, for doccano .jsonl."),
    ],
    target: Annotated[
        str, typer.Option("--target", "-t", help="Whose actions: a shipped profile's name or a YAML file.")
    ] = "government",
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model folder. [default: the shipped default]")
    ] = None,
    to: Annotated[str, typer.Option("--to", help="labelstudio or doccano.")] = "labelstudio",
    named: Annotated[bool, typer.Option("--named", help="Only sentences that name the target.")] = False,
    text_column: inputs.TextColumn = None,
    id_column: inputs.IdColumn = None,
    title_column: inputs.TitleColumn = None,
    outlet_column: inputs.OutletColumn = None,
    date_column: inputs.DateColumn = None,
    stdin: inputs.Stdin = "auto",
    max_characters: inputs.MaxCharacters = 1_000_000,
) -> None:
    """Write articles as annotation tasks with the model's suggestions, to be corrected instead of labelled anew."""
    from .asked import ArticleOptions
    from .suggest import run_suggest

    options = ArticleOptions(
        paths=sources,
        columns=inputs.by_field(text_column, id_column, title_column, outlet_column, date_column),
        stdin=stdin,
        max_characters=max_characters,
    )
    raise typer.Exit(run_suggest(options, out, target=target, model=model, to=to, named=named))
