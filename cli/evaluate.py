"""`newstance evaluate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newstance.errors import UsageError
from newstance.eval import Report, evaluate_model
from newstance.eval.data import read_data
from newstance.model import Checkpoint

__all__ = ["run_evaluate"]


def run_evaluate(
    model: str | None,
    *,
    data: list[Path],
    corpus: str | None,
    data_dir: Path | None,
    split: str | None,
    target: str | None,
    samples: int,
    seed: int,
    as_json: bool,
    faithfulness: bool = False,
    sentences: int = 300,
) -> None:
    """Evaluate and print, as a table or as one JSON object."""
    checkpoint = Checkpoint.find(model)
    if data and corpus is not None:
        raise UsageError("give either --data FILE or --corpus NAME")
    if data_dir is not None and corpus in (None, "newstance"):
        raise UsageError("--data-dir goes with a --corpus that does not ship")
    corpora = [] if corpus is None else [corpus]
    records = read_data(checkpoint.codebook, files=data, corpora=corpora, data_dir=data_dir, split=split)
    report = evaluate_model(checkpoint, records, target=target, samples=samples, seed=seed)
    explanations = None
    if faithfulness:
        from .explanations import measure, print_explanations

        explanations = measure(checkpoint, records, target=target, sentences=sentences, samples=samples, seed=seed)
    if as_json:
        sys.stdout.write(json.dumps(report.to_dict() | (explanations.to_dict() if explanations else {})) + "\n")
        return
    _print(report)
    if explanations is not None:
        print_explanations(explanations)


def _print(report: Report) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    for layer, metrics in report.layers.items():
        table = Table("metric", "value", "95% interval", "n", title=layer, box=None, title_justify="left")
        for name, figure in metrics.items():
            table.add_row(name, f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}", str(figure.n))
        console.print(table)
    console.print(f"model {report.run['model']} · data {report.run['data']} · {report.run['sentences']} sentences")
