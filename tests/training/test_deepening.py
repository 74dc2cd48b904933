"""An encoder with further layers says nearly what it said, and is an encoder of that depth afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

from newstance.errors import UsageError
from newstance.model import Checkpoint, Predictor, SentenceInput
from newstance.model.torch_runtime import load_network
from newstance.training.checking import check_config
from newstance.training.config import load_config
from newstance.training.deepening import deepen, layers_of
from newstance.training.finetune import finetune
from newstance.training.run import Run


def said(encoder: BertModel) -> Tensor:
    ids = torch.arange(40).reshape(4, 10)
    with torch.no_grad():
        vectors: Tensor = encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    return vectors


@pytest.fixture
def encoder() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=50, hidden_size=64, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32)
    made = BertModel(config).eval()
    for layer in made.encoder.layer:  # as training leaves them: no two units alike
        for norm in (layer.attention.output.LayerNorm, layer.output.LayerNorm):
            nn.init.normal_(norm.weight, mean=0.8, std=0.1)
            nn.init.normal_(norm.bias, mean=0.1, std=0.05)
    return made


def test_the_copies_change_next_to_nothing_and_can_learn(encoder: BertModel) -> None:
    before = said(encoder)
    deepen(encoder, 6)
    assert layers_of(encoder) == encoder.config.num_hidden_layers == 6
    assert (said(encoder) - before).abs().mean() < 0.1 * before.abs().mean()
    encoder(input_ids=torch.arange(10)[None]).last_hidden_state.square().sum().backward()
    assert all(layer.output.dense.weight.grad.abs().sum() > 0 for layer in encoder.encoder.layer)
    assert encoder.encoder.layer[0].intermediate.dense.weight is not encoder.encoder.layer[1].intermediate.dense.weight


def test_the_copies_are_spread_over_the_depth(encoder: BertModel) -> None:
    deepen(encoder, 5)
    idle = [not layer.output.dense.weight.abs().sum() for layer in encoder.encoder.layer]
    assert idle == [False, False, True, False, True]


def test_other_encoders_and_fewer_layers_are_refused(encoder: BertModel) -> None:
    with pytest.raises(UsageError, match="has 3 layers, not 2"):
        deepen(encoder, 2)
    other = DistilBertModel(DistilBertConfig(vocab_size=50, dim=32, n_layers=1, n_heads=2, hidden_dim=48))
    assert layers_of(other) is None
    with pytest.raises(UsageError, match="cannot be deepened"):
        deepen(other, 2)


def test_a_run_writes_a_deeper_checkpoint_from_which_another_run_starts(tiny_config: Path, tmp_path: Path) -> None:
    settings = ["epochs=1", "report.baselines=[]"]
    heard: list[str] = []
    first = finetune(load_config(tiny_config, [*settings, "encoder_layers=4"]), tmp_path / "deep", say=heard.append)
    assert any(line.startswith("4 encoder layers instead of ") for line in heard)
    assert layers_of(load_network(Checkpoint(first)).encoder) == 4
    assert Predictor.open(Checkpoint(first)).predict([SentenceInput("Rain is expected.")])
    heard.clear()
    with pytest.raises(UsageError, match="has 4 layers, not 5"):
        Run.prepare(load_config(tiny_config, [f"start_from={first}", "freeze_layers=5"]), heard.append)
    run = Run.prepare(load_config(tiny_config, [f"start_from={first}", "freeze_layers=3"]), heard.append)
    trained = {name.split(".")[2] for name, x in run.network.encoder.named_parameters() if x.requires_grad}
    assert "3" in trained and not trained & {"0", "1", "2"}, "frozen layers are counted in the deeper encoder"
    heard.clear()
    second = finetune(load_config(tiny_config, [*settings, f"start_from={first}"]), tmp_path / "on", say=heard.append)
    assert Checkpoint(second).config.encoder["num_hidden_layers"] == 4
    assert not any("encoder layers" in line for line in heard), "there was nothing to add"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["freeze_layers=9"], ["the encoder has 6 layers, not 9"]),
        (["freeze_layers=9", "encoder_layers=12"], []),
        (["freeze_layers=13", "encoder_layers=12", "start_from=default"], ["the encoder has 12 layers, not 13"]),
        (["freeze_layers=9", "start_from=default"], []),  # only the run knows how deep that is
    ],
)
def test_validating_a_configuration_counts_the_layers_that_there_will_be(settings: list[str], said: list[str]) -> None:
    problems, _ = check_config(load_config("smoke", settings))
    assert [line.removeprefix("freeze_layers: ") for line in problems if line.startswith("freeze_layers")] == said
