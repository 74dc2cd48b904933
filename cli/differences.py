"""What `newstance agreement --differences` writes: a table in which a team settles what its members judged apart."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from newstance.corpora.columns import NONE_OF_THEM
from newstance.errors import UsageError
from newstance.eval.disagreement import Disagreement
from newstance.files import whole_file

from .overwriting import refuse_overwriting

__all__ = ["check_differences", "write_differences"]

_BEFORE, _AFTER = ("id", "layer"), ("text", "article")


def check_differences(path: Path, inputs: Iterable[str | Path]) -> None:
    """Refuse a place that is no CSV file, or that is read; before the work begins.

    Raises:
        UsageError: it is a folder, has another suffix, or is an input.
    """
    if path.is_dir():
        raise UsageError("takes a file that ends in .csv, and this is a folder", field="--differences", path=path)
    if path.suffix.lower() != ".csv":
        raise UsageError("the differences are a table: give FILE.csv", field="--differences", path=path)
    refuse_overwriting(inputs, [path])


def write_differences(found: Sequence[Disagreement], path: Path) -> None:
    """Write one row a sentence and layer: id, layer, a column for each annotator, text, article.

    Several labels stand in a cell with `;` between them, and `(none)` for none of them; an empty cell is no judgement.

    Raises:
        OutputError: it cannot be written.
    """
    names = list(dict.fromkeys(name for one in found for name in one.labels))
    # An annotator may be called what a column is called.
    taken = (*_BEFORE, *_AFTER)
    headings = [f"annotator {name}" if name in taken else name for name in names]
    with whole_file(path) as place, place.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([*_BEFORE, *headings, *_AFTER])
        for one in found:
            cells = (_cell(one.labels.get(name, "")) for name in names)
            writer.writerow([one.id, one.layer, *cells, one.text, one.article or ""])


def _cell(labels: str | Sequence[str]) -> str:
    return labels if isinstance(labels, str) else ";".join(labels) or NONE_OF_THEM
