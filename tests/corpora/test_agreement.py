from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newstance.corpora.agreement import alpha, alpha_of_items


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, 2, None]), min_size=4, max_size=4), min_size=3, max_size=10))
def test_alpha_agrees_with_the_published_package_judgements_missing_or_not(rows: list[list[int | None]]) -> None:
    krippendorff = pytest.importorskip("krippendorff")
    items = [[label for label in row if label is not None] for row in rows]
    mine = alpha_of_items(items)
    if len({label for labels in items if len(labels) > 1 for label in labels}) < 2:
        assert math.isnan(mine)  # the package refuses what does not vary
        return
    by_annotator = [[math.nan if row[n] is None else float(row[n] or 0) for row in rows] for n in range(4)]
    assert mine == pytest.approx(krippendorff.alpha(by_annotator, level_of_measurement="nominal"))


def test_two_annotators_who_always_agree() -> None:
    assert math.isnan(alpha([1, 1], [1, 1])), "what does not vary says nothing"
    assert alpha(["a", "b"], ["a", "b"]) == 1.0
