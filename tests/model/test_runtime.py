from __future__ import annotations

from pathlib import Path

import pytest

from newstance.model import cores
from newstance.model.runtime import quota_cores


@pytest.mark.parametrize(
    ("written", "found"),
    [("200000 100000\n", 2), ("150000 100000\n", 2), ("50000 100000\n", 1), ("max 100000\n", None), ("", None)],
)
def test_a_containers_quota_counts_as_cores_rounded_up(tmp_path: Path, written: str, found: int | None) -> None:
    limit = tmp_path / "cpu.max"
    limit.write_text(written, encoding="ascii")
    assert quota_cores(limit) == found


def test_without_control_groups_there_is_no_quota_and_always_a_core(tmp_path: Path) -> None:
    assert quota_cores(tmp_path / "cpu.max") is None
    assert cores() >= 1
