"""`run_command`: a module's function as a command that ends in one line where a user can act on what went wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import typer

from . import NewstanceError

__all__ = ["run_command"]


def run_command(command: Callable[..., Any]) -> None:
    """Run a function as the command of ``python -m newstance...``, its parameters as typer reads them.

    What the tree of errors holds is printed as `newstance` prints it, without a traceback, and gives the exit code.
    So is what the system says of a file: that a folder cannot be made, or a page not be written.
    """
    try:
        typer.run(command)
    except NewstanceError as error:
        typer.echo(f"newstance: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"newstance: {place}{error.strerror or error}", err=True)
        sys.exit(1)
