"""The network: one encoder pass, and for each layer of the codebook a head whose per-token parts sum to the logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .amortised import AmortisedEvidence
from .head_config import EvidenceConfig, HeadConfig

__all__ = ["AdditiveHead", "SentenceClassifier"]


class AdditiveHead(nn.Module):
    """Give each token its own logits and add them up: ``logits = sum_i a_i * (W h_i + b)``.

    The sum *is* the prediction, so the summands are an exact account of it. With `attention` pooling each label
    weighs the tokens by its own softmax; `mean` weighs them alike; `sum` does not weigh them.
    """

    def __init__(self, hidden: int, config: HeadConfig, dropout: float = 0.1) -> None:
        """Build the head for token vectors of size `hidden`."""
        super().__init__()
        self.pooling = config.pooling
        self.dropout = nn.Dropout(dropout)
        self.token_logits = nn.Linear(hidden, config.labels)
        if config.pooling == "attention":
            self.attention_hidden = nn.Linear(hidden, config.attention_size)
            self.attention_scores = nn.Linear(config.attention_size, config.labels)

    def forward(self, states: Tensor, pool_mask: Tensor) -> Tensor:
        """Return the evidence, shape (rows, tokens, labels); zero where `pool_mask` (rows, tokens) is zero."""
        states = self.dropout(states)
        evidence: Tensor = self.token_logits(states)
        mask = pool_mask.unsqueeze(-1).to(evidence.dtype)
        if self.pooling == "attention":
            scores = self.attention_scores(torch.tanh(self.attention_hidden(states)))
            weights = torch.softmax(scores + (mask - 1.0) * 1e4, dim=1) * mask
        elif self.pooling == "mean":
            weights = mask / mask.sum(dim=1, keepdim=True).clamp(min=1.0)
        else:
            weights = mask
        return evidence * weights


class SentenceClassifier(nn.Module):
    """An encoder with one additive head per layer and, once fitted, one amortised evidence head for all of them."""

    def __init__(
        self,
        encoder: nn.Module,
        heads: list[HeadConfig],
        dropout: float = 0.1,
        evidence: EvidenceConfig | None = None,
    ) -> None:
        """Put heads on any Hugging Face encoder that returns `last_hidden_state`."""
        super().__init__()
        self.encoder = encoder
        hidden = int(encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
        self.takes_types = int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1
        self.heads = nn.ModuleDict({h.layer: AdditiveHead(hidden, h, dropout) for h in heads})
        if evidence is not None:
            self.evidence = AmortisedEvidence(hidden, evidence, {h.layer: h.labels for h in heads})

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, pool_mask: Tensor
    ) -> dict[str, Tensor]:
        """Run the encoder once and every head on it.

        Args:
            input_ids: int64, (rows, tokens).
            attention_mask: 1 for tokens to attend to, 0 for padding or hidden words.
            token_type_ids: 0 in the first segment, 1 in the second.
            pool_mask: 1 on the sentence's own tokens.

        Returns:
            For each layer `<layer>_logits` (rows, labels) and `<layer>_evidence` (rows, tokens, labels), which
            summed over tokens is the former; and `sentence_vector` (rows, hidden), the mean of its own tokens.
        """
        return self._run({"input_ids": input_ids}, attention_mask, token_type_ids, pool_mask)

    def forward_vectors(
        self, vectors: Tensor, attention_mask: Tensor, token_type_ids: Tensor, pool_mask: Tensor
    ) -> dict[str, Tensor]:
        """Return `forward`'s outputs for word vectors (rows, tokens, hidden) in place of token ids."""
        return self._run({"inputs_embeds": vectors}, attention_mask, token_type_ids, pool_mask)

    def read(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor, pool_mask: Tensor
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Return what the evidence head reads: the encoder's outputs that it asks for, and the additive summands."""
        states, evidence, _ = self._read({"input_ids": input_ids}, attention_mask, token_type_ids, pool_mask)
        return states, evidence

    def _read(
        self, inputs: dict[str, Any], attention_mask: Tensor, token_type_ids: Tensor, pool_mask: Tensor
    ) -> tuple[list[Tensor], dict[str, Tensor], Tensor]:
        inputs = inputs | {"attention_mask": attention_mask}
        if self.takes_types:
            inputs["token_type_ids"] = token_type_ids
        amortised: AmortisedEvidence | None = getattr(self, "evidence", None)
        wanted = amortised.config.states if amortised is not None else ()
        outputs = self.encoder(**inputs, output_hidden_states=bool(wanted))
        states = [outputs.hidden_states[number] for number in wanted]
        last = outputs.last_hidden_state
        return states, {layer: head(last, pool_mask) for layer, head in self.heads.items()}, last

    def _run(
        self, inputs: dict[str, Any], attention_mask: Tensor, token_type_ids: Tensor, pool_mask: Tensor
    ) -> dict[str, Tensor]:
        amortised: AmortisedEvidence | None = getattr(self, "evidence", None)
        states, evidence, last = self._read(inputs, attention_mask, token_type_ids, pool_mask)
        logits = {layer: parts.sum(dim=1) for layer, parts in evidence.items()}
        if amortised is not None:
            evidence = amortised(states, evidence, attention_mask, pool_mask)
        outputs: dict[str, Tensor] = {}
        for layer in self.heads:
            outputs[f"{layer}_logits"] = logits[layer]
            outputs[f"{layer}_evidence"] = evidence[layer]
        own = pool_mask.unsqueeze(-1).to(last.dtype)
        outputs["sentence_vector"] = (last * own).sum(dim=1) / own.sum(dim=1).clamp(min=1.0)
        return outputs
