from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from newstance.training.config import load_config
from newstance.training.run import Run


@pytest.mark.parametrize(("settings", "shares"), [([], {0.1}), (["dropout=0"], {0.0}), (["dropout=0.25"], {0.25})])
def test_dropout_is_set_in_the_encoder_and_before_the_heads(
    tiny_config: Path, settings: list[str], shares: set[float]
) -> None:
    network = Run.prepare(load_config(tiny_config, settings), lambda _: None).network
    for part in (network.encoder, network.heads):
        assert {module.p for module in part.modules() if isinstance(module, nn.Dropout)} == shares
