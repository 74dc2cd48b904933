"""Bootstrap intervals that resample clusters (articles), not sentences, which are not independent of each other.

The ends are those of the bias-corrected and accelerated bootstrap (BCa; Efron, JASA 1987), its quantiles widened for a
small number of clusters as Student's t is against the normal (Hesterberg, The American Statistician 2015, section 4.6).
How often they cover the truth is simulated by `python -m newstance.eval.coverage`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from .metrics import Metric

__all__ = [
    "FEWEST_CLUSTERS",
    "Bootstrap",
    "Figure",
    "Names",
    "Statistic",
    "bca",
    "cluster_sums",
    "few_clusters",
    "interval",
    "resampled",
    "student",
    "varied",
    "wilson",
]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
Names = Sequence[str] | npt.NDArray[np.str_]
#: A statistic of weighted items: weights (items,) in the data's order, or None for 1 each.
Statistic = Callable[[Floats | None], float]

#: With fewer articles than this nothing can be said about other articles: sentences are resampled, and it is said so.
FEWEST_CLUSTERS = 5
#: With fewer intervals are right, but wide.
_FEW_CLUSTERS = 20
_NORMAL = NormalDist()
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its 95% interval.

    Attributes:
        value: on the data as they are; NaN where they say nothing of it.
        low: lower end of the interval; NaN where there is none.
        high: upper end; NaN where there is none.
        n: sentences behind it.
    """

    value: float
    low: float
    high: float
    n: int

    def shown(self, sign: str = "") -> str:
        """Return the value as tables show it, – where there is none; `sign` is "+" to show it."""
        return f"{self.value:{sign}.3f}" if math.isfinite(self.value) else "–"

    def within(self, sign: str = "") -> str:
        """Return the interval as tables show it, – where there is none; `sign` is "+" to show that of its ends."""
        return f"{self.low:{sign}.3f} to {self.high:{sign}.3f}" if math.isfinite(self.low) else "–"


def few_clusters(clusters: Names, kind: str = "article") -> str | None:
    """Return what to beware of where few articles, or others of a `kind`, stand behind intervals, or None."""
    n = len({str(name) for name in clusters})
    if n < FEWEST_CLUSTERS:
        found = f"only {n} {kind}{'' if n == 1 else 's'}"
        return f"{found}: intervals resample sentences, hold for these {kind}s alone, and are too narrow for others"
    return f"only {n} {kind}s: intervals are wide, and rest on few of them" if n < _FEW_CLUSTERS else None


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a share of `n` (Wilson, JASA 1927); it has a width at 0 and at 1 too."""
    z = 1.959964
    middle, half = share + z**2 / (2 * n), z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = (middle - half) / (1 + z**2 / n), (middle + half) / (1 + z**2 / n)
    return max(0.0, min(low, share)), min(1.0, max(high, share))


def resampled(clusters: Names) -> list[str]:
    """Return the unit that each item is resampled with: its cluster, or itself where there are too few clusters."""
    names = [str(name) for name in clusters]
    return names if len(set(names)) >= FEWEST_CLUSTERS else [str(i) for i in range(len(names))]


def cluster_sums(cells: Floats, clusters: Names) -> Floats:
    """Add up the items' confusion matrices (items, ...) by the unit of resampling, shape (units, ...)."""
    numbers, units = _numbered(resampled(clusters))
    sums = np.zeros((units, *cells.shape[1:]))
    np.add.at(sums, numbers, cells)
    return sums


def interval(metric: Metric, sums: Floats, *, n: int, samples: int, seed: int, share_of: int = 0) -> Figure:
    """Return a metric with its interval.

    Args:
        metric: maps confusion matrices, or any other sums, to values.
        sums: one a cluster, along the first axis.
        n: sentences behind them.
        samples: how many times clusters are drawn with replacement.
        seed: of the drawing; the same seed draws the same clusters for every metric.
        share_of: of a share of decisions the number of clusters behind it: where no draw differs, which would look
            like certainty, the interval is Wilson's of a share of so many. 0 for other metrics, which keep their value
            (see `varied`).
    """
    counts = _draw(len(sums), samples, seed)
    total = sums.sum(axis=0)
    value = float(metric(total))
    drawn = np.asarray(metric(np.tensordot(counts, sums, axes=1)))
    without = np.asarray(metric(total - sums)) if len(sums) > 1 else np.array([value])
    return bca(value, drawn, without, n, share_of)


def varied(figure: Figure) -> Figure:
    """Return a figure that is no share, without its interval where that has no width, which would look like certainty.

    Wilson's stands in for a share, which counts what is right of so many; an F1 counts nothing of a fixed number.
    """
    return figure if figure.low < figure.high else Figure(figure.value, math.nan, math.nan, figure.n)


class Bootstrap:
    """Draw clusters once, for statistics that are no function of summed confusion matrices."""

    def __init__(self, clusters: Names, *, samples: int, seed: int) -> None:
        """Draw `samples` times; the same seed draws the same clusters as `interval` does."""
        self._numbers, self._units = _numbered(resampled(clusters))
        self._n = len(self._numbers)
        self._samples, self._seed = samples, seed
        self._counts = _draw(self._units, samples, seed)

    def mean(self, values: Floats, *, share: bool = False) -> Figure:
        """Return the mean of values (items,); `share` where they are yes or no."""
        return self.ratio(values, np.ones(self._n), share=share)

    def ratio(self, above: Floats, below: Floats, *, share: bool = False) -> Figure:
        """Return the sum of one value over the sum of another; NaN draws (nothing below) are left out.

        Args:
            above: (items,).
            below: (items,).
            share: it is a share, whose interval has a width also where no draw differs.
        """
        sums = np.zeros((self._units, 2))
        np.add.at(sums, self._numbers, np.stack([above, below], axis=1))
        n = int(np.count_nonzero(below))
        share_of = int(np.count_nonzero(sums[:, 1])) if share else 0
        return interval(_quotient, sums, n=n, samples=self._samples, seed=self._seed, share_of=share_of)

    def statistic(self, statistic: Statistic, *, share: float = 0.0) -> Figure:
        """Return a statistic of weighted items with its interval; `share`: it is one of so large a part of them."""
        found = self.statistics(lambda weights: [statistic(weights)])[0]
        if not share or found.low < found.high or not math.isfinite(found.value):
            return found
        return Figure(found.value, *wilson(found.value, max(1, round(share * self._units))), found.n)

    def statistics(self, statistics: Callable[[Floats | None], Sequence[float]]) -> list[Figure]:
        """Return several statistics of weighted items, computed together, with their intervals."""
        values = statistics(None)
        drawn = np.array([statistics(count[self._numbers].astype(float)) for count in self._counts])
        units = range(self._units) if self._units > 1 else ()
        without = np.array([statistics((self._numbers != unit).astype(float)) for unit in units] or [values])
        return [bca(value, drawn[:, i], without[:, i], self._n) for i, value in enumerate(values)]

    def biased(self, statistic: Statistic, chance: Floats) -> Figure:
        """Return a statistic that chance alone pushes upwards, as it does a calibration error.

        Drawing again pushes it up once more, by about as much: the draws are moved back by what they lie above the
        value (the basic bootstrap's correction). The value itself was pushed up too, and a truth above 0 adds to that
        about as squares add: the lower end is moved down by the mean of chance so. It is 0 where chance alone gives
        the value in one of twenty cases or more. Where no draw differs, there is no interval.

        Args:
            statistic: at least 0.
            chance: (draws,) values of the statistic where the truth is 0.
        """
        value = statistic(None)
        drawn = np.array([statistic(count[self._numbers].astype(float)) for count in self._counts])
        if np.ptp(drawn) < 1e-12:
            return Figure(float(value), math.nan, math.nan, self._n)
        low, high = np.quantile(drawn - (drawn.mean() - value), [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
        found = value > np.quantile(chance, _LEVEL) and low > chance.mean()
        return Figure(float(value), math.sqrt(low**2 - chance.mean() ** 2) if found else 0.0, float(high), self._n)


def _numbered(names: Sequence[str]) -> tuple[Ints, int]:
    numbers = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], dtype=np.int64), len(numbers)


@lru_cache(maxsize=4)
def _draw(units: int, samples: int, seed: int) -> Ints:
    """Return how often each unit is drawn, (samples, units); kept, as every metric asks for the same draws."""
    return np.random.default_rng(seed).multinomial(units, np.full(units, 1.0 / units), size=samples)


def _quotient(sums: Floats) -> Floats:
    below = np.asarray(sums[..., 1])
    return np.asarray(np.divide(sums[..., 0], below, out=np.full(below.shape, np.nan), where=below > 0))


def bca(value: float, drawn: Floats, without: Floats, n: int, share_of: int = 0, width: float | None = None) -> Figure:
    """Return a value with the BCa ends of its draws, accelerated by the values without each cluster.

    Args:
        value: on the data as they are.
        drawn: (samples,) values on clusters drawn with replacement; those that are not finite are left out.
        without: (clusters,) values without one cluster each.
        n: sentences behind it.
        share_of: see `interval`.
        width: how many normal standard errors stand for 95%, where the clusters are not of one sample.
    """
    drawn, without = drawn[np.isfinite(drawn)], without[np.isfinite(without)]
    if not len(drawn) or len(without) < 2 or np.ptp(drawn) < 1e-12:
        low, high = wilson(value, share_of) if share_of and math.isfinite(value) else (value, value)
        return Figure(value, low, high, n)
    below = ((drawn < value).mean() + (drawn <= value).mean()) / 2
    bias = _NORMAL.inv_cdf(float(np.clip(below, 1 / len(drawn), 1 - 1 / len(drawn))))
    apart = without.mean() - without
    spread = float((apart**2).sum())
    acceleration = float((apart**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    ends = []
    width = _width(len(without)) if width is None else width
    for side in (-width, width):
        moved = bias + side
        ends.append(_NORMAL.cdf(bias + moved / max(1 - acceleration * moved, 1e-3)))
    low, high = np.quantile(drawn, ends)
    # The value lies inside its own interval, also where a skewed statistic would put it just outside.
    return Figure(value, min(float(low), value), max(float(high), value), n)


def student(freedom: float) -> float:
    """Return how many standard errors stand for 95% by Student's t."""
    z = _NORMAL.inv_cdf((1 + _LEVEL) / 2)
    # Cornish-Fisher expansion of t in 1/freedom (Abramowitz and Stegun 26.7.5).
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def _width(clusters: int) -> float:
    """Return how many normal standard errors stand for 95%: Student's t, and what resampling few clusters loses."""
    return float(student(clusters - 1) * np.sqrt(clusters / (clusters - 1)))
