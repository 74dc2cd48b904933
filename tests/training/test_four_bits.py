"""Weights of four bits: what the grid holds, what learns on it, and that an export gives back the very same model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertModel

from newstance.model import Checkpoint, HeadConfig, Predictor, SentenceInput
from newstance.model.network import SentenceClassifier
from newstance.model.onnx_weights import exported_weights
from newstance.training.export import _export, export_checkpoint
from newstance.training.four_bits import BLOCK, BlockLinear, PackedEmbedding, StraightThrough, on_blocks, round_blocks
from newstance.training.rounding import snap_to_grid, train_on_grid


@pytest.fixture
def network() -> SentenceClassifier:
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=1100, hidden_size=128, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    return SentenceClassifier(BertModel(config), [HeadConfig(layer="stance", labels=3)]).eval()


def test_a_block_has_fifteen_steps_and_what_is_on_the_grid_stays() -> None:
    torch.manual_seed(0)
    weight = torch.randn(6, 96)
    values, scale = round_blocks(weight, BLOCK)
    assert values.abs().max() == 7
    assert scale.shape == (6, 3)
    once = on_blocks(weight, BLOCK)
    assert torch.equal(on_blocks(once, BLOCK), once)
    assert (once - weight).abs().max() < weight.abs().max() / 3


def test_the_searched_grid_is_nearer_than_the_widest() -> None:
    torch.manual_seed(0)
    weight = torch.randn(64, 320)
    errors = [(on_blocks(weight, BLOCK, cuts) - weight).square().mean() for cuts in ((1.0,), (1.0, 0.9, 0.8))]
    assert errors[1] < errors[0]


def test_a_layer_of_blocks_multiplies_by_the_rounded_weight() -> None:
    torch.manual_seed(0)
    linear, inputs = nn.Linear(64, 5), torch.randn(3, 64)
    expected = nn.functional.linear(inputs, on_blocks(linear.weight, BLOCK), linear.bias)
    torch.testing.assert_close(BlockLinear(linear)(inputs), expected)


def test_a_packed_table_gives_the_rounded_rows() -> None:
    torch.manual_seed(0)
    table = nn.Embedding(40, 128)
    packed = PackedEmbedding(table)
    assert packed.packed.shape == (40, 64)
    ids = torch.tensor([[3, 39], [0, 3]])
    torch.testing.assert_close(packed(ids), on_blocks(table.weight, 64)[ids])


def test_a_layer_that_learns_on_the_grid_moves_the_weight_behind_it(network: SentenceClassifier) -> None:
    names = set(network.state_dict())
    train_on_grid(network, words=True)
    layer = network.encoder.encoder.layer[0].intermediate.dense  # type: ignore[union-attr]
    assert isinstance(layer, StraightThrough)
    assert set(network.state_dict()) == names
    inputs = torch.randn(4, 128)
    expected = nn.functional.linear(inputs, on_blocks(layer.weight, BLOCK, (1.0,)), layer.bias)
    torch.testing.assert_close(layer(inputs), expected)
    layer(inputs).sum().backward()
    torch.testing.assert_close(layer.weight.grad, inputs.sum(dim=0).expand(64, -1))
    words = network.encoder.get_input_embeddings().weight  # type: ignore[operator]
    assert torch.equal(on_blocks(words.data, 64), words.data)


def test_snapping_keeps_what_the_network_said_while_it_learnt(network: SentenceClassifier) -> None:
    train_on_grid(network, words=True)
    batch = {name: torch.ones(1, 6, dtype=torch.int64) for name in ("input_ids", "attention_mask", "pool_mask")}
    batch["input_ids"] = torch.tensor([[5, 6, 700, 9, 30, 2]])
    batch["token_type_ids"] = torch.zeros(1, 6, dtype=torch.int64)
    with torch.no_grad():
        states = network.encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state
        snap_to_grid(network, "int4-weights")
        after = network.encoder(batch["input_ids"], batch["attention_mask"]).last_hidden_state
    # Position vectors alone go to a grid of their own, of eight bits.
    assert (after - states).abs().max() < 0.02


def test_an_export_holds_four_bits_a_weight_and_gives_them_back(network: SentenceClassifier, tmp_path: Path) -> None:
    snap_to_grid(network, "int4-weights")
    expected = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    _export(network, tmp_path / "model.onnx", "int4-weights")
    graph = onnx.load(str(tmp_path / "model.onnx")).graph
    narrow = [tensor for tensor in graph.initializer if tensor.data_type == onnx.TensorProto.INT4]
    assert len(narrow) == 2 * 6
    assert all(len(tensor.raw_data) == np.prod(tensor.dims) / 2 for tensor in narrow)
    back = exported_weights(tmp_path / "model.onnx")
    for name, tensor in expected.items():
        if "pooler" not in name:
            torch.testing.assert_close(back[name], tensor, rtol=0, atol=0, msg=name)


def test_an_export_in_four_bits_says_what_the_rounded_model_says(tiny_checkpoint: Path, tmp_path: Path) -> None:
    exported = Checkpoint(export_checkpoint(tiny_checkpoint, tmp_path / "model", storage="int4-weights"))
    assert exported.config.quantisation == "int4-weights"
    texts = [SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),)), SentenceInput("Fine.")]
    one, two = (Predictor.open(exported, runtime=runtime).predict(texts) for runtime in ("onnx", "torch"))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_allclose(a.logits["stance"], b.logits["stance"], atol=1e-5)
        np.testing.assert_allclose(a.evidence["stance"], b.evidence["stance"], atol=1e-5)
