"""Ablations: a grid of settings, several seeds each, and a table of means with standard deviations.

::

    python -m newstance.training.ablations GRID.yaml --out DIR --set data.root=DATA

A grid names a configuration and what varies::

    base: default                       # a configuration, shipped or a file
    set: [epochs=2]                     # settings of every run; `--set` adds to them
    share: 0.1                          # of the rows of every source that is trained on; all of them where not given
    seeds: [13, 14, 15]
    grid:                               # every combination of these
      encoding.target_mode: [mark, mask]
      masking.up_to: [0.0, 0.3]
    variants:                           # and these, by name
      slow: [learning_rate=2.0e-5]

Each run lies under `DIR/VARIANT/SEED`. Called again it goes on with the run that was interrupted and skips those that
are finished, so that a grid survives a reboot and can be extended; a run with other settings than the grid's, finished
or not, is refused before anything is trained. The table, `DIR/table.md`, is written after each run. Runs fit no
baselines unless `set` names some, and drop their steps when they are done.
"""

from __future__ import annotations

import functools
import itertools
import json
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from pydantic import Field, ValidationError

from newstance.errors import UsageError
from newstance.errors.command import run_command

from .begun import check_same_run
from .config import TrainingConfig, load_config
from .finetune import finetune
from .report import MODEL, read_report
from .sections import Section

__all__ = ["Grid", "load_grid", "run_grid", "table"]

Say = Callable[[str], None]
#: Data, layer, and the score of each seed.
Scores = dict[tuple[str, str], list[float]]


class Grid(Section):
    """What varies; see the module."""

    base: str
    set: tuple[str, ...] = ()
    share: float = Field(default=1.0, gt=0, le=1)
    seeds: tuple[int, ...] = Field(default=(13, 14, 15), min_length=1)
    grid: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    variants: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def settings(self) -> dict[str, tuple[str, ...]]:
        """Return the overrides of each variant, by its name; `base` alone where nothing varies."""
        found: dict[str, tuple[str, ...]] = {}
        if self.grid:
            for values in itertools.product(*self.grid.values()):
                pairs = [f"{key}={json.dumps(value)}" for key, value in zip(self.grid, values, strict=True)]
                found[", ".join(f"{k.rpartition('.')[2]}={v}" for k, v in zip(self.grid, values, strict=True))] = (
                    *pairs,
                )
        return found | self.variants or {"base": ()}


def load_grid(path: Path, overrides: Sequence[str] = ()) -> Grid:
    """Read a grid and check that each of its configurations loads.

    Args:
        path: the YAML file.
        overrides: further settings of every run, after the grid's own `set`.

    Raises:
        UsageError: the file, a setting or the base configuration is wrong.
    """
    try:
        grid = Grid.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"cannot read the grid: {error}", path=path) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise UsageError(f"not a grid: {problems}", path=path) from error
    grid = grid.model_copy(update={"set": (*grid.set, *overrides)})
    for name in grid.settings():
        if "/" in name or name.startswith("."):
            raise UsageError(f"{name!r} cannot name a folder; give the combination a name under variants", path=path)
        _configuration(grid, name, grid.seeds[0])
    return grid


def _configuration(grid: Grid, variant: str, seed: int) -> TrainingConfig:
    settings = ["report.baselines=[]", *grid.set, *grid.settings()[variant], f"seed={seed}"]
    config = load_config(grid.base, settings)
    train = tuple(source.model_copy(update={"share": source.share * grid.share}) for source in config.data.train)
    return config.model_copy(update={"data": config.data.model_copy(update={"train": train})})


def run_grid(grid: Grid, out: Path, *, say: Say = lambda _: None) -> str:
    """Train what is not trained yet, and return the table.

    Raises:
        UsageError: a folder holds a run with other settings; nothing is trained then.
        NewstanceError: a run fails; those before it are kept, and the next call goes on from there.
    """
    for variant, seed in _runs(grid):
        folder = out / variant / str(seed)
        if (folder / "config.json").is_file() or (folder / "model" / "report.json").is_file():
            check_same_run(folder, _configuration(grid, variant, seed))
    for variant, seed in _runs(grid):
        folder = out / variant / str(seed)
        if not (folder / "model" / "report.json").is_file():
            say(f"{variant}, seed {seed}")
            finetune(_configuration(grid, variant, seed), folder, resume=(folder / "config.json").is_file(), say=say)
            shutil.rmtree(folder / "steps", ignore_errors=True)
        (out / "table.md").write_text(table(grid, out), encoding="utf-8")
    return table(grid, out)


def _runs(grid: Grid) -> Iterator[tuple[str, int]]:
    """Yield every run, seed by seed, so that a table of all variants is there early."""
    for seed in grid.seeds:
        for variant in grid.settings():
            yield variant, seed


def table(grid: Grid, out: Path) -> str:
    """Return the macro-F1 of every variant on every set as Markdown: mean over seeds, standard deviation, seeds."""
    scores = {variant: _scores(grid, out / variant) for variant in grid.settings()}
    columns = list(dict.fromkeys(key for found in scores.values() for key in found))
    lines = [
        f"| variant | seeds | {' | '.join(f'{layer}: {data}' for data, layer in columns)} |",
        "|---" * (len(columns) + 2) + "|",
    ]
    for variant, found in scores.items():
        seeds = max((len(values) for values in found.values()), default=0)
        cells = [_cell(found.get(column, [])) for column in columns]
        lines.append(f"| {variant} | {seeds} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _scores(grid: Grid, folder: Path) -> Scores:
    found: Scores = {}
    for seed in grid.seeds:
        report = folder / str(seed) / "model" / "report.json"
        for row in read_report(report) if report.is_file() else []:
            if row.system == MODEL:
                name = f"{row.data} (test)" if row.part == "test" else row.data
                found.setdefault((name, row.layer), []).append(row.figures["macro_f1"].value)
    return found


def _cell(values: Sequence[float]) -> str:
    if not values:
        return "-"
    mean = statistics.fmean(values)
    return f"{mean:.3f} ± {statistics.stdev(values):.3f}" if len(values) > 1 else f"{mean:.3f}"


def main(
    grid: Annotated[Path, typer.Argument(help="What varies, as YAML.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the runs and the table.")],
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="A setting of every run: a.b=value; may be given again.")
    ] = None,
) -> None:
    """Run a grid of settings and seeds, and write the table."""
    say = functools.partial(typer.echo, err=True)
    sys.stdout.write(run_grid(load_grid(grid, set_ or ()), out, say=say))


if __name__ == "__main__":
    run_command(main)
