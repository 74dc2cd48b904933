"""An encoder keeps the feed-forward units that matter to its output, and is an encoder of that width afterwards."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel, PreTrainedTokenizerFast

from newstance.errors import UsageError
from newstance.model import Checkpoint
from newstance.model.torch_runtime import load_network
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.narrowing import feed_forward_width, narrow_feed_forward

WIDTH = 32


@pytest.fixture
def encoder() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=WIDTH
    )
    return BertModel(config).eval()


@pytest.fixture
def rows() -> dict[str, Tensor]:
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 0, 0]])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


def said(encoder: BertModel, rows: dict[str, Tensor]) -> Tensor:
    with torch.no_grad():
        vectors: Tensor = encoder(**rows).last_hidden_state
    return vectors[rows["attention_mask"].bool()]


def test_units_that_add_nothing_go_first_and_nothing_changes(encoder: BertModel, rows: dict[str, Tensor]) -> None:
    idle = torch.randperm(WIDTH)[: WIDTH // 2]
    for layer in encoder.encoder.layer:
        layer.output.dense.weight.data[:, idle] = 0.0
    before = said(encoder, rows)
    narrow_feed_forward(encoder, WIDTH // 2, [rows])
    assert feed_forward_width(encoder) == encoder.encoder.layer[1].intermediate.dense.out_features == WIDTH // 2
    assert torch.allclose(said(encoder, rows), before, atol=1e-6)


def test_a_unit_with_large_weights_that_never_fires_goes_before_one_that_does(
    encoder: BertModel, rows: dict[str, Tensor]
) -> None:
    for layer in encoder.encoder.layer:
        layer.intermediate.dense.bias.data[3] = -1e4  # GELU of it is zero
        layer.output.dense.weight.data[:, 3] = 100.0
    before = said(encoder, rows)
    narrow_feed_forward(encoder, WIDTH - 1, [rows])
    assert torch.allclose(said(encoder, rows), before, atol=1e-5)


def test_padding_has_no_say(encoder: BertModel, rows: dict[str, Tensor]) -> None:
    padded = {name: nn.functional.pad(tensor, (0, 9)) for name, tensor in rows.items()}
    other = BertModel(encoder.config).eval()
    other.load_state_dict(encoder.state_dict())
    narrow_feed_forward(encoder, 8, [rows])
    narrow_feed_forward(other, 8, [padded])
    assert all(torch.equal(a, b) for a, b in zip(encoder.parameters(), other.parameters(), strict=True))


def test_what_is_frozen_stays_frozen(encoder: BertModel, rows: dict[str, Tensor]) -> None:
    encoder.encoder.layer[0].requires_grad_(False)
    narrow_feed_forward(encoder, 8, [rows])
    assert not encoder.encoder.layer[0].intermediate.dense.weight.requires_grad
    assert encoder.encoder.layer[1].intermediate.dense.weight.requires_grad


def test_other_encoders_and_greater_widths_are_refused(encoder: BertModel) -> None:
    with pytest.raises(UsageError, match="have 32 units, not 33"):
        narrow_feed_forward(encoder, 33)
    with pytest.raises(UsageError, match="cannot be narrowed"):
        narrow_feed_forward(nn.Linear(2, 2), 1)


def test_an_encoder_without_such_blocks_has_no_width_and_a_run_says_that_it_cannot_be_narrowed(
    tiny_config: Path, tokenizer_json: Path, tmp_path: Path
) -> None:
    other = DistilBertModel(DistilBertConfig(vocab_size=300, dim=32, n_layers=1, n_heads=2, hidden_dim=48))
    assert feed_forward_width(other) is None
    other.save_pretrained(tmp_path / "encoder")
    names = {"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_json), **names).save_pretrained(tmp_path / "encoder")
    settings = ["epochs=1", "report.baselines=[]", f"encoder={tmp_path / 'encoder'}"]
    first = finetune(load_config(tiny_config, settings), tmp_path / "first")
    finetune(load_config(tiny_config, [*settings, f"start_from={first}"]), tmp_path / "second")
    with pytest.raises(UsageError, match="cannot be narrowed"):
        finetune(load_config(tiny_config, [*settings, "feed_forward=8"]), tmp_path / "narrow")


def test_a_run_writes_a_narrower_checkpoint_from_which_another_run_starts(tiny_config: Path, tmp_path: Path) -> None:
    settings = ["epochs=1", "report.baselines=[]"]
    heard: list[str] = []
    first = finetune(load_config(tiny_config, [*settings, "feed_forward=8"]), tmp_path / "narrow", say=heard.append)
    assert any(line.startswith("feed-forward blocks of 8 units instead of ") for line in heard)
    assert feed_forward_width(load_network(Checkpoint(first)).encoder) == 8
    heard.clear()
    again = [*settings, "feed_forward=8", f"start_from={first}"]
    second = finetune(load_config(tiny_config, again), tmp_path / "again", say=heard.append)
    assert Checkpoint(second).config.encoder["intermediate_size"] == 8
    assert not any("feed-forward" in line for line in heard), "nothing was left to take out"


def test_units_that_say_the_same_as_others_go_without_a_loss_when_the_rest_is_refitted(
    encoder: BertModel, rows: dict[str, Tensor]
) -> None:
    for layer in encoder.encoder.layer:  # each unit stands there twice
        inner, outer = layer.intermediate.dense, layer.output.dense
        inner.weight.data[WIDTH // 2 :], inner.bias.data[WIDTH // 2 :] = (
            inner.weight.data[: WIDTH // 2],
            inner.bias.data[: WIDTH // 2],
        )
        outer.weight.data[:, WIDTH // 2 :] *= 0.5  # so that the copies are thought less of
    many = torch.randint(1, 50, (64, 8))
    batches = [{"input_ids": many, "attention_mask": torch.ones_like(many)}]
    before = said(encoder, rows)
    plain = copy.deepcopy(encoder)
    narrow_feed_forward(plain, WIDTH // 2, batches)
    narrow_feed_forward(encoder, WIDTH // 2, batches, refit=True)
    errors = [(said(one, rows) - before).abs().mean() for one in (encoder, plain)]
    assert errors[0] < 0.1 * errors[1]
