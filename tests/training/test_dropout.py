from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn
from transformers import (
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedModel,
    RobertaConfig,
    RobertaModel,
)

from newstance.training.config import load_config
from newstance.training.dropout import set_dropout
from newstance.training.run import Run


@pytest.mark.parametrize(("settings", "shares"), [([], {0.1}), (["dropout=0"], {0.0}), (["dropout=0.25"], {0.25})])
def test_dropout_is_set_in_the_encoder_and_before_the_heads(
    tiny_config: Path, settings: list[str], shares: set[float]
) -> None:
    network = Run.prepare(load_config(tiny_config, settings), lambda _: None).network
    for part in (network.encoder, network.heads):
        assert {module.p for module in part.modules() if isinstance(module, nn.Dropout)} == shares


VOCABULARY = {"vocab_size": 50}
SIZES = VOCABULARY | {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
PAD = {"pad_token_id": 0}
ENCODERS = {
    "bert": lambda: BertModel(BertConfig(**SIZES)),
    "roberta": lambda: RobertaModel(RobertaConfig(**SIZES)),
    "mpnet": lambda: MPNetModel(MPNetConfig(**SIZES)),
    "deberta": lambda: DebertaV2Model(DebertaV2Config(**SIZES)),
    "distilbert": lambda: DistilBertModel(DistilBertConfig(dim=32, n_layers=2, n_heads=2, hidden_dim=48, **VOCABULARY)),
    "modernbert": lambda: ModernBertModel(ModernBertConfig(**SIZES, **PAD)),
    "modernbert with some": lambda: ModernBertModel(ModernBertConfig(**SIZES, **PAD, attention_dropout=0.3)),
}


@pytest.fixture(params=ENCODERS)
def encoder(request: pytest.FixtureRequest) -> PreTrainedModel:
    found: PreTrainedModel = ENCODERS[request.param]()
    return found.train()


@pytest.fixture
def hidden(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """The shares that dropouts hide while an encoder runs, and those that fused attention hides."""
    found: dict[str, list[float]] = {"dropout": [], "attention": []}
    plain, fused = nn.functional.dropout, nn.functional.scaled_dot_product_attention

    def dropout(values: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        found["dropout"].append(p)
        return plain(values, p, training, inplace)

    def attention(*args: torch.Tensor, dropout_p: float = 0.0, **others: object) -> torch.Tensor:
        found["attention"].append(dropout_p)
        return fused(*args, dropout_p=dropout_p, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(nn.functional, "dropout", dropout)
    monkeypatch.setattr(nn.functional, "scaled_dot_product_attention", attention)
    return found


def test_every_dropout_of_every_kind_of_encoder_hides_the_share_that_is_set(
    encoder: PreTrainedModel, hidden: dict[str, list[float]]
) -> None:
    set_dropout(encoder, 0.25)
    ids = torch.tensor([[1, 7, 8, 9, 2]])
    encoder(input_ids=ids, attention_mask=torch.ones_like(ids))
    layers = encoder.config.num_hidden_layers
    assert {*hidden["dropout"], *hidden["attention"]} == {0.25}
    # Attention, fused or not, its output and the feed-forward block's; DistilBERT's kind has none for the second.
    in_each = 2 if encoder.config.model_type == "distilbert" else 3
    assert len(hidden["dropout"]) + len(hidden["attention"]) > in_each * layers


def test_nothing_is_hidden_where_none_is_set_or_the_encoder_does_not_train(
    encoder: PreTrainedModel, hidden: dict[str, list[float]]
) -> None:
    set_dropout(encoder, 0.0)
    ids = torch.tensor([[1, 7, 8, 9, 2]])
    one, other = (encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state for _ in range(2))
    assert torch.equal(one, other)
    set_dropout(encoder, 0.25)
    set_dropout(encoder, None)
    encoder.eval()
    hidden["attention"].clear()
    still = encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state
    assert torch.allclose(still, one, atol=1e-6)
    assert not any(hidden["attention"])
