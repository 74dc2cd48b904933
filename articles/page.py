"""A page becomes an article: its main text, title first, with what the page says of itself.

A piece of a page, as in a table's cell, becomes one with all its text.
"""

from __future__ import annotations

import re
from typing import Any

from newstance.articles.blocks import Block
from newstance.articles.decode import decode, normalise_newlines
from newstance.articles.markup import LINE_BREAK, Part, flat, parts_of
from newstance.articles.published import published
from newstance.articles.records import Article, Sentence
from newstance.articles.structure import sentences_of
from newstance.errors import ArticleError

__all__ = ["article_from_fragment", "article_from_html", "is_fragment", "is_page"]

_UNENCODABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
#: What pages that newstance wrote say of themselves (`scoring/templates/base.html`); they are no articles.
_OWN_PAGE = '<meta name="generator" content="newstance">'
#: An XML declaration, as XHTML has one, and comments may stand above a page.
_WHOLE = re.compile(
    r"\ufeff?\s*(?:(?:<\?xml[^<>]*>|(?><!--.*?-->))\s*){0,9}<(?:!doctype html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
#: A lone ``<`` or entity is no markup; a tag that closes, a line break or a paragraph is.
_TAG = re.compile(
    r"</(?:p|div|span|a|b|i|u|em|strong|h[1-6]|li|ul|ol|blockquote|figure|section|article|table)\s*>"
    r"|<br\s*/?>|<p(?:\s[^<>]*)?>",
    re.IGNORECASE,
)
_PARAGRAPHS = re.compile(r"<(?:p|br|div|li)\b", re.IGNORECASE)
#: A tag is matched too, so that white space inside it stays: `LINE_BREAK` would become part of its name.
_TAG_OR_NEWLINE = re.compile(r"<[a-z/!?][^<>]*>|\n", re.IGNORECASE)
_TAG_OR_BLANK_LINE = re.compile(r"<[a-z/!?][^<>]*>|\n[ \t]*\n\s*", re.IGNORECASE)
_TITLE_ELEMENT = re.compile(r"<title[^>]*>([^<]{1,500})</title>", re.IGNORECASE)


def article_from_html(
    html: str | bytes,
    *,
    id: str = "-",
    path: str | None = None,
    encoding: str | None = None,
    outlet: str | None = None,
    date: str | None = None,
    or_all: bool = False,
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
        date: ISO date of publication, where the page's metadata need not be asked (see `published`).
        or_all: whether all its text is the article where nothing stands out as one, as in `article_from_fragment`.

    Raises:
        ArticleError: the page is empty, has no main text, or was written by newstance.
    """
    if isinstance(html, bytes):
        html, encoding = decode(html, path=path, page=True)
    if _OWN_PAGE in html[:2000]:
        raise ArticleError("is a page that newstance wrote, not an article", path=path)
    page = _UNENCODABLE.sub("\ufffd", normalise_newlines(html))
    document, day = _extract(page) or (None, None)
    parts = parts_of(document.body) if document is not None and document.body is not None else []
    title = None if document is None else flat(document.title or "") or None
    if title is None and (found := _TITLE_ELEMENT.search(page)):
        title = flat(found.group(1)) or None
    parts = _with_title(parts, title)
    if document is None or not any(kind in ("text", "item") for _, kind in parts):
        if or_all:
            return article_from_fragment(page, id=id, path=path, outlet=outlet, date=date or day)
        raise ArticleError("no article text found on this page; save its text as .txt instead", path=path)
    text, sentences = _taken_apart(parts)
    return Article(
        id=id,
        text=text,
        sentences=sentences,
        title=title,
        path=path,
        encoding=encoding,
        outlet=outlet or flat(document.sitename or "") or None,
        date=date or day,
    )


def is_page(text: str) -> bool:
    """Return whether a text is a whole page."""
    return _WHOLE.match(text) is not None


def is_fragment(text: str) -> bool:
    """Return whether a text is HTML: it holds a closing tag, a line break or a paragraph."""
    return _TAG.search(text) is not None


def article_from_fragment(
    html: str, *, id: str = "-", path: str | None = None, outlet: str | None = None, date: str | None = None
) -> Article:
    """Make an article of a piece of HTML that holds nothing but the article, as content systems store it.

    Unlike `article_from_html`, it keeps all that a browser would show, however short. Blank lines part paragraphs too,
    and so does every newline where there are no elements that do. ``Article.text`` is as in `article_from_html`; a
    heading that comes first is the headline.

    Args:
        html: the article.
        id: unique within a run.
        path: where it came from.
        outlet: publisher.
        date: ISO date of publication.

    Raises:
        ArticleError: there is no text between the tags.
    """
    from trafilatura import load_html

    html = _UNENCODABLE.sub("\ufffd", normalise_newlines(html))
    tree = load_html(f"<html><body>{_with_breaks(html)}</body></html>")
    body = None if tree is None else tree.find("body")
    parts = parts_of(body) if body is not None else []
    if not parts:
        raise ArticleError("the text holds nothing but tags; give an article's text", path=path)
    if parts[0][1] == "heading":
        parts[0] = (parts[0][0], "headline")
    text, sentences = _taken_apart(parts)
    title = next((sentence.text for sentence in sentences if sentence.role == "headline"), None)
    return Article(id=id, text=text, sentences=sentences, title=title, path=path, outlet=outlet, date=date)


def _with_breaks(html: str) -> str:
    """Turn blank lines into line breaks, and every newline where no element parts paragraphs."""
    by_elements = _PARAGRAPHS.search(html) is not None
    pattern, breaks = (_TAG_OR_BLANK_LINE, 2 * LINE_BREAK) if by_elements else (_TAG_OR_NEWLINE, LINE_BREAK)
    return pattern.sub(lambda found: found[0] if found[0].startswith("<") else breaks, html)


def _taken_apart(parts: list[Part]) -> tuple[str, tuple[Sentence, ...]]:
    text = "\n\n".join(part for part, _ in parts)
    blocks, at = [], 0
    for part, kind in parts:
        blocks.append(Block(at, at + len(part), kind))
        at += len(part) + 2
    return text, sentences_of(text, blocks)


def _extract(page: str) -> tuple[Any, str | None] | None:
    """Return what `trafilatura` finds on a page, and the day on which the page says that it was published."""
    from trafilatura import bare_extraction, load_html

    try:
        tree = load_html(page)
        if tree is None and is_page(page):  # `trafilatura` wants the element that people leave out
            tree = load_html(f"<html>{page}</html>")
        if tree is None:
            return None
        day = published(tree)
        document = bare_extraction(
            tree,
            include_comments=False,
            include_tables=False,
            favor_recall=True,
            with_metadata=True,
            date_extraction_params={"extensive_search": False, "original_date": True},
        )
    except (ValueError, AttributeError, TypeError):  # what lxml and trafilatura raise on hopeless markup
        return None
    return None if document is None else (document, day)


def _with_title(parts: list[Part], title: str | None) -> list[Part]:
    """Put the title first, and only once: the extracted text may or may not hold it."""
    if title is None:
        return parts
    rest = [part for n, part in enumerate(parts) if not (n < 4 and _same_title(part[0], title))]
    return [(title, "headline"), *rest]


def _same_title(part: str, title: str) -> bool:
    return "".join(filter(str.isalnum, part.casefold())) == "".join(filter(str.isalnum, title.casefold()))
