"""Files, folders, pages and standard input become articles."""

from __future__ import annotations

import json
import os
import re
import sys
from os import PathLike, fspath
from pathlib import Path

from newstance.articles.blocks import plain_blocks
from newstance.articles.decode import decode, normalise_newlines
from newstance.articles.paths import MARKDOWN_SUFFIXES, PAGE_SUFFIXES, TABLE_SUFFIXES
from newstance.articles.records import Article
from newstance.articles.structure import sentences_of
from newstance.errors import ArticleError
from newstance.files import DAMAGED, inner_suffix, open_bytes

__all__ = ["article_from_text", "read_article"]

#: How a JSON object, or an array of them, begins.
_JSON = re.compile(r"\s*(?:\[\s*\{|\{\s*\")")
#: Bytes of a character in the longest encoding.
_WIDEST = 4


def read_article(path: str | PathLike[str], *, max_characters: int | None = None) -> Article:
    r"""Read one article from a text file, a markdown file, a page or standard input (``-``).

    Nothing in the text is changed but newlines (``\r\n`` and ``\r`` become ``\n``), and a byte order mark is
    left out; all offsets are code points into the resulting ``Article.text``. A page's text is its extracted
    main text, title first. Files of unknown suffix are read as plain text, ``.gz`` and ``.zst`` are unpacked.

    Raises:
        ArticleError: the path is missing, a folder, a table of articles, unreadable, empty or not text, a page has no
            text, or the file is JSON or longer than `max_characters`.
    """
    given = fspath(path)
    name = None if given == "-" else given
    data = _bytes(given, max_characters)
    suffix = inner_suffix(given) if name else ""
    page = suffix in PAGE_SUFFIXES or (name is None and _looks_like_page(data))
    text, encoding = decode(data, path=name or "standard input", page=page)
    if max_characters is not None and len(text) > max_characters:
        raise ArticleError(
            f"{len(text):,} characters, more than any article has (the limit is {max_characters:,}); "
            "split it, or raise --max-characters",
            path=name or "standard input",
        )
    if page:
        from newstance.articles.page import article_from_html

        return article_from_html(text, id=given, path=name, encoding=encoding)
    markdown = suffix in MARKDOWN_SUFFIXES
    if not markdown and _is_json(text):
        raise ArticleError(
            "is JSON, not a text; a table of articles is .jsonl, one JSON object a line (`jq -c '.[]'` makes it from "
            "an array), and --text-column names the column of the text where that is not `text`",
            path=name or "standard input",
        )
    return article_from_text(text, id=given, path=name, encoding=encoding, markdown=markdown)


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


def _why_no_file(folder: str) -> str:
    try:
        os.scandir(folder).close()
    except OSError as error:
        return f"cannot list the folder ({error.strerror})"
    return "this is a folder; expand it to its files first"


def _bytes(path: str, max_characters: int | None) -> bytes:
    """Read a file, and no more of it than a text of `max_characters` can have."""
    most = -1 if max_characters is None else _WIDEST * max_characters
    if path == "-":
        if sys.stdin is None:
            raise ArticleError("standard input is closed; give a file, or something to read", path="-")
        return _bounded(sys.stdin.buffer.read(most + 1 if most >= 0 else -1), most, path)
    try:
        if Path(path).is_dir():
            raise ArticleError(_why_no_file(path), path=path)
        with open_bytes(path) as file:
            if inner_suffix(path) in TABLE_SUFFIXES:
                raise ArticleError(
                    "is a table of articles, not one; go through it with newstance.articles.Archive", path=path
                )
            data = file.read(most + 1) if most >= 0 else file.read()
    except FileNotFoundError:
        raise ArticleError("no such file; check the path", path=path) from None
    except PermissionError:
        raise ArticleError("no permission to read this file; change its mode or owner", path=path) from None
    except (*DAMAGED, ValueError) as error:
        raise ArticleError(f"cannot be read ({getattr(error, 'strerror', None) or error})", path=path) from error
    return _bounded(data, most, path)


def _bounded(data: bytes, most: int, path: str) -> bytes:
    if 0 <= most < len(data):
        raise ArticleError(
            f"more than {most:,} bytes, which no article has; split it, or raise --max-characters", path=path
        )
    return data


def _looks_like_page(data: bytes) -> bool:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head.startswith(b"<"):
        return False
    from newstance.articles.page import is_page

    return is_page(head.decode("latin-1"))


def _is_json(text: str) -> bool:
    """Return whether a text, or its first line, is JSON with objects in it."""
    if not _JSON.match(text):
        return False
    for part in (text, text.lstrip().partition("\n")[0]):
        try:
            json.loads(part)
        except (ValueError, RecursionError):
            continue
        return True
    return False
