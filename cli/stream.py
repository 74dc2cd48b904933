"""What `newstance score` does once its model is loading: one stream of articles, to be shown, written or run."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import cast, get_args

from newstance.articles import Archive, Columns, InputFormat, Refusal, load_profile
from newstance.errors import UsageError
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Explain, Format, Scorer, open_writer

__all__ = ["score_articles"]


def score_articles(
    checkpoint: Checkpoint,
    predictor: Predictor,
    paths: list[str],
    *,
    target: str,
    out: Path | None,
    wanted: str | None,
    as_json: bool,
    explain: str,
    wrap: bool,
    columns: dict[str, str | None],
    stdin: str,
    max_characters: int,
    workers: int | None,
    part_articles: int,
    engine: str,
    html: Path | None,
    flips: bool,
    neighbours: bool,
) -> int:
    """Score every article that can be read, and name every one that cannot.

    Returns:
        0 when all were scored, 1 when some were refused, 130 when the run was interrupted.
    """
    _check(explain=explain, wanted=wanted, out=out, html=html, flips=flips, neighbours=neighbours)
    for option, given, known in (("--stdin", stdin, get_args(InputFormat)), ("--engine", engine, ("local", "ray"))):
        if given not in known:
            raise UsageError(f"{option} takes {', '.join(known)}, not {given!r}")
    folder = out is not None and (out.is_dir() or not out.suffix)
    if html is not None and folder:
        raise UsageError("--html goes with a file after --out, or without it; a run's folder takes none")
    if engine != "local" and not folder:
        raise UsageError("--engine ray writes into a folder; give one with --out")
    if engine == "ray" and explain not in ("evidence", "none"):
        raise UsageError("--engine ray explains by evidence, or not at all")
    archive = Archive(
        paths, columns=Columns.named_by(columns), stdin=cast("InputFormat", stdin), max_characters=max_characters
    )
    scorer = Scorer(checkpoint, predictor, load_profile(target))
    if out is not None and folder:
        from .run import run_folder

        return run_folder(
            scorer,
            archive,
            out,
            wanted=wanted or "parquet",
            explain=cast("Explain", explain),
            part_articles=part_articles,
            engine=engine,
            actors=workers,
        )
    return _score_stream(
        scorer,
        archive,
        out,
        wanted=cast("Format | None", wanted),
        as_json=as_json,
        explain=cast("Explain", explain),
        wrap=wrap,
        html=html,
        flips=flips,
        neighbours=neighbours,
    )


def _score_stream(
    scorer: Scorer,
    archive: Archive,
    out: Path | None,
    *,
    wanted: Format | None,
    as_json: bool,
    explain: Explain,
    wrap: bool,
    html: Path | None,
    flips: bool,
    neighbours: bool,
) -> int:
    """Show articles, or write them to one file or page, as they are scored."""
    from newstance.scoring.unique import EachOnce

    from .terminal import ArticleTable, progress  # takes a while, in which the model loads

    stance = scorer.stance
    sentences = articles = refused = 0
    with ExitStack() as stack:
        writer = None
        if out is not None:
            writer = stack.enter_context(open_writer(out, wanted, stances=stance.codes))
        pages = None
        if html is not None:
            from .html import Pages

            pages = Pages(scorer, html, several=not archive.is_single(), flips=flips, neighbours=neighbours)
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
            step()
    if writer is not None:
        print(f"{sentences} sentences of {articles} articles: {writer.path}", file=sys.stderr)  # noqa: T201
    if html is not None and articles:
        print(f"{sentences} sentences of {articles} articles: {html}", file=sys.stderr)  # noqa: T201
    return 1 if refused else 0


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
