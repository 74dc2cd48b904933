"""What `newstance score` does once its model is loading: one stream of articles, to be shown, written or run."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import cast

from newstance.articles import Archive, load_profile
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Explain, Format, Scorer, open_writer

from .asked import ScoreOptions
from .blindness import about_blindness
from .characters import about_characters
from .dates import about_dates
from .score_options import Output, check_choices, open_archive
from .terminable import terminable

__all__ = ["score_articles"]


def score_articles(checkpoint: Checkpoint, predictor: Predictor, options: ScoreOptions) -> int:
    """Score every article that can be read, and name every one that cannot.

    Returns:
        0 when all were scored, 1 when some were refused, 130 when the run was interrupted.
    """
    output = Output.named_by(options.out, options.html)
    check_choices(options, output)
    archive = open_archive(options, output.files())
    scorer = Scorer(checkpoint, predictor, load_profile(options.target), target_given=options.target)
    for line in about_blindness(scorer):
        print(f"newstance: {line}", file=sys.stderr)  # noqa: T201
    if output.out is not None and output.folder:
        from .run import run_folder

        return run_folder(scorer, archive, output.out, options)
    return _score_stream(scorer, archive, output, options)


def _score_stream(scorer: Scorer, archive: Archive, output: Output, options: ScoreOptions) -> int:
    """Show articles, or write them to one file or page, as they are scored."""
    from newstance.scoring.counts import DateCounts, has_bad_characters

    from .progress import progress
    from .scored import ScoredArticles
    from .terminal import ArticleTable  # takes a while, in which the model loads

    stance = scorer.stance
    dates, bad = DateCounts(), 0
    places = [(place, place.exists()) for place in (output.out, output.html) if place is not None]
    with ExitStack() as stack:
        if places:
            stack.enter_context(terminable())
        writer = None
        if output.out is not None:
            kind = cast("Format | None", options.format)
            writer = stack.enter_context(open_writer(output.out, kind, stances=stance.codes))
        pages = None
        if output.html is not None:
            from .html import Pages

            several = not archive.is_single()
            pages = Pages(scorer, output.html, several=several, flips=options.flips, neighbours=options.neighbours)
            stack.enter_context(pages.writer)
        quiet = options.json or writer is not None or pages is not None
        table = None if quiet else ArticleTable(stance, wrap=options.wrap)
        step = stack.enter_context(progress("articles", None)) if quiet and not options.json else lambda: None
        remember = pages.remember if pages is not None else None
        articles = ScoredArticles(scorer, archive, explain=cast("Explain", options.explain), remember=remember)
        for scored in articles:
            if writer is not None:
                writer.write(scored)
            if pages is not None:
                pages.write(scored)
            if options.json:
                sys.stdout.write(json.dumps(scored.to_dict(), ensure_ascii=True) + "\n")
            elif table is not None:
                table.print(scored)
            dates.add(scored)
            bad += has_bad_characters(scored)
            step()
    for line in (*archive.unused.lines(), *about_dates(dates, archive), *about_characters(bad)):
        print(f"newstance: {line}", file=sys.stderr)  # noqa: T201
    for place, there in places:
        print(_done(articles.sentences, articles.articles, place, there=there), file=sys.stderr)  # noqa: T201
    return 1 if articles.refused else 0


def _done(sentences: int, articles: int, place: Path, *, there: bool) -> str:
    if articles:
        return f"{sentences} sentences of {articles} articles: {place}"
    return f"nothing was scored: {place} " + ("is left as it was" if there else "holds nothing")
