"""Krippendorff's alpha for any number of annotators, nominal, with missing judgements."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence

__all__ = ["alpha", "alpha_of_items", "mean_alpha"]


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
        1 for perfect agreement, 0 for chance; NaN where no item has two labels, or only one label was ever given: of
        what does not vary nobody can say whether annotators can tell it apart.
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
    expected = n * n - sum(count * count for count in totals.values())
    return 1.0 - (n - 1) * observed / expected if expected else math.nan


def mean_alpha(items: Iterable[Sequence[Collection[Hashable]]]) -> float:
    """Return the mean alpha over the codes of a layer that takes many, each as a yes-or-no question.

    Args:
        items: for each item the codes that each of its annotators gave.

    Returns:
        The mean over the codes that somebody gave, and somebody else did not, in items with two judgements; else NaN.
    """
    several = [votes for votes in items if len(votes) >= 2]
    codes = dict.fromkeys(code for votes in several for vote in votes for code in vote)
    alphas = [alpha_of_items([[code in vote for vote in votes] for votes in several]) for code in codes]
    varied = [value for value in alphas if not math.isnan(value)]
    return sum(varied) / len(varied) if varied else math.nan
