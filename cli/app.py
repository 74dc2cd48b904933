"""The `newstance` command. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import atexit
import gc
import io
import sys
from copy import copy
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command_name

from newstance.errors import NewstanceError

from . import inputs, judging, profiles, surveying
from .benchmark import EPILOG as BENCHMARK_EPILOG
from .benchmark import benchmark
from .configuring import config_app
from .data_commands import data_app
from .explaining import EXPLAIN_EPILOG, FIT_EPILOG, explain, fit_evidence
from .once import once_each

__all__ = ["app", "main", "only_what_is_asked_for"]

app = typer.Typer(
    name="newstance",
    help="Stance and framing in news articles, sentence by sentence, with the words that carried each decision.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # takes longer to import than everything else here

        typer.echo(f"newstance {version('newstance')}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


@app.command(
    epilog="""**Examples**

`newstance score examples/`

`newstance score article.txt --target us-trump-2025`

`cat article.txt | newstance score - --json | jq .summary`

`newstance score archive/ --out scored.parquet`

`newstance score article.txt --html article.html --flips`

`newstance score 'archive/*.jsonl.gz' --text-column body --id-column url --out run/`

**Exit codes**

0 all was scored; 1 some articles were refused (the others are scored), or something could not be read or written; 2 the
call itself is wrong; 130 interrupted (a run's folder: the same command goes on).
"""
)
def score(
    paths: inputs.Paths,
    target: inputs.Target = "government",
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="A model folder or a shipped model's name. [default: the shipped default]"),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            metavar="PATH",
            help="A .jsonl, .csv or .parquet file; or a folder, for a run that can be resumed.",
        ),
    ] = None,
    format: Annotated[
        str | None, typer.Option("--format", help="Of a folder's parts: parquet or jsonl. [default: parquet]")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per article and nothing else.")] = False,
    explain: Annotated[
        str, typer.Option("--explain", help="Weigh words by evidence (free), loo, ig (needs torch) or random; or none.")
    ] = "evidence",
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            help="Write a page to read it on; of several articles, one that leads to all. Not with a run's folder.",
        ),
    ] = None,
    flips: Annotated[
        bool, typer.Option("--flips", help="In the page: the fewest words whose deletion changes the stance (slow).")
    ] = False,
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="In the page: the nearest labelled sentences of the project's corpus.")
    ] = False,
    wrap: Annotated[bool, typer.Option("--wrap", help="Show whole sentences instead of one line each.")] = False,
    text_column: inputs.TextColumn = None,
    id_column: inputs.IdColumn = None,
    title_column: inputs.TitleColumn = None,
    outlet_column: inputs.OutletColumn = None,
    date_column: inputs.DateColumn = None,
    stdin: inputs.Stdin = "auto",
    max_characters: inputs.MaxCharacters = 1_000_000,
    workers: inputs.Workers = None,
    part_articles: inputs.PartArticles = None,
    engine: inputs.Engine = "local",
) -> None:
    """Score articles sentence by sentence: stance, confidence, and the words that carried it."""
    from .asked import ScoreOptions
    from .score import run_score

    options = ScoreOptions(
        paths=paths,
        columns=inputs.by_field(text_column, id_column, title_column, outlet_column, date_column),
        stdin=stdin,
        max_characters=max_characters,
        target=target,
        model=model,
        out=out,
        format=format,
        json=json,
        explain=explain,
        html=html,
        flips=flips,
        neighbours=neighbours,
        wrap=wrap,
        workers=workers,
        part_articles=part_articles,
        engine=engine,
    )
    raise typer.Exit(run_score(options))


@app.command(
    epilog="""**Examples**

`newstance train smoke --out runs/smoke`

`newstance train wide --out runs/wide --set data.root=DIR`

`newstance train my.yaml --out runs/mine --set seed=14 --set encoding.target_mode=mark`

`newstance train --out runs/mine --resume`
"""
)
def train(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the run.")],
    config: Annotated[
        str | None,
        typer.Argument(
            help="A YAML file, or a shipped one's name (newstance config list). With --resume it may be left out: the "
            "run's folder keeps its settings."
        ),
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="Override a setting: a.b=value; may be given again.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Go on with a run that was interrupted, with the --set that it began with; or begin it."
        ),
    ] = False,
) -> None:
    """Fine-tune a model from a configuration, calibrate it, and write its checkpoint."""
    from .train import run_train

    raise typer.Exit(run_train(config, out=out, overrides=set_ or [], resume=resume))


@app.command(
    epilog="""**Example**

`newstance export runs/default/model --out runs/default/exported`
"""
)
def export(
    model: Annotated[Path, typer.Argument(help="A model folder with torch weights.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    quantise: Annotated[
        str,
        typer.Option(
            "--quantise",
            help="int8-weights (a quarter of the size), int4-weights (a seventh), none, or auto: int8 if labels stay.",
        ),
    ] = "auto",
    config: Annotated[
        str | None,
        typer.Option("--config", help="Compare on this configuration's dev. [default: the own corpus's dev]"),
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting of it: a.b=value.")] = None,
) -> None:
    """Export a checkpoint to ONNX, so that it scores without torch, and measure that it decides the same."""
    from .train import run_export

    run_export(model, out=out, quantise=quantise, config=config, overrides=set_ or [])


@app.command(
    epilog="""**Example**

`newstance average runs/13/model runs/14/model --config default --set data.root=DIR --out runs/mean`
"""
)
def average(
    models: Annotated[list[Path], typer.Argument(help="Two checkpoint folders or more, of one architecture.")],
    config: Annotated[str, typer.Option("--config", help="The runs' configuration; its development data calibrate.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    weights: Annotated[
        list[float] | None, typer.Option("--weight", help="How much each model counts, once for each; alike without.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting: a.b=value.")] = None,
) -> None:
    """Average the weights of several runs into one model, and calibrate it."""
    from .train import run_average

    run_average(models, config=config, out=out, weights=weights, overrides=set_ or [])


@app.command(
    epilog="""**Example**

`newstance shrink runs/large-on/model --layers 6 --feed-forward 640 --config large --set data.root=DIR --out runs/small`
"""
)
def shrink(
    model: Annotated[Path, typer.Argument(help="A checkpoint folder: a large model, trained.")],
    config: Annotated[str, typer.Option("--config", help="Its configuration, whose training sentences it learns on.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write.")],
    layers: Annotated[
        int | None,
        typer.Option("--layers", min=1, help="Encoder layers that are left, spread evenly."),
    ] = None,
    keep: Annotated[
        str | None, typer.Option("--keep", help="Instead of --layers: their numbers, from 0, as in 0,1,3,6,7,10.")
    ] = None,
    feed_forward: Annotated[
        int | None,
        typer.Option("--feed-forward", min=1, help="Units that each feed-forward block keeps. [default: all]"),
    ] = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, help="Passes over the training sentences.")] = 1,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting: a.b=value.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the last state of a call that was interrupted, or begin.")
    ] = False,
) -> None:
    """Make a model of fewer layers and narrower blocks that says nearly what a large one says."""
    from .train import run_shrink

    run_shrink(
        model,
        config=config,
        out=out,
        layers=layers,
        keep=keep,
        feed_forward=feed_forward,
        epochs=epochs,
        overrides=set_ or [],
        resume=resume,
    )


app.command(epilog=EXPLAIN_EPILOG)(explain)
app.command("fit-evidence", epilog=FIT_EPILOG)(fit_evidence)
app.command(epilog=BENCHMARK_EPILOG)(benchmark)


profiles.add_to(app)
surveying.add_to(app)
judging.add_to(app)

app.add_typer(data_app, name="data")
app.add_typer(config_app, name="config")
once_each(app, data_app, config_app)


def main() -> None:
    """Run the command line; what a user can act on ends in one line, never in a traceback."""
    _search_less_for_cycles()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shows another, not an error
    try:
        only_what_is_asked_for(sys.argv[1:2])()
    except NewstanceError as error:
        typer.echo(f"newstance: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        # Standard output has no name; whatever has one is said to be at fault by it, since it may have been read.
        place = error.filename if error.filename is not None else "cannot write"
        typer.echo(f"newstance: {place}: {error.strerror or error}", err=True)
        sys.stdout = None  # what is left in its buffer would fail once more at exit
        sys.exit(1)


def only_what_is_asked_for(words: list[str]) -> typer.Typer:
    """Return the application with the one command that is named, or all of it where none is, or a group.

    Typer works out the options of every command that it knows, 40 ms for all of them.
    """
    for command in app.registered_commands:
        name = command.name or get_command_name(getattr(command.callback, "__name__", ""))
        if [name] == words:
            one = copy(app)
            one.registered_commands, one.registered_groups = [command], []
            return one
    return app


def _search_less_for_cycles() -> None:
    """Let the garbage collector look seldom while a command imports, and not at all when it ends.

    Nearly every object that a command makes while it starts stays to the end. To search them again and again took a
    thirtieth of the processor time of scoring one article, and once more, at exit, a fifteenth.
    """
    gc.set_threshold(50_000)
    atexit.register(gc.freeze)
