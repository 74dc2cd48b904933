"""Paths as people give them become files to read: files, folders, patterns and standard input."""

from __future__ import annotations

import glob
import os
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
    for standard input and is kept. A path that does not exist is yielded too, so that reading it fails on its own and
    the others go on.

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
        elif path.is_dir():
            yield from _searched(path, passed_over)
        elif not path.exists() and glob.has_magic(fspath(given)):
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
        if path.is_dir():
            if "**" not in pattern:  # there, its files match as well
                yield from _searched(path, passed_over)
        else:
            yield path


def _is_of_run(path: Path) -> bool:
    """Return whether a path is the folder of a run, or lies in it."""
    return (path / RUN_MANIFEST).is_file() or (path.parent / RUN_MANIFEST).is_file()


def _searched(folder: Path, passed_over: Callable[[Path], None]) -> Iterator[Path]:
    if (folder / RUN_MANIFEST).is_file():
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
            names = sorted((entry.name, entry.is_dir()) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise ArticleError(f"cannot list the folder ({error.strerror})", path=folder) from error
    if (RUN_MANIFEST, False) in names:
        return
    for name, is_folder in names:
        path = folder / name
        if is_folder:
            if not path.is_symlink():  # links may lead in circles
                yield from _walk(path, passed_over)
        elif inner_suffix(name) not in SUFFIXES:
            passed_over(path)
        elif path.is_file():
            yield path
