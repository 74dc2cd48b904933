from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newstance.eval.reliability import (
    Decided,
    calibration_error,
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
    edges = [int(np.ceil(n * i / bins - 1e-9)) for i in range(bins + 1)]
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
