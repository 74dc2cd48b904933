from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from newstance.model import Checkpoint, Predictor, SentenceInput
from newstance.model.torch_runtime import load_network
from newstance.training.export import export_checkpoint
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


def test_weights_that_are_not_rounded_come_back_as_they_are(tiny_checkpoint: Path, tmp_path: Path) -> None:
    exported = Checkpoint(export_checkpoint(tiny_checkpoint, tmp_path / "model", storage="none"))
    assert not exported.has("model.safetensors")
    back = load_network(exported).state_dict()
    for name, tensor in load_network(Checkpoint(tiny_checkpoint)).state_dict().items():
        if not name.startswith("encoder.pooler."):
            torch.testing.assert_close(back[name], tensor, rtol=0, atol=0, msg=name)
    text = SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),))
    one, two = (Predictor.open(exported, runtime=runtime).predict([text])[0] for runtime in ("onnx", "torch"))
    np.testing.assert_allclose(one.logits["stance"], two.logits["stance"], atol=1e-4)
    np.testing.assert_allclose(one.evidence["stance"], two.evidence["stance"], atol=1e-4)


@pytest.mark.parametrize("bias", [True, False])
def test_a_rounded_layer_multiplies_like_the_layer_on_its_grid(bias: bool) -> None:
    torch.manual_seed(0)
    linear = nn.Linear(5, 3, bias=bias)
    rounded = RoundedLinear(linear)
    snap_to_grid(linear)
    inputs = torch.randn(2, 4, 5)
    torch.testing.assert_close(rounded(inputs), linear(inputs))
