from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newstance.eval import reliability
from newstance.eval.reliability import (
    Decided,
    calibration_error,
    chance_errors,
    reliability_bins,
    risk_at_coverage,
    risk_coverage_area,
)

PAIRS = st.lists(st.tuples(st.floats(0.34, 1.0), st.booleans()), min_size=2, max_size=60)


def decided(pairs: list[tuple[float, bool]]) -> Decided:
    confidence, right = zip(*pairs, strict=True)
    return Decided.of(np.array(confidence), np.array(right))


@given(PAIRS, st.integers(1, 8))
def test_the_error_over_fixed_bins_is_what_its_definition_says(pairs: list[tuple[float, bool]], bins: int) -> None:
    ordered = sorted(pairs, key=lambda pair: pair[0])
    n = len(ordered)
    # A bin takes all decisions of the confidence that its edge falls on.
    ends = [0, *(i for i in range(1, n) if ordered[i - 1][0] < ordered[i][0]), n]
    edges = [min(end for end in ends if end >= n * i / bins - 1e-9) for i in range(bins + 1)]
    expected = sum(
        abs(sum(c for c, _ in part) - sum(r for _, r in part)) / n
        for part in (ordered[a:b] for a, b in pairwise(edges))
    )
    assert calibration_error(decided(pairs), bins=bins) == pytest.approx(expected, abs=1e-9)


@given(PAIRS, st.data())
def test_a_weight_is_a_repetition(pairs: list[tuple[float, bool]], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(pairs), max_size=len(pairs)).filter(any))
    weights = np.array(counts, dtype=float)
    repeated = decided([pair for pair, k in zip(pairs, counts, strict=True) for _ in range(k)])
    weighted = decided(pairs)
    assert risk_at_coverage(weighted, 0.8, weights) == pytest.approx(risk_at_coverage(repeated, 0.8), abs=1e-9)
    assert calibration_error(weighted, weights, bins=1) == pytest.approx(calibration_error(repeated, bins=1), abs=1e-9)


@given(
    st.lists(st.tuples(st.sampled_from([0.5, 0.7, 0.9]), st.booleans(), st.integers(0, 3)), min_size=2), st.randoms()
)
def test_nothing_hangs_on_the_order_of_equally_confident_decisions(
    rows: list[tuple[float, bool, int]], random: Random
) -> None:
    def figures(rows: list[tuple[float, bool, int]]) -> list[float]:
        found, weights = decided([(c, right) for c, right, _ in rows]), np.array([w for *_, w in rows]) + 1.0
        return [
            calibration_error(found, weights),
            calibration_error(found, weights, bins=4),
            *(risk_at_coverage(found, share, weights) for share in (0.3, 0.8, 1.0)),
            risk_coverage_area(found),
            *(b.accuracy for b in reliability_bins(found, 3)),
        ]

    shuffled = random.sample(rows, len(rows))
    assert figures(rows) == pytest.approx(figures(shuffled))


def test_equally_confident_decisions_count_by_the_share_of_them_that_are_right() -> None:
    found = decided([(0.9, True)] * 4 + [(0.5, False)] * 2 + [(0.5, True)] * 4)
    assert risk_at_coverage(found, 0.8) == pytest.approx((4 * 0 + 4 * 2 / 6) / 8)
    assert calibration_error(found) == pytest.approx(0.4 * 0.1 + 0.6 * abs(0.5 - 4 / 6))


def test_chance_makes_of_a_calibrated_model_what_it_shows() -> None:
    confidence = np.random.default_rng(0).uniform(0.4, 1.0, 300)
    chance = chance_errors(confidence, samples=200, seed=0)
    shown = [
        calibration_error(Decided.of(confidence, np.random.default_rng(1 + i).random(300) < confidence))
        for i in range(100)
    ]
    assert chance.mean() == pytest.approx(np.mean(shown), rel=0.1)
    assert np.array_equal(chance, chance_errors(confidence, samples=200, seed=0))


def test_the_sweep_is_closer_to_the_truth_than_fifteen_bins_where_there_is_no_error() -> None:
    sweep, fifteen = [], []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        confidence = generator.uniform(0.4, 1.0, 400)
        found = Decided.of(confidence, generator.random(400) < confidence)
        sweep.append(calibration_error(found))
        fifteen.append(calibration_error(found, bins=15))
    assert np.mean(sweep) < 0.75 * np.mean(fifteen)


def test_the_sweep_finds_an_error_that_is_there() -> None:
    generator = np.random.default_rng(0)
    confidence = generator.uniform(0.5, 1.0, 4000)
    found = Decided.of(confidence, generator.random(4000) < confidence - 0.15)
    assert calibration_error(found) == pytest.approx(0.15, abs=0.02)


def test_bins_hold_every_decision_once_and_rise_in_confidence() -> None:
    generator = np.random.default_rng(0)
    bins = reliability_bins(Decided.of(generator.random(103), generator.random(103) < 0.5))
    assert sum(b.n for b in bins) == 103
    assert [b.confidence for b in bins] == sorted(b.confidence for b in bins)


def test_risk_falls_with_coverage_where_confidence_knows_something() -> None:
    found = Decided.of(np.array([0.9, 0.8, 0.7, 0.6]), np.array([True, True, False, False]))
    assert [risk_at_coverage(found, c) for c in (0.5, 0.75, 1.0)] == pytest.approx([0.0, 1 / 3, 0.5])
    assert risk_coverage_area(found) == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


@pytest.mark.parametrize("wrong", [0, 1, 1999, 2000])
def test_where_no_bin_can_fall_the_sweep_is_not_walked(wrong: int, monkeypatch: pytest.MonkeyPatch) -> None:
    walked: list[int] = []
    real = reliability._bin

    def counted(mass: np.ndarray, bins: int) -> np.ndarray:
        walked.append(bins)
        return np.asarray(real(mass, bins))

    monkeypatch.setattr(reliability, "_bin", counted)
    confidence = np.linspace(0.4, 0.9, 2000)
    found = Decided.of(confidence, np.arange(2000) >= wrong)  # the least sure ones are wrong
    assert calibration_error(found) == pytest.approx(np.abs(confidence - found.right).mean())
    assert walked == [2000]


def walked_sweep(mass: np.ndarray, right: np.ndarray) -> int:
    """The number of bins as the definition has it: one number after another, every bin of each."""
    held = np.diff(mass) > 0
    most = max(1, int(held.sum()))
    for bins in range(2, most + 1):
        edges = np.searchsorted(mass, mass[-1] * np.arange(bins + 1) / bins - 1e-9)
        width = np.diff(mass[edges])
        share = np.diff(right[edges])[width > 0] / width[width > 0]
        if (np.diff(share) < 0).any():
            return bins - 1
    return most


@pytest.mark.parametrize("looked_at_whole", [0, 1, 32])
@pytest.mark.parametrize("seed", range(12))
def test_the_sweep_comes_to_what_walking_through_every_bin_does(
    seed: int, looked_at_whole: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reliability, "_BINS_A_FALL", looked_at_whole)
    generator = np.random.default_rng(seed)
    long = 0
    for _ in range(40):
        n = int(generator.integers(2, 300))
        confidence = np.sort(np.round(generator.random(n), int(generator.integers(1, 5))))
        first = int(generator.integers(0, n))
        # Calibrated ones, or all right from some confidence on but for a few near there or at an end.
        right = generator.random(n) < confidence if generator.random() < 0.3 else np.arange(n) >= first
        others = generator.choice([0, first, n - 1]) + generator.integers(-6, 7, int(generator.integers(0, 4)))
        right[np.clip(others, 0, n - 1)] ^= True
        weights = generator.integers(0, 4, n).astype(float) if generator.random() < 0.5 else np.ones(n)
        weights[generator.integers(n)] = 1.0
        mass, _, rights = reliability._sums(Decided.of(confidence, right), weights)
        found = reliability._monotone_bins(mass, rights)
        assert found == walked_sweep(mass, rights)
        long += found > 40
    assert long > 4


@pytest.mark.parametrize(("wrong", "bins"), [([0, 2], 19999), ([0, 1, 2, 9], 6666), ([0, 2, 4, 29999], 2)])
def test_a_decision_that_breaks_the_order_of_many_is_looked_at_alone(
    wrong: list[int], bins: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked: list[int] = []
    real = reliability._bin
    monkeypatch.setattr(reliability, "_bin", lambda mass, bins: (walked.append(bins), real(mass, bins))[1])
    right = np.ones(30000, dtype=bool)
    right[wrong] = False
    found = Decided.of(np.linspace(0.4, 0.9, 30000), right)
    mass, _, rights = reliability._sums(found, None)
    assert reliability._monotone_bins(mass, rights) == bins
    assert len(walked) < 200  # of thousands
