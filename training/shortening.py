"""Which layers of an encoder to keep, and taking the others out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from newstance.errors import UsageError
from newstance.model.codebook import Layer
from newstance.model.network import SentenceClassifier

__all__ = ["LayersLeft", "depth", "keep_layers", "layers_to_keep"]


@dataclass(frozen=True, slots=True)
class LayersLeft:
    """The layers that stay when others go.

    Attributes:
        kept: their numbers, ascending, from 0.
        of: how many there were.
    """

    kept: tuple[int, ...]
    of: int

    @property
    def ends(self) -> tuple[int, ...]:
        """Return for each kept layer how many of all layers it stands for, those below it included.

        A kept layer stands for itself and for those above it up to the next that is kept; the lowest for those below
        it besides. So the last is `of`.
        """
        return (*self.kept[1:], self.of)


def depth(encoder: nn.Module) -> int | None:
    """Return how many layers an encoder has, or None for one that cannot be shortened."""
    layers = getattr(getattr(encoder, "encoder", None), "layer", None)
    return len(layers) if isinstance(layers, nn.ModuleList) else None


def layers_to_keep(
    network: SentenceClassifier, layers: Sequence[Layer], batches: Sequence[Mapping[str, Tensor]], count: int
) -> LayersLeft:
    """Take away one layer after the other, each time the one without which the answers change least.

    Greedily, as in Peer et al. (Greedy-layer pruning, Pattern Recognition Letters 2022): of twelve layers six cost 57
    passes over the batches. The change is that of the heads' probabilities, summed over layers of the codebook.

    Args:
        network: the trained one; as it was when this returns.
        layers: of the codebook.
        batches: rows to ask, as the network's arguments.
        count: how many layers are to stay.

    Raises:
        UsageError: the encoder is built otherwise than BERT's, RoBERTa's or MPNet's, or has no more layers than that.
    """
    of = depth(network.encoder)
    if of is None:
        raise UsageError("this kind of encoder cannot be shortened", field="encoder")
    if not 1 <= count <= of:
        raise UsageError(f"the encoder has {of} layers, not {count}", field="--layers")
    stack: Any = network.encoder.encoder
    whole = stack.layer
    kept = tuple(range(of))
    try:
        said = _answers(network, batches)
        while len(kept) > count:
            changes = []
            for number in kept:
                rest = tuple(other for other in kept if other != number)
                stack.layer = nn.ModuleList(whole[i] for i in rest)
                changes.append((_change(layers, said, _answers(network, batches)), rest))
            kept = min(changes)[1]
    finally:
        stack.layer = whole
    return LayersLeft(kept, of)


def keep_layers(encoder: nn.Module, kept: Sequence[int]) -> None:
    """Take the other layers out of an encoder, in place."""
    stack: Any = encoder.encoder
    stack.layer = nn.ModuleList(stack.layer[number] for number in kept)
    encoder.config.num_hidden_layers = len(kept)  # type: ignore[union-attr]


def _answers(network: SentenceClassifier, batches: Sequence[Mapping[str, Tensor]]) -> list[dict[str, Tensor]]:
    with torch.inference_mode():
        return [network(**batch) for batch in batches]


def _change(layers: Sequence[Layer], before: list[dict[str, Tensor]], after: list[dict[str, Tensor]]) -> float:
    """Return the Kullback-Leibler divergence of the probabilities, summed over rows and layers."""
    total = 0.0
    for layer in layers:
        for was, now in zip(before, after, strict=True):
            old, new = was[f"{layer.name}_logits"].float(), now[f"{layer.name}_logits"].float()
            if layer.kind == "multi":  # each label by itself: a choice between it and its absence
                old, new = torch.stack([old, -old], dim=-1) / 2, torch.stack([new, -new], dim=-1) / 2
            old, new = old.log_softmax(dim=-1), new.log_softmax(dim=-1)
            total += float((old.exp() * (old - new)).sum())
    return total
