"""`newstance config`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from newstance.errors import OutputError, UsageError
from newstance.training.config import config_text, load_config, shipped_configs

__all__ = ["run_copy", "run_list", "run_show", "run_validate"]


def run_list() -> None:
    """Print the shipped configurations, each with its first comment."""
    for name in shipped_configs():
        first = config_text(name)[0].splitlines()[0]
        sys.stdout.write(f"{name:16} {first.removeprefix('#').strip()}\n")


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
