"""`PageWriter`: one page for one article, and for several a corpus page that leads to theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from newstance.articles import Article
from newstance.errors import OutputError, UsageError
from newstance.model import Layer

from .corpus_page import ArticleRow, article_row, corpus_page
from .page import Extras, article_page
from .records import ScoredArticle
from .templating import is_page, write_page
from .writers import pages_folder

__all__ = ["PageWriter"]

#: Names of articles' pages, as they are counted.
_NAME = re.compile(r"([0-9]{5}|[1-9][0-9]{5,})\.html")


class PageWriter(AbstractContextManager["PageWriter"]):
    """Write `FILE.html`; with several articles it is the corpus page and theirs lie in the folder `FILE-articles`."""

    def __init__(self, path: Path, stance: Layer, *, several: bool) -> None:
        """Prepare; nothing is written before the first article.

        Raises:
            UsageError: the file does not end in .html, or in the folder lies a file with the name of a page that is
                not of newstance; others in it are left alone.
        """
        if path.suffix.lower() not in (".html", ".htm"):
            raise UsageError("--html takes a file that ends in .html", path=path)
        self.path = path
        self._stance = stance
        self._folder = pages_folder(path) if several else None
        self._rows: list[ArticleRow] = []
        self._written = False
        for page in self._pages():
            if not is_page(page):
                message = "is no page of newstance, and pages would take names like this; move it, or name another"
                raise UsageError(f"{message} file after --html", path=page)

    def write(self, article: Article, scored: ScoredArticle, extras: Mapping[int, Extras] | None = None) -> None:
        """Write an article's page.

        Raises:
            OutputError: it cannot be written, or one page was announced and this is the second.
        """
        if self._folder is None:
            if self._written:
                raise OutputError(
                    "is the page of one article, and a second came; name the inputs as files", path=self.path
                )
            self._written = True
            write_page(self.path, article_page(article, scored, self._stance, extras=extras))
            return
        name = f"{len(self._rows) + 1:05d}.html"
        page = article_page(article, scored, self._stance, extras=extras, index=f"../{quote(self.path.name)}")
        write_page(self._folder / name, page)
        self._rows.append(article_row(scored, f"{quote(self._folder.name)}/{name}"))

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the corpus page when there were several articles and no error; pages of an older, longer one go."""
        if kind is None and self._rows:
            write_page(self.path, corpus_page(self._rows, self._stance.codes))
            self._remove_older()

    def _remove_older(self) -> None:
        for page in self._pages():
            if int(page.stem) > len(self._rows) and is_page(page):
                page.unlink()

    def _pages(self) -> Iterator[Path]:
        """Yield what lies in the folder under the name of an article's page."""
        for path in self._folder.glob("*.html") if self._folder is not None else ():
            if _NAME.fullmatch(path.name):
                yield path
