"""`mixed_precision: auto` takes bf16 where the processor multiplies it, and nothing else anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from newstance.model import Checkpoint
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.precision import precision_of


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [
        ({"avx512_bf16": True}, "bf16"),
        ({"avx512_bf16": False, "amx_bf16": True}, "bf16"),
        # AVX-512 without its bf16 part: PyTorch would emulate every product.
        ({"avx512_f": True, "avx512_bf16": False}, "no"),
        ({}, "no"),
    ],
)
def test_auto_asks_the_processor(
    monkeypatch: pytest.MonkeyPatch, capabilities: dict[str, bool], precision: str
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert precision_of("auto") == precision


def test_a_torch_that_cannot_say_what_the_processor_has_trains_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert precision_of("auto") == "no"


@pytest.mark.parametrize("wanted", ["no", "bf16", "fp16"])
def test_what_is_asked_for_is_not_questioned(wanted: str) -> None:
    assert precision_of(wanted) == wanted  # type: ignore[arg-type]


def test_the_precision_reaches_the_products_and_is_recorded(tiny_config: Path, tmp_path: Path) -> None:
    hashes = {}
    for precision in ("no", "bf16"):
        settings = load_config(tiny_config, ["epochs=1", f"mixed_precision={precision}"])
        config = Checkpoint(finetune(settings, tmp_path / precision)).config
        assert config.provenance["precision"] == precision
        hashes[precision] = config.files["model.safetensors"]
    assert hashes["no"] != hashes["bf16"]
