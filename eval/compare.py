"""Is one model better than another? Both on the same sentences: paired bootstrap, McNemar, and what changed.

The paired bootstrap draws articles and takes both models' figures of the same draw (Efron and Tibshirani, 1993;
Dror, Baumer, Shlomov and Reichart, ACL 2018, on tests in NLP). McNemar's test (1947) asks whether the sentences that
only one of them got right are split evenly; it takes sentences as independent and is exact, from the binomial. Of a
multi-label layer it is not asked, since the labels of one sentence are not independent even then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.model import Checkpoint, RuntimeName

from . import metrics
from .bootstrap import FEWEST_CLUSTERS, Figure, cluster_sums, interval, varied, wilson
from .evaluate import data_hash, tie_warnings, ties_of, versions
from .gold import interval_warning
from .judged import Judged, judge
from .plain import plain
from .renamed import Renamed, owner
from .slices import slices_of

__all__ = ["Changed", "Comparison", "LayerComparison", "compare_models", "mcnemar", "paired_difference"]

Floats = npt.NDArray[np.floating]
#: How many changed sentences are listed.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Changed:
    """A sentence that the two models decide differently."""

    id: str
    text: str
    gold: str
    first: str
    second: str
    better: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the data and the difference in macro-F1 there."""

    by: str
    part: str
    difference: Figure
    few: bool


@dataclass(frozen=True, slots=True)
class LayerComparison:
    """Two models on one layer; differences are the second minus the first.

    Where a model has no F1, as no label occurs, there is no difference in it either: it is NaN, as are its ends.

    Attributes:
        first: macro-F1 of the first model.
        second: macro-F1 of the second.
        difference: in macro-F1, with the interval of the paired bootstrap.
        accuracy_difference: in accuracy; of a multi-label layer in micro-F1.
        only_first: sentences that only the first model got right; of a multi-label layer, with all of their labels.
        only_second: that only the second got right.
        mcnemar: two-sided p-value; None for a multi-label layer.
        parts: the difference on parts of the data.
        changed: sentences that they decide differently, at most 200.
        changes: how many there are.
        few: whether articles are too few, or all alike, for any difference to be shown.
        warning: what to beware of in the intervals where they come from few articles, or none is given.
    """

    first: Figure
    second: Figure
    difference: Figure
    accuracy_difference: Figure
    only_first: int
    only_second: int
    mcnemar: float | None
    parts: list[Part]
    changed: list[Changed]
    changes: int
    few: bool
    warning: str | None

    @property
    def shown(self) -> bool:
        """Return whether the data show a difference: articles enough, and an interval in macro-F1 that leaves out 0."""
        return not self.few and not self.difference.low <= 0 <= self.difference.high


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every layer that both models predict, and where the figures come from."""

    layers: dict[str, LayerComparison]
    run: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries, with None for the values and ends that a figure does not have."""
        found = asdict(self)
        for name, layer in self.layers.items():
            found["layers"][name]["shown"] = layer.shown
        return dict(plain(found))


def compare_models(
    first: Checkpoint,
    second: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None = None,
    runtime: RuntimeName = "auto",
    choices: Sequence[str] | None = None,
    renamed: Sequence[Renamed] = (),
    samples: int = 1000,
    seed: int = 0,
) -> Comparison:
    """Compare two models on the same annotations, on every layer that both predict.

    Args:
        first: a model.
        second: another.
        records: annotations.
        target: profile that finds the mentions in rows without `target_spans`.
        runtime: which weights to run.
        choices: the only codes of single-label layers that may be decided for.
        renamed: layers of the model in whose words the records are, and what the other model calls them; they are
            compared under these names.
        samples: bootstrap samples.
        seed: of the bootstrap.

    Raises:
        AnnotationError: no record carries a label of a layer that a model predicts.
        UsageError: the models share no layer with the same labels, or a renamed layer is not theirs.
    """
    models = (first, second)
    own = owner(renamed, first.codebook, second.codebook)
    given = [records, records]
    for layer in renamed:
        given[1 - own] = [layer.record(record) for record in given[1 - own]]
    judged_by = [
        judge(model, rows, target=target, runtime=runtime, choices=choices)
        for model, rows in zip(models, given, strict=True)
    ]
    for layer in renamed:
        called = models[1 - own].codebook.layer(layer.other)
        judged_by[own] = [
            layer.judged(judged, called) if judged.layer.name == layer.layer else judged for judged in judged_by[own]
        ]
    one, two = judged_by
    others = {judged.layer.name: judged for judged in two}
    layers = {
        judged.layer.name: _compare(judged, others[judged.layer.name], records, samples=samples, seed=seed)
        for judged in one
        if judged.layer.name in others and judged.layer.codes == others[judged.layer.name].layer.codes
    }
    if not layers:
        raise UsageError("the two models predict no layer with the same labels that the data judge")
    shared = {judged.layer.name for judged in one} & others.keys()
    codes = {layer.name: layer.codes for layer in second.codebook.layers}
    both = [layer for layer in first.codebook.layers if codes.get(layer.name) == layer.codes]
    alone = sorted({judged.layer.name for judged in one} ^ others.keys())
    run = {
        "warnings": [f"{name}: left out: only one of the models predicts it" for name in alone]
        + [f"{name}: left out: the models' labels of it are not the same" for name in sorted(shared - layers.keys())]
        + tie_warnings(ties_of(records, both, [judged for judged in one if judged.layer.name in layers])),
        "first": {"model": first.hash, "name": first.config.name},
        "second": {"model": second.hash, "name": second.config.name},
        "data": data_hash(records),
        "bootstrap_samples": samples,
        "seed": seed,
        "versions": versions(),
    }
    return Comparison(layers, run)


def paired_difference(
    metric: metrics.Metric, first: Floats, second: Floats, *, n: int, samples: int, seed: int, share: bool = False
) -> Figure:
    """Return a metric of the second minus that of the first, with the interval of the paired bootstrap.

    Where the models differ but no draw does, which would look like certainty, the interval of a difference between
    shares is Newcombe's (Statistics in Medicine, 1998) for two of as many clusters; other metrics have none.

    Args:
        metric: maps confusion matrices to values.
        first: (clusters, ...) summed confusion matrices of the first model.
        second: like `first`, of the second, the same clusters in the same order.
        n: sentences behind them.
        samples: bootstrap samples.
        seed: of the bootstrap.
        share: whether the metric is a share of decisions, as accuracy is and an F1 is not.
    """
    found = _paired(metric, first, second, n=n, samples=samples, seed=seed)
    if not _alike(found):
        return found
    if not share:
        return varied(found)
    one, two = (float(metric(sums.sum(axis=0))) for sums in (first, second))
    (low_one, high_one), (low_two, high_two) = wilson(one, len(first)), wilson(two, len(first))
    low = found.value - math.hypot(two - low_two, high_one - one)
    return Figure(found.value, low, found.value + math.hypot(high_two - two, one - low_one), found.n)


def _alike(figure: Figure) -> bool:
    """Return whether no draw of a difference differs from another, although the models do."""
    return figure.value != 0 and figure.low == figure.high


def _paired(metric: metrics.Metric, first: Floats, second: Floats, *, n: int, samples: int, seed: int) -> Figure:
    both = np.stack([first, second], axis=1)

    def difference(sums: Floats) -> Floats:
        # The models' axis stands after the draws' axis, if there is one.
        axis = sums.ndim - both.ndim + 1
        one, two = np.take(sums, 0, axis=axis), np.take(sums, 1, axis=axis)
        return np.asarray(metric(two) - metric(one))

    return interval(difference, both, n=n, samples=samples, seed=seed)


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value that discordant decisions are split evenly (McNemar, 1947)."""
    n, fewer = only_first + only_second, min(only_first, only_second)
    if not n:
        return 1.0
    log_half = n * math.log(0.5)
    tail = sum(
        math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + log_half) for k in range(fewer + 1)
    )
    return min(1.0, 2 * tail)


def _compare(one: Judged, two: Judged, records: Sequence[Annotation], *, samples: int, seed: int) -> LayerComparison:
    macro, main = _metrics(one)
    first, second = (_sums(judged) for judged in (one, two))
    n = len(one.gold)
    several = one.layer.kind == "multi"
    parts = []
    for part in slices_of(one, records):
        a, b = (_sums(judged.where(part.mask)) for judged in (one, two))
        size = int(part.mask.sum())
        found = paired_difference(macro, a, b, n=size, samples=samples, seed=seed)
        parts.append(Part(part.by, part.part, found, part.is_few(one)))
    difference = paired_difference(macro, first, second, n=n, samples=samples, seed=seed)
    right_one, right_two = (judged.right.reshape(n, -1).all(axis=1) for judged in (one, two))
    only_first, only_second = int((right_one & ~right_two).sum()), int((right_two & ~right_one).sum())
    differs = (one.predicted != two.predicted).reshape(n, -1).any(axis=1)
    return LayerComparison(
        first=varied(interval(macro, first, n=n, samples=samples, seed=seed)),
        second=varied(interval(macro, second, n=n, samples=samples, seed=seed)),
        difference=difference,
        accuracy_difference=paired_difference(main, first, second, n=n, samples=samples, seed=seed, share=not several),
        only_first=only_first,
        only_second=only_second,
        mcnemar=None if several else mcnemar(only_first, only_second),
        parts=parts,
        changed=[_changed(one, two, i) for i in np.flatnonzero(differs)[:_SHOWN]],
        changes=int(differs.sum()),
        few=len(set(one.groups.tolist())) < FEWEST_CLUSTERS or not math.isfinite(difference.low),
        warning=interval_warning(one.sentences),
    )


def _metrics(judged: Judged) -> tuple[metrics.Metric, metrics.Metric]:
    if judged.layer.kind == "multi":
        return metrics.label_macro_f1, metrics.label_micro_f1
    if judged.averaged is None:
        return metrics.macro_f1, metrics.accuracy
    return metrics.mean_f1_of(judged.averaged), metrics.accuracy


def _sums(judged: Judged) -> Floats:
    if judged.layer.kind == "multi":
        cells = metrics.label_confusions(judged.gold, judged.predicted)
    else:
        cells = metrics.confusions(judged.gold, judged.predicted, len(judged.layer.codes))
    return cluster_sums(cells, judged.groups)


def _changed(one: Judged, two: Judged, i: int) -> Changed:
    codes = one.layer.codes
    gold, first, second = (_named(codes, values[i]) for values in (one.gold, one.predicted, two.predicted))
    right = [int(np.sum(judged.right[i])) for judged in (one, two)]
    better = "first" if right[0] > right[1] else "second" if right[1] > right[0] else "neither"
    return Changed(one.sentences[i].id, one.sentences[i].text, gold, first, second, better)


def _named(codes: Sequence[str], value: Any) -> str:
    if np.ndim(value):
        return ", ".join(code for code, given in zip(codes, value, strict=True) if given) or "none"
    return codes[int(value)]
