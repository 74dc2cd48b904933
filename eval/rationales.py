"""What labellers mark as a rationale: how much of a sentence, in how many pieces, and whether two of them agree.

Read it beside the plausibility of explanations, whose bounds it gives: what chance reaches, and what labellers do::

    python -m newstance.eval.rationales [dev|test|train]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer

from newstance.corpora import Annotation, read_corpus
from newstance.errors import AnnotationError
from newstance.errors.command import run_command
from newstance.model import Span, word_spans

__all__ = ["RationaleHabits", "marked_words", "rationale_habits"]

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RationaleHabits:
    """Means over the rationales of records with a stance.

    Attributes:
        rationales: how many.
        sentences: of how many sentences.
        share: of a sentence's words that a rationale marks, 0 to 1.
        runs: of neighbouring words that a rationale is made of.
        target: share of the target's words that rationales mark; NaN without targets.
        pair_f1: token-F1 of two labellers who gave a sentence the same stance; NaN without such.
        chance_f1: what two rationales of those sizes would reach if their words fell at random.
        pairs: of labellers.
    """

    rationales: int
    sentences: int
    share: float
    runs: float
    target: float
    pair_f1: float
    chance_f1: float
    pairs: int


def marked_words(words: Sequence[Span], spans: Sequence[Span]) -> Bools:
    """Return which words overlap a span, (words,)."""
    return np.array([any(start < word[1] and word[0] < end for start, end in spans) for word in words], dtype=bool)


def rationale_habits(records: Sequence[Annotation]) -> RationaleHabits:
    """Describe the rationales of records.

    Raises:
        AnnotationError: no record with a stance has a rationale.
    """
    by_label: dict[tuple[str | None, str, str], list[Bools]] = {}
    shares, runs, targets = [], [], []
    for record in records:
        if not record.rationale or record.stance is None:
            continue
        words, _ = word_spans(record.text, record.target_spans)
        marked = marked_words(words, record.rationale)
        by_label.setdefault((record.corpus, record.id, record.stance), []).append(marked)
        shares.append(marked.mean())
        runs.append(int(np.count_nonzero(np.diff(marked.astype(int), prepend=0) == 1)))
        target = marked_words(words, record.target_spans)
        if target.any():
            targets.append(marked[target].mean())
    if not shares:
        raise AnnotationError("no record with a stance has a rationale", field="rationale")
    pairs = [pair for same in by_label.values() for pair in combinations(same, 2)]
    return RationaleHabits(
        rationales=len(shares),
        sentences=len({key[:2] for key in by_label}),
        share=_mean(shares),
        runs=_mean(runs),
        target=_mean(targets),
        pair_f1=_mean([2 * np.sum(a & b) / (np.sum(a) + np.sum(b)) for a, b in pairs]),
        chance_f1=_mean([2 * a.mean() * b.mean() / (a.mean() + b.mean()) for a, b in pairs]),
        pairs=len(pairs),
    )


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _command(split: Annotated[str, typer.Argument(help="dev, test or train.")] = "test") -> None:
    found = rationale_habits(read_corpus(split))
    typer.echo(f"{split}: {found.rationales} rationales of {found.sentences} sentences")
    typer.echo(f"share of the words marked  {found.share:.3f}, in {found.runs:.2f} runs")
    typer.echo(f"of the target's words      {found.target:.3f}")
    typer.echo(f"token-F1 of two labellers  {found.pair_f1:.3f} ({found.pairs} pairs; by chance {found.chance_f1:.3f})")


if __name__ == "__main__":
    run_command(_command)
