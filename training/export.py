"""Export: a checkpoint's network becomes one ONNX file with logits and per-token evidence as outputs."""

from __future__ import annotations

import contextlib
import io
import logging
import shutil
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from newstance.errors import UsageError
from newstance.files import whole_folder
from newstance.model import Checkpoint, is_free, write_config
from newstance.model.network import SentenceClassifier
from newstance.model.torch_runtime import load_network

from .onnx_graph import fold_shapes, scale_in_one_step
from .rounding import Storage, with_rounded_weights

__all__ = ["INPUTS", "OPSET", "export_checkpoint"]

#: A network with a head that pools by target takes `target_mask` besides.
INPUTS = ("input_ids", "attention_mask", "token_type_ids", "pool_mask")
#: From 20 on there is Gelu as one operation: 3 to 9% faster than its four parts (two AVX2 cores, 14 rows of 36 tokens).
OPSET = 20
#: From 21 on there are numbers of four bits, with a scale for each block of them.
OPSET_4 = 21


def export_checkpoint(source: Path, out: Path, *, storage: Storage = "int8-weights") -> Path:
    """Write an exported copy of a checkpoint: `model.onnx` in place of `model.safetensors`.

    Args:
        source: a checkpoint folder with torch weights.
        out: folder to write; must not hold a model yet.
        storage: of the weights: int8 takes a quarter of the size, int4 a seventh; arithmetic stays fp32.

    Returns:
        The folder.

    Raises:
        CheckpointError: the source is incomplete or damaged.
        UsageError: `out` holds something already.
        OutputError: `out` cannot be written; nothing of it stays.
    """
    checkpoint = Checkpoint(source)
    network = load_network(checkpoint)
    if not is_free(out):
        raise UsageError("is not empty; give another --out", path=out)
    with whole_folder(out) as folder:
        for name in ("tokenizer.json", "labels.yaml", "calibration.json", "README.md", "report.json"):
            if checkpoint.has(name):
                shutil.copyfile(checkpoint.path / name, folder / name)
        _export(network, folder / "model.onnx", storage)
        write_config(folder, checkpoint.config.model_copy(update={"quantisation": storage}))
    return out


class _Named(nn.Module):
    """The network with positional inputs and a fixed order of outputs, as the exporter wants it."""

    def __init__(self, network: SentenceClassifier) -> None:
        super().__init__()
        self.network = network
        self.names = [f"{layer}_{part}" for layer in network.heads for part in ("logits", "evidence")]
        self.names.append("sentence_vector")

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pool_mask: Tensor,
        target_mask: Tensor | None = None,
    ) -> tuple[Tensor, ...]:
        outputs = self.network(input_ids, attention_mask, token_type_ids, pool_mask, target_mask)
        return tuple(outputs[name] for name in self.names)


def _export(network: SentenceClassifier, path: Path, storage: Storage) -> None:
    if storage != "none":
        with_rounded_weights(network, storage)
    model = _Named(network).eval()
    inputs = (*INPUTS, "target_mask") if network.reads_target else INPUTS
    # Two rows of 17 tokens: any size but 0 and 1, which the exporter would take for constants. As many tensors, not one
    # several times: the exporter would take them for one input.
    example = tuple(torch.ones(2, 17, dtype=torch.int64) for _ in inputs)
    rows, tokens = torch.export.Dim("rows"), torch.export.Dim("tokens", max=512)
    dynamic = {name: {0: rows, 1: tokens} for name in inputs}
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            model,
            example,
            dynamo=True,
            input_names=list(inputs),
            output_names=model.names,
            dynamic_shapes=dynamic,
            opset_version=OPSET_4 if storage == "int4-weights" else OPSET,
            # The exporter's optimiser would lose the weights' names, and fold small ones back into floats.
            optimize=False,
            verbose=False,
        )
        assert program is not None
        fold_shapes(program.model)
    proto = _without_traces(program.model_proto)
    if storage != "none":
        scale_in_one_step(proto)
    path.write_bytes(proto.SerializeToString())


def _without_traces(proto: Any) -> Any:
    """Drop the exporter's notes: stack traces with the paths of the machine, a megabyte of them."""
    graph = proto.graph
    for part in (proto, graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for function in proto.functions:
        for part in (function, *function.node, *function.value_info):
            part.ClearField("doc_string")
            part.ClearField("metadata_props")
    return proto
