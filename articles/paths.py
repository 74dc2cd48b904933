"""Paths as people give them become files to read: files, folders, patterns and standard input."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path

from newstance.errors import ArticleError
from newstance.files import inner_suffix

__all__ = ["MARKDOWN_SUFFIXES", "PAGE_SUFFIXES", "RUN_MANIFEST", "SUFFIXES", "TABLE_SUFFIXES", "expand_paths"]

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
#: Files of many articles.
TABLE_SUFFIXES = frozenset({".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".warc"})
#: What a folder is searched for, also packed as ``.gz`` or ``.zst``. A file named outright may have any name.
SUFFIXES = frozenset({".txt"}) | MARKDOWN_SUFFIXES | PAGE_SUFFIXES | TABLE_SUFFIXES
#: A folder that holds this file is the result of a run and never an input.
RUN_MANIFEST = "newstance-run.json"


def expand_paths(
    paths: Iterable[str | PathLike[str]], *, passed_over: Callable[[Path], None] = lambda path: None
) -> Iterator[Path]:
    """Yield the files to read, in order: files as they are, folders searched recursively, patterns filled in.

    Folders yield their articles (``.txt``, ``.md``, ``.html`` and their kin) and files of many articles (``.jsonl``,
    ``.csv``, ``.parquet``, ``.warc`` and their kin, ``.gz`` and ``.zst`` included), sorted by path; what begins with
    a dot, links to folders, and folders that hold a run's results, are left out, the last by patterns too. ``-`` stands
    for standard input and is kept. What does not exist or cannot be looked at, and a folder that cannot be listed, are
    yielded too, so that reading them fails on its own and the others go on.

    Args:
        paths: what people give.
        passed_over: told every file of a searched folder that is left out since its suffix is no article's.

    Raises:
        ArticleError: a folder holds no article, is a run's or cannot be listed, or a pattern matches nothing. Expand
            path by path to go on after it.
    """
    for given in paths:
        path = Path(given)
        if fspath(given) == "-":
            yield path
        elif os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises at a name that is too long, or no permission
            yield from _searched(path, passed_over)
        elif not os.path.exists(path) and glob.has_magic(fspath(given)):  # noqa: PTH110  # as above
            yield from _matches(fspath(given), passed_over)
        else:
            yield path


def _matches(pattern: str, passed_over: Callable[[Path], None]) -> Iterator[Path]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    if not found:
        raise ArticleError("no file matches this pattern", path=pattern)
    paths = [path for path in map(Path, found) if not _is_of_run(path)]
    if not paths:
        raise ArticleError("all that matches this pattern is the result of a run, not an archive", path=pattern)
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112
            if "**" not in pattern:  # there, its files match as well
                yield from _searched(path, passed_over)
        else:
            yield path


def _is_of_run(path: Path) -> bool:
    """Return whether a path is the folder of a run, or lies in it."""
    return _holds_run(path) or _holds_run(path.parent)


def _holds_run(folder: Path) -> bool:
    return os.path.isfile(folder / RUN_MANIFEST)  # noqa: PTH113  # Path.is_file raises where it may not look


def _searched(folder: Path, passed_over: Callable[[Path], None]) -> Iterator[Path]:
    if _holds_run(folder):
        raise ArticleError("is the result of a run, not an archive; its parts hold what was scored", path=folder)
    empty = True
    for path in _walk(folder, passed_over):
        empty = False
        yield path
    if empty:
        raise ArticleError("no .txt, .md, .html or .htm file in this folder, nor a table of articles", path=folder)


def _walk(folder: Path, passed_over: Callable[[Path], None]) -> Iterator[Path]:
    """Walk one folder after the other, so that memory holds the names of those on the way down and no more."""
    try:
        with os.scandir(folder) as entries:
            names = sorted((entry.name, _is_folder(entry)) for entry in entries if not entry.name.startswith("."))
    except OSError:
        yield folder  # whoever reads it says why it cannot be listed, and its neighbours are not lost
        return
    if (RUN_MANIFEST, False) in names:
        return
    for name, is_folder in names:
        path = folder / name
        if is_folder:
            if not path.is_symlink():  # links may lead in circles
                yield from _walk(path, passed_over)
        elif inner_suffix(name) not in SUFFIXES:
            passed_over(path)
        elif _may_be_file(path):
            yield path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link in a circle, or to where nobody may look
        return False


def _may_be_file(path: Path) -> bool:
    """Return whether a path is a file, or cannot be looked at: then whoever reads it says why."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False  # a link to nothing
    except OSError:
        return True
