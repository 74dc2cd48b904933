"""Krippendorff's alpha for any number of annotators, nominal, with missing judgements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

__all__ = ["alpha", "alpha_of_items"]


def alpha(one: Sequence[Hashable], two: Sequence[Hashable]) -> float:
    """Return alpha for two annotators who judged the same items, nothing missing.

    Args:
        one: one annotator's labels.
        two: the other's, for the same items.
    """
    return alpha_of_items(zip(one, two, strict=True))


def alpha_of_items(items: Iterable[Sequence[Hashable]]) -> float:
    """Return Krippendorff's alpha, nominal (Krippendorff, 2011, "Computing Krippendorff's alpha-reliability").

    Args:
        items: for each item the labels that its annotators gave; an item with fewer than two says nothing.

    Returns:
        1 for perfect agreement, 0 for chance; 1 where only one label was ever given; NaN where no item has two labels.
    """
    observed = 0.0
    totals: Counter[Hashable] = Counter()
    # A corpus has many items and few ways of labelling one: each way is counted once.
    for labels, times in Counter(map(tuple, items)).items():
        if len(labels) < 2:
            continue
        counts = Counter(labels)
        for label, count in counts.items():
            totals[label] += times * count
        same = sum(count * (count - 1) for count in counts.values())
        observed += times * (len(labels) * (len(labels) - 1) - same) / (len(labels) - 1)
    n = sum(totals.values())
    if n == 0:
        return float("nan")
    expected = n * n - sum(count * count for count in totals.values())
    return 1.0 - (n - 1) * observed / expected if expected else 1.0
