"""A measured process gives its own time and memory, whatever the process that measures it holds."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from newstance.errors import InputError
from newstance.eval.measured_process import run_measured


def test_memory_is_the_process_s_own_and_not_that_of_whoever_measures() -> None:
    held = np.ones(40_000_000)  # 305 MiB, all of it touched
    small = run_measured([sys.executable, "-I", "-S", "-c", "pass"])
    assert held.nbytes / 2**20 > 300
    assert 1 < small.peak_mb < 100


def test_what_a_process_takes_is_counted() -> None:
    code = "x = bytearray(200 * 2**20)\nfor i in range(0, len(x), 1024): x[i] = 1\nprint('thrown away')"
    large = run_measured([sys.executable, "-I", "-S", "-c", code])
    assert large.peak_mb > 200
    assert large.cpu > 0
    assert large.seconds > 0


@pytest.mark.parametrize(
    ("command", "said"),
    [([sys.executable, "-c", "raise SystemExit('no luck')"], "failed: no luck"), (["/no/such/program"], "no/such")],
)
def test_a_process_that_fails_or_is_not_there_says_why(command: list[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        run_measured(command)
