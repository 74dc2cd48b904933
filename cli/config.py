"""`newstance config`."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import yaml

from newstance.errors import OutputError, UsageError
from newstance.training.config import TO_BEGIN_WITH, config_text, load_config, shipped_configs

__all__ = ["run_copy", "run_list", "run_show", "run_validate"]

#: Characters that the longest of the names takes, and more.
_NAME = 16
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z`])")


def run_list(*, every: bool) -> None:
    """Print the recipes to begin with, and with `every` all that ship, each with the first sentence of its comment."""
    others = [name for name in shipped_configs() if name not in TO_BEGIN_WITH]
    names = [*TO_BEGIN_WITH, *(others if every else ())]
    for name in names:
        line = f"{name:{_NAME}} {_first_sentence(config_text(name)[0])}"
        # In a file, or to another program, each takes one line.
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else len(line)
        sys.stdout.write(textwrap.fill(line, max(width, 2 * _NAME), subsequent_indent=" " * (_NAME + 1)) + "\n")
    if not every:
        sys.stderr.write(f"and {len(others)} by which the models that ship were made: newstance config list --all\n")


def _first_sentence(text: str) -> str:
    """Return the first sentence of the comment that a file begins with; its indented lines are commands."""
    comment = itertools.takewhile(lambda line: line.startswith("#") and not line.startswith("#  "), text.splitlines())
    return _SENTENCE_END.split(" ".join(line.removeprefix("#").strip() for line in comment), maxsplit=1)[0]


def run_show(config: str, *, overrides: Sequence[str]) -> None:
    """Print the whole tree."""
    data = load_config(config, overrides).model_dump(mode="json")
    sys.stdout.write(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110))


def run_validate(config: str, *, overrides: Sequence[str]) -> int:
    """Print what the data hold, and every problem on standard error.

    Returns:
        0 when a run could start, 1 otherwise.
    """
    settings = load_config(config, overrides)
    from newstance.training.checking import check_config

    problems, counts = check_config(settings)
    for line in counts:
        sys.stdout.write(f"{line}\n")
    for problem in problems:
        print(f"newstance: {config}: {problem}", file=sys.stderr)  # noqa: T201
    return 1 if problems else 0


def run_copy(config: str, *, out: Path) -> None:
    """Write a copy."""
    text, _ = config_text(config)
    if out.is_dir():
        raise UsageError("is a folder; give a file name", path=out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError("is there already; give another name", path=out) from error
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", path=out) from error
