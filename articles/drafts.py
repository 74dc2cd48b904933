"""`Draft`: an article that has been found but not yet taken apart, and `Refusal`, one that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from newstance.articles.read import article_from_text, read_article
from newstance.articles.records import Article
from newstance.errors import ArticleError, InputError

__all__ = ["MAX_CHARACTERS", "Draft", "Refusal", "article_from_draft", "article_or_refusal", "spelt_out"]

#: No article has so many (170,000 words); what has is a file of another kind, and would hold up all others.
MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Draft:
    """An article's id, place and content; small, plain, and cheap to send to another process.

    Attributes:
        id: names the article within a run, and in the next run too.
        path: file that holds it, or for a page of an archive its address.
        line: 1-based line or row in a file of many articles, None for a file of its own.
        text: its text, which may be HTML; None when the file is its content or when it is a page.
        page: its HTML, None when it is a text.
        title: what the row says of itself; shown, not scored.
        outlet: publisher.
        date: ISO date of publication.
    """

    id: str
    path: str | None = None
    line: int | None = None
    text: str | None = None
    page: bytes | None = None
    title: str | None = None
    outlet: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An article, or a file of them, that was not read, and why.

    Attributes:
        error: says why, with file and line.
        id: the article's id, None when it has none or when a whole file is meant.
    """

    error: InputError
    id: str | None = None


def spelt_out(id: str) -> str:
    r"""Return an id that every format can hold: a lone surrogate (a file name that is not UTF-8) as ``\udce9``."""
    return id if id.isascii() else id.encode("utf-8", "backslashreplace").decode("utf-8")


def article_from_draft(draft: Draft, *, max_characters: int = MAX_CHARACTERS) -> Article:
    """Take a draft apart into sentences.

    Raises:
        ArticleError: it cannot be read, is empty, is not text, or is longer than `max_characters`.
    """
    try:
        if draft.text is not None:
            _check_length(len(draft.text), max_characters)
            article = _of_cell(draft, draft.text)
        elif draft.page is not None:
            from newstance.articles.page import article_from_html

            _check_length(len(draft.page) // 4, max_characters)
            article = article_from_html(draft.page, id=draft.id, path=draft.path, outlet=draft.outlet, date=draft.date)
        else:
            article = read_article(draft.path or "-", max_characters=max_characters)
    except ArticleError as error:
        raise ArticleError(error.message, path=draft.path or error.path, line=draft.line, field=error.field) from error
    title = draft.title or article.title
    return article if (article.id, article.title) == (draft.id, title) else replace(article, id=draft.id, title=title)


def article_or_refusal(
    draft: Draft, *, max_characters: int = MAX_CHARACTERS, mark: Callable[[Article], Article] = lambda article: article
) -> Article | Refusal:
    """Take a draft apart, or say why it cannot be, so that the others go on.

    Args:
        draft: the article as it was found.
        max_characters: longer ones are refused.
        mark: what is then done to the article, such as `mark_mentions`.
    """
    try:
        return mark(article_from_draft(draft, max_characters=max_characters))
    except ArticleError as error:
        return Refusal(error, draft.id)
    except Exception as error:  # noqa: BLE001  # one article in a million must not end the run of all others
        reason = f"cannot be taken apart ({type(error).__name__}: {error}); please report it"
        return Refusal(ArticleError(reason, path=draft.path, line=draft.line), draft.id)


def _of_cell(draft: Draft, text: str) -> Article:
    """Take apart a table's cell, which may hold HTML: a whole page, or a piece of one."""
    if "<" in text:
        from newstance.articles.page import article_from_fragment, article_from_html, is_fragment, is_page

        whole = partial(article_from_html, or_all=True)  # a row of a table of articles is one, however short
        make = whole if is_page(text) else article_from_fragment if is_fragment(text) else article_from_text
    else:
        make = article_from_text
    return make(text, id=draft.id, path=draft.path, outlet=draft.outlet, date=draft.date)


def _check_length(characters: int, most: int) -> None:
    if characters > most:
        raise ArticleError(
            f"{characters:,} characters, more than any article has (the limit is {most:,}); "
            "split it, or raise --max-characters"
        )
