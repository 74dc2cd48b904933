"""What offsets of the labels bring when a model is calibrated on a few annotated sentences, on development data.

::

    python -m newstance.eval.label_offsets --data-dir DIR

From half of the articles of a set some sentences are drawn, on which the stance is calibrated, once with a temperature
alone and once with offsets besides; the other articles say what came of it. Figures are means over many such halves.
Of SEESAW the train split is read, from which no shipped model has learnt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from sklearn.metrics import f1_score

from newstance.errors.command import run_command
from newstance.model import Checkpoint, LayerCalibration, fit_scale, surprise

from .development import development_sets, real_articles
from .judged import Judged, judge
from .reliability import Decided, calibration_error, risk_at_coverage

__all__ = ["Outcome", "halves", "outcome"]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.intp]
_COVERAGE = 0.8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a calibration makes of sentences that it was not fitted on.

    Attributes:
        accuracy: share of right decisions.
        macro_f1: mean of the labels' F1.
        log_loss: mean negative logarithm of the right label's probability.
        calibration_error: expected, over bins of equal mass.
        fall: by how much the risk falls when only the surest 80% are decided, as a share of the risk of all.
        share_error: the largest error of a label's share, when the share is taken as the mean of its probability.
    """

    accuracy: float
    macro_f1: float
    log_loss: float
    calibration_error: float
    fall: float
    share_error: float


def outcome(judged: Judged, logits: Floats, rows: Ints, calibration: LayerCalibration) -> Outcome:
    """Return what a calibration makes of some of the sentences.

    Args:
        judged: a single-label layer.
        logits: its raw logits, (sentences, labels).
        rows: numbers of the sentences that are looked at.
        calibration: what to judge.
    """
    gold = judged.gold[rows]
    p = calibration.probabilities(logits[rows], judged.layer)
    chosen = p.argmax(axis=1)
    decided = Decided.of(p.max(axis=1), chosen == gold)
    shares = np.bincount(gold, minlength=p.shape[1]) / len(gold)
    whole = risk_at_coverage(decided, 1.0)
    return Outcome(
        accuracy=float((chosen == gold).mean()),
        macro_f1=float(f1_score(gold, chosen, average="macro")),
        log_loss=float(surprise(p, gold, judged.layer).mean()),
        calibration_error=calibration_error(decided),
        fall=1.0 - risk_at_coverage(decided, _COVERAGE) / whole if whole else 0.0,
        share_error=float(np.abs(p.mean(axis=0) - shares).max()),
    )


def halves(judged: Judged, draws: int, seed: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield the sentences of one half of the articles, in random order, and those of the other half."""
    generator = np.random.default_rng(seed)
    articles = np.unique(judged.groups)
    for _ in range(draws):
        one = generator.permutation(articles)[: len(articles) // 2]
        order = generator.permutation(len(judged.gold))
        inside = np.isin(judged.groups[order], one)
        yield order[inside], order[~inside]


def main(
    data_dir: Annotated[Path, typer.Option(help="Folder of the public corpora.")],
    model: Annotated[str | None, typer.Option(help="A model folder; without it, the shipped one.")] = None,
    sentences: Annotated[
        list[int] | None, typer.Option(help="Annotated sentences. [default: 20, 50, 100, 200]")
    ] = None,
    draws: Annotated[int, typer.Option(min=1, help="Halves that are drawn.")] = 100,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
) -> None:
    """Compare calibration with and without offsets of the labels; a table in Markdown."""
    checkpoint = Checkpoint.find(model)
    typer.echo(
        "| data | sentences | calibrated by | accuracy | macro-F1 | log loss | calibration error "
        f"| fall of the risk at {_COVERAGE:.0%} | error of a share |"
    )
    typer.echo("|---|---|---|---|---|---|---|---|---|")
    for data in [real_articles(data_dir), *development_sets(data_dir)]:
        (judged,) = (one for one in judge(checkpoint, data.records) if one.layer.name == data.layer)
        logits = judged.logits[data.layer] - checkpoint.calibration.layer(data.layer).offsets_of(judged.layer)
        for n in sentences or (20, 50, 100, 200):
            found: dict[str, list[Outcome]] = {}
            for one, other in halves(judged, draws, seed):
                drawn = one[:n]
                for way, offsets in (("temperature", False), ("temperature and offsets", True)):
                    fitted = fit_scale(logits[drawn], judged.gold[drawn], judged.layer, offsets=offsets)
                    found.setdefault(way, []).append(outcome(judged, logits, other, fitted))
            for way, outcomes in found.items():
                mean = np.mean([astuple(one) for one in outcomes], axis=0)
                figures = [f"{value:.3f}" for value in mean[:4]] + [f"{-mean[4]:+.0%}", f"{mean[5]:.3f}"]
                typer.echo(f"| {data.name}, {data.layer} | {n} | {way} | " + " | ".join(figures) + " |")


if __name__ == "__main__":
    run_command(main)
