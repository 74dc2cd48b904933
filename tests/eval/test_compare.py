from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from newstance.corpora import read_annotations
from newstance.eval.calibrating import write_calibration
from newstance.eval.compare import compare_models, mcnemar, paired_difference
from newstance.eval.metrics import accuracy, confusions
from newstance.model import Checkpoint, LayerCalibration


@pytest.mark.parametrize(("one", "two"), [(0, 0), (3, 3), (1, 9), (40, 22), (700, 640)])
def test_mcnemar_is_the_exact_binomial_test(one: int, two: int) -> None:
    expected = binomtest(one, one + two, 0.5).pvalue if one + two else 1.0
    assert mcnemar(one, two) == pytest.approx(expected, abs=1e-9)


def test_pairing_narrows_the_interval_of_models_that_err_alike() -> None:
    generator = np.random.default_rng(0)
    gold = generator.integers(0, 2, 200)
    first = np.where(generator.random(200) < 0.7, gold, 1 - gold)
    second = np.where(generator.random(200) < 0.05, gold, first)
    cells = [confusions(gold, predicted, 2) for predicted in (first, second)]
    paired = paired_difference(accuracy, *cells, n=200, samples=400, seed=0)
    apart = paired_difference(accuracy, cells[0], cells[1][generator.permutation(200)], n=200, samples=400, seed=0)
    assert paired.value == pytest.approx(apart.value) == pytest.approx((second == gold).mean() - (first == gold).mean())
    assert paired.high - paired.low < 0.5 * (apart.high - apart.low)


def test_a_model_does_not_differ_from_itself(tiny_exported: Path, annotations_file: Path, tmp_path: Path) -> None:
    copy = write_calibration(Checkpoint(tiny_exported), {"stance": LayerCalibration(temperature=9.0)}, tmp_path / "m")
    records = read_annotations(annotations_file)
    found = compare_models(Checkpoint(tiny_exported), Checkpoint(copy), records, samples=100)
    stance = found.layers["stance"]
    assert (stance.difference.value, stance.only_first, stance.only_second, stance.changes) == (0.0, 0, 0, 0)
    assert stance.mcnemar == 1.0 and not stance.shown
    assert found.run["first"]["model"] != found.run["second"]["model"]
