"""Shares by cell of a surveyed archive: of the whole, and of each outlet, voice or time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.errors import InputError
from newstance.model.codebook import Layer

from .shares import Shares, corrected_shares, raw_shares
from .surveyed import Survey

__all__ = ["OWN_FROM", "CellShares", "inverse_chances", "shares_by_cell", "strange_mix"]

Floats = npt.NDArray[np.floating]
#: From so many annotated sentences on a cell's shares rest on these alone. With fewer it borrows the errors of all,
#: whose intervals leave out how far cells differ: where they do, those miss what is true far too often, while the
#: intervals of 30 sentences are wide and hold it.
OWN_FROM = 30
#: Chance of a random sample whose mix of labels is told of.
_RARE = 0.01


@dataclass(frozen=True)
class CellShares:
    """The shares of one cell.

    Attributes:
        values: its outlet, voice or time, in the order of the keys; empty for the whole archive.
        sentences: how many of its are counted.
        articles: in how many articles.
        annotated: how many of its were annotated.
        shares: by each estimate; of a multi-label layer how many sentences have each label.
    """

    values: tuple[str, ...]
    sentences: int
    articles: int
    annotated: int
    shares: list[Shares]


def inverse_chances(survey: Survey) -> Floats:
    """Return how many sentences each annotated one stands for, where some were drawn of every cell, (annotated,).

    Raises:
        InputError: of a cell nothing was annotated.
    """
    drawn = survey.cells[survey.rows]
    of_cell = np.bincount(survey.cells, minlength=len(survey.names))
    of_sample = np.bincount(drawn, minlength=len(survey.names))
    if missing := [name[0] for name, n in zip(survey.names, of_sample, strict=True) if not n]:
        raise InputError(
            f"nothing was annotated of {missing[0]!r}: shares of the whole cannot be had from such a sample",
            field="--drawn-per",
        )
    return np.asarray(of_cell[drawn] / of_sample[drawn])


def strange_mix(survey: Survey, layer: Layer, weights: Floats) -> str | None:
    """Return what to beware of where the model's labels are mixed otherwise in the sample than in the archive, or None.

    Of random samples one in a hundred is so unlike it, by Pearson's chi-square test.

    Args:
        survey: the archive and the sample.
        layer: a layer of one label.
        weights: (annotated,) how many sentences each stands for, up to a factor.
    """
    if layer.kind == "multi" or not len(survey.rows):
        return None
    n = len(layer.codes)
    share = np.bincount(survey.labels, minlength=n) / len(survey.labels)
    drawn = np.bincount(survey.labels[survey.rows], weights=weights, minlength=n) / weights.sum()
    there = share > 0
    size = weights.sum() ** 2 / (weights**2).sum()  # as many of equal weight say as much
    apart = size * float(((drawn - share)[there] ** 2 / share[there]).sum())
    if there.sum() < 2 or _chance(apart, int(there.sum()) - 1) >= _RARE:
        return None
    mixes = ", ".join(f"{code} {a:.0%} and {b:.0%}" for code, a, b in zip(layer.codes, drawn, share, strict=True))
    return (
        f"the model's labels in the sample and the archive are mixed as in one random sample of a hundred ({mixes}): "
        "the plain shares are not to be trusted if it is none, or was drawn per outlet or time (--drawn-per)"
    )


def _chance(apart: float, freedom: int) -> float:
    """Return how often chi-square is at least as large (Wilson and Hilferty, PNAS 1931); SciPy comes with no extra."""
    spread = 2 / (9 * freedom)
    return 1 - NormalDist().cdf(((apart / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread))


def shares_by_cell(
    survey: Survey, layer: Layer, weights: Floats, *, own_from: int = OWN_FROM, samples: int = 1000, seed: int = 0
) -> Iterator[CellShares]:
    """Yield the shares of the whole archive, then of each cell by its values.

    Args:
        survey: the archive, and the sample of it, if there is one.
        layer: its layer.
        weights: (annotated,) how many sentences each stands for, up to a factor.
        own_from: so many annotated sentences of a cell, and it does not borrow the errors of all.
        samples: bootstrap samples.
        seed: of the drawing.
    """
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
    inside: npt.NDArray[np.bool_],
    weights: Floats,
    own_from: int,
    samples: int,
    seed: int,
) -> CellShares:
    labels, articles = survey.labels[inside], survey.articles[inside]
    n = 2 if layer.kind == "multi" else len(layer.codes)
    drawing = {"samples": samples, "seed": seed}
    found = _each(layer, labels, lambda called, _: [raw_shares(called, articles, n, **drawing)])
    own = inside[survey.rows]
    if len(survey.rows):
        borrowed = bool(values) and int(own.sum()) < own_from
        used = np.ones(len(own), dtype=bool) if borrowed else own
        gold, said = survey.gold[used], survey.labels[survey.rows][used]
        clusters = [name for name, u in zip(survey.clusters, used, strict=True) if u]

        def corrected(called: npt.NDArray[Any], code: int | None) -> list[Shares]:
            true, label = (gold, said) if code is None else (gold[:, code], said[:, code])
            return corrected_shares(
                called,
                articles,
                [(int(t), int(k)) for t, k in zip(true, label, strict=True)],
                clusters,
                weights[used],
                n,
                estimates=("post-stratified", "inverted") if borrowed else ("plain", "post-stratified"),
                borrowed=borrowed,
                **drawing,
            )

        found += _each(layer, labels, corrected)
    return CellShares(values, len(labels), len(np.unique(articles)), int(own.sum()), found)


def _each(
    layer: Layer, labels: npt.NDArray[Any], of: Callable[[npt.NDArray[Any], int | None], list[Shares]]
) -> list[Shares]:
    """Return shares of a layer; in a multi-label layer each label is a question of its own, answered yes or no."""
    if layer.kind == "single":
        return of(labels, None)
    by_code = [of(labels[:, code], code) for code in range(len(layer.codes))]
    return [
        Shares(x[0].estimate, x[0].borrowed, tuple(one.figures[1] for one in x)) for x in zip(*by_code, strict=True)
    ]
