"""What each estimate of the shares costs in width, with the shipped model on real articles.

::

    python -m newstance.eval.share_widths --data-dir DIR

SEESAW's train split, from which no shipped model learns, stands for an archive whose true shares are known. First one
random sample of it is taken as annotated, and the rest as not. Then samples are drawn again and again from an endless
archive with the same errors, its sentences independent of each other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from newstance.errors.command import run_command
from newstance.model import Checkpoint

from .development import real_articles
from .judged import Judged, judge
from .shares import ESTIMATES, corrected_shares, raw_shares

__all__ = ["simulated_widths"]

_ARCHIVE = 100_000


def simulated_widths(joint: np.ndarray, annotated: int, *, draws: int = 4000, seed: int = 0) -> dict[str, np.ndarray]:
    """Return by estimate the width in which 95% of the samples lie, (labels,).

    Args:
        joint: (labels, labels) counts of sentences by true and by model's label, from which is drawn.
        annotated: sentences of a sample.
        draws: samples.
        seed: of the drawing.
    """
    rng = np.random.default_rng(seed)
    share = joint / joint.sum()
    archive = rng.multinomial(_ARCHIVE, share.sum(axis=0), size=draws).astype(float)
    pairs = rng.multinomial(annotated, share.ravel(), size=draws).reshape(draws, *share.shape).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = {name: np.nanquantile(of(archive, pairs), [0.025, 0.975], axis=0) for name, of in ESTIMATES.items()}
    return {name: ends[1] - ends[0] for name, ends in found.items()}


def _one_sample(judged: Judged, annotated: int, seed: int) -> list[str]:
    n, codes = len(judged.layer.codes), judged.layer.codes
    chosen = np.random.default_rng(seed).permutation(len(judged.gold))[:annotated]
    _, articles = np.unique(judged.groups, return_inverse=True)
    labels = judged.predicted.astype(np.int64)
    found = [raw_shares(labels, articles, n)]
    found += corrected_shares(
        labels,
        articles,
        [(int(judged.gold[i]), int(labels[i])) for i in chosen],
        [str(judged.groups[i]) for i in chosen],
        np.ones(len(chosen)),
        n,
        estimates=tuple(ESTIMATES),
    )
    lines = [f"| share (95% interval) | {' | '.join(codes)} |", f"|---|{'---|' * n}"]
    for shares in found:
        lines.append(f"| {shares.estimate} | {' | '.join(f'{f.shown()} ({f.within()})' for f in shares.figures)} |")
    truth = np.bincount(judged.gold.astype(int), minlength=n) / len(judged.gold)
    lines.append(f"| *all {len(judged.gold):,}, as annotated* | {' | '.join(f'*{share:.3f}*' for share in truth)} |")
    return lines


def main(
    data_dir: Annotated[Path, typer.Option(help="Folder that holds seesaw.")],
    model: Annotated[str | None, typer.Option(help="A model folder; without it, the shipped one.")] = None,
    annotated: Annotated[int, typer.Option(min=10, help="Sentences of a sample.")] = 400,
    seed: Annotated[int, typer.Option(min=0, help="Of the drawing.")] = 1,
) -> None:
    """Print both tables in Markdown."""
    found = judge(Checkpoint.find(model), real_articles(data_dir).records)
    judged = next(one for one in found if one.layer.name == "stance")
    typer.echo("\n".join(_one_sample(judged, annotated, seed)))
    n = len(judged.layer.codes)
    joint = np.zeros((n, n))
    np.add.at(joint, (judged.gold.astype(int), judged.predicted.astype(int)), 1.0)
    typer.echo(f"\n| width of 95% of the samples | {' | '.join(judged.layer.codes)} |\n|---|{'---|' * n}")
    for name, widths in simulated_widths(joint, annotated, seed=seed).items():
        typer.echo(f"| {name} | {' | '.join(f'{width:.3f}' for width in widths)} |")


if __name__ == "__main__":
    run_command(main)
