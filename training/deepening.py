"""`deepen`: an encoder gets further layers that change next to nothing until they are trained."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from newstance.errors import UsageError

__all__ = ["deepen", "layers_of"]


def layers_of(encoder: nn.Module) -> int | None:
    """Return how many layers an encoder has, or None for one that cannot be deepened."""
    found = _layers(encoder)
    return None if found is None else len(found)


def deepen(encoder: nn.Module, count: int) -> None:
    """Put copies behind an encoder's layers, in place, as evenly as it goes, until it has `count` layers.

    A copy begins by adding nothing: the projections of its two blocks are zero, as in Wu et al. (LLaMA Pro, ACL 2024).
    Where the norm stands behind the sum, as in BERT, it is set to leave what comes out of the norm below it nearly as
    it is: to the mean and the deviation that the weights of that norm stand for. So a model that was trained keeps
    nearly all that it knows, and has room to learn more; without training the copies only cost time.

    Args:
        encoder: one with BERT's or RoBERTa's layers.
        count: layers that it is to have.

    Raises:
        UsageError: the encoder is built otherwise, or has more layers already.
    """
    layers = _layers(encoder)
    if layers is None:
        raise UsageError("this kind of encoder cannot be deepened", field="encoder_layers")
    if count < len(layers):
        raise UsageError(f"the encoder has {len(layers)} layers, not {count}", field="encoder_layers")
    deeper: list[nn.Module] = []
    for number, layer in enumerate(layers):
        deeper.append(layer)
        times = (number + 1) * count // len(layers) - number * count // len(layers)
        deeper += [_idle_copy(layer) for _ in range(times - 1)]
    encoder.encoder.layer = nn.ModuleList(deeper)  # type: ignore[union-attr]
    encoder.config.num_hidden_layers = count  # type: ignore[union-attr]


def _idle_copy(layer: Any) -> Any:
    made: Any = copy.deepcopy(layer)
    below = layer.output.LayerNorm
    for block in (made.attention.output, made.output):
        nn.init.zeros_(block.dense.weight)
        nn.init.zeros_(block.dense.bias)
        with torch.no_grad():
            # What comes in is weight * z + bias, with z of mean 0 and variance 1 over the units.
            deviation = (below.weight.square().mean() + below.bias.var(correction=0)).sqrt()
            block.LayerNorm.weight.fill_(deviation)
            block.LayerNorm.bias.fill_(below.bias.mean())
    return made


def _layers(encoder: nn.Module) -> list[Any] | None:
    """Return the layers; None for an encoder whose layers are built otherwise."""
    layers: Any = getattr(getattr(encoder, "encoder", None), "layer", None)
    try:
        for layer in layers or [None]:
            for block in (layer.attention.output, layer.output):
                _ = block.dense.weight, block.LayerNorm.weight
    except AttributeError:
        return None
    return list(layers)
