"""`newstance score`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import cast, get_args

from newstance.articles import Article, expand_paths, read_article
from newstance.errors import InputError, UsageError
from newstance.scoring import Explain, Format, Scorer, open_writer

from .terminal import ArticleTable, progress

__all__ = ["run_score"]


def run_score(
    paths: Iterable[str],
    *,
    target: str,
    model: str | None,
    out: Path | None,
    wanted: str | None,
    as_json: bool,
    explain: str,
    wrap: bool,
    html: Path | None = None,
    flips: bool = False,
    neighbours: bool = False,
) -> int:
    """Score every article that can be read, and name every one that cannot.

    Returns:
        0 when all were scored, 1 when some were refused.
    """
    _check(explain=explain, wanted=wanted, out=out, html=html, flips=flips, neighbours=neighbours)
    # Gradients need torch; everything else runs where the model runs fastest.
    scorer = Scorer.load(model, target=target, runtime="torch" if explain == "ig" else "auto")
    files = _Files(paths)
    stance = scorer.checkpoint.codebook.layer("stance")
    sentences = articles = 0
    with ExitStack() as stack:
        writer = None
        if out is not None:
            writer = stack.enter_context(open_writer(out, cast("Format | None", wanted), stances=stance.codes))
        pages = None
        if html is not None:
            from .html import Pages

            pages = Pages(scorer, html, several=files.count > 1, flips=flips, neighbours=neighbours)
            stack.enter_context(pages.writer)
        quiet = as_json or writer is not None or pages is not None
        table = None if quiet else ArticleTable(stance, wrap=wrap)
        step = stack.enter_context(progress("articles", files.count))
        for scored in scorer.score_many(pages.remember(files) if pages else files, explain=cast("Explain", explain)):
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
            step()
    if writer is not None:
        print(f"{sentences} sentences of {articles} articles: {writer.path}", file=sys.stderr)  # noqa: T201
    if html is not None and articles:
        print(f"{sentences} sentences of {articles} articles: {html}", file=sys.stderr)  # noqa: T201
    return 1 if files.refused else 0


def _check(
    *, explain: str, wanted: str | None, out: Path | None, html: Path | None, flips: bool, neighbours: bool
) -> None:
    """Raise `UsageError` for options that are unknown or do nothing together."""
    if explain not in get_args(Explain):
        raise UsageError(f"--explain takes {', '.join(get_args(Explain))}, not {explain!r}")
    if wanted is not None and wanted not in get_args(Format):
        raise UsageError(f"--format takes {', '.join(get_args(Format))}, not {wanted!r}")
    if wanted is not None and out is None:
        raise UsageError("--format goes with --out")
    if html is None and (flips or neighbours):
        raise UsageError("--flips and --neighbours go with --html")
    if flips and explain == "none":
        raise UsageError("--flips needs an explanation; leave --explain none out")


class _Files:
    """Read files one at a time; what cannot be read is named on standard error and left out."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.refused = 0
        self._paths = list(self._expanded(paths))
        self.count = len(self._paths)

    def _expanded(self, paths: Iterable[str]) -> Iterator[Path]:
        for path in paths:
            try:
                yield from expand_paths([path])
            except InputError as error:
                self._refuse(error)

    def __iter__(self) -> Iterator[Article]:
        for path in self._paths:
            try:
                yield read_article(path)
            except InputError as error:
                self._refuse(error)

    def _refuse(self, error: InputError) -> None:
        self.refused += 1
        print(f"newstance: {error}", file=sys.stderr)  # noqa: T201
