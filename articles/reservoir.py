"""`Reservoir`: a random sample of a stream whose length nobody knows beforehand."""

from __future__ import annotations

import random
from typing import Generic, TypeVar

__all__ = ["Reservoir"]

Item = TypeVar("Item")


class Reservoir(Generic[Item]):
    """Keep a simple random sample, without replacement, of what is offered (algorithm R: Vitter, TOMS 1985).

    Attributes:
        offered: how many items came so far.
    """

    def __init__(self, size: int, seed: int) -> None:
        """Start empty; the same seed and the same stream give the same sample.

        Args:
            size: how many items are kept at most, 1 or more.
            seed: of the random numbers.
        """
        self.offered = 0
        self._size = size
        self._random = random.Random(seed)
        self._kept: list[tuple[int, Item]] = []

    def offer(self, item: Item) -> None:
        """Take the next item or pass it over."""
        number = self.offered
        self.offered += 1
        if number < self._size:
            self._kept.append((number, item))
            return
        place = self._random.randrange(self.offered)
        if place < self._size:
            self._kept[place] = (number, item)

    def items(self) -> list[Item]:
        """Return what was kept, in the order in which it came."""
        return [item for _, item in sorted(self._kept, key=lambda pair: pair[0])]
