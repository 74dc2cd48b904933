"""Windows as batches of tensors, and what of them an encoder takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from newstance.model import Window, collate, plan_batches
from newstance.model.network import SentenceClassifier

__all__ = ["collated", "encoder_batches", "encoder_inputs"]


def collated(windows: Sequence[Window], pad_id: int) -> dict[str, Tensor]:
    """Return windows as one padded batch, the network's arguments."""
    return {name: torch.from_numpy(array) for name, array in collate(windows, pad_id).items()}


def encoder_inputs(network: SentenceClassifier, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return what of a batch a network's encoder takes."""
    names = ("input_ids", "attention_mask", *(("token_type_ids",) if network.takes_types else ()))
    return {name: batch[name] for name in names}


def encoder_batches(network: SentenceClassifier, windows: Sequence[Window], pad_id: int) -> list[dict[str, Tensor]]:
    """Return windows in batches of like length, as the arguments of a network's encoder."""
    planned = plan_batches([len(window.input_ids) for window in windows])
    return [encoder_inputs(network, collated([windows[row] for row in rows], pad_id)) for rows in planned]
