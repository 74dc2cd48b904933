"""`newstance data`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.table import Table

from newstance.corpora.statistics import Coverage, corpus_coverage

__all__ = ["run_stats"]


def run_stats(*, as_json: bool) -> None:
    """Print the coverage of the project's own corpus."""
    coverage = corpus_coverage()
    if as_json:
        data = asdict(coverage) | {"cells": {f"{s}/{v}": n for (s, v), n in coverage.cells.items()}}
        sys.stdout.write(json.dumps(data, ensure_ascii=False) + "\n")
        return
    console = Console(width=None if sys.stdout.isatty() else 110)
    tables: list[Table] = [
        _table("articles", coverage.articles),
        _table("sentences", coverage.sentences),
        _table("stance (writer)", coverage.stance),
        _table("stance x voice", {f"{s} x {v}": n for (s, v), n in coverage.cells.items()}),
        _table("frames", coverage.frames),
        _table("hard-case rules", coverage.rules),
        _table("areas", coverage.areas),
        _table("genres", dict(list(coverage.genres.items())[:20])),
        _table("alpha", {name: f"{value:.3f}" for name, value in coverage.agreement.items()}),
        _table(
            "alpha of what a version added",
            {
                f"version {version}, {name}": f"{value:.3f}"
                for version, found in coverage.agreement_by_version.items()
                for name, value in found.items()
            },
        ),
    ]
    console.print(Columns(tables, padding=(1, 3)))
    for line in _lines(coverage):
        console.print(line)


def _lines(coverage: Coverage) -> Iterable[str]:
    gram, share = coverage.top_five_gram
    yield f"administrations {coverage.administrations} · policy areas {len(coverage.areas)}"
    yield f"areas seen in no training article: {', '.join(coverage.unseen_areas)}"
    yield f"sentences that do not name the target: {coverage.unnamed:.1%}"
    yield f"commonest five words in a row: “{gram}”, in {share:.2%} of the sentences"


def _table(title: str, rows: Mapping[Any, Any]) -> Table:
    table = Table(title, "n", box=None)
    for name, value in rows.items():
        table.add_row(str(name), str(value))
    return table
