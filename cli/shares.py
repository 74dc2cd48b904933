"""`newstance shares`: shares of the stances in a scored archive, corrected by an annotated sample."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from newstance.errors import InputError, UsageError
from newstance.eval.bootstrap import FEWEST_CLUSTERS, Figure
from newstance.eval.data import read_data
from newstance.eval.gold import Gold, gold_labels, no_gold, repeated_rows
from newstance.eval.shares import Shares
from newstance.eval.survey_cells import OWN_FROM, CellShares, inverse_chances, shares_by_cell, strange_mix
from newstance.eval.surveyed import Survey, read_survey
from newstance.files import whole_file
from newstance.model import Codebook, load_codebook
from newstance.model.codebook import Layer
from newstance.scoring.counted import check_key, unfinished

from .column_options import codebook_of_option, column_map
from .flat import flat
from .naming import naming

__all__ = ["run_shares"]


def run_shares(
    run: Path,
    *,
    annotated: list[Path],
    map_path: Path | None,
    column: list[str],
    codebook: Path | None,
    layer_name: str | None,
    by: str | None,
    drawn_per: str | None,
    own_from: int | None,
    unnamed: bool,
    insiders: bool,
    out: Path | None,
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Read the archive and the sample, estimate, and print a table or one JSON object."""
    if out is not None and out.suffix.lower() != ".csv":
        raise UsageError("the shares are written as a table: give FILE.csv", field="--out", path=out)
    if drawn_per is not None and not annotated:
        raise UsageError("says how the annotated sentences were drawn: goes with --annotated", field="--drawn-per")
    book = codebook_of_option(codebook) or load_codebook()
    layer = _layer(book, layer_name)
    own_from = own_from or OWN_FROM
    keys = list(dict.fromkeys(key.strip() for key in (by or "").split(",") if key.strip()))
    for key, option in [*((key, "--by") for key in keys), *([(drawn_per, "--drawn-per")] if drawn_per else [])]:
        check_key(key, option)
    gold, warnings = _gold(book, layer, annotated, map_path, column)
    options: dict[str, Any] = {"unnamed": unnamed, "insiders": insiders}
    survey = read_survey(run, layer, gold, by=keys, **options)
    warnings += _elsewhere(survey, run, insiders=insiders)
    if (told := unfinished(run)) is not None:
        warnings.append(told)
    if 0 < (n := len(set(survey.clusters))) < FEWEST_CLUSTERS:
        warnings.append(f"the annotated sentences are of fewer than {FEWEST_CLUSTERS} articles ({n}): no intervals")
    weights = np.ones(len(survey.rows))
    if drawn_per is not None:
        weights[:] = inverse_chances(read_survey(run, layer, gold, by=[drawn_per], **options))
    if (told := strange_mix(survey, layer, weights)) is not None:
        warnings.append(told)
    cells = list(shares_by_cell(survey, layer, weights, own_from=own_from, samples=samples, seed=seed))
    if out is not None:
        _write(out, cells, layer, keys)
    if as_json:
        sys.stdout.write(json.dumps(_as_dict(cells, layer, keys, run, warnings), allow_nan=False) + "\n")
        return
    _print(cells, layer, keys, warnings, corrected=gold is not None, own_from=own_from)


def _layer(book: Codebook, name: str | None) -> Layer:
    """Return the layer to count: the one that a run keeps as its stance, or as its frames."""
    counted = [layer for layer in (book.stance, book.frames) if layer is not None]
    for layer in counted:
        if name in (None, layer.name):
            return layer
    known = ", ".join(layer.name for layer in counted)
    raise UsageError(f"a run holds no layer {name!r} of the codebook {book.name}; it holds {known}", field="--layer")


def _gold(
    book: Codebook, layer: Layer, annotated: list[Path], map_path: Path | None, column: list[str]
) -> tuple[Gold | None, list[str]]:
    if not annotated:
        if map_path is not None or column:
            raise UsageError("a column map goes with --annotated", field="--column")
        return None, []
    with naming(annotated):
        records = read_data(book, files=annotated, columns=column_map(map_path, column), name_annotators=True)
        gold = gold_labels(records, layer)
        if not gold.sentences:
            raise no_gold(records, [layer])
    warnings = repeated_rows(records)
    if gold.tied:
        whole = len(gold.tied) + len(gold.sentences)
        warnings.append(
            f"{len(gold.tied)} of {whole} annotated sentences are left out, as annotators tie; the others are the easy "
            "ones, and no random sample: settle them"
        )
    return gold, warnings


def _elsewhere(survey: Survey, run: Path, *, insiders: bool) -> list[str]:
    if not survey.elsewhere:
        return []
    first = survey.elsewhere[0]
    if not len(survey.rows):
        raise InputError(
            f"no annotated sentence is counted there, not {first!r} either; ids are ARTICLE#INDEX",
            path=run,
        )
    why = "" if insiders else " (insiders' are not, as asked)"
    return [
        f"{len(survey.elsewhere)} annotated sentences are not among those that are counted{why}, as {first!r}: left out"
    ]


def _rows(cells: Sequence[CellShares]) -> Iterator[tuple[CellShares, Shares]]:
    for cell in cells:
        for shares in cell.shares:
            yield cell, shares


def _write(out: Path, cells: Sequence[CellShares], layer: Layer, keys: Sequence[str]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        [*keys, "sentences", "articles", "annotated", "estimate", "errors", "label", "share", "low", "high"]
    )
    for cell, shares in _rows(cells):
        values = [*(cell.values or [""] * len(keys)), cell.sentences, cell.articles, cell.annotated]
        for code, figure in zip(layer.codes, shares.figures, strict=True):
            ends = [x if np.isfinite(x) else "" for x in (figure.value, figure.low, figure.high)]
            writer.writerow([*values, shares.estimate, _errors(shares), code, *ends])
    with whole_file(out) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8-sig"))


def _errors(shares: Shares) -> str:
    return "uncorrected" if shares.estimate == "raw" else "borrowed" if shares.borrowed else "own"


def _as_dict(
    cells: Sequence[CellShares], layer: Layer, keys: Sequence[str], run: Path, warnings: Sequence[str]
) -> dict[str, Any]:
    def number(x: float) -> float | None:
        return float(x) if np.isfinite(x) else None

    def figures(shares: Shares) -> dict[str, Any]:
        return {
            code: {"value": number(one.value), "low": number(one.low), "high": number(one.high), "n": one.n}
            for code, one in zip(layer.codes, shares.figures, strict=True)
        }

    return {
        "run": str(run),
        "cells": [
            {
                "cell": dict(zip(keys, cell.values, strict=False)),
                "sentences": cell.sentences,
                "articles": cell.articles,
                "annotated": cell.annotated,
                "estimates": {s.estimate: {"errors": _errors(s), "shares": figures(s)} for s in cell.shares},
            }
            for cell in cells
        ],
        "warnings": list(warnings),
    }


def _print(
    cells: Sequence[CellShares],
    layer: Layer,
    keys: Sequence[str],
    warnings: Sequence[str],
    *,
    corrected: bool,
    own_from: int,
) -> None:
    table = _by_estimate(cells, layer, keys, corrected=corrected)
    if layer.kind == "multi":
        table = _by_label(cells, layer, keys, corrected=corrected)
    console = Console() if sys.stdout.isatty() else Console(width=200)
    # On a terminal that is too narrow lines go on in the next: figures must not be cut.
    console.width = max(
        console.width, Measurement.get(console, console.options.update(max_width=10_000), table).maximum
    )
    console.print(table)
    if any(cell.articles < FEWEST_CLUSTERS for cell in cells):
        console.print(f"! fewer than {FEWEST_CLUSTERS} articles: says next to nothing of others", highlight=False)
    if any(shares.borrowed for _, shares in _rows(cells)):
        console.print(
            f"errors of all: fewer than {own_from} annotated there (--own-from), so errors are taken to be alike "
            "everywhere; the intervals leave out how far they are not",
            highlight=False,
        )
    if not corrected:
        console.print("raw: the model's own labels, errors and all; --annotated SAMPLE corrects them", highlight=False)
    for line in warnings:
        print(f"newstance: {line}", file=sys.stderr)  # noqa: T201


def _left(cells: Sequence[CellShares], keys: Sequence[str], *, corrected: bool) -> tuple[Table, list[list[str | Text]]]:
    """Return a table that begins with what is known of each cell, and these beginnings."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in keys or ["archive"]:
        table.add_column(key)
    for name in ("sentences", "articles", *(["annotated"] if corrected else [])):
        table.add_column(name, justify="right")
    rows: list[list[str | Text]] = []
    for cell in cells:
        few = "!" if cell.articles < FEWEST_CLUSTERS else ""
        row: list[str | Text] = [
            *(Text(flat(value)) for value in cell.values or ("all", *[""] * (max(len(keys), 1) - 1))),
            f"{cell.sentences:,}",
            f"{cell.articles:,}{few}",
        ]
        rows.append([*row, *([f"{cell.annotated:,}"] if corrected else [])])
    return table, rows


def _by_estimate(cells: Sequence[CellShares], layer: Layer, keys: Sequence[str], *, corrected: bool) -> Table:
    """Return a line for each estimate and a column for each label."""
    table, left = _left(cells, keys, corrected=corrected)
    for name in ("estimate", *layer.codes):
        table.add_column(Text(name), no_wrap=True)
    for cell, row in zip(cells, left, strict=True):
        for number, shares in enumerate(cell.shares):
            name = shares.estimate + (", errors of all" if shares.borrowed else "")
            table.add_row(*(row if number == 0 else [""] * len(row)), name, *map(_shown, shares.figures))
        table.add_section()
    return table


def _by_label(cells: Sequence[CellShares], layer: Layer, keys: Sequence[str], *, corrected: bool) -> Table:
    """Return a line for each label and a column for each estimate: labels are many."""
    table, left = _left(cells, keys, corrected=corrected)
    names = list(dict.fromkeys(shares.estimate for cell in cells for shares in cell.shares))
    for name in (layer.name, *names):
        table.add_column(Text(name), no_wrap=True)
    for cell, row in zip(cells, left, strict=True):
        of = {shares.estimate: shares for shares in cell.shares}
        for number, code in enumerate(layer.codes):
            figures = [_shown(of[name].figures[number]) if name in of else "" for name in names]
            table.add_row(*(row if number == 0 else [""] * len(row)), Text(code), *figures)
        table.add_section()
    return table


def _shown(figure: Figure) -> str:
    return f"{figure.shown()} ({figure.within()})"
