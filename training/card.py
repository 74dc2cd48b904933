"""The model card that a run writes beside its weights."""

from __future__ import annotations

from newstance.model import Codebook, ModelConfig

__all__ = ["model_card"]


def model_card(config: ModelConfig, codebook: Codebook) -> str:
    """Return the card as Markdown."""
    return f"# {config.name}\n"
