"""`newstance score ARCHIVE --out FOLDER`: a resumable run, with its progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast, get_args

from newstance.articles import Archive
from newstance.errors import UsageError
from newstance.scoring import Explain, Scorer
from newstance.scoring.counts import DateCounts
from newstance.scoring.run import PART_ARTICLES, RunStatus, score_archive
from newstance.scoring.run_folder import PartFormat

from .asked import ScoreOptions
from .characters import about_characters
from .dates import about_dates
from .progress import LogLines, in_minutes

__all__ = ["run_folder"]


def run_folder(scorer: Scorer, archive: Archive, out: Path, options: ScoreOptions) -> int:
    """Score an archive into a folder and say how it went.

    Returns:
        0 when all were scored, 1 when some were refused, 130 when the run was interrupted.
    """
    wanted = options.format or "parquet"
    if wanted not in get_args(PartFormat):
        raise UsageError(f"a run's folder takes {' or '.join(get_args(PartFormat))}, not {wanted!r}")
    output, explain = cast("PartFormat", wanted), cast("Explain", options.explain)
    part_articles = options.part_articles or PART_ARTICLES
    with _progress(archive) as progress:
        report = _warned(progress)
        if options.engine == "ray":
            from newstance.scoring.ray_engine import score_archive_on_ray

            status = score_archive_on_ray(
                scorer,
                archive,
                out,
                output=output,
                explain=explain,
                part_articles=part_articles,
                actors=options.workers,
                report=report,
            )
        else:
            status = score_archive(
                scorer, archive, out, output=output, explain=explain, part_articles=part_articles, report=report
            )
    _say(status, out, archive)
    if status.stopped:
        return 130
    return 1 if status.refused else 0


def _warned(report: Callable[[RunStatus], None]) -> Callable[[RunStatus], None]:
    """Say what a run warns of at its beginning, while it can still be stopped."""
    begun = False

    def warned(status: RunStatus) -> None:
        nonlocal begun
        if not begun:
            begun = True
            sys.stderr.writelines(f"newstance: {line}\n" for line in status.warnings)
        report(status)

    return warned


def _say(status: RunStatus, out: Path, archive: Archive) -> None:
    lines = [*status.damaged]
    rate = status.sentences / status.seconds if status.seconds else 0.0
    lines.append(
        f"{status.articles} articles, {status.sentences} sentences in {status.seconds:.1f} s ({rate:.0f}/s), "
        f"{status.seen} of them repeats, not computed again; "
        f"{status.skipped} articles scored by earlier runs; {status.parts} parts: {out}"
    )
    lines += _totals(status.summary)
    if dates := status.summary["dates"]:
        lines += about_dates(DateCounts(**dates), archive)
    lines += about_characters(status.summary["bad_characters"])
    lines += archive.unused.lines()
    if status.refused:
        lines.append(f"{status.refused} refused, each with its reason: {out / 'errors.jsonl'}")
        lines += [f"  {reason}" for reason in status.reasons]
        if more := status.refused - len(status.reasons):
            lines.append(f"  and {more} more")
    if status.stopped:
        lines.append("stopped before the end; run the same command again to go on")
    print("\n".join(f"newstance: {line}" for line in lines), file=sys.stderr)  # noqa: T201


def _totals(summary: dict[str, Any]) -> list[str]:
    """Return the totals of the whole run in a line: the sentences that name the target first, then all."""
    every = _counts(summary["stance"], summary["abstained"])
    if not summary["articles"]:
        return []
    if summary["named"] is None:  # a part was written before these were counted
        return [f"all sentences of headline and body: {every}"]
    named = _counts(summary["named"]["stance"], summary["named"]["abstained"])
    return [f"sentences that name the target: {named}; all of headline and body: {every}"]


def _counts(stance: dict[str, int], abstained: int) -> str:
    return ", ".join([*(f"{number} {code}" for code, number in stance.items()), f"{abstained} abstained"])


@contextmanager
def _progress(archive: Archive) -> Iterator[Callable[[RunStatus], None]]:
    """Show how far a run is, on a terminal by bytes of its input; yield what to call with its status."""
    if not sys.stderr.isatty():
        log = LogLines()
        yield lambda status: log.write(lambda seconds: f"{in_minutes(seconds)}: {_so_far(status)}")
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=archive.size())

        def report(status: RunStatus) -> None:
            bar.update(task, completed=archive.done, description=_so_far(status))

        yield report


def _so_far(status: RunStatus) -> str:
    rate = status.sentences / status.seconds if status.seconds else 0.0
    return (
        f"{status.articles:,} articles · {status.sentences:,} sentences · {rate:.0f}/s · "
        f"{status.seen:,} repeats · {status.refused:,} refused"
    )
