"""Do the intervals hold what they say? Simulated, with a known truth, by one command.

::

    python -m newstance.eval.coverage --repetitions 500

Prints how often the 95% interval holds the true macro-F1 and accuracy, for independent sentences and for articles whose
sentences share their difficulty and their mix of labels; and how often the paired test calls two equally good models
different (its false-alarm rate, 5% where it is right). A second table does so for parts of the data that a model is
equally good on, as parties may be, with few articles: how often the interval of the first part holds the truth, in
brackets how often the bootstrap's does, and the false alarms of the difference between the two. A third does so for
calibration errors, which chance alone makes larger.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from newstance.errors.command import run_command

from .bootstrap import Bootstrap, interval
from .compare import paired_difference
from .metrics import Metric, accuracy, macro_f1
from .parts import Part, difference, part_of
from .reliability import Decided, calibration_error, chance_errors

__all__ = ["articles", "calibration_coverage", "coverage", "false_alarms", "parts_coverage", "truth"]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
METRICS: dict[str, Metric] = {"accuracy": accuracy, "macro-F1": macro_f1}
#: What the three labels count in a lean.
_SIGN = np.array([1.0, -1.0, 0.0])
#: What a part is judged by, and between which values that can lie.
_BOUNDS = {"accuracy": (0.0, 1.0), "wrongly against": (0.0, 1.0), "lean": (-2.0, 2.0)}
#: Articles of the one party, of the other, and those that have sentences of both.
_PARTIES = ((1, 20, 0), (2, 20, 0), (4, 20, 0), (5, 20, 0), (11, 11, 0), (11, 11, 5), (11, 44, 0), (20, 20, 0))
#: Shares of the three labels, and of right decisions.
_MIX, _RIGHT = np.array([0.24, 0.28, 0.48]), 2 / 3
#: The same of a model that is nearly always right.
_NEARLY_ALL = 0.93


def articles(
    generator: np.random.Generator, n: int, *, clustered: bool, models: int = 1, right: float = _RIGHT
) -> Floats:
    """Return confusion matrices of equally good models on simulated articles, (articles, models, 3, 3).

    Args:
        generator: of the draws.
        n: articles.
        clustered: 5 to 19 sentences an article that share difficulty and mix of labels; else one sentence each.
        models: how many models, whose mistakes are made independently of each other given the article.
        right: the share of right decisions.
    """
    sizes = generator.integers(5, 20, n) if clustered else np.ones(n, dtype=np.int64)
    mix = generator.dirichlet(_MIX * 12, n) if clustered else np.tile(_MIX, (n, 1))
    skill = generator.beta(6 * right, 6 * (1 - right), n) if clustered else np.full(n, right)
    article = np.repeat(np.arange(n), sizes)
    total = len(article)
    gold = (generator.random((total, 1)) > mix.cumsum(axis=1)[article, :2]).sum(axis=1)
    sums = np.zeros((n, models, 3, 3))
    for model in range(models):
        wrong = (gold + generator.integers(1, 3, total)) % 3
        predicted = np.where(generator.random(total) < skill[article], gold, wrong)
        np.add.at(sums[:, model], (article, gold, predicted), 1.0)
    return sums


def truth(metric: Metric) -> float:
    """Return the value that both simulations have in the limit: size, mix and skill are drawn independently."""
    return float(metric(_limit(_RIGHT)))


def _limit(right: float) -> Floats:
    """Return the confusion matrix that the simulations have in the limit, in shares."""
    matrix = np.outer(_MIX, np.full(3, (1 - right) / 2))
    np.fill_diagonal(matrix, _MIX * right)
    return matrix


def coverage(metric: Metric, n: int, *, clustered: bool, repetitions: int, samples: int = 1000) -> float:
    """Return how often the interval holds the truth.

    Args:
        metric: the figure.
        n: articles in each repetition.
        clustered: as `articles`.
        repetitions: how many data sets are drawn.
        samples: bootstrap samples for each.
    """
    held = 0
    for seed in range(repetitions):
        sums = articles(np.random.default_rng(seed), n, clustered=clustered)[:, 0]
        found = interval(metric, sums, n=int(sums.sum()), samples=samples, seed=seed)
        held += found.low <= truth(metric) <= found.high
    return held / repetitions


def false_alarms(metric: Metric, n: int, *, clustered: bool, repetitions: int, samples: int = 1000) -> float:
    """Return how often the paired interval of two equally good models leaves out 0."""
    alarms = 0
    for seed in range(repetitions):
        both = articles(np.random.default_rng(seed), n, clustered=clustered, models=2)
        found = paired_difference(metric, both[:, 0], both[:, 1], n=int(both.sum() / 2), samples=samples, seed=seed)
        alarms += not found.low <= 0 <= found.high
    return alarms / repetitions


def parts_coverage(
    name: str, one: int, two: int, shared: int, *, repetitions: int, right: float = _RIGHT
) -> tuple[float, float]:
    """Return how often a part's interval holds the truth, and how often that of a difference leaves out the true 0.

    Args:
        name: of the figure: accuracy, wrongly against, or lean.
        one: articles of the one part, whose interval is looked at.
        two: articles of the other.
        shared: those that have as many sentences of both, of the same difficulty.
        repetitions: how many data sets are drawn.
        right: the share of right decisions on either.
    """
    held = alarms = 0
    above, below = map(float, _summed(name, _limit(right)))
    for seed in range(repetitions):
        generator = np.random.default_rng(seed)
        sums = articles(generator, one + two - shared, clustered=True, models=2, right=right)
        numbers = np.arange(len(sums))
        first = _part(name, sums[:one, 0], numbers[:one])
        second = _part(name, sums[one - shared :, 1], numbers[one - shared :])
        apart = difference(first, second)
        held += first.figure.low <= above / below <= first.figure.high
        alarms += not apart.low <= 0 <= apart.high
    return held / repetitions, alarms / repetitions


def _bootstrap_coverage(name: str, n: int, *, repetitions: int, samples: int, right: float) -> float:
    """Return how often the bootstrap's interval of a part with `n` articles holds the truth, on the same data."""
    held = 0
    above, below = map(float, _summed(name, _limit(right)))
    for seed in range(repetitions):
        sums = articles(np.random.default_rng(seed), n, clustered=True, models=2, right=right)[:, 0]
        bootstrap = Bootstrap([str(number) for number in range(n)], samples=samples, seed=seed)
        found = bootstrap.ratio(*_summed(name, sums), share=name != "lean")
        held += found.low <= above / below <= found.high
    return held / repetitions


def _part(name: str, sums: Floats, numbers: Ints) -> Part:
    names = [str(number) for number in numbers]
    return part_of(*_summed(name, sums), names, bounds=_BOUNDS[name])


def _summed(name: str, sums: Floats) -> tuple[Floats, Floats]:
    """Return what a figure has above and below the line, (...), from confusion matrices (..., 3, 3)."""
    if name == "wrongly against":
        other = np.delete(sums, 1, axis=-2)
        return other[..., 1].sum(axis=-1), other.sum(axis=(-2, -1))
    weights = np.eye(3) if name == "accuracy" else _SIGN[None, :] - _SIGN[:, None]
    return (sums * weights).sum(axis=(-2, -1)), sums.sum(axis=(-2, -1))


def calibration_coverage(
    error: float, n: int, *, clustered: bool, repetitions: int, samples: int = 1000
) -> tuple[float, float]:
    """Return how often the interval of the calibration error holds the truth, and the mean of the errors found.

    Args:
        error: the true one: every confidence is so much too high, at most 0.4.
        n: sentences in each repetition.
        clustered: ten sentences an article, three in ten of whose outcomes hang together; else one sentence each.
        repetitions: how many data sets are drawn.
        samples: bootstrap samples for each, and draws of chance.
    """
    held, found = 0, []
    for seed in range(repetitions):
        generator = np.random.default_rng(seed)
        confidence = 0.4 + 0.6 * generator.beta(2, 1.5, n)
        article = np.arange(n) // (10 if clustered else 1)
        luck = np.where(generator.random(n) < 0.3, generator.random(n)[article], generator.random(n))
        decided = Decided.of(confidence, luck < confidence - error)
        chance = chance_errors(confidence, samples=samples, seed=seed)
        bootstrap = Bootstrap([str(name) for name in article], samples=samples, seed=seed)
        figure = bootstrap.biased(partial(calibration_error, decided), chance)
        held += figure.low <= error <= figure.high
        found.append(figure.value)
    return held / repetitions, float(np.mean(found))


def main(
    repetitions: Annotated[int, typer.Option(min=20, help="Data sets drawn for each line.")] = 500,
    samples: Annotated[int, typer.Option(min=100, help="Bootstrap samples for each interval.")] = 1000,
) -> None:
    """Print the tables."""
    sys.stdout.write("| articles | sentences | metric | 95% interval holds the truth | false alarms, paired |\n")
    sys.stdout.write("|---|---|---|---|---|\n")
    for clustered, sizes in ((False, (100, 400)), (True, (10, 20, 33, 66))):
        for n in sizes:
            for name, metric in METRICS.items():
                held = coverage(metric, n, clustered=clustered, repetitions=repetitions, samples=samples)
                alarms = false_alarms(metric, n, clustered=clustered, repetitions=repetitions, samples=samples)
                kind = "5 to 19 each" if clustered else "1 each"
                sys.stdout.write(f"| {n} | {kind} | {name} | {held:.1%} | {alarms:.1%} |\n")
                sys.stdout.flush()
    sys.stdout.write(
        f"\n| right | articles of the parties | of both | {' | '.join(_BOUNDS)} |\n|---|---|---|---|---|---|\n"
    )
    for right in (_RIGHT, _NEARLY_ALL):
        for one, two, shared in _PARTIES:
            cells = []
            for name in _BOUNDS:
                held, alarms = parts_coverage(name, one, two, shared, repetitions=repetitions, right=right)
                drawn = _bootstrap_coverage(name, one, repetitions=repetitions, samples=samples, right=right)
                cells.append(f"{held:.1%} ({drawn:.1%}), {alarms:.1%}")
            sys.stdout.write(f"| {right:.0%} | {one} and {two} | {shared} | {' | '.join(cells)} |\n")
    sys.stdout.write("\n| sentences | true calibration error | mean found | 95% interval holds the truth |\n")
    sys.stdout.write("|---|---|---|---|\n")
    for clustered, n in ((False, 300), (False, 650), (True, 650)):
        for error in (0.0, 0.02, 0.06, 0.12):
            held, found = calibration_coverage(
                error, n, clustered=clustered, repetitions=repetitions, samples=min(samples, 200)
            )
            kind = "10 an article" if clustered else "1 an article"
            sys.stdout.write(f"| {n}, {kind} | {error} | {found:.3f} | {held:.1%} |\n")
            sys.stdout.flush()


if __name__ == "__main__":
    run_command(main)
