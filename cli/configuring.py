"""The signatures of `newstance config show`, `validate` and `copy`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["config_app"]

config_app = typer.Typer(
    help="Look at, check and copy configurations of training runs.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

ConfigArgument = Annotated[
    str, typer.Argument(help="A YAML file, or the name of a shipped configuration; see `newstance config list`.")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", help="Override a setting: a.b=value; may be given again.")
]


@config_app.command("list")
def list_(
    all_: Annotated[
        bool, typer.Option("--all", help="Also those by which the models that ship, and their teachers, were made.")
    ] = False,
) -> None:
    """List the configurations to begin with, each with its first sentence."""
    from .config import run_list

    run_list(every=all_)


@config_app.command(
    epilog="""**Examples**

`newstance config show default`

`newstance config show my.yaml --set epochs=2 > whole.yaml`
"""
)
def show(config: ConfigArgument, set_: SetOption = None) -> None:
    """Print a configuration with every setting that it leaves at its default, as YAML."""
    from .config import run_show

    run_show(config, overrides=set_ or [])


@config_app.command(
    epilog="""**Examples**

`newstance config validate my.yaml`

`newstance config validate default --set data.root=corpora`
"""
)
def validate(config: ConfigArgument, set_: SetOption = None) -> None:
    """Check every setting, and read every file that a run would read, without training."""
    from .config import run_validate

    raise typer.Exit(run_validate(config, overrides=set_ or []))


@config_app.command(
    epilog="""**Examples**

`newstance config copy your-codebook my.yaml`
"""
)
def copy(
    config: ConfigArgument,
    out: Annotated[Path, typer.Argument(help="File to write; one that is there already is left alone.")],
) -> None:
    """Copy a shipped configuration with its comments, as a starting point."""
    from .config import run_copy

    run_copy(config, out=out)
