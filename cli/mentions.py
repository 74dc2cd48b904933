"""`newstance mentions`: what a target profile finds in articles, without a model."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial

from newstance.articles import Archive, Article, Refusal, TargetProfile, article_or_refusal, load_profile, mark_mentions
from newstance.articles.mention_counts import MentionCounts
from newstance.articles.mention_sheet import RIGHT, MentionSheet, open_sheet
from newstance.errors import ArticleError, UsageError
from newstance.scoring.counts import DateCounts, has_bad_characters
from newstance.scoring.unique import EachOnce

from .asked import MentionOptions
from .characters import about_characters
from .dates import about_dates
from .mention_tables import as_json, print_tables
from .progress import reading
from .score_options import open_archive
from .terminable import terminable

__all__ = ["run_mentions"]


def run_mentions(options: MentionOptions) -> int:
    """Count the target's mentions in all articles that can be read, and name every one that cannot.

    Returns:
        0 when all were read, 1 when some were refused.

    Raises:
        ArticleError: there was none, and none was refused either.
        UsageError: an option or the profile is wrong.
    """
    _check(options)
    archive = open_archive(options, [] if options.out is None else [options.out])
    profile = load_profile(options.target)
    articles = _Articles(archive, profile)
    counts, dates, bad = MentionCounts(), DateCounts(), 0
    sheet: MentionSheet | None = None
    with ExitStack() as stack:
        if options.out is not None:
            stack.enter_context(terminable())
            sheet = stack.enter_context(open_sheet(options.out, sample=options.sample, seed=options.seed or 0))
        step = stack.enter_context(reading(archive))
        for article in articles:
            counts.add(article)
            if sheet is not None:
                sheet.add(article)
            dates.add_date(article.date)
            bad += has_bad_characters(article)
            step()
        if not counts.articles and (options.out is not None or not articles.refused):
            raise ArticleError("no article could be read" + ", so nothing was written" * (sheet is not None))
    for line in (*archive.unused.lines(), *about_dates(dates, archive), *about_characters(bad)):
        print(f"newstance: {line}", file=sys.stderr)  # noqa: T201
    if options.json and counts.articles:
        found = as_json(counts, profile, top=options.top, refused=articles.refused, dates=dates)
        sys.stdout.write(json.dumps(found, ensure_ascii=True) + "\n")
    elif counts.articles:
        print_tables(counts, profile, top=options.top)
    if sheet is not None:
        print(_to_mark(sheet, counts, options), file=sys.stderr)  # noqa: T201
    return 1 if articles.refused else 0


class _Articles:
    """An archive's articles with the target's mentions, each id once, as `score` reads them.

    Attributes:
        refused: how many were refused so far, each named on standard error.
    """

    def __init__(self, archive: Archive, profile: TargetProfile) -> None:
        self.refused = 0
        self._archive, self._profile = archive, profile

    def __iter__(self) -> Iterator[Article]:
        drafts = EachOnce(self._archive)
        mark = partial(mark_mentions, profile=self._profile)
        for draft in drafts:
            if isinstance(draft, Refusal):
                found: Article | Refusal = draft
            else:
                found = article_or_refusal(draft, max_characters=self._archive.max_characters, mark=mark)
                if isinstance(found, Refusal):
                    drafts.give_back(draft)
            if isinstance(found, Article):
                yield found
                continue
            self.refused += 1
            print(f"newstance: {found.error}", file=sys.stderr)  # noqa: T201


def _check(options: MentionOptions) -> None:
    """Raise `UsageError` for options that do nothing, or a place that is no CSV file."""
    if options.sample is not None and options.out is None:
        raise UsageError("--sample is about the mentions that --out writes; give a .csv file there")
    if options.seed is not None and options.sample is None:
        raise UsageError("--seed goes with --sample")
    if options.out is not None and (options.out.is_dir() or options.out.suffix.lower() != ".csv"):
        raise UsageError("--out takes a file that ends in .csv", path=options.out)


def _to_mark(sheet: MentionSheet, counts: MentionCounts, options: MentionOptions) -> str:
    drawn = f"drawn at random of {counts.mentions:,}" if sheet.rows < counts.mentions else "all that were found"
    return (
        f"{sheet.rows:,} mentions to mark, {drawn}: {options.out} (write 1 under `{RIGHT}` where the mention is the "
        "target, 0 where it is somebody else)"
    )
