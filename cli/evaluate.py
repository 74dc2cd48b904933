"""`newstance evaluate`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from newstance.corpora import Annotation, read_annotations, read_corpus, read_newsmtsc, read_seesaw
from newstance.errors import UsageError
from newstance.eval import Report, evaluate_model
from newstance.model import Checkpoint

__all__ = ["run_evaluate"]

_NEWSMTSC = {"newsmtsc-rw": "hf_rw", "newsmtsc-mt": "hf_mt"}


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
) -> None:
    """Evaluate and print, as a table or as one JSON object."""
    checkpoint = Checkpoint.find(model)
    records = _records(checkpoint, data, corpus, data_dir, split)
    report = evaluate_model(checkpoint, records, target=target, samples=samples, seed=seed)
    if as_json:
        sys.stdout.write(json.dumps(report.to_dict()) + "\n")
    else:
        _print(report)


def _records(
    checkpoint: Checkpoint, data: list[Path], corpus: str | None, data_dir: Path | None, split: str | None
) -> list[Annotation]:
    if bool(data) == (corpus is not None):
        raise UsageError("give either --data FILE or --corpus NAME")
    if data_dir is not None and corpus in (None, "newstance"):
        raise UsageError("--data-dir goes with a --corpus that does not ship")
    if corpus is None:
        records = [record for path in data for record in read_annotations(path, checkpoint.codebook)]
        kept = [record for record in records if split in (None, record.split)]
        if not kept:
            raise UsageError(f"no record is of the split {split!r}", field="--split")
        return kept
    split = split or ("valid" if corpus == "seesaw" else "test")
    if corpus == "newstance":
        return read_corpus(split)
    if data_dir is None:
        raise UsageError("--corpus needs --data-dir, the folder of the corpus in its official layout")
    if corpus in _NEWSMTSC:
        return read_newsmtsc(data_dir / _NEWSMTSC[corpus] / f"{split}.jsonl", split=split)
    if corpus == "seesaw":
        return read_seesaw(data_dir, split=split).records
    raise UsageError(f"unknown corpus {corpus!r}; known: {', '.join(['newstance', *_NEWSMTSC, 'seesaw'])}")


def _print(report: Report) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    for layer, metrics in report.layers.items():
        table = Table("metric", "value", "95% interval", "n", title=layer, box=None, title_justify="left")
        for name, figure in metrics.items():
            table.add_row(name, f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}", str(figure.n))
        console.print(table)
    console.print(f"model {report.run['model']} · data {report.run['data']} · {report.run['sentences']} sentences")
