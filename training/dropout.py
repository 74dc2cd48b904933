"""How many units are hidden while a network trains."""

from __future__ import annotations

from torch import nn

__all__ = ["set_dropout"]


def set_dropout(network: nn.Module, share: float | None) -> None:
    """Set the share of units that every dropout of a network hides while it trains; None leaves each as it is.

    BERT's kind, RoBERTa's, MPNet's, DeBERTa's and DistilBERT's keep each share in a module. Newer encoders keep that of
    attention as a bare number, and ModernBERT's puts nothing in a dropout's place where its own share is 0.

    Args:
        network: what trains; changed in place.
        share: 0 to less than 1.
    """
    if share is None:
        return
    for module in list(network.modules()):
        if isinstance(module, nn.Dropout):
            module.p = share
        for name, value in list(vars(module).items()):
            if "dropout" in name and isinstance(value, float):
                setattr(module, name, share)
        for name, child in list(module.named_children()):
            # Not `drop_path`, which leaves whole blocks out.
            if isinstance(child, nn.Identity) and name.endswith(("drop", "dropout")):
                setattr(module, name, nn.Dropout(share))
