from __future__ import annotations

import json
from pathlib import Path

import pytest

from newstance.eval.parity import Agreement
from newstance.model import Checkpoint, SentenceInput
from newstance.training import parity

SENTENCES = [
    SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),)),
    SentenceInput("Fishermen thanked the ministry for a sensible plan.", ((22, 30),)),
    SentenceInput("Nobody met."),
]


def test_the_export_says_how_far_it_agrees_with_the_trained_model(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (found,) = parity.export_with_parity(tiny_checkpoint, tmp_path / "out", SENTENCES)
    assert (found.layer, found.sentences, found.equal_labels) == ("stance", 3, 1.0)
    assert found.evidence_difference < 1e-3 and found.sum_difference < 1e-3
    assert Checkpoint(tmp_path / "out").config.quantisation == "int8-weights"
    assert json.loads((tmp_path / "out" / "parity.json").read_text(encoding="utf-8"))[0]["equal_labels"] == 1.0
    assert (tmp_path / "out" / "report.json").is_file()


def test_weights_stay_floats_where_rounding_would_change_labels(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = iter([0.99, 1.0])
    monkeypatch.setattr(parity, "agreement", lambda *_: [Agreement("stance", 3, next(shares), 0.1, 0.0)])
    (found,) = parity.export_with_parity(tiny_checkpoint, tmp_path / "out", SENTENCES)
    assert found.equal_labels == 1.0
    assert Checkpoint(tmp_path / "out").config.quantisation == "none"
