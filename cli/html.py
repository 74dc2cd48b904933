"""What `newstance score --html` adds: pages, and on request flips and neighbours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path

from newstance.articles import Article
from newstance.scoring import ScoredArticle, Scorer
from newstance.scoring.explain import asked, flip_of
from newstance.scoring.page import Extras
from newstance.scoring.page_writer import PageWriter

from .progress import READING, progress

__all__ = ["Pages"]


class Pages:
    """Write the page of each scored article; remembers the articles that are being scored, for their paragraphs."""

    def __init__(self, scorer: Scorer, path: Path, *, several: bool, flips: bool, neighbours: bool) -> None:
        """Prepare the writer, and the nearest labelled sentences if they are asked for."""
        self.writer = PageWriter(path, scorer.stance, several=several)
        self._scorer = scorer
        self._flips = flips
        self._waiting: deque[Article] = deque()
        self._near: Callable[[ScoredArticle], list[list[tuple[str, str, str]]]] | None = None
        if neighbours:
            self._near = _nearest(scorer)

    def remember(self, article: Article) -> None:
        """Keep an article until it has been scored; they come back in the same order."""
        self._waiting.append(article)

    def write(self, scored: ScoredArticle) -> None:
        """Write the page of the article that has been scored."""
        self.writer.write(self._waiting.popleft(), scored, self._extras(scored))

    def _extras(self, scored: ScoredArticle) -> dict[int, Extras]:
        flips: list[tuple[list[str], str] | None] = [None] * len(scored.sentences)
        if self._flips:
            encoded = self._scorer.predictor.encoding.encode(asked(scored))
            for i, (sentence, tokens) in enumerate(zip(scored.sentences, encoded, strict=True)):
                found = flip_of(self._scorer, tokens, sentence)
                flips[i] = None if found is None else ([word.word for word in found.words], found.stance)
        near = self._near(scored) if self._near is not None else [None] * len(scored.sentences)
        return {
            sentence.index: Extras(flip, neighbours)
            for sentence, flip, neighbours in zip(scored.sentences, flips, near, strict=True)
        }


def _nearest(scorer: Scorer) -> Callable[[ScoredArticle], list[list[tuple[str, str, str]]]]:
    from newstance.eval.neighbours import Neighbours

    corpus = Neighbours.open(scorer.checkpoint, scorer.predictor, partial(progress, READING))

    def nearest(scored: ScoredArticle) -> list[list[tuple[str, str, str]]]:
        found = corpus.of(scorer.predictor, scorer.predictor.encoding.encode(asked(scored)))
        return [[(one.id, one.text, one.stance) for one in several] for several in found]

    return nearest
