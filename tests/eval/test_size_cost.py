from __future__ import annotations

from pathlib import Path

import pytest

from newstance.eval.size_cost import costs, main
from newstance.model import Checkpoint, SentenceInput


def test_each_model_is_weighed_and_read_with(tiny_checkpoint: Path, tiny_exported: Path) -> None:
    trained, exported = costs(
        [Checkpoint(tiny_checkpoint), Checkpoint(tiny_exported)], [SentenceInput("It met.")], rounds=2
    )
    assert trained.parameters == exported.parameters > 0
    assert trained.megabytes == pytest.approx((tiny_checkpoint / "model.safetensors").stat().st_size / 1e6)
    assert exported.megabytes == pytest.approx((tiny_exported / "model.onnx").stat().st_size / 1e6)
    assert trained.slower == 1.0 and min(trained.seconds, exported.seconds, exported.slower) > 0


def test_the_table_has_a_line_for_each(tiny_exported: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(tiny_exported)], sentences=3, rounds=1)
    (head, _, line) = capsys.readouterr().out.splitlines()
    assert head.startswith("| model |") and line.startswith(f"| {tiny_exported} |") and line.endswith("| 1.0 |")
