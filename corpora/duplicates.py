"""Texts that stand twice, word for word or nearly: an exact similarity join over pairs of neighbouring words.

The join is the prefix filter of AllPairs (Bayardo, Ma and Srikant, WWW 2007): two sets that share at least a given
part must share one of their few rarest members, so only texts that share a rare pair of words are ever compared.
Unlike MinHash it misses nothing and needs no seed; news sentences are short, so it is fast as well.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["NearPair", "NearPairs", "near_pairs", "same_text_key"]

#: Jaccard similarity from which two texts count as nearly the same: one word replaced in a sentence of twelve.
SIMILAR = 0.7
#: So many texts at most are remembered for one rare pair of words. Only texts made from a template ever reach it.
_MOST_PER_PAIR = 100

#: Keeps rounding errors from raising a whole number to the next.
_EPSILON = 1e-9
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class NearPair:
    """Numbers of two texts, the earlier first, and their similarity: shared pairs of words over all of theirs."""

    first: int
    second: int
    similarity: float


@dataclass(frozen=True, slots=True)
class NearPairs:
    """The pairs found, and how many texts share so rare a pair of words with so many that some were not compared."""

    pairs: list[NearPair]
    crowded: int


def same_text_key(text: str) -> str:
    """Return what two texts share when they differ in nothing but case and white space."""
    return " ".join(text.casefold().split())


def near_pairs(texts: Sequence[str], *, similar: float = SIMILAR, step: Callable[[], None] | None = None) -> NearPairs:
    """Return every two texts that are nearly the same.

    Args:
        texts: each different from the others by `same_text_key`, or equal ones are found as pairs.
        similar: the least Jaccard similarity of their sets of word pairs, above 0, at most 1.
        step: called once for each text.
    """
    sets, alone = _ranked_sets(texts)
    index: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
    found: list[NearPair] = []
    crowded: set[int] = set()
    # From short to long, so that what is indexed is never longer than what is looked up.
    for number in sorted(range(len(texts)), key=lambda i: len(sets[i])):
        words = sets[number]
        size = len(words)
        rarest = sorted(words)[: size - math.ceil(similar * size - _EPSILON) + 1]
        for other in _candidates(rarest, size, sets, index, similar):
            shared = len(words & sets[other])
            similarity = shared / (size + len(sets[other]) - shared)
            if similarity >= similar:
                found.append(NearPair(min(number, other), max(number, other), similarity))
        # What comes later is at least as long, so it must share more with this text: fewer pairs need remembering.
        for place, pair in enumerate(rarest[: size - _least_shared(size, size, similar) + 1]):
            if pair < alone:
                continue
            if len(index[pair]) < _MOST_PER_PAIR:
                index[pair].append((number, place))
            else:
                crowded.add(number)
        if step is not None:
            step()
    found.sort(key=lambda pair: (pair.first, pair.second))
    return NearPairs(found, len(crowded))


def _candidates(
    rarest: Sequence[int],
    size: int,
    sets: Sequence[frozenset[int]],
    index: Mapping[int, list[tuple[int, int]]],
    similar: float,
) -> list[int]:
    """Return the texts that may be similar to one of `size` pairs of words, `rarest` first.

    Where the first pair that two texts share stands too far back in both, what follows cannot be enough (the
    positional filter of PPJoin; Xiao et al., WWW 2008).
    """
    enough: dict[int, bool] = {}
    for place, pair in enumerate(rarest):
        for other, there in index.get(pair, ()):
            if other not in enough:
                length = len(sets[other])
                enough[other] = min(size - place, length - there) >= _least_shared(size, length, similar)
    return [other for other, may in enough.items() if may]


def _least_shared(one: int, two: int, similar: float) -> int:
    """Return how many members two sets of these sizes must share to be so similar."""
    return math.ceil(similar / (1 + similar) * (one + two) - _EPSILON)


def _ranked_sets(texts: Sequence[str]) -> tuple[list[frozenset[int]], int]:
    """Return each text's pairs of neighbouring words as numbers, rare before common.

    Returns:
        The sets, and the number from which pairs occur in more than one text.
    """
    numbers: dict[tuple[str, str], int] = {}
    sets = [{numbers.setdefault(pair, len(numbers)) for pair in _word_pairs(text)} for text in texts]
    frequency = Counter(number for found in sets for number in found)
    order = sorted(range(len(numbers)), key=frequency.__getitem__)
    rank = [0] * len(order)
    for place, number in enumerate(order):
        rank[number] = place
    alone = sum(count == 1 for count in frequency.values())
    return [frozenset(rank[number] for number in found) for found in sets], alone


def _word_pairs(text: str) -> Iterator[tuple[str, str]]:
    words = _WORD.findall(text.casefold())
    return zip(["", *words], [*words, ""], strict=True) if words else iter(())
