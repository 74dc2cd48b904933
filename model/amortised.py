"""Amortised evidence: a small head that has learnt what taking each word away does to the logits.

The additive heads' own summands say where the network put its weight, not what it would do without a word
(docs/evidence.md has the figures). This head reads the frozen network's token vectors and predicts, for every token
and label, the drop of the logit when the token's word is removed; what the drops leave of the logits is spread evenly
over the sentence's tokens, so that the evidence still sums to them exactly. After FastSHAP (Jethani et al., ICLR 2022),
with measured removals in place of sampled coalitions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from .head_config import EvidenceConfig

__all__ = ["AmortisedEvidence"]


class AmortisedEvidence(nn.Module):
    """Predict each token's part in every logit of every layer, from a network that stays as it is."""

    def __init__(self, hidden: int, config: EvidenceConfig, labels: Mapping[str, int]) -> None:
        """Build it for token vectors of size `hidden` and the layers' numbers of labels."""
        super().__init__()
        self.config = config
        self.labels = dict(labels)
        total = sum(self.labels.values())
        self.norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in config.states)
        self.read = nn.Linear(hidden * len(config.states) + 2 * total, config.size)
        if config.heads:
            self.query_key_value = nn.Linear(config.size, 3 * config.size)
            self.norm = nn.LayerNorm(config.size)
        self.between = nn.Linear(config.size, config.size)
        self.effect = nn.Linear(config.size, total)
        self.dropout = nn.Dropout(0.1)

    def forward(
        self,
        states: Sequence[Tensor],
        additive: Mapping[str, Tensor],
        attention_mask: Tensor,
        pool_mask: Tensor,
    ) -> dict[str, Tensor]:
        """Return each layer's evidence, (rows, tokens, labels); it sums over tokens to the layer's logits.

        Args:
            states: the encoder's outputs that the configuration asks for, each (rows, tokens, hidden).
            additive: the additive heads' summands by layer, (rows, tokens, labels).
            attention_mask: 1 on tokens that the encoder attended to.
            pool_mask: 1 on the sentence's own tokens.
        """
        own = torch.cat([additive[layer] for layer in self.labels], dim=-1)
        logits = own.sum(dim=1, keepdim=True)
        parts = [norm(state) for norm, state in zip(self.norms, states, strict=True)]
        x = self.read(torch.cat([*parts, own, logits.expand_as(own)], dim=-1))
        x = self.dropout(nn.functional.gelu(x))
        if self.config.heads:
            x = self.norm(x + self._attend(x, attention_mask))
        effects = self.effect(x + nn.functional.gelu(self.between(x)))
        mask = pool_mask.unsqueeze(-1).to(effects.dtype)
        effects = effects * mask
        rest = logits - effects.sum(dim=1, keepdim=True)
        evidence = effects + rest * mask / mask.sum(dim=1, keepdim=True).clamp(min=1.0)
        return dict(zip(self.labels, evidence.split(list(self.labels.values()), dim=-1), strict=True))

    def _attend(self, x: Tensor, attention_mask: Tensor) -> Tensor:
        rows, tokens, size = x.shape
        heads = self.config.heads
        q, k, v = self.query_key_value(x).view(rows, tokens, 3, heads, size // heads).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-1, -2) / (size // heads) ** 0.5
        hidden = (attention_mask.to(x.dtype) - 1.0)[:, None, None, :] * 1e4
        mixed: Tensor = torch.softmax(scores + hidden, dim=-1) @ v
        return mixed.transpose(1, 2).reshape(rows, tokens, size)
