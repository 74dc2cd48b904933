"""What options of commands that read articles undo each other, do nothing, or would harm an input."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import cast, get_args

from newstance.articles import Archive, Columns, InputFormat
from newstance.articles.paths import TABLE_SUFFIXES
from newstance.errors import UsageError
from newstance.files import inner_suffix
from newstance.scoring import Explain, Format
from newstance.scoring.writers import pages_folder

from .asked import ArticleOptions, ScoreOptions
from .overwriting import refuse_overwriting

__all__ = ["Output", "check_choices", "open_archive"]


@dataclass(frozen=True, slots=True)
class Output:
    """Where results go.

    Attributes:
        out: file or folder of the rows.
        html: page.
        folder: whether `out` is a run's folder.
    """

    out: Path | None
    html: Path | None
    folder: bool

    @classmethod
    def named_by(cls, out: str | None, html: Path | None) -> Output:
        """Take what the user gave; a path that ends in a slash is a folder whatever its suffix.

        Raises:
            UsageError: the page is a folder, or goes with a run's folder.
        """
        path = None if out is None else Path(out)
        folder = path is not None and (path.is_dir() or not path.suffix or str(out).endswith("/"))
        if html is not None and folder:
            raise UsageError("--html goes with a file after --out, or without it; a run's folder takes none")
        if html is not None and html.is_dir():
            raise UsageError("--html takes a file that ends in .html, and this is a folder", path=html)
        return cls(path, html, folder)

    def files(self) -> list[Path]:
        """Return the files that will be written, and the folder of a page's articles; not a run's folder."""
        found = [self.out] if self.out is not None and not self.folder else []
        return found if self.html is None else [*found, self.html, pages_folder(self.html)]


def check_choices(options: ScoreOptions, output: Output) -> None:
    """Raise `UsageError` for options that are unknown or do nothing together."""
    choices = (
        ("--explain", options.explain, get_args(Explain)),
        ("--format", options.format, get_args(Format)),
        ("--engine", options.engine, ("local", "ray")),
    )
    for option, given, known in choices:
        if given is not None and given not in known:
            raise UsageError(f"{option} takes {', '.join(known)}, not {given!r}")
    shown = output.out is None and output.html is None and not options.json
    parts, ray = options.part_articles is not None, options.engine == "ray"
    problems = (
        (options.format is not None and output.out is None, "--format goes with --out"),
        (output.html is None and (options.flips or options.neighbours), "--flips and --neighbours go with --html"),
        (options.flips and options.explain == "none", "--flips needs an explanation; leave --explain none out"),
        (options.wrap and not shown, "--wrap is for the table on the terminal; not with --json, --out or --html"),
        (options.json and output.folder, "--json prints nothing when --out is a run's folder; leave it out"),
        (parts and not output.folder, "--part-articles goes with a run's folder after --out"),
        (ray and not output.folder, "--engine ray writes into a folder; give one with --out"),
        (ray and options.explain not in ("evidence", "none"), "--engine ray explains by evidence, or not at all"),
    )
    for wrong, problem in problems:
        if wrong:
            raise UsageError(problem)


def open_archive(options: ArticleOptions, places: list[Path]) -> Archive:
    """Return the articles that are asked for; nothing is read yet.

    Args:
        options: which they are.
        places: the files that will be written, and folders that are filled; they are no articles.

    Raises:
        UsageError: an input would be overwritten, or an option is about inputs that are not given.
    """
    paths, stdin = options.paths, options.stdin
    refuse_overwriting(paths, places)
    if stdin not in get_args(InputFormat):
        raise UsageError(f"--stdin takes {', '.join(get_args(InputFormat))}, not {stdin!r}")
    if stdin != "auto" and "-" not in paths:
        raise UsageError("--stdin is about standard input; give - for it")
    named = [what for what, column in options.columns.items() if column is not None]
    if named and not any(_may_be_table(path, stdin) for path in paths):
        raise UsageError(f"--{named[0]}-column is about tables of articles, and there is none among the inputs")
    return Archive(
        paths,
        columns=Columns.named_by(options.columns),
        stdin=cast("InputFormat", stdin),
        max_characters=options.max_characters,
        leave_out=places,
    )


def _may_be_table(path: str, stdin: str) -> bool:
    """Return whether a path may hold rows: it does, or it is a folder, a pattern or not there."""
    if path == "-":
        return stdin != "article"
    return not os.path.isfile(path) or inner_suffix(path) in TABLE_SUFFIXES  # noqa: PTH113  # a long name raises nothing
