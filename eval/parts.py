"""Figures of parts of the data that may have few articles, each over its own, and the difference between two parts.

How many articles stand behind a figure is counted in the part alone. Its interval is Student's t with the spread of the
articles, taken on the scale of the logit, as the figure has bounds. With few articles, and for a lean where nearly
everything is right, it holds the truth near 95% of the time where the bootstrap's BCa ends fall far below, as
`python -m newstance.eval.coverage` shows. The interval of a difference, or of another weighted sum, comes from the
parts' own by MOVER (Zou and Donner, Statistics in Medicine 2008), of which Newcombe's for two shares is a case.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bootstrap import FEWEST_CLUSTERS, Figure, Names, student, wilson

__all__ = ["Part", "difference", "part_of", "weighted_sum"]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Part:
    """A part's figure, and what a difference from another part needs.

    Attributes:
        figure: a ratio with its interval.
        pulls: for each article behind it, how far its sentences pull the ratio up or down; they add up to 0.
    """

    figure: Figure
    pulls: dict[str, float]

    @property
    def few(self) -> bool:
        """Return whether too few articles stand behind it to say much of others."""
        return len(self.pulls) < FEWEST_CLUSTERS


def part_of(above: Floats, below: Floats, clusters: Names, *, bounds: tuple[float, float] = (0.0, 1.0)) -> Part:
    """Return the sum of one value over the sum of another, with an interval over the part's own articles.

    With fewer than five articles it is Wilson's of a share of so many, stretched to the bounds: it takes every article
    for one judgement, which is wide and cannot be too sure. Where all articles are alike it says that as many others
    could lie at a bound as Wilson's interval of none in so many allows.

    Args:
        above: (items,) of the part.
        below: (items,); items with 0 are left out.
        clusters: the article, or the case, of each item.
        bounds: the lowest and the highest value that the ratio can take.
    """
    counted = np.asarray(below) > 0
    above, below = above[counted], below[counted]
    names = np.array([str(name) for name in clusters])[counted]
    if not len(names):
        return Part(Figure(math.nan, math.nan, math.nan, 0), {})
    articles, numbers = np.unique(names, return_inverse=True)
    value = float(above.sum() / below.sum())
    pulls = np.bincount(numbers, weights=above - value * below) / float(below.sum())
    low, high = _ends(value, pulls, bounds)
    figure = Figure(value, min(low, value), max(high, value), len(names))
    return Part(figure, dict(zip(articles.tolist(), pulls.tolist(), strict=True)))


def _ends(value: float, pulls: Floats, bounds: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of the interval of a ratio, given how far each article pulls it."""
    count, (least, most) = len(pulls), bounds
    width = most - least
    share = (value - least) / width
    error = math.sqrt(count / max(1, count - 1) * float((pulls**2).sum())) / width
    if count < FEWEST_CLUSTERS:
        low, high = wilson(share, count)
    elif error < 1e-12:
        other = wilson(0.0, count)[1]
        low, high = share - other * share, share + other * (1 - share)
    else:
        middle, reach = math.log(share / (1 - share)), student(count - 1) * error / (share * (1 - share))
        low, high = (1 / (1 + math.exp(-end)) for end in (middle - reach, middle + reach))
    return least + width * low, least + width * high


def difference(one: Part, two: Part) -> Figure:
    """Return the first part's figure minus the second's, as sure as the part with fewer articles lets it be."""
    return weighted_sum([(1.0, one), (-1.0, two)])


def weighted_sum(terms: Sequence[tuple[float, Part]]) -> Figure:
    """Return the sum of weighted figures of parts, as sure as each part lets it be.

    The parts stand apart. An article that has sentences of two of them is hard, or easy, for both: how far such
    articles pull the two figures the same way is the correlation that the interval allows for; it is taken as 0 where a
    part has fewer than five articles, which tell nothing of it.

    Args:
        terms: weights, which may be negative, each with its part.
    """
    weights = np.array([weight for weight, _ in terms])
    parts = [part for _, part in terms]
    figures = [part.figure for part in parts]
    down = np.array([f.value - f.low for f in figures])
    up = np.array([f.high - f.value for f in figures])
    # What pulls a figure up pulls a sum down where the figure counts negatively.
    low_reach = weights * np.where(weights > 0, down, up)
    high_reach = weights * np.where(weights > 0, up, down)
    r = np.eye(len(parts))
    for i, one in enumerate(parts):
        for j, two in enumerate(parts[:i]):
            r[i, j] = r[j, i] = 0.0 if one.few or two.few else _correlation(one.pulls, two.pulls)
    value = float(sum(weight * f.value for weight, f in zip(weights, figures, strict=True)))
    low, high = (math.sqrt(max(0.0, float(reach @ r @ reach))) for reach in (low_reach, high_reach))
    return Figure(value, value - low, value + high, sum(f.n for f in figures))


def _correlation(one: dict[str, float], two: dict[str, float]) -> float:
    size = math.sqrt(sum(pull**2 for pull in one.values()) * sum(pull**2 for pull in two.values()))
    return sum(pull * two[name] for name, pull in one.items() if name in two) / size if size > 0 else 0.0
