"""Shares of the labels in a scored archive, corrected by a sample of it that people annotated.

A model's labels, counted, are biased by its errors. Three estimates of the true shares p, for q[k] the share of all
sentences that the model calls k:

- plain: the shares in the annotated sample; the model plays no part.
- post-stratified: p[t] = sum over k of P(annotator says t | model says k) q[k] (the calibration estimator of Kloos,
  Meertens, Scholtus and Karch, BNAIC 2020; Czaplewski and Catts, 1992).
- inverted: p = (M')^-1 q with M[t, k] = P(model says k | annotator says t) (Rogan and Gladen, 1978; Hopkins and King,
  2010). Several times as wide.

Intervals are BCa bootstrap intervals that resample the sample's articles and the archive's, each by themselves. Their
acceleration is that of two samples (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 5.4),
and Student's t has the degrees of freedom of the two together (Satterthwaite, 1946): of a cell of six articles that
borrows errors from hundreds it is the six that count. With fewer than five articles on either side there is none.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .bootstrap import FEWEST_CLUSTERS, Figure, Names, bca, cluster_sums, student, varied

__all__ = ["ESTIMATES", "Shares", "corrected_shares", "raw_shares"]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.integer]
#: From (..., labels) counts of the model's labels in the archive and (..., labels, labels) counts of annotated
#: sentences by annotator's and model's label to shares (..., labels).
Estimate = Callable[[Floats, Floats], Floats]

#: The archive's articles are drawn in at most so many random groups: enough of them, and memory does not grow.
_GROUPS = 500
#: More draws than this share without a value, and there is no interval.
_LOST = 0.05


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the labels by one estimate.

    Attributes:
        estimate: `raw`, `plain`, `post-stratified` or `inverted`.
        borrowed: whether the errors are those of other sentences than the ones that the shares are of.
        figures: of each label, in the codebook's order.
    """

    estimate: str
    borrowed: bool
    figures: tuple[Figure, ...]


def _plain(counts: Floats, pairs: Floats) -> Floats:
    return _of_whole(pairs.sum(axis=-1))


def _post_stratified(counts: Floats, pairs: Floats) -> Floats:
    called = pairs.sum(axis=-2, keepdims=True)
    # A label of which nothing was annotated gets the sample's plain shares.
    rates = np.where(called > 0, pairs / np.where(called > 0, called, 1), _plain(counts, pairs)[..., None])
    return np.asarray((rates * _of_whole(counts)[..., None, :]).sum(axis=-1))


def _inverted(counts: Floats, pairs: Floats) -> Floats:
    given = pairs.sum(axis=-1, keepdims=True)
    confusion = np.divide(pairs, given, out=np.full(pairs.shape, np.nan), where=given > 0)
    turned = np.swapaxes(confusion, -1, -2)
    usable = np.isfinite(turned).all(axis=(-1, -2))
    usable &= np.abs(np.linalg.det(np.where(usable[..., None, None], turned, 0.0))) > 1e-9
    safe = np.where(usable[..., None, None], turned, np.eye(turned.shape[-1]))
    wanted = np.broadcast_to(_of_whole(counts), (*usable.shape, counts.shape[-1]))
    return np.asarray(np.where(usable[..., None], np.linalg.solve(safe, wanted[..., None])[..., 0], np.nan))


ESTIMATES: dict[str, Estimate] = {"plain": _plain, "post-stratified": _post_stratified, "inverted": _inverted}


def raw_shares(labels: Ints, articles: Ints, n_labels: int, *, samples: int = 1000, seed: int = 0) -> Shares:
    """Return the shares of the model's own labels, uncorrected.

    Args:
        labels: (sentences,) numbers of the model's labels.
        articles: (sentences,) numbers of their articles.
        n_labels: how many labels there are.
        samples: bootstrap samples.
        seed: of the drawing.
    """
    groups = _counts(labels, articles, n_labels, seed)
    whole = groups.sum(axis=0)
    drawn = _of_whole(_drawn(groups, samples, seed))
    behind = len(np.unique(articles))
    figures = _figures(_of_whole(whole), drawn, [_of_whole(whole - groups)], len(labels), behind)
    # Of so few nothing can be said about other articles.
    return Shares("raw", False, tuple(map(_without_ends, figures)) if behind < FEWEST_CLUSTERS else figures)


def corrected_shares(
    labels: Ints,
    articles: Ints,
    pairs: Sequence[tuple[int, int]],
    clusters: Names,
    weights: Floats,
    n_labels: int,
    *,
    estimates: Sequence[str] = ("plain", "post-stratified"),
    borrowed: bool = False,
    samples: int = 1000,
    seed: int = 0,
) -> list[Shares]:
    """Return the shares of the true labels among sentences, by several estimates.

    Args:
        labels: (sentences,) numbers of the model's labels, of all the sentences that the shares are of.
        articles: (sentences,) numbers of their articles.
        pairs: (annotated,) annotator's and model's label of each sentence of the sample.
        clusters: (annotated,) their articles.
        weights: (annotated,) how many sentences each stands for, up to a factor.
        n_labels: how many labels there are.
        estimates: names of `ESTIMATES`.
        borrowed: the sample is of other sentences.
        samples: bootstrap samples.
        seed: of the drawing.
    """
    cells = np.zeros((len(pairs), n_labels, n_labels))
    for cell, (gold, called), weight in zip(cells, pairs, weights, strict=True):
        cell[gold, called] = weight
    units = cluster_sums(cells, clusters)
    groups = _counts(labels, articles, n_labels, seed)
    counts, whole = groups.sum(axis=0), units.sum(axis=0)
    behind = min(len(np.unique(articles)), _equals(units.sum(axis=(1, 2))))
    few = min(len(groups), len(set(clusters))) < FEWEST_CLUSTERS
    drawn_counts, drawn_pairs = _drawn(groups, samples, seed + 1), _drawn(units, samples, seed)
    found = []
    for name in estimates:
        of = ESTIMATES[name]
        with np.errstate(invalid="ignore", divide="ignore"):
            drawn = of(drawn_counts, drawn_pairs)
            same = np.broadcast_to(whole, (len(groups), *whole.shape))
            without = [of(counts, whole - units), of(counts - groups, same)]
        figures = _figures(of(counts, whole), drawn, without, len(pairs), 0 if name == "inverted" else behind)
        if name == "inverted":  # no share of a number of sentences, for which Wilson's interval could stand in
            figures = tuple(map(varied, figures))
        found.append(Shares(name, borrowed, tuple(map(_without_ends, figures)) if few else figures))
    return found


def _without_ends(figure: Figure) -> Figure:
    return Figure(figure.value, math.nan, math.nan, figure.n)


def _figures(values: Floats, drawn: Floats, without: Sequence[Floats], n: int, behind: int) -> tuple[Figure, ...]:
    lost = ~np.isfinite(drawn).all(axis=-1)
    if lost.mean() > _LOST:
        return tuple(Figure(float(value), math.nan, math.nan, n) for value in values)
    found = []
    for i, value in enumerate(values):
        apart, width = _of_samples([part[:, i] for part in without])
        found.append(bca(float(value), drawn[:, i], apart, n, behind, width))
    return tuple(found)


def _of_samples(without: Sequence[Floats]) -> tuple[Floats, float | None]:
    """Return what each unit of several samples moves an estimate by, and how many standard errors stand for 95%.

    Args:
        without: of each sample the values (units,) without one unit each.
    """
    parts = [found for part in without if len(found := part[np.isfinite(part)]) > 1]
    parts = [part - part.mean() for part in parts]
    sizes = np.array([len(part) for part in parts])
    drawn = np.array([float((part**2).sum()) for part in parts]) * ((sizes - 1) / sizes) ** 2  # as draws vary
    varies = drawn * sizes / (sizes - 1)  # without what drawing from few units loses
    apart = np.concatenate([*parts, np.zeros(0)])
    if not varies.sum() > 0:
        return apart, None
    freedom = varies.sum() ** 2 / (varies**2 / (sizes - 1)).sum()
    return apart, float(student(freedom) * np.sqrt(varies.sum() / drawn.sum()))


def _equals(weights: Floats) -> int:
    """Return how many articles of equal weight say as much as these (Kish, Survey Sampling, 1965)."""
    return round(float(weights.sum() ** 2 / (weights**2).sum()))


def _counts(labels: Ints, articles: Ints, n_labels: int, seed: int) -> Floats:
    """Return the model's labels in random groups of articles, (groups, labels)."""
    names, numbers = np.unique(articles, return_inverse=True)
    if len(names) > _GROUPS:
        shuffled = np.random.default_rng(seed).permutation(len(names))
        numbers = shuffled[numbers] % _GROUPS
    found = np.zeros((min(len(names), _GROUPS), n_labels))
    np.add.at(found, (numbers, labels), 1.0)
    return found


def _drawn(units: Floats, samples: int, seed: int) -> Floats:
    """Return the sums of units (units, ...) drawn with replacement, (samples, ...)."""
    times = np.random.default_rng(seed).multinomial(len(units), np.full(len(units), 1 / len(units)), size=samples)
    return np.asarray(np.tensordot(times.astype(float), units, axes=1))


def _of_whole(counts: Floats) -> Floats:
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0))
