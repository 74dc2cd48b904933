"""What `newstance evaluate --faithfulness` adds to the report."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from newstance.corpora import Annotation
from newstance.eval import Figure
from newstance.eval.explanations import ExplanationReport, measure_explanations
from newstance.model import METHODS, Checkpoint, Method

from .progress import progress

__all__ = ["measure", "print_explanations"]


def measure(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None,
    sentences: int,
    samples: int,
    seed: int,
) -> ExplanationReport:
    """Measure with a bar over the sentences of all methods."""
    count = min(sentences, len({(record.corpus, record.id) for record in records}))
    steps = (count + any(record.rationale for record in records)) * len(METHODS)
    with progress("explanations", steps) as step:
        return measure_explanations(
            checkpoint, records, target=target, sentences=sentences, samples=samples, seed=seed, step=step
        )


def print_explanations(report: ExplanationReport) -> None:
    """Print one table of methods for faithfulness and one for plausibility."""
    _print("faithfulness (sufficiency: lower is better)", report.faithfulness)
    if report.plausibility is not None:
        _print("plausibility", report.plausibility)


def _print(title: str, figures: Mapping[Method, Mapping[str, Figure]]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 140)
    table = Table("metric", *figures, title=title, box=None, title_justify="left")
    for name in dict.fromkeys(name for found in figures.values() for name in found):
        row = (found.get(name) for found in figures.values())
        table.add_row(name, *("" if f is None else f"{f.shown()} ({f.within()})" for f in row))
    console.print(table)
