"""How far a command is, on standard error: a bar on a terminal, a line now and then in a log file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from newstance.articles import Archive

__all__ = ["READING", "LogLines", "in_minutes", "progress", "reading"]

#: What `--neighbours` does the first time.
READING = "labelled sentences read (once for each model)"

#: Seconds between two lines in a log: often enough to see that it goes on, seldom enough to read a night's run.
_EVERY = 60.0


class LogLines:
    """Write lines to standard error, none sooner than a minute after the one before."""

    def __init__(self, *, every: float = _EVERY, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin to count; `every` is in seconds, `clock` tells them."""
        self._every, self._clock = every, clock
        self._began = self._last = clock()

    def write(self, line: Callable[[float], str]) -> None:
        """Write a line if it is time for one; `line` is given the seconds since the beginning."""
        now = self._clock()
        if now - self._last >= self._every:
            self._last = now
            typer.echo(line(now - self._began), err=True)


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    """Show how far a command is; yield what to call after each step.

    Args:
        what: what the steps are called.
        total: how many there are; None where nobody knows.
    """
    if total is not None and total < 10:
        yield lambda: None
    elif sys.stderr.isatty():
        with _bar(what, total) as step:
            yield step
    else:
        yield _counted(what, total, LogLines())


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def reading(archive: Archive) -> Iterator[Callable[[], None]]:
    """Show how far an archive has been read, on a terminal by bytes; yield what to call after each article."""
    if not sys.stderr.isatty():
        yield _counted("articles", None, LogLines())
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, done = bar.add_task("reading", total=archive.size()), count(1)
        yield lambda: bar.update(task, completed=archive.done, description=f"{next(done):,} articles")


def _counted(what: str, total: int | None, log: LogLines) -> Callable[[], None]:
    done = 0

    def line(seconds: float) -> str:
        if total is None:
            return f"{what}: {done:,} done in {in_minutes(seconds)}"
        left = seconds / done * max(0, total - done)
        return f"{what}: {done:,} of {total:,} in {in_minutes(seconds)}, about {in_minutes(left)} left"

    def step() -> None:
        nonlocal done
        done += 1
        log.write(line)

    return step


def in_minutes(seconds: float) -> str:
    """Return a time in words: minutes, and from two hours on hours too."""
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02} min"
