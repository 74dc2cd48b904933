"""Weights on an int8 grid: a quarter of the size, and arithmetic in fp32 as before.

What is large may go on an int4 grid instead (`newstance.training.four_bits`).

Each row of a matrix (an output unit, or a vocabulary entry) has its own scale, so the rounding error of a weight is at
most half of 1/127 of the largest weight in its row. Only weights are stored so; activations stay exact, and results do
not hang on the processor, where int8 arithmetic without VNNI can saturate (`newstance.eval.integer_products` has what
it would gain and cost).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from newstance.model.network import SentenceClassifier

from .four_bits import BLOCK, WORD_BLOCK, BlockLinear, PackedEmbedding, StraightThrough, on_blocks

__all__ = [
    "RoundedEmbedding",
    "RoundedLinear",
    "Storage",
    "round_rows",
    "snap_to_grid",
    "train_on_grid",
    "with_rounded_weights",
]

#: How an export stores weights: in 32, 8 or 4 bits.
Storage = Literal["none", "int8-weights", "int4-weights"]
#: Tables of so few rows stay floats: they take no room.
_LARGE = 1000


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


def snap_to_grid(network: nn.Module, storage: Storage = "int8-weights") -> nn.Module:
    """Move every weight that an export would round onto its grid, in place, so that exporting loses nothing more."""
    for name, module in list(network.named_modules()):
        kind = _kind(module, storage, encoder=_in_encoder(name))
        if isinstance(module, (nn.Linear, nn.Embedding)) and kind is not None:
            weight: Tensor = module.weight.data
            if kind in (BlockLinear, PackedEmbedding):
                if isinstance(module, StraightThrough):  # on the grid that it was trained with
                    module.weight.data = on_blocks(weight, BLOCK, module.cuts)
                else:
                    module.weight.data = on_blocks(weight, BLOCK if kind is BlockLinear else WORD_BLOCK)
            else:
                values, scale = round_rows(weight)
                module.weight.data = values.float() * scale
    return network


def train_on_grid(network: SentenceClassifier, *, words: bool) -> None:
    """Let an encoder learn with its weights as int4 storage has them, in place.

    Args:
        network: its linear layers multiply by rounded weights from now on, and learn all the same.
        words: the embedding table is moved to its grid at once; for one that is not trained.
    """
    table = network.encoder.get_input_embeddings()  # type: ignore[operator]
    if words and _kind(table, "int4-weights", encoder=True) is PackedEmbedding:
        table.weight.data = on_blocks(table.weight.data, WORD_BLOCK)
    StraightThrough.put_in(network.encoder)


def with_rounded_weights(network: nn.Module, storage: Storage = "int8-weights") -> nn.Module:
    """Replace every linear layer and large embedding table of a network, in place, by its rounded twin."""
    for name, module in list(network.named_modules()):
        if (kind := _kind(module, storage, encoder=_in_encoder(name))) is not None:
            parent, _, own = name.rpartition(".")
            setattr(network.get_submodule(parent), own, kind(module))
    return network


def _kind(module: nn.Module, storage: Storage, *, encoder: bool) -> Callable[[Any], nn.Module] | None:
    """Return what a layer is stored as, or None for one that stays: small tables, norms.

    In four bits only what is large and deep: a head's few weights decide directly, and take no room.
    """
    narrow = storage == "int4-weights" and encoder
    if isinstance(module, nn.Linear):
        return BlockLinear if narrow and module.in_features % BLOCK == 0 else RoundedLinear
    if isinstance(module, nn.Embedding):
        if module.num_embeddings > _LARGE:
            fits = module.embedding_dim % (2 * WORD_BLOCK) == 0
            return PackedEmbedding if narrow and fits else RoundedEmbedding
        return RoundedEmbedding if narrow and module.num_embeddings > _LARGE // 4 else None
    return None


def _in_encoder(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == "encoder"
