"""`Tally`: how often texts occur in an archive, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Tallied", "Tally"]

Shown = TypeVar("Shown")

#: Texts that are kept: some 50 MB with an example each. 200,000 articles hold more names than that, nearly all of
#: them once, and those that matter are among the frequent ones.
MOST = 100_000


@dataclass(slots=True)
class Tallied(Generic[Shown]):
    """How often one text occurred.

    Attributes:
        example: one place that has it: the first.
        last: number of the article that it was last seen in.
        sentences: how many have it.
        articles: how many have it.
    """

    example: Shown
    last: int
    sentences: int = 1
    articles: int = 1


class Tally(Generic[Shown]):
    """Count in how many sentences and articles each text occurs.

    When more than `most` texts are kept, the rarer half is forgotten (after lossy counting: Manku and Motwani,
    *Approximate frequency counts over data streams*, VLDB 2002).

    Attributes:
        short: sentences, and articles, that any count may lack at most because its text was forgotten and came again;
            0 while every text is kept.
    """

    def __init__(self, *, most: int = MOST) -> None:
        """Start empty; `most` is the number of texts that are kept, 2 or more."""
        self.short = 0
        self._most = most
        self._found: dict[str, Tallied[Shown]] = {}

    def __len__(self) -> int:
        """Return how many texts are kept."""
        return len(self._found)

    def add(self, text: str, article: int, example: Callable[[], Shown]) -> None:
        """Count a text, once for each sentence that has it.

        Args:
            text: what occurred.
            article: number of the article; those of one article come one after another.
            example: makes what is to be kept of this place, and is called where none is kept yet.
        """
        found = self._found.get(text)
        if found is None:
            self._found[text] = Tallied(example(), article)
            if len(self._found) > self._most:
                self._forget()
            return
        found.sentences += 1
        if found.last != article:
            found.last = article
            found.articles += 1

    def top(self, number: int) -> list[tuple[str, Tallied[Shown]]]:
        """Return the texts of most sentences, the most frequent first; equally frequent ones by the alphabet."""
        return sorted(self._found.items(), key=lambda item: (-item[1].sentences, -item[1].articles, item[0]))[:number]

    def _forget(self) -> None:
        kept = self.top(self._most // 2)
        left = {text for text, _ in kept}
        self.short += max(found.sentences for text, found in self._found.items() if text not in left)
        self._found = dict(kept)
