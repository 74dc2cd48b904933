"""Early exit is counted by what the whole model decides: what can be guessed leaves, what cannot stays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from newstance.eval.early_exit import Guess, bound_for, guess, main

RNG = np.random.default_rng(4)


def test_decisions_that_the_features_tell_are_guessed_and_others_are_not() -> None:
    features = RNG.normal(size=(600, 8))
    told = (features[:, 0] > 0).astype(np.int64)
    chance = RNG.integers(0, 2, 600)
    for decided, low, high in ((told, 0.9, 1.0), (chance, 0.3, 0.7)):
        column = decided[:, None]
        made = guess((features[:400], column[:400]), (features[400:], column[400:]))
        assert low <= made.right.mean() <= high
    both = np.column_stack([told, chance])
    made = guess((features[:400], both[:400]), (features[400:], both[400:]))
    assert made.right.mean() < 0.7, "every decision has to be right"


def test_a_decision_that_never_varies_costs_no_sureness() -> None:
    features = RNG.normal(size=(50, 3))
    made = guess((features, np.zeros((50, 1), dtype=np.int64)), (features, np.zeros((50, 1), dtype=np.int64)))
    assert made.right.all()
    np.testing.assert_allclose(made.sureness, 1.0)


@pytest.mark.parametrize(
    ("right", "share", "bound"),
    [
        ([1, 1, 0, 1], 1.0, 0.8),
        ([1, 1, 0, 1], 0.75, 0.6),
        ([0, 1, 1, 1], 0.75, 0.6),
        ([0, 0, 0, 0], 0.5, np.inf),
    ],
)
def test_the_bound_is_the_lowest_above_which_enough_are_right(right: list[int], share: float, bound: float) -> None:
    made = Guess(np.array([0.9, 0.8, 0.7, 0.6]), np.array(right, dtype=bool))
    assert bound_for(made, share) == bound


def test_the_command_prints_a_line_for_each_layer_but_the_last(
    tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(str(tiny_checkpoint), sentences=300)
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| 1 of 2")]
    assert len(rows) == 1
