from __future__ import annotations

import math

import numpy as np
import pytest

from newstance.eval.bootstrap import wilson
from newstance.eval.coverage import parts_coverage
from newstance.eval.parts import Part, difference, part_of


def part(values: list[float], articles: list[str], bounds: tuple[float, float] = (0.0, 1.0)) -> Part:
    return part_of(np.array(values), np.ones(len(values)), articles, bounds=bounds)


@pytest.mark.parametrize("name", ["accuracy", "wrongly against", "lean"])
@pytest.mark.parametrize(("one", "two", "shared"), [(5, 20, 0), (11, 11, 0), (11, 11, 5), (11, 44, 0)])
def test_intervals_of_parts_hold_what_they_say(name: str, one: int, two: int, shared: int) -> None:
    # More sizes, and a model that is nearly always right: python -m newstance.eval.coverage
    held, alarms = parts_coverage(name, one, two, shared, repetitions=400)
    assert 0.92 <= held <= 0.99
    assert 0.01 <= alarms <= 0.07


@pytest.mark.parametrize("right", [2 / 3, 0.93])
@pytest.mark.parametrize("one", [1, 2, 4])
def test_a_part_of_few_articles_raises_no_false_alarm(one: int, right: float) -> None:
    held, alarms = parts_coverage("lean", one, 20, 0, repetitions=300, right=right)
    assert held >= 0.95 and alarms <= 0.05


def test_only_its_own_articles_count() -> None:
    generator = np.random.default_rng(0)
    values, articles = generator.random(60), [str(i // 3) for i in range(60)]
    below = np.array([1.0] * 24 + [0.0] * 36)
    found, alone = part_of(values * below, below, articles), part_of(values[:24], np.ones(24), articles[:24])
    assert found == alone
    assert found.figure.n == 24 and len(found.pulls) == 8 and not found.few
    assert found.figure.value == pytest.approx(values[:24].mean())
    assert sum(found.pulls.values()) == pytest.approx(0.0, abs=1e-12)


def test_with_few_articles_each_is_one_judgement() -> None:
    found = part([1.0] * 40 + [0.0] * 20, ["a"] * 30 + ["b"] * 30)
    assert found.few and (found.figure.low, found.figure.high) == pytest.approx(wilson(2 / 3, 2))
    lean = part([0.0] * 25, ["a"] * 25, (-2.0, 2.0)).figure
    assert lean.low < -1 and lean.high > 1


def test_articles_that_are_all_alike_are_not_certain() -> None:
    articles = [str(i // 2) for i in range(20)]
    assert part([1.0] * 20, articles).figure.low == pytest.approx(wilson(1.0, 10)[0])
    assert part([0.0] * 20, articles).figure.high == pytest.approx(wilson(0.0, 10)[1])
    lean = part([0.0] * 20, articles, (-2.0, 2.0)).figure
    assert (lean.low, lean.high) == pytest.approx((-2 * wilson(0.0, 10)[1], 2 * wilson(0.0, 10)[1]))


def test_a_difference_is_as_wide_as_the_two_parts_apart() -> None:
    generator = np.random.default_rng(1)
    one = part(generator.random(60).tolist(), [f"a{i // 5}" for i in range(60)])
    two = part(generator.random(50).tolist(), [f"b{i // 5}" for i in range(50)])
    found = difference(one, two)
    assert found.value == pytest.approx(one.figure.value - two.figure.value) and found.n == 110
    below = math.hypot(one.figure.value - one.figure.low, two.figure.high - two.figure.value)
    assert found.value - found.low == pytest.approx(below)


def test_what_shared_articles_do_to_both_parts_does_not_widen_their_difference() -> None:
    generator = np.random.default_rng(2)
    hard = np.repeat(generator.uniform(0.2, 0.8, 12), 5)
    one, two = (hard + generator.uniform(-0.1, 0.1, 60) for _ in range(2))
    articles = [str(i // 5) for i in range(60)]
    shared = difference(part(one.tolist(), articles), part(two.tolist(), articles))
    apart = difference(part(one.tolist(), articles), part(two.tolist(), [f"other {name}" for name in articles]))
    assert shared.high - shared.low < 0.5 * (apart.high - apart.low)


def test_a_part_without_items_has_no_figure() -> None:
    found = part_of(np.zeros(3), np.zeros(3), ["a", "b", "c"])
    assert math.isnan(found.figure.value) and found.figure.n == 0 and found.few
