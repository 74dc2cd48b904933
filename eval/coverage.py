"""Do the intervals hold what they say? Simulated, with a known truth, by one command.

::

    python -m newstance.eval.coverage --repetitions 500

Prints how often the 95% interval holds the true macro-F1 and accuracy, for independent sentences and for articles whose
sentences share their difficulty and their mix of labels; and how often the paired test calls two equally good models
different (its false-alarm rate, 5% where it is right). Then the same of calibration errors, which chance alone makes
larger.
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
from .reliability import Decided, calibration_error, chance_errors

__all__ = ["articles", "calibration_coverage", "coverage", "false_alarms", "truth"]

Floats = npt.NDArray[np.floating]
METRICS: dict[str, Metric] = {"accuracy": accuracy, "macro-F1": macro_f1}
#: Shares of the three labels, and of right decisions.
_MIX, _RIGHT = np.array([0.24, 0.28, 0.48]), 2 / 3


def articles(generator: np.random.Generator, n: int, *, clustered: bool, models: int = 1) -> Floats:
    """Return confusion matrices of equally good models on simulated articles, (articles, models, 3, 3).

    Args:
        generator: of the draws.
        n: articles.
        clustered: 5 to 19 sentences an article that share difficulty and mix of labels; else one sentence each.
        models: how many models, whose mistakes are made independently of each other given the article.
    """
    sizes = generator.integers(5, 20, n) if clustered else np.ones(n, dtype=np.int64)
    mix = generator.dirichlet(_MIX * 12, n) if clustered else np.tile(_MIX, (n, 1))
    skill = generator.beta(6 * _RIGHT, 6 * (1 - _RIGHT), n) if clustered else np.full(n, _RIGHT)
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
    matrix = np.outer(_MIX, np.full(3, (1 - _RIGHT) / 2))
    np.fill_diagonal(matrix, _MIX * _RIGHT)
    return float(metric(matrix))


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
    """Print the table."""
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
