"""`HeadConfig`: the description of one head, readable without torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["HeadConfig", "Pooling"]

Pooling = Literal["attention", "mean", "sum"]


class HeadConfig(BaseModel):
    """One head: the layer that it predicts, how many labels, and how its tokens are pooled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layer: str
    labels: int = Field(ge=1)
    pooling: Pooling = "attention"
    attention_size: int = Field(default=128, ge=1)
