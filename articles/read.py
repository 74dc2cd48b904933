"""Files, folders, pages and standard input become articles."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from os import PathLike, fspath
from pathlib import Path

from newstance.articles.blocks import plain_blocks
from newstance.articles.decode import decode, normalise_newlines
from newstance.articles.records import Article
from newstance.articles.structure import sentences_of
from newstance.errors import ArticleError

__all__ = ["PAGE_SUFFIXES", "SUFFIXES", "article_from_text", "expand_paths", "read_article"]

MARKDOWN_SUFFIXES = frozenset({".md", ".markdown"})
PAGE_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
#: What a folder is searched for. A file named outright may have any name.
SUFFIXES = frozenset({".txt", ".md", ".html", ".htm"})


def expand_paths(paths: Iterable[str | PathLike[str]]) -> Iterator[Path]:
    """Yield the files to read, in order: files as they are, folders searched recursively.

    Folders yield their ``.txt``, ``.md``, ``.html`` and ``.htm`` files (any case), sorted by path; files and
    folders whose name begins with a dot are left out. ``-`` stands for standard input and is kept.
    A path that does not exist is yielded too, so that reading it fails on its own and the others go on.

    Raises:
        ArticleError: a folder holds no article or cannot be listed. Expand path by path to go on after it.
    """
    for given in paths:
        path = Path(given)
        if fspath(given) == "-" or not path.is_dir():
            yield path
            continue
        try:
            found = sorted(
                file
                for file in path.rglob("*")
                if file.suffix.lower() in SUFFIXES
                and not any(part.startswith(".") for part in file.relative_to(path).parts)
                and file.is_file()
            )
        except OSError as error:
            raise ArticleError(f"cannot list the folder ({error.strerror})", path=path) from error
        if not found:
            raise ArticleError("no .txt, .md, .html or .htm file in this folder", path=path)
        yield from found


def read_article(path: str | PathLike[str]) -> Article:
    r"""Read one article from a text file, a markdown file, a page or standard input (``-``).

    Nothing in the text is changed but newlines (``\r\n`` and ``\r`` become ``\n``), and a byte order mark is
    left out; all offsets are code points into the resulting ``Article.text``. A page's text is its extracted
    main text, title first. Files of unknown suffix are read as plain text.

    Raises:
        ArticleError: the path is missing, a folder, unreadable, empty or not text, or a page has no text.
    """
    given = fspath(path)
    name = None if given == "-" else given
    data = _bytes(given)
    suffix = Path(given).suffix.lower() if name else ""
    page = suffix in PAGE_SUFFIXES or (name is None and _looks_like_page(data))
    text, encoding = decode(data, path=name or "standard input", page=page)
    if page:
        from newstance.articles.page import article_from_html

        return article_from_html(text, id=given, path=name, encoding=encoding)
    return article_from_text(text, id=given, path=name, encoding=encoding, markdown=suffix in MARKDOWN_SUFFIXES)


def article_from_text(
    text: str,
    *,
    id: str = "-",
    path: str | None = None,
    encoding: str | None = None,
    outlet: str | None = None,
    date: str | None = None,
    markdown: bool = False,
) -> Article:
    r"""Make an article of a text.

    Args:
        text: the article; ``\r\n`` and ``\r`` become ``\n``, nothing else is changed. Lone surrogates and
            null characters are allowed.
        id: unique within a run.
        path: where it came from.
        encoding: what it was decoded from.
        outlet: publisher; front matter fills it in if it is not given.
        date: ISO date of publication; front matter fills it in if it is not given.
        markdown: whether to read ``text`` as markdown.

    Raises:
        ArticleError: the text is empty or only white space.
    """
    text = normalise_newlines(text)
    if not text.strip():
        raise ArticleError("the text is empty; give an article's text", path=path)
    title = None
    if markdown:
        from newstance.articles.markdown import front_matter, markdown_blocks

        meta = front_matter(text)
        title, outlet, date = meta.title, outlet or meta.outlet, date or meta.date
        blocks = markdown_blocks(text, meta.end)
        if not blocks:
            raise ArticleError("nothing but markdown syntax; give an article's text", path=path)
    else:
        blocks = plain_blocks(text)
    sentences = sentences_of(text, blocks, markdown=markdown)
    headline = next((sentence.text for sentence in sentences if sentence.role == "headline"), None)
    return Article(
        id=id,
        text=text,
        sentences=sentences,
        title=" ".join(headline.split()) if headline else title,
        path=path,
        encoding=encoding,
        outlet=outlet,
        date=date,
    )


def _bytes(path: str) -> bytes:
    if path == "-":
        if sys.stdin is None:
            raise ArticleError("standard input is closed; give a file, or something to read", path="-")
        return sys.stdin.buffer.read()
    file = Path(path)
    try:
        if file.is_dir():
            raise ArticleError("this is a folder; expand it to its files first", path=path)
        return file.read_bytes()
    except FileNotFoundError:
        raise ArticleError("no such file; check the path", path=path) from None
    except PermissionError:
        raise ArticleError("no permission to read this file; change its mode or owner", path=path) from None
    except (OSError, ValueError) as error:
        raise ArticleError(f"cannot be read ({error})", path=path) from error


def _looks_like_page(data: bytes) -> bool:
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
