"""`newstance data check`."""

from __future__ import annotations

import json
import math
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text
from tokenizers import Tokenizer

from newstance.corpora import Annotation, open_annotations
from newstance.corpora.check import CheckReport, check_annotations
from newstance.corpora.own import SPLITS
from newstance.errors import AnnotationError, UsageError
from newstance.files import inner_stem
from newstance.model import Checkpoint, Codebook, encoder_folder

from .column_options import as_format, codebook_of_option, column_map
from .progress import progress

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
    paths: list[str] = []
    places: list[str] = []
    known = codebook_of_option(codebook)
    if config is not None:
        if files or map_path or column or codebook:
            raise UsageError("--config says which files, columns and codebook; give either it or them")
        if split is not None or format != "annotations":
            raise UsageError("--config says which splits and formats; give either it or --split and --format")
        records, paths, known, reader = _configured(config, overrides, problems)
    else:
        if overrides:
            raise UsageError("overrides settings of a configuration: give --config", field="--set")
        records, reader = [], _shipped()
        kind = as_format(format)
        if not files and kind != "newstance":
            raise UsageError("give annotation files, or --config")
        if files and kind == "newstance":
            raise UsageError("newstance is the project's own corpus and takes no file", field="--format")
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
                paths += [path] * len(found)
    with progress("comparing texts", len(records)) as step:
        report = check_annotations(
            records,
            codebook=known,
            files=paths,
            problems=problems,
            count_tokens=reader.count,
            token_limit=reader.limit,
            limit_of=reader.name,
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
    found = _SPLIT_NAME.search(inner_stem(path).lower())
    if found is None:
        return inner_stem(path)
    return "dev" if found[1].startswith("val") else found[1]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Whose tokens are counted, and how many of them it sees at once."""

    name: str
    tokenizer: Tokenizer
    limit: int

    def count(self, texts: list[str]) -> list[int]:
        """Return how many tokens each text becomes, the two special ones included."""
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        return [len(encoding.ids) for encoding in self.tokenizer.encode_batch_fast(texts)]


def _shipped() -> _Reader:
    shipped = Checkpoint.find(None)
    return _Reader("the shipped model", shipped.tokenizer(), shipped.config.encoding.max_length)


def _configured(
    config: str, overrides: list[str], problems: list[AnnotationError]
) -> tuple[Records, list[str], Codebook, _Reader]:
    """Read what a training configuration trains, chooses and measures by; bad rows go into `problems`.

    Returns:
        The records, the file of each, the codebook, and what reads them.
    """
    from newstance.training.config import codebook_of, load_config
    from newstance.training.sources import drawn_from, open_source

    settings = load_config(config, overrides)
    codebook = codebook_of(settings)
    records: Records = []
    paths: list[str] = []
    for split in ("train", "dev", "test", "held_out"):
        for source in getattr(settings.data, split):
            found = drawn_from(source, open_source(source, settings.data.root, codebook, problems=problems))
            records += [(split, record) for record in found]
            paths += [source.path] * len(found)
    return records, paths, codebook, _reader_of(settings.encoder, settings.encoding.max_length)


def _reader_of(encoder: str, limit: int) -> _Reader:
    """Return what a configuration trains; without its encoder's tokenizer at hand the shipped model's counts."""
    name = "the configuration's model"
    try:
        tokenizer = Tokenizer.from_file(str(Path(encoder_folder(encoder)) / "tokenizer.json"))
    except Exception:  # noqa: BLE001 (tokenizers raises no class of its own; `config validate` looks at the encoder)
        return _Reader(f"{name} (counted by the shipped model's tokenizer)", _shipped().tokenizer, limit)
    return _Reader(name, tokenizer, limit)


def _plain(report: CheckReport) -> dict[str, Any]:
    data = asdict(report) | {"failed": report.failed}
    data["agreement"] = {name: None if math.isnan(a) else a for name, a in report.agreement.items()}
    return data


def _print(report: CheckReport) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    splits = ", ".join(f"{split} {n} ({report.records[split]} judgements)" for split, n in report.sentences.items())
    console.print(Text(f"sentences: {splits or 'none'}"), soft_wrap=True)
    for layer, by_split in report.labels.items():
        table = Table(layer, *(Column(Text(split)) for split in by_split), box=None)
        for code in dict.fromkeys(code for counts in by_split.values() for code in counts):
            cells = []
            for split, counts in by_split.items():
                n = counts.get(code, 0)
                cells.append(f"{n} ({n / report.sentences[split]:.0%})")
            table.add_row(Text(code), *cells)
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
