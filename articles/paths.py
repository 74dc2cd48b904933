"""Paths as people give them become files to read: files, folders, patterns and standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path

from newstance.articles.compressed import inner_suffix
from newstance.errors import ArticleError

__all__ = ["MARKDOWN_SUFFIXES", "PAGE_SUFFIXES", "RUN_MANIFEST", "SUFFIXES", "TABLE_SUFFIXES", "expand_paths"]

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
#: Files of many articles.
TABLE_SUFFIXES = frozenset({".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".warc"})
#: What a folder is searched for, also packed as ``.gz`` or ``.zst``. A file named outright may have any name.
SUFFIXES = frozenset({".txt", ".md", ".html", ".htm"}) | TABLE_SUFFIXES
#: A folder that holds this file is the result of a run and never an input.
RUN_MANIFEST = "newstance-run.json"


def expand_paths(paths: Iterable[str | PathLike[str]]) -> Iterator[Path]:
    """Yield the files to read, in order: files as they are, folders searched recursively, patterns filled in.

    Folders yield their articles (``.txt``, ``.md``, ``.html``, ``.htm``) and files of many articles (``.jsonl``,
    ``.csv``, ``.parquet``, ``.warc`` and their kin, ``.gz`` and ``.zst`` included), sorted by path; what begins with
    a dot, and folders that hold a run's results, are left out. ``-`` stands for standard input and is kept. A path
    that does not exist is yielded too, so that reading it fails on its own and the others go on.

    Raises:
        ArticleError: a folder holds no article or cannot be listed, or a pattern matches nothing. Expand path by path
            to go on after it.
    """
    for given in paths:
        path = Path(given)
        if fspath(given) == "-":
            yield path
        elif path.is_dir():
            yield from _searched(path)
        elif not path.exists() and glob.has_magic(fspath(given)):
            yield from _matches(fspath(given))
        else:
            yield path


def _matches(pattern: str) -> Iterator[Path]:
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207  # Path.glob takes no absolute pattern
    if not found:
        raise ArticleError("no file matches this pattern", path=pattern)
    for name in found:
        if Path(name).is_dir():
            if "**" not in pattern:  # there, its files match as well
                yield from _searched(Path(name))
        else:
            yield Path(name)


def _searched(folder: Path) -> Iterator[Path]:
    empty = True
    for path in _walk(folder):
        empty = False
        yield path
    if empty:
        raise ArticleError("no .txt, .md, .html or .htm file in this folder, nor a table of articles", path=folder)


def _walk(folder: Path) -> Iterator[Path]:
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
                yield from _walk(path)
        elif inner_suffix(name) in SUFFIXES and path.is_file():
            yield path
