"""The order of the rows: of like length together, drawn anew each epoch, and the same again when a run is resumed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch.utils.data import Sampler
from transformers.trainer_pt_utils import get_length_grouped_indices

__all__ = ["LengthGroupedOrder"]


class LengthGroupedOrder(Sampler[int]):
    """Batches of like length, in an order that depends on the seed and the epoch alone.

    The Trainer's own sampler draws from the generator that dropout draws from too: a run that is resumed in the middle
    of an epoch would get another order than the unbroken run.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, seed: int) -> None:
        """Take the rows' lengths and how many rows a step holds."""
        self._lengths = list(lengths)
        self._batch_size = batch_size
        self._seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        """Yield row numbers."""
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self.epoch)
        order: list[int] = get_length_grouped_indices(  # type: ignore[no-untyped-call]
            self._lengths, self._batch_size, generator=generator
        )
        return iter(order)
