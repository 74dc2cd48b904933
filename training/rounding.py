"""Weights on an int8 grid: a quarter of the size, and arithmetic in fp32 as before.

Each row of a matrix (an output unit, or a vocabulary entry) has its own scale, so the rounding error of a weight is at
most half of 1/127 of the largest weight in its row. Only weights are stored so; activations stay exact, and results do
not hang on the processor, where int8 arithmetic without VNNI can saturate (`newstance.eval.integer_products` has what
it would gain and cost).
"""

from __future__ import annotations

from typing import TypeGuard

import torch
from torch import Tensor, nn

__all__ = ["RoundedEmbedding", "RoundedLinear", "round_rows", "snap_to_grid", "with_rounded_weights"]


def round_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Round a matrix (rows, columns) to int8 with one scale a row.

    Returns:
        int8 values (rows, columns) and float scales (rows, 1), whose product approximates `weight`.
    """
    scale = weight.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127.0
    return torch.round(weight / scale).clamp(-127, 127).to(torch.int8), scale


class RoundedLinear(nn.Module):
    """A linear layer that keeps its weight in int8 and multiplies in float.

    It is stored as the product wants it, one output unit a column, so that nothing need be turned at loading: with
    one operation that scales (`newstance.training.onnx_graph`), loading took half the time.
    """

    def __init__(self, linear: nn.Linear) -> None:
        """Round a trained layer."""
        super().__init__()
        values, scale = round_rows(linear.weight.data)
        self.columns: Tensor
        self.scale: Tensor
        self.register_buffer("columns", values.T.contiguous())
        self.register_buffer("scale", scale[:, 0])
        self.bias: Tensor | None = linear.bias

    def forward(self, inputs: Tensor) -> Tensor:
        """Return ``inputs @ (columns * scale) + bias``; runtimes fold the constant product once, at loading."""
        product = inputs @ (self.columns.float() * self.scale)
        return product if self.bias is None else product + self.bias


class RoundedEmbedding(nn.Module):
    """An embedding table that keeps its rows as int8 and scales only those looked up."""

    def __init__(self, table: nn.Embedding) -> None:
        """Round a trained table."""
        super().__init__()
        values, scale = round_rows(table.weight.data)
        self.values: Tensor
        self.scale: Tensor
        self.register_buffer("values", values)
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vectors of `ids`."""
        rows = nn.functional.embedding(ids, self.values).float()
        return rows * nn.functional.embedding(ids, self.scale)


def snap_to_grid(network: nn.Module) -> nn.Module:
    """Move every weight that an export would round onto its grid, in place, so that exporting loses nothing more."""
    for module in network.modules():
        if _is_rounded(module):
            weight: Tensor = module.weight.data
            values, scale = round_rows(weight)
            module.weight.data = values.float() * scale
    return network


def _is_rounded(module: nn.Module) -> TypeGuard[nn.Linear | nn.Embedding]:
    """Return whether a layer is stored in int8: linear layers, and tables large enough to matter."""
    return isinstance(module, nn.Linear) or (isinstance(module, nn.Embedding) and module.num_embeddings > 1000)


def with_rounded_weights(network: nn.Module) -> nn.Module:
    """Replace every linear layer and large embedding table of a network, in place, by its rounded twin."""
    for name, child in network.named_children():
        if not _is_rounded(child):
            with_rounded_weights(child)
        elif isinstance(child, nn.Embedding):
            setattr(network, name, RoundedEmbedding(child))
        else:
            assert isinstance(child, nn.Linear)
            setattr(network, name, RoundedLinear(child))
    return network
