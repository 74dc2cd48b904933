"""How far probabilities can be trusted: calibration error, Brier score, risk against coverage.

Every function takes items' weights, so that a bootstrap sample is a vector of counts and nothing is copied. Items of
the same confidence stand in no order: each counts as right by the share of them that are, and no bin parts them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

__all__ = [
    "Bin",
    "Decided",
    "calibration_error",
    "chance_errors",
    "reliability_bins",
    "risk_at_coverage",
    "risk_coverage_area",
]

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.integer]

#: So many bins for each place where the share of right decisions falls are looked at whole, as that costs less.
_BINS_A_FALL = 32
#: Places in bins that are looked at together.
_CELLS = 1 << 16


@dataclass(frozen=True, slots=True)
class Decided:
    """Decisions in the order of rising confidence, the one order that all of this needs.

    Attributes:
        confidence: (items,) probability of the decision, rising.
        right: (items,) whether it was right.
        order: (items,) which item of the data stands at each place.
        starts: (values,) where each value of the confidence begins.
    """

    confidence: Floats
    right: Bools
    order: Ints
    starts: Ints

    @classmethod
    def of(cls, confidence: Floats, right: Bools) -> Decided:
        """Sort decisions by confidence."""
        order = np.argsort(confidence, kind="stable")
        rising = confidence[order]
        return cls(rising, right[order], order, np.flatnonzero(np.diff(rising, prepend=-np.inf) > 0))

    def weighted(self, weights: Floats | None) -> Floats:
        """Return items' weights (in the data's order) in this order; 1 each when None."""
        return np.ones(len(self.order)) if weights is None else np.asarray(weights, dtype=float)[self.order]

    def wrong(self, weight: Floats) -> Floats:
        """Return the share of wrong decisions among those of the same confidence, (items,), by weight in this order."""
        wrong, mass = (np.add.reduceat(x, self.starts) for x in (weight * ~self.right, weight))
        share = np.divide(wrong, mass, out=np.zeros(len(mass)), where=mass > 0)
        return np.repeat(share, np.diff(self.starts, append=len(self.order)))


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the reliability diagram: mean confidence, share right, and items in it."""

    confidence: float
    accuracy: float
    n: int


def calibration_error(decided: Decided, weights: Floats | None = None, bins: int | None = None) -> float:
    """Return the expected calibration error over bins of equal mass; lower is better.

    The mean distance between confidence and share of right decisions in a bin, weighted by the bin's mass (Naeini et
    al., AAAI 2015). A few hundred items in many bins show an error even where there is none, so without `bins` their
    number is the largest for which the share of right decisions still rises from bin to bin (the equal-mass sweep of
    Roelofs et al., AISTATS 2022, least biased in their comparison).

    Args:
        decided: the decisions.
        weights: of the items, in the data's order.
        bins: a fixed number of bins, or None for the sweep.
    """
    mass, confidence, right = _sums(decided, weights)
    if bins is None:
        bins = _monotone_bins(mass, right)
    width, gap = _bin(mass, bins), np.abs(_bin_of(mass, confidence, bins) - _bin_of(mass, right, bins))
    return float(gap.sum() / width.sum())


def chance_errors(confidence: Floats, *, samples: int, seed: int) -> Floats:
    """Return calibration errors (samples,) of a calibrated model with these confidences: chance alone makes them.

    Args:
        confidence: (items,) probabilities of decisions; whether each was right is drawn from it, independently.
        samples: how many data sets are drawn.
        seed: of the drawing.
    """
    generator = np.random.default_rng(seed)
    decided = Decided.of(confidence, np.zeros(len(confidence), dtype=bool))
    right = (generator.random(len(confidence)) < decided.confidence for _ in range(samples))
    return np.array([calibration_error(replace(decided, right=drawn)) for drawn in right])


def reliability_bins(decided: Decided, bins: int = 10) -> list[Bin]:
    """Return bins of equal mass, from the least to the most confident."""
    mass, confidence, right = _sums(decided, None)
    width = _bin(mass, bins)
    c, r = _bin_of(mass, confidence, bins), _bin_of(mass, right, bins)
    return [Bin(float(c[i] / n), float(r[i] / n), int(n)) for i, n in enumerate(width) if n]


def risk_at_coverage(decided: Decided, coverage: float, weights: Floats | None = None) -> float:
    """Return the share of wrong decisions among the most confident `coverage` of the items; lower is better."""
    weight = decided.weighted(weights)
    wrong, weight = decided.wrong(weight)[::-1], weight[::-1]
    kept = np.cumsum(weight)
    wanted = coverage * kept[-1]
    # The item on the border counts for the part of it that is needed.
    part = np.clip(wanted - (kept - weight), 0.0, weight)
    return float((part * wrong).sum() / wanted)


def risk_coverage_area(decided: Decided, weights: Floats | None = None) -> float:
    """Return the area under the risk-coverage curve (Geifman and El-Yaniv, NeurIPS 2017); lower is better."""
    weight = decided.weighted(weights)
    wrong, weight = decided.wrong(weight)[::-1], weight[::-1]
    kept, wrong = np.cumsum(weight), np.cumsum(weight * wrong)
    risk = np.divide(wrong, kept, out=np.zeros(len(kept)), where=kept > 0)
    return float((risk * weight).sum() / kept[-1])


def _sums(decided: Decided, weights: Floats | None) -> tuple[Floats, Floats, Floats]:
    """Return running sums over the values of the confidence: mass, mass times it, mass times right, each from 0."""
    weight = decided.weighted(weights)
    mass, confidence, right = (
        np.concatenate([[0.0], np.cumsum(np.add.reduceat(x, decided.starts))])
        for x in (weight, weight * decided.confidence, weight * decided.right)
    )
    return mass, confidence, right


def _edges(mass: Floats, bins: int) -> Ints:
    return np.asarray(np.searchsorted(mass, mass[-1] * np.arange(bins + 1) / bins - 1e-9))


def _bin(mass: Floats, bins: int) -> Floats:
    return np.diff(mass[_edges(mass, bins)])


def _bin_of(mass: Floats, running: Floats, bins: int) -> Floats:
    return np.diff(running[_edges(mass, bins)])


def _monotone_bins(mass: Floats, right: Floats) -> int:
    """Return the largest number of bins such that for it, and for every number below, the share right never falls."""
    held = np.append(True, np.diff(mass) > 0)  # values that the weights leave out stand in no bin
    mass, right = mass[held], right[held]
    most = max(1, len(mass) - 1)
    falls = 1 + np.flatnonzero(np.diff(np.diff(right) / np.diff(mass)) < 0)
    if not len(falls):
        return most  # nor does it between two bins
    few = min(most, _BINS_A_FALL * len(falls))
    for bins in range(2, few + 1):
        width = _bin(mass, bins)
        share = _bin_of(mass, right, bins)[width > 0] / width[width > 0]
        if (np.diff(share) < 0).any():
            return bins - 1
    start, step = few + 1, 64
    while start <= most:
        numbers = np.arange(start, min(start + step, most + 1))
        fallen = np.flatnonzero(_fall_between_bins(mass, right, numbers, falls))
        if len(fallen):
            return int(numbers[fallen[0]]) - 1
        start, step = start + step, max(64, min(2 * step, _CELLS // len(falls)))
    return most


def _fall_between_bins(mass: Floats, right: Floats, bins: Ints, falls: Ints) -> Bools:
    """Return for each of some numbers of bins whether the share right falls from a bin to the next.

    Where it falls from no value to the next, it falls between no bins of these. So only those bins are looked at that
    hold a fall, or have one at an end, and the bins beside them: what that takes does not grow with the number of bins.

    Args:
        mass: running sum over the values of the confidence, rising from 0.
        right: the same of what is right.
        bins: (numbers,).
        falls: (falls,) places in the running sums from before which to behind which the share falls.
    """
    number = bins[:, None]
    last = len(mass) - 1

    def wanted(edge: Ints) -> Floats:
        return np.asarray(mass[-1] * edge / number - 1e-9)

    def edge_up_to(place: Ints) -> Ints:
        """Return the last edge that lies at a place, or before it."""
        edge = np.floor((mass[place] + 1e-9) * number / mass[-1]).astype(np.int64)
        edge += wanted(edge + 1) <= mass[place]
        edge -= wanted(edge) > mass[place]
        return np.asarray(np.clip(edge, 0, number))

    def place_of(edge: Ints) -> Ints:
        return np.asarray(np.searchsorted(mass, wanted(np.minimum(edge, number))))

    def share(start: Ints, end: Ints) -> Floats:
        width = mass[end] - mass[start]
        gained = right[end] - right[start]
        return np.asarray(np.divide(gained, width, out=np.full(width.shape, np.nan), where=width > 0))

    edge = edge_up_to(np.broadcast_to(falls, (len(bins), len(falls))))
    start, end = place_of(edge), place_of(edge + 1)
    before = place_of(edge_up_to(np.maximum(start - 1, 0)))
    behind = place_of(edge_up_to(end) + 1)
    own = share(start, end)
    # At either end there is no bin beside, and NaN is neither more nor less.
    fallen = (own < share(before, start)) | (share(end, np.minimum(behind, last)) < own)
    return np.asarray(fallen.any(axis=1))
