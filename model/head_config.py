"""`HeadConfig` and `EvidenceConfig`: the description of the heads, readable without torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["EvidenceConfig", "HeadConfig", "Pooling"]

Pooling = Literal["attention", "mean", "sum", "target"]


class HeadConfig(BaseModel):
    """One head: the layer that it predicts, how many labels, and how its tokens are pooled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layer: str
    labels: int = Field(ge=1)
    pooling: Pooling = "attention"
    attention_size: int = Field(default=128, ge=1)


class EvidenceConfig(BaseModel):
    """The amortised evidence head, which one fit adds to a trained model; see `newstance.model.amortised`.

    Attributes:
        size: width of its hidden vectors.
        states: which of the encoder's outputs it reads: 0 are the embeddings, -1 is the last layer.
        heads: attention heads with which a token looks at the others; 0 leaves each token by itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int = Field(default=128, ge=1)
    states: tuple[int, ...] = Field(default=(0, -1), min_length=1)
    heads: int = Field(default=4, ge=0)
