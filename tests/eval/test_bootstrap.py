from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t as student

from newstance.eval.bootstrap import FEWEST_CLUSTERS, Bootstrap, Figure, _width, cluster_sums, interval, varied, wilson
from newstance.eval.coverage import articles, calibration_coverage, coverage, false_alarms, truth
from newstance.eval.metrics import accuracy, confusions, macro_f1
from newstance.eval.reliability import Decided, calibration_error, chance_errors


@pytest.mark.parametrize(("clustered", "n"), [(False, 100), (True, 33)])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(clustered: bool, n: int) -> None:
    # 500 repetitions and more sizes: python -m newstance.eval.coverage
    held = coverage(macro_f1, n, clustered=clustered, repetitions=200, samples=200)
    assert 0.90 <= held <= 0.99


@pytest.mark.parametrize("error", [0.0, 0.02])
def test_the_interval_of_the_calibration_error_covers_the_truth_where_there_is_none_too(error: float) -> None:
    held, _ = calibration_coverage(error, 300, clustered=False, repetitions=60, samples=100)
    assert held >= 0.87


def test_the_paired_test_seldom_sees_a_difference_that_is_not_there() -> None:
    assert false_alarms(macro_f1, 33, clustered=True, repetitions=200, samples=200) <= 0.09


def test_the_simulation_has_the_truth_that_it_says() -> None:
    for clustered in (False, True):
        sums = articles(np.random.default_rng(0), 4000, clustered=clustered).sum(axis=(0, 1))
        assert float(macro_f1(sums)) == pytest.approx(truth(macro_f1), abs=0.02)


def test_few_clusters_widen_as_student_does() -> None:
    for clusters in (10, 20, 66, 800):
        expected = student.ppf(0.975, clusters - 1) * np.sqrt(clusters / (clusters - 1))
        assert _width(clusters) == pytest.approx(expected, rel=0.01)


def test_with_too_few_articles_sentences_are_resampled_instead_of_nothing() -> None:
    right = np.random.default_rng(0).random(60) < 0.7
    cells = confusions(np.zeros(60, dtype=int), np.where(right, 0, 1), 2)
    names = [str(i % (FEWEST_CLUSTERS - 1)) for i in range(60)]
    found = interval(accuracy, cluster_sums(cells, names), n=60, samples=300, seed=0)
    assert found.low < found.value < found.high


def test_a_mean_by_weights_is_the_mean_by_sums() -> None:
    generator = np.random.default_rng(1)
    values, names = generator.random(90), [str(i // 6) for i in range(90)]
    bootstrap = Bootstrap(names, samples=300, seed=0)
    by_sums = bootstrap.mean(values)
    by_weights = bootstrap.statistic(lambda w: float(np.average(values, weights=w)))
    assert (by_sums.value, by_sums.low, by_sums.high) == pytest.approx(
        (by_weights.value, by_weights.low, by_weights.high)
    )


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(2).random(50)
    runs = [Bootstrap([str(i) for i in range(50)], samples=200, seed=s).mean(values) for s in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]


def test_shares_that_no_draw_changes_are_not_certain() -> None:
    names = [str(i) for i in range(5)]
    sums = cluster_sums(confusions(np.zeros(5, dtype=int), np.zeros(5, dtype=int), 2), names)
    found = interval(accuracy, sums, n=5, samples=100, seed=0, share_of=5)
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 0.566, 1.0), abs=1e-3)
    bootstrap = Bootstrap(names, samples=100, seed=0)
    below = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    two = bootstrap.ratio(below, below, share=True)
    assert (two.low, two.high) == pytest.approx(wilson(1.0, 2)), "two articles stand behind it"
    assert bootstrap.statistic(lambda _: 0.0, share=1.0).high == pytest.approx(wilson(0.0, 5)[1])
    same = bootstrap.mean(np.full(5, 1.5))
    assert same.low == same.high == 1.5, "what is no share keeps its value"


def test_what_is_no_share_has_an_interval_with_a_width_or_none() -> None:
    assert varied(Figure(0.4, 0.3, 0.5, 9)) == Figure(0.4, 0.3, 0.5, 9)
    without = varied(Figure(0.4, 0.4, 0.4, 9))
    assert (without.value, without.n) == (0.4, 9) and math.isnan(without.low) and math.isnan(without.high)
    assert (without.within(), Figure(0.4, 0.3, 0.5, 9).within("+")) == ("–", "+0.300 to +0.500")


@pytest.mark.parametrize("units", [1, 12])
def test_a_calibration_error_that_no_draw_changes_has_no_interval(units: int) -> None:
    names = [f"a{i}" for i in range(units)]
    decided = Decided.of(np.full(units, 0.6), np.ones(units, dtype=bool))
    chance = chance_errors(decided.confidence, samples=50, seed=0)
    bootstrap = Bootstrap(names, samples=100, seed=0)
    found = bootstrap.biased(lambda weights: calibration_error(decided, weights), chance)
    assert found.value == pytest.approx(0.4) and found.within() == "–"
    mixed = Decided.of(np.full(12, 0.6), np.arange(12) < 9)
    other = Bootstrap([f"a{i}" for i in range(12)], samples=100, seed=0)
    spread = other.biased(lambda weights: calibration_error(mixed, weights), chance)
    assert spread.low <= spread.value <= spread.high
