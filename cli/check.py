"""`newstance data check`."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newstance.corpora import Annotation, open_annotations
from newstance.corpora.check import CheckReport, check_annotations
from newstance.corpora.own import SPLITS
from newstance.errors import AnnotationError, UsageError
from newstance.model import Checkpoint, Codebook

from .column_options import as_format, codebook_of_option, column_map
from .terminal import progress

__all__ = ["run_check"]

_SPLIT_NAME = re.compile(r"(?<![a-z])(train|dev|valid|validation|val|test)(?![a-z])")
_EXAMPLES = 5
_COLOURS = {"error": "bold red", "warning": "dark_orange", "note": "blue"}

Records = list[tuple[str, Annotation]]


def run_check(
    files: list[str],
    *,
    config: str | None,
    overrides: list[str],
    format: str,
    split: str | None,
    map_path: Path | None,
    column: list[str],
    codebook: Path | None,
    similar: float,
    as_json: bool,
) -> int:
    """Check and print; return the exit code."""
    problems: list[AnnotationError] = []
    places: list[str] = []
    known = codebook_of_option(codebook)
    if config is not None:
        if files or map_path or column or codebook:
            raise UsageError("--config says which files, columns and codebook; give either it or them")
        records, known = _configured(config, overrides, problems)
    else:
        records = []
        kind = as_format(format)
        if not files and kind != "newstance":
            raise UsageError("give annotation files, or --config")
        columns = column_map(map_path, column)
        for path in files or [""]:
            for wanted in SPLITS if kind == "newstance" and split is None else (split,):
                lines: list[int] = []
                found = open_annotations(
                    path, kind, split=wanted, columns=columns, codebook=known, problems=problems, lines=lines
                )
                name = wanted or split_of(path)
                places += [f"{path}:{line}" for line in lines] or [record.id for record in found]  # corpora: no lines
                records += [(record.split or name, record) for record in found]
    shipped = Checkpoint.find(None)
    with progress("comparing texts", len(records)) as step:
        report = check_annotations(
            records,
            codebook=known,
            problems=problems,
            count_tokens=lambda texts: _tokens(shipped, texts),
            token_limit=shipped.config.encoding.max_length,
            similar=similar,
            places=places,
            step=step,
        )
    if as_json:
        sys.stdout.write(json.dumps(_plain(report), ensure_ascii=False) + "\n")
    else:
        _print(report)
    return 1 if report.failed else 0


def split_of(path: str) -> str:
    """Return the split that a file's name tells, such as dev for `survey-dev.csv`; else the name itself."""
    found = _SPLIT_NAME.search(Path(path).stem.lower())
    if found is None:
        return Path(path).stem
    return "dev" if found[1].startswith("val") else found[1]


def _configured(config: str, overrides: list[str], problems: list[AnnotationError]) -> tuple[Records, Codebook]:
    """Read what a training configuration trains, chooses and measures by; bad rows go into `problems`."""
    from newstance.training.config import codebook_of, load_config
    from newstance.training.sources import drawn_from, open_source

    settings = load_config(config, overrides)
    codebook = codebook_of(settings)
    records: Records = []
    for split in ("train", "dev", "test", "held_out"):
        for source in getattr(settings.data, split):
            found = open_source(source, settings.data.root, codebook, problems=problems)
            records += [(split, record) for record in drawn_from(source, found)]
    return records, codebook


def _tokens(checkpoint: Checkpoint, texts: list[str]) -> list[int]:
    """Return how many tokens the shipped model's tokenizer makes of each text, the two special ones included."""
    tokenizer = checkpoint.tokenizer()
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return [len(encoding.ids) for encoding in tokenizer.encode_batch_fast(texts)]


def _plain(report: CheckReport) -> dict[str, Any]:
    data = asdict(report) | {"failed": report.failed}
    data["agreement"] = {name: None if math.isnan(a) else a for name, a in report.agreement.items()}
    return data


def _print(report: CheckReport) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    splits = ", ".join(f"{split} {n} ({report.records[split]} judgements)" for split, n in report.sentences.items())
    console.print(f"sentences: {splits or 'none'}", soft_wrap=True)
    for layer, by_split in report.labels.items():
        table = Table(layer, *by_split, box=None)
        for code in dict.fromkeys(code for counts in by_split.values() for code in counts):
            cells = []
            for split, counts in by_split.items():
                n = counts.get(code, 0)
                cells.append(f"{n} ({n / report.sentences[split]:.0%})")
            table.add_row(code, *cells)
        console.print(table)
    if report.annotators:
        judged = ", ".join(f"{n} by {k}" for k, n in report.annotators.items())
        console.print(f"sentences by number of annotators: {judged}", soft_wrap=True)
    if report.agreement:
        alphas = ", ".join(f"{layer} {value:.3f}" for layer, value in report.agreement.items())
        console.print(f"Krippendorff's alpha: {alphas}", soft_wrap=True)
    if report.tokens:
        console.print("tokens: " + ", ".join(f"{name} {n}" for name, n in report.tokens.items()))
    for finding in report.findings:
        head = Text(f"\n{finding.severity}: ", style=_COLOURS[finding.severity])
        console.print(head.append(finding.message, style="default"), soft_wrap=True)
        for example in finding.where[:_EXAMPLES]:
            console.print(Text(f"  {example}", style="dim"), soft_wrap=True)
        if len(finding.where) > _EXAMPLES:
            console.print(Text(f"  ... and {len(finding.where) - _EXAMPLES} more (--json lists all)", style="dim"))
        console.print(Text(f"  {finding.advice}"), soft_wrap=True)
    if not report.findings:
        console.print("nothing found")
