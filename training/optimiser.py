"""AdamW with a rate for each part of the network, and what is not trained at all."""

from __future__ import annotations

import re
from collections.abc import Iterable

import torch
from torch import nn

from newstance.errors import UsageError
from newstance.model.network import SentenceClassifier

from .config import TrainingConfig

__all__ = ["count_layers", "freeze", "make_optimiser"]

#: Where encoders keep their layers: `encoder.layer.3.`, `transformer.layer.3.`, `layers.3.`.
_LAYER = re.compile(r"(?:^|\.)layers?\.(\d+)\.")


def freeze(encoder: nn.Module, config: TrainingConfig) -> None:
    """Switch off the training of the embedding table and the lowest layers, as the configuration says.

    Raises:
        UsageError: the encoder has fewer layers.
    """
    if config.freeze_embeddings:
        for parameter in encoder.get_input_embeddings().parameters():  # type: ignore[operator]
            parameter.requires_grad = False
    layers = _layers(encoder)
    if config.freeze_layers > layers:
        raise UsageError(f"the encoder has {layers} layers, not {config.freeze_layers}", field="freeze_layers")
    for name, parameter in encoder.named_parameters():
        number = _number(name)
        if number is not None and number < config.freeze_layers:
            parameter.requires_grad = False


def make_optimiser(network: SentenceClassifier, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return AdamW: a rate for the heads, one for each encoder layer, no weight decay on biases and norms.

    Layer-wise decay is that of Howard and Ruder (ULMFiT, ACL 2018); embeddings count as the layer below the lowest.
    """
    top = _layers(network.encoder)
    rated: dict[float, list[nn.Parameter]] = {}
    for name, parameter in network.encoder.named_parameters():
        number = _number(name)
        below = top if "embed" in name else top - 1 - number if number is not None else 0
        rated.setdefault(config.learning_rate * config.layer_decay**below, []).append(parameter)
    fresh = list(network.heads.parameters())
    if network.states_view is not None:
        fresh += network.states_view.parameters()
    parts = [*rated.items(), (config.head_learning_rate, fresh)]
    groups = []
    for rate, parameters in parts:
        trained = [parameter for parameter in parameters if parameter.requires_grad]
        groups += [
            {"params": [p for p in trained if p.ndim >= 2], "lr": rate, "weight_decay": config.weight_decay},
            {"params": [p for p in trained if p.ndim < 2], "lr": rate, "weight_decay": 0.0},
        ]
    return torch.optim.AdamW(groups)


def count_layers(names: Iterable[str]) -> int:
    """Return how many layers an encoder has, by the names of its weights."""
    return max((number for name in names if (number := _number(name)) is not None), default=-1) + 1


def _layers(encoder: nn.Module) -> int:
    return count_layers(name for name, _ in encoder.named_parameters())


def _number(name: str) -> int | None:
    found = _LAYER.search(name)
    return int(found[1]) if found else None
