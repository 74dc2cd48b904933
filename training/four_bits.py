"""Weights on an int4 grid: a seventh of the size, where int8 would leave a wide encoder too large to ship.

Fifteen steps are few for a whole row, so 32 weights that are multiplied with neighbouring inputs share a scale (64 of a
word's vector), in half precision: four and a half bits a weight. Of six widths of the grid, each block takes the one
that leaves the least error, as in Lin et al. (AWQ, MLSys 2024): its largest weight may be cut for the others' sake.
Arithmetic stays fp32, as with int8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["BLOCK", "WORD_BLOCK", "BlockLinear", "PackedEmbedding", "StraightThrough", "on_blocks", "round_blocks"]

#: Weights that share a scale, in a linear layer and in the vector of a word.
BLOCK, WORD_BLOCK = 32, 64
_WIDEST = 7
#: Shares of a block's largest weight that are tried as the end of its grid.
_CUTS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)
_WHOLE = (1.0,)


def round_blocks(weight: Tensor, block: int, cuts: Sequence[float] = _CUTS) -> tuple[Tensor, Tensor]:
    """Round a matrix (rows, columns) to -7 to 7, with one scale for each block of columns.

    What lies on the grid already stays as it is.

    Returns:
        int8 values (rows, columns) and float16 scales (rows, columns / block).
    """
    parts = weight.reshape(len(weight), -1, block)
    best = torch.full_like(parts[..., :1], torch.inf)
    values, scales = torch.zeros_like(parts), torch.zeros_like(best)
    for cut in cuts:
        scale = _scale(parts, cut)
        rounded = (parts / scale).round().clamp(-_WIDEST, _WIDEST)
        error = (rounded * scale - parts).square().sum(dim=-1, keepdim=True)
        better = error < best
        best = torch.where(better, error, best)
        values, scales = torch.where(better, rounded, values), torch.where(better, scale, scales)
    return values.flatten(1).to(torch.int8), scales.squeeze(-1).half()


def _scale(parts: Tensor, cut: float) -> Tensor:
    """Return the step of the grid for blocks (..., block) that ends at a share of their largest weight, (..., 1)."""
    largest: Tensor = torch.linalg.vector_norm(parts, ord=torch.inf, dim=-1, keepdim=True)
    widest = largest.clamp(min=1e-6) / _WIDEST
    return (widest * cut).half().float().clamp(min=1e-7)


def on_blocks(weight: Tensor, block: int, cuts: Sequence[float] = _CUTS) -> Tensor:
    """Return a matrix moved to its grid."""
    if len(cuts) == 1:  # nothing to choose: the same, in a third of the time
        parts = weight.reshape(len(weight), -1, block)
        scale = _scale(parts, cuts[0])
        return (parts / scale).round_().clamp_(-_WIDEST, _WIDEST).mul_(scale).flatten(1)
    values, scale = round_blocks(weight, block, cuts)
    return (values.float().reshape(len(values), -1, block) * scale.float().unsqueeze(-1)).flatten(1)


class _Rounded(torch.autograd.Function):
    """Round a weight to the grid that ends at each block's largest, and pass the gradient on as it is."""

    @staticmethod
    def forward(context: Any, weight: Tensor) -> Tensor:
        del context
        return on_blocks(weight, BLOCK, _WHOLE)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> Tensor:
        del context
        return gradient


class StraightThrough(nn.Linear):
    """A linear layer that multiplies by its weight as the grid has it, and learns as if by the weight itself.

    So a network learns to do with rounded weights (the straight-through estimator of Bengio, Leonard and Courville,
    2013). The grid ends at the largest weight of each block, without a search, which would take longer than a step.
    """

    cuts = _WHOLE

    @classmethod
    def put_in(cls, network: nn.Module) -> None:
        """Let the linear layers of a network that an export would store in four bits be such ones, in place.

        Parameters keep their names, so states of a run are those of any other.
        """
        for module in network.modules():
            if type(module) is nn.Linear and module.in_features % BLOCK == 0:
                module.__class__ = cls

    def forward(self, input: Tensor) -> Tensor:  # the name that torch gives it
        """Return the product."""
        rounded: Tensor = _Rounded.apply(self.weight)  # type: ignore[no-untyped-call]
        return nn.functional.linear(input, rounded, self.bias)


class BlockLinear(nn.Module):
    """A linear layer whose weight lies on the int4 grid, one output unit a column; multiplied in float.

    An export stores the columns in four bits (`newstance.training.onnx_graph`).
    """

    def __init__(self, linear: nn.Linear) -> None:
        """Round a trained layer."""
        super().__init__()
        values, scale = round_blocks(linear.weight.data, BLOCK)
        self.columns: Tensor
        self.scale: Tensor
        self.register_buffer("columns", values.T.contiguous())
        self.register_buffer("scale", scale.T.contiguous())
        self.bias: Tensor | None = linear.bias

    def forward(self, inputs: Tensor) -> Tensor:
        """Return what the layer would with its rounded weights."""
        inside, outside = self.columns.shape
        parts = self.columns.float().reshape(inside // BLOCK, BLOCK, outside)
        product: Tensor = inputs @ (parts * self.scale.float().unsqueeze(1)).flatten(0, 1)
        return product if self.bias is None else product + self.bias


class PackedEmbedding(nn.Module):
    """An embedding table of which a byte holds two numbers, unpacked for the rows looked up alone.

    The first half of a row lies in the low halves of its bytes, the second in the high ones.
    """

    def __init__(self, table: nn.Embedding) -> None:
        """Round a trained table."""
        super().__init__()
        values, scale = round_blocks(table.weight.data, WORD_BLOCK)
        low, high = (values + 8).to(torch.uint8).chunk(2, dim=1)
        self.packed: Tensor
        self.scale: Tensor
        self.register_buffer("packed", (low + 16 * high).contiguous())
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the vectors of `ids`."""
        # By floats, which every runtime has; a byte is exact in them.
        both = nn.functional.embedding(ids, self.packed).float()
        high = (both / 16).floor()
        values = torch.cat([both - 16 * high, high], dim=-1) - 8
        scale = nn.functional.embedding(ids, self.scale).float()
        vectors: Tensor = (values.reshape(*scale.shape, WORD_BLOCK) * scale.unsqueeze(-1)).flatten(-2)
        return vectors
