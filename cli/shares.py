"""`newstance shares`: shares of the stances in a scored archive, corrected by an annotated sample."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from newstance.errors import InputError, UsageError
from newstance.eval.bootstrap import FEWEST_CLUSTERS
from newstance.eval.data import read_data
from newstance.eval.gold import Gold, gold_labels, no_gold
from newstance.eval.shares import Shares, corrected_shares, raw_shares
from newstance.eval.surveyed import Survey, read_survey
from newstance.files import whole_file
from newstance.model import Codebook, load_codebook
from newstance.model.codebook import Layer

from .column_options import codebook_of_option, column_map
from .naming import naming

__all__ = ["run_shares"]


@dataclass(frozen=True)
class _Cell:
    values: tuple[str, ...]
    sentences: int
    articles: int
    annotated: int
    shares: list[Shares]


def run_shares(
    run: Path,
    *,
    annotated: list[Path],
    map_path: Path | None,
    column: list[str],
    codebook: Path | None,
    by: str | None,
    drawn_per: str | None,
    own_from: int,
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
    layer = book.stance
    if layer is None:
        raise UsageError("has no layer of one label, so there are no shares", path=codebook, field="--codebook")
    keys = [key.strip() for key in (by or "").split(",") if key.strip()]
    gold, warnings = _gold(book, layer, annotated, map_path, column)
    options: dict[str, Any] = {"unnamed": unnamed, "insiders": insiders}
    survey = read_survey(run, layer, gold, by=keys, **options)
    warnings += _elsewhere(survey, run)
    weights = np.ones(len(survey.rows))
    if drawn_per is not None:
        weights = _weights(read_survey(run, layer, gold, by=[drawn_per], **options), drawn_per)
    cells = list(_cells(survey, layer, weights, own_from, samples, seed))
    if out is not None:
        _write(out, cells, layer, keys)
    if as_json:
        sys.stdout.write(json.dumps(_as_dict(cells, layer, keys, run, warnings), allow_nan=False) + "\n")
        return
    _print(cells, layer, keys, warnings, corrected=gold is not None)


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
    tied = [f"{len(gold.tied)} sentences are left out, as annotators tie: settle them"] if gold.tied else []
    return gold, tied


def _elsewhere(survey: Survey, run: Path) -> list[str]:
    if not survey.elsewhere:
        return []
    first = survey.elsewhere[0]
    if not len(survey.rows):
        raise InputError(
            f"no annotated sentence is counted there, not {first!r} either; ids are ARTICLE#INDEX",
            path=run,
        )
    return [f"{len(survey.elsewhere)} annotated sentences are not among those that are counted, as {first!r}: left out"]


def _weights(survey: Survey, key: str) -> np.ndarray:
    """Return how many sentences each annotated one stands for, where so many were drawn of every cell."""
    drawn = survey.cells[survey.rows]
    of_cell = np.bincount(survey.cells, minlength=len(survey.names))
    of_sample = np.bincount(drawn, minlength=len(survey.names))
    if missing := [name[0] for name, n in zip(survey.names, of_sample, strict=True) if not n]:
        raise InputError(
            f"nothing was annotated of the {key} {missing[0]!r}: shares of the whole cannot be had from such a sample",
            field="--drawn-per",
        )
    return np.asarray(of_cell[drawn] / of_sample[drawn])


def _cells(
    survey: Survey, layer: Layer, weights: np.ndarray, own_from: int, samples: int, seed: int
) -> Iterator[_Cell]:
    """Yield the whole archive, then each cell by its values."""
    everything = np.ones(len(survey.labels), dtype=bool)
    yield _cell(survey, layer, (), everything, weights, own_from, samples, seed)
    if survey.names != [()]:
        for number in sorted(range(len(survey.names)), key=survey.names.__getitem__):
            inside = survey.cells == number
            yield _cell(survey, layer, survey.names[number], inside, weights, own_from, samples, seed)


def _cell(
    survey: Survey,
    layer: Layer,
    values: tuple[str, ...],
    inside: np.ndarray,
    weights: np.ndarray,
    own_from: int,
    samples: int,
    seed: int,
) -> _Cell:
    labels, articles, n = survey.labels[inside], survey.articles[inside], len(layer.codes)
    found = [raw_shares(labels, articles, n, samples=samples, seed=seed)]
    own = inside[survey.rows]
    if len(survey.rows):
        borrowed = bool(values) and int(own.sum()) < own_from
        used = np.ones(len(own), dtype=bool) if borrowed else own
        called = survey.labels[survey.rows]
        found += corrected_shares(
            labels,
            articles,
            [(int(g), int(c)) for g, c, u in zip(survey.gold, called, used, strict=True) if u],
            [name for name, u in zip(survey.clusters, used, strict=True) if u],
            weights[used],
            n,
            estimates=("post-stratified", "inverted") if borrowed else ("plain", "post-stratified"),
            borrowed=borrowed,
            samples=samples,
            seed=seed,
        )
    return _Cell(values, len(labels), len(np.unique(articles)), int(own.sum()), found)


def _rows(cells: Sequence[_Cell]) -> Iterator[tuple[_Cell, Shares]]:
    for cell in cells:
        for shares in cell.shares:
            yield cell, shares


def _write(out: Path, cells: Sequence[_Cell], layer: Layer, keys: Sequence[str]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(
        [*keys, "sentences", "articles", "annotated", "estimate", "errors", "stance", "share", "low", "high"]
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
    cells: Sequence[_Cell], layer: Layer, keys: Sequence[str], run: Path, warnings: Sequence[str]
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
    cells: Sequence[_Cell], layer: Layer, keys: Sequence[str], warnings: Sequence[str], *, corrected: bool
) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in keys or ["archive"]:
        table.add_column(key)
    for name in ("sentences", "articles", *(["annotated"] if corrected else [])):
        table.add_column(name, justify="right")
    table.add_column("estimate", no_wrap=True)
    for code in layer.codes:
        table.add_column(code, no_wrap=True)
    for cell in cells:
        for number, shares in enumerate(cell.shares):
            values = cell.values or ("all", *[""] * (max(len(keys), 1) - 1))
            few = "!" if cell.articles < FEWEST_CLUSTERS else ""
            left = [*values, f"{cell.sentences:,}", f"{cell.articles:,}{few}"]
            left += [f"{cell.annotated:,}"] if corrected else []
            name = shares.estimate + (", errors of all" if shares.borrowed else "")
            figures = [f"{one.shown()} ({one.within()})" for one in shares.figures]
            table.add_row(*(left if number == 0 else [""] * len(left)), name, *figures)
        table.add_section()
    console = Console() if sys.stdout.isatty() else Console(width=200)
    console.print(table)
    if any(cell.articles < FEWEST_CLUSTERS for cell in cells):
        console.print(f"! fewer than {FEWEST_CLUSTERS} articles: says next to nothing of others", highlight=False)
    if not corrected:
        console.print("raw: the model's own labels, errors and all; --annotated SAMPLE corrects them", highlight=False)
    for line in warnings:
        print(f"newstance: {line}", file=sys.stderr)  # noqa: T201
