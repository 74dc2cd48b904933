from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from newstance.eval.ranking import average_precision

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=40)


@given(ROWS)
def test_average_precision_agrees_with_scikit_learn_also_with_weights_and_ties(
    rows: list[tuple[bool, int, int]],
) -> None:
    gold, score, weight = (np.array(x) for x in zip(*rows, strict=True))
    value = average_precision(gold, score / 6)
    if gold.any():
        assert value() == pytest.approx(average_precision_score(gold, score / 6))
    if (weight * gold).any():
        assert value(weight) == pytest.approx(average_precision_score(gold, score / 6, sample_weight=weight))
    else:
        assert np.isnan(value(weight))
