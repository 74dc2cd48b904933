"""How many units are hidden while a network trains."""

from __future__ import annotations

from torch import nn

__all__ = ["set_dropout"]


def set_dropout(network: nn.Module, share: float | None) -> None:
    """Set the share of units that every dropout of a network hides while it trains; None leaves each as it is.

    A share that an encoder keeps as a bare number, as some newer ones keep that of attention, stays as it came.
    """
    if share is None:
        return
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = share
