"""What `newstance score` does once its model is loading: one stream of articles, to be shown, written or run."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import cast

from newstance.articles import Archive, Columns, InputFormat, Refusal, load_profile
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Explain, Format, Scorer, open_writer

from .characters import about_characters
from .dates import about_dates
from .score_options import Output, check_choices, check_inputs

__all__ = ["score_articles"]


def score_articles(
    checkpoint: Checkpoint,
    predictor: Predictor,
    paths: list[str],
    *,
    target: str,
    out: str | None,
    wanted: str | None,
    as_json: bool,
    explain: str,
    wrap: bool,
    columns: dict[str, str | None],
    stdin: str,
    max_characters: int,
    workers: int | None,
    part_articles: int | None,
    engine: str,
    html: Path | None,
    flips: bool,
    neighbours: bool,
) -> int:
    """Score every article that can be read, and name every one that cannot.

    Returns:
        0 when all were scored, 1 when some were refused, 130 when the run was interrupted.
    """
    output = Output.named_by(out, html)
    check_choices(
        output,
        wanted=wanted,
        as_json=as_json,
        explain=explain,
        wrap=wrap,
        part_articles=part_articles,
        engine=engine,
        flips=flips,
        neighbours=neighbours,
    )
    check_inputs(paths, output.files(), columns=columns, stdin=stdin)
    archive = Archive(
        paths,
        columns=Columns.named_by(columns),
        stdin=cast("InputFormat", stdin),
        max_characters=max_characters,
        leave_out=output.files(),
    )
    scorer = Scorer(checkpoint, predictor, load_profile(target), target_given=target)
    if output.out is not None and output.folder:
        from .run import PART_ARTICLES, run_folder

        return run_folder(
            scorer,
            archive,
            output.out,
            wanted=wanted or "parquet",
            explain=cast("Explain", explain),
            part_articles=part_articles or PART_ARTICLES,
            engine=engine,
            actors=workers,
        )
    return _score_stream(
        scorer,
        archive,
        output,
        wanted=cast("Format | None", wanted),
        as_json=as_json,
        explain=cast("Explain", explain),
        wrap=wrap,
        flips=flips,
        neighbours=neighbours,
    )


def _score_stream(
    scorer: Scorer,
    archive: Archive,
    output: Output,
    *,
    wanted: Format | None,
    as_json: bool,
    explain: Explain,
    wrap: bool,
    flips: bool,
    neighbours: bool,
) -> int:
    """Show articles, or write them to one file or page, as they are scored."""
    from newstance.scoring.counts import DateCounts, has_bad_characters
    from newstance.scoring.unique import EachOnce

    from .progress import progress
    from .terminal import ArticleTable  # takes a while, in which the model loads

    stance = scorer.stance
    sentences = articles = refused = bad = 0
    dates = DateCounts()
    places = [(place, place.exists()) for place in (output.out, output.html) if place is not None]
    with ExitStack() as stack:
        if places:
            stack.enter_context(_terminable())
        writer = None
        if output.out is not None:
            writer = stack.enter_context(open_writer(output.out, wanted, stances=stance.codes))
        pages = None
        if output.html is not None:
            from .html import Pages

            pages = Pages(scorer, output.html, several=not archive.is_single(), flips=flips, neighbours=neighbours)
            stack.enter_context(pages.writer)
        quiet = as_json or writer is not None or pages is not None
        table = None if quiet else ArticleTable(stance, wrap=wrap)
        step = stack.enter_context(progress("articles", None)) if quiet and not as_json else lambda: None
        drafts = EachOnce(archive)
        results = scorer.score_drafts(
            drafts,
            explain=explain,
            max_characters=archive.max_characters,
            remember=pages.remember if pages is not None else None,
            unread=drafts.give_back,
        )
        for scored in results:
            if isinstance(scored, Refusal):
                print(f"newstance: {scored.error}", file=sys.stderr)  # noqa: T201
                refused += 1
                continue
            if writer is not None:
                writer.write(scored)
            if pages is not None:
                pages.write(scored)
            if as_json:
                sys.stdout.write(json.dumps(scored.to_dict(), ensure_ascii=True) + "\n")
            elif table is not None:
                table.print(scored)
            articles += 1
            sentences += len(scored.sentences)
            dates.add(scored)
            bad += has_bad_characters(scored)
            step()
    for line in (*archive.unused.lines(), *about_dates(dates, archive), *about_characters(bad)):
        print(f"newstance: {line}", file=sys.stderr)  # noqa: T201
    for place, there in places:
        print(_done(sentences, articles, place, there=there), file=sys.stderr)  # noqa: T201
    return 1 if refused else 0


def _done(sentences: int, articles: int, place: Path, *, there: bool) -> str:
    if articles:
        return f"{sentences} sentences of {articles} articles: {place}"
    return f"nothing was scored: {place} " + ("is left as it was" if there else "holds nothing")


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM clear away on its way out, as Ctrl-C does, so that no half of a file stays."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
