"""A page becomes an article: its main text, title first, with what the page says of itself."""

from __future__ import annotations

import re
from typing import Any

from newstance.articles.blocks import Block, Kind
from newstance.articles.decode import decode, normalise_newlines
from newstance.articles.records import Article
from newstance.articles.structure import sentences_of
from newstance.errors import ArticleError

__all__ = ["article_from_html"]

_UNENCODABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPACE = re.compile(r"[ \t\n\r\f\v]+")
#: What pages that newstance wrote say of themselves (`scoring/templates/base.html`); they are no articles.
_OWN_PAGE = '<meta name="generator" content="newstance">'
_TITLE_ELEMENT = re.compile(r"<title[^>]*>([^<]{1,500})</title>", re.IGNORECASE)


def article_from_html(
    html: str | bytes,
    *,
    id: str = "-",
    path: str | None = None,
    encoding: str | None = None,
    outlet: str | None = None,
    date: str | None = None,
) -> Article:
    """Make an article of a page.

    ``Article.text`` is the title, then each extracted paragraph, heading and list item, blank lines between;
    runs of white space inside one become one space, as a browser shows them. Offsets refer to that text.

    Args:
        html: the page.
        id: unique within a run.
        path: where it came from.
        encoding: what it was decoded from.
        outlet: publisher, where the page need not be asked.
        date: ISO date of publication, where the page need not be asked.

    Raises:
        ArticleError: the page is empty, has no main text, or was written by newstance.
    """
    if isinstance(html, bytes):
        html, encoding = decode(html, path=path, page=True)
    if _OWN_PAGE in html[:2000]:
        raise ArticleError("is a page that newstance wrote, not an article", path=path)
    page = _UNENCODABLE.sub("\ufffd", normalise_newlines(html))
    document = _extract(page)
    if document is None:
        raise ArticleError("no article text found on this page; save its text as .txt instead", path=path)
    parts = _parts(document.body)
    title = _flat(document.title or "") or None
    if title is None and (found := _TITLE_ELEMENT.search(page)):
        title = _flat(found.group(1)) or None
    parts = _with_title(parts, title)
    if not any(kind in ("text", "item") for _, kind in parts):
        raise ArticleError("no article text found on this page; save its text as .txt instead", path=path)
    text = "\n\n".join(part for part, _ in parts)
    blocks, at = [], 0
    for part, kind in parts:
        blocks.append(Block(at, at + len(part), kind))
        at += len(part) + 2
    return Article(
        id=id,
        text=text,
        sentences=sentences_of(text, blocks),
        title=title,
        path=path,
        encoding=encoding,
        outlet=outlet or _flat(document.sitename or "") or None,
        date=date or document.date or None,
    )


def _extract(page: str) -> Any:
    from trafilatura import bare_extraction

    try:
        return bare_extraction(
            page, include_comments=False, include_tables=False, favor_recall=True, with_metadata=True
        )
    except (ValueError, AttributeError, TypeError):  # what lxml and trafilatura raise on hopeless markup
        return None


def _parts(body: Any) -> list[tuple[str, Kind]]:
    """Return the text and kind of each block-level element in reading order."""
    parts: list[tuple[str, Kind]] = []
    kinds: dict[str, Kind] = {"head": "heading", "p": "text", "item": "item", "quote": "text", "code": "text"}

    def walk(element: Any) -> None:
        kind = kinds.get(element.tag if isinstance(element.tag, str) else "")
        inner = any(child.tag in kinds for child in element.iter() if child is not element)
        if kind is not None and not inner:
            add("".join(element.itertext()), kind)
        else:
            add(element.text or "", kind or "text")
            for child in element:
                walk(child)
                add(child.tail or "", kind or "text")

    def add(text: str, kind: Kind) -> None:
        if flat := _flat(text):
            parts.append((flat, kind))

    if body is not None:
        walk(body)
    return parts


def _with_title(parts: list[tuple[str, Kind]], title: str | None) -> list[tuple[str, Kind]]:
    """Put the title first, and only once: the extracted text may or may not hold it."""
    if title is None:
        return parts
    rest = [part for n, part in enumerate(parts) if not (n < 4 and _same_title(part[0], title))]
    return [(title, "headline"), *rest]


def _same_title(part: str, title: str) -> bool:
    return "".join(filter(str.isalnum, part.casefold())) == "".join(filter(str.isalnum, title.casefold()))


def _flat(text: str) -> str:
    return _SPACE.sub(" ", text).strip()
