"""Which layers of an encoder to keep, and taking the others out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn

__all__ = ["LayersLeft", "depth", "evenly", "keep_layers"]


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


def evenly(count: int, of: int) -> LayersLeft:
    """Return so many layers, spread evenly from the lowest on, so that each stands for about as many.

    To choose those without which the answers change least leaves the small model nearer to the large one before it
    learns, and farther from it afterwards (docs/trials.md): what one layer can learn of four is little.
    """
    return LayersLeft(tuple(number * of // count for number in range(count)), of)


def keep_layers(encoder: nn.Module, kept: Sequence[int]) -> None:
    """Take the other layers out of an encoder, in place."""
    stack: Any = encoder.encoder
    stack.layer = nn.ModuleList(stack.layer[number] for number in kept)
    encoder.config.num_hidden_layers = len(kept)  # type: ignore[union-attr]
