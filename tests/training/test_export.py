from __future__ import annotations

from pathlib import Path

import onnx
import pytest
import torch
from torch import nn

from newstance.model import Checkpoint
from newstance.model.torch_runtime import load_network
from newstance.training.rounding import RoundedLinear, snap_to_grid


@pytest.fixture(scope="module")
def graph(tiny_exported: Path) -> onnx.GraphProto:
    return onnx.load(str(tiny_exported / "model.onnx")).graph


def test_what_hangs_on_constants_alone_is_the_scaling_of_weights(graph: onnx.GraphProto) -> None:
    known = {tensor.name for tensor in graph.initializer}
    known |= {node.output[0] for node in graph.node if node.op_type == "Constant"}
    constant = [node for node in graph.node if node.op_type != "Constant" and set(node.input) <= known]
    assert {node.op_type for node in constant} == {"DequantizeLinear"}


def test_a_rounded_product_turns_nothing(graph: onnx.GraphProto) -> None:
    scaled = {node.output[0] for node in graph.node if node.op_type == "DequantizeLinear"}
    columns = {tensor.name for tensor in graph.initializer if tensor.name.endswith(".columns")}
    assert len(scaled) == len(columns) > 12
    assert scaled == {node.input[1] for node in graph.node if node.op_type == "MatMul"} & scaled


def test_weights_come_back_as_they_were_rounded(tiny_checkpoint: Path, tiny_exported: Path) -> None:
    rounded = snap_to_grid(load_network(Checkpoint(tiny_checkpoint))).state_dict()
    back = load_network(Checkpoint(tiny_exported)).state_dict()
    for name, tensor in rounded.items():
        if not name.startswith("encoder.pooler."):
            torch.testing.assert_close(back[name], tensor, rtol=0, atol=0, msg=name)


@pytest.mark.parametrize("bias", [True, False])
def test_a_rounded_layer_multiplies_like_the_layer_on_its_grid(bias: bool) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(5, 3, bias=bias)
    rounded = RoundedLinear(linear)
    snap_to_grid(linear)
    inputs = torch.randn(2, 4, 5)
    torch.testing.assert_close(rounded(inputs), linear(inputs))
