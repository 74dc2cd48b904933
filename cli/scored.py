"""`ScoredArticles`: an archive's articles as they are scored, while those that are refused are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

from newstance.articles import Archive, Article, Refusal
from newstance.scoring import Explain, ScoredArticle, Scorer
from newstance.scoring.unique import EachOnce

__all__ = ["ScoredArticles"]


class ScoredArticles:
    """Score an archive's articles, each id once, and name on standard error every one that is refused.

    Attributes:
        articles: how many came so far.
        sentences: theirs.
        refused: how many were refused so far.
    """

    def __init__(
        self, scorer: Scorer, archive: Archive, *, explain: Explain, remember: Callable[[Article], None] | None = None
    ) -> None:
        """Name what is to be scored; see `Scorer.score_drafts`. Nothing is read yet."""
        self.articles = self.sentences = self.refused = 0
        drafts = EachOnce(archive)
        # Kept, not made where it is gone through: so a command that fails clears away what it was writing before the
        # reading thread is waited for.
        self._results = scorer.score_drafts(
            drafts,
            explain=explain,
            max_characters=archive.max_characters,
            remember=remember,
            unread=drafts.give_back,
        )

    def __iter__(self) -> Iterator[ScoredArticle]:
        """Yield articles in the archive's order."""
        for scored in self._results:
            if isinstance(scored, Refusal):
                print(f"newstance: {scored.error}", file=sys.stderr)  # noqa: T201
                self.refused += 1
            else:
                self.articles += 1
                self.sentences += len(scored.sentences)
                yield scored
