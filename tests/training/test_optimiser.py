from __future__ import annotations

from pathlib import Path

import pytest

from newstance.errors import UsageError
from newstance.model import HeadConfig
from newstance.model.network import SentenceClassifier
from newstance.training.config import load_config
from newstance.training.encoder import load_encoder
from newstance.training.optimiser import freeze, make_optimiser


def rates(tiny_config: Path, tiny_encoder: Path, *overrides: str) -> dict[str, float | None]:
    config = load_config(tiny_config, ["learning_rate=1.0", "head_learning_rate=7.0", *overrides])
    network = SentenceClassifier(load_encoder(str(tiny_encoder)), [HeadConfig(layer="stance", labels=3)])
    freeze(network.encoder, config)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    found: dict[str, float | None] = dict.fromkeys(names.values())
    for group in make_optimiser(network, config).param_groups:
        found |= {names[id(parameter)]: group["lr"] for parameter in group["params"]}
    assert all((found[name] is not None) == p.requires_grad for name, p in network.named_parameters())
    return found


def test_each_layer_learns_slower_than_the_one_above_and_heads_at_their_own_rate(
    tiny_config: Path, tiny_encoder: Path
) -> None:
    found = rates(tiny_config, tiny_encoder, "layer_decay=0.5")
    assert found["encoder.encoder.layer.1.output.dense.weight"] == 1.0
    assert found["encoder.encoder.layer.0.output.dense.weight"] == 0.5
    assert found["encoder.embeddings.word_embeddings.weight"] == 0.25
    assert found["heads.stance.token_logits.weight"] == 7.0
    even = rates(tiny_config, tiny_encoder)
    assert {rate for name, rate in even.items() if name.startswith("encoder.")} == {1.0}


def test_frozen_parts_are_not_trained(tiny_config: Path, tiny_encoder: Path) -> None:
    found = rates(tiny_config, tiny_encoder, "freeze_embeddings=true", "freeze_layers=1")
    assert found["encoder.embeddings.word_embeddings.weight"] is None
    assert found["encoder.encoder.layer.0.attention.self.query.bias"] is None
    assert found["encoder.encoder.layer.1.attention.self.query.bias"] == 1.0
    with pytest.raises(UsageError, match="2 layers, not 3"):
        rates(tiny_config, tiny_encoder, "freeze_layers=3")
