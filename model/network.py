"""The network: one encoder pass, and for each layer of the codebook a head whose per-token parts sum to the logits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from .amortised import AmortisedEvidence
from .head_config import EvidenceConfig, HeadConfig

#: What `target` pooling adds to the attention scores of the target's tokens before it learns better: one mention in a
#: sentence of thirty tokens starts with two fifths of the weight. From 0 it would take a bonus, which learns as slowly
#: as the heads' rate allows, more steps than most runs have.
_TARGET_BONUS = 3.0

__all__ = ["AdditiveHead", "SentenceClassifier", "takes_token_types"]


class AdditiveHead(nn.Module):
    """Give each token its own logits and add them up: ``logits = sum_i a_i * (W h_i + b)``.

    The sum *is* the prediction, so the summands are an exact account of it. With `attention` pooling each label
    weighs the tokens by its own softmax; `mean` weighs them alike; `sum` does not weigh them. `target` is attention
    whose scores get a learnt bonus on the tokens of the target's mentions: the head reads mostly what the encoder
    gathered there, as relation classifiers read their entities (Baldini Soares et al., ACL 2019), and the other words
    keep their part in the account. A sentence without a mention is read by attention alone.
    """

    def __init__(self, hidden: int, config: HeadConfig, dropout: float = 0.1) -> None:
        """Build the head for token vectors of size `hidden`."""
        super().__init__()
        self.pooling = config.pooling
        self.dropout = nn.Dropout(dropout)
        self.token_logits = nn.Linear(hidden, config.labels)
        if config.pooling in ("attention", "target"):
            self.attention_hidden = nn.Linear(hidden, config.attention_size)
            self.attention_scores = nn.Linear(config.attention_size, config.labels)
        if config.pooling == "target":
            self.target_bonus = nn.Parameter(torch.full((config.labels,), _TARGET_BONUS))

    def forward(self, states: Tensor, pool_mask: Tensor, target_mask: Tensor | None = None) -> Tensor:
        """Return the evidence, shape (rows, tokens, labels); zero where `pool_mask` (rows, tokens) is zero.

        `target_mask` (rows, tokens) is 1 on the target's tokens; only `target` pooling reads it.
        """
        return self.parts_and_weights(states, pool_mask, target_mask)[0]

    def parts_and_weights(
        self, states: Tensor, pool_mask: Tensor, target_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the evidence, as `forward` does, and the weight that each label gives each token, of like shape."""
        states = self.dropout(states)
        evidence: Tensor = self.token_logits(states)
        mask = pool_mask.unsqueeze(-1).to(evidence.dtype)
        if self.pooling in ("attention", "target"):
            scores = self.attention_scores(torch.tanh(self.attention_hidden(states)))
            if self.pooling == "target" and target_mask is not None:
                scores = scores + target_mask.unsqueeze(-1).to(scores.dtype) * self.target_bonus
            weights = torch.softmax(scores + (mask - 1.0) * 1e4, dim=1) * mask
        elif self.pooling == "mean":
            weights = mask / mask.sum(dim=1, keepdim=True).clamp(min=1.0)
        else:
            weights = mask
        return evidence * weights, weights.expand_as(evidence)


def takes_token_types(encoder: nn.Module) -> bool:
    """Return whether an encoder tells the two segments apart; RoBERTa's and MPNet's kinds do not."""
    return int(getattr(encoder.config, "type_vocab_size", 0) or 0) > 1


class SentenceClassifier(nn.Module):
    """An encoder with one additive head per layer and, once fitted, one amortised evidence head for all of them.

    `reads_target` says whether a head pools by target, so that the network wants a `target_mask`. `shows_weights` names
    layers for which `forward` also returns `<layer>_weights` (rows, tokens, labels), how much the head weighs each
    token: training asks for them, to hold them to what labellers marked. With `shows_states` it returns `token_states`
    (rows, tokens, hidden), the encoder's last layer; with a `states_view`, while it trains, `viewed_states` (rows,
    tokens, a teacher's hidden size), what that makes of them.
    """

    shows_weights: tuple[str, ...] = ()
    shows_states: bool = False

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
        self.takes_types = takes_token_types(encoder)
        self.heads = nn.ModuleDict({h.layer: AdditiveHead(hidden, h, dropout) for h in heads})
        self.reads_target = any(h.pooling == "target" for h in heads)
        #: Set by a run that learns its teacher's states; no part of a checkpoint.
        self.states_view: nn.Linear | None = None
        if evidence is not None:
            self.evidence = AmortisedEvidence(hidden, evidence, {h.layer: h.labels for h in heads})

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pool_mask: Tensor,
        target_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Run the encoder once and every head on it.

        Args:
            input_ids: int64, (rows, tokens).
            attention_mask: 1 for tokens to attend to, 0 for padding or hidden words.
            token_type_ids: 0 in the first segment, 1 in the second.
            pool_mask: 1 on the sentence's own tokens.
            target_mask: 1 on those of the target's mentions; read by heads that pool by target.

        Returns:
            For each layer `<layer>_logits` (rows, labels) and `<layer>_evidence` (rows, tokens, labels), which
            summed over tokens is the former; and `sentence_vector` (rows, hidden), the mean of its own tokens.
        """
        return self._run({"input_ids": input_ids}, attention_mask, token_type_ids, pool_mask, target_mask)

    def forward_vectors(
        self,
        vectors: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pool_mask: Tensor,
        target_mask: Tensor | None = None,
    ) -> dict[str, Tensor]:
        """Return `forward`'s outputs for word vectors (rows, tokens, hidden) in place of token ids."""
        return self._run({"inputs_embeds": vectors}, attention_mask, token_type_ids, pool_mask, target_mask)

    def read(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pool_mask: Tensor,
        target_mask: Tensor | None = None,
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """Return what the evidence head reads: the encoder's outputs that it asks for, and the additive summands."""
        inputs = {"input_ids": input_ids}
        states, last = self._encode(inputs, attention_mask, token_type_ids)
        return states, {layer: head(last, pool_mask, target_mask) for layer, head in self.heads.items()}

    def _encode(
        self, inputs: dict[str, Any], attention_mask: Tensor, token_type_ids: Tensor
    ) -> tuple[list[Tensor], Tensor]:
        inputs = inputs | {"attention_mask": attention_mask}
        if self.takes_types:
            inputs["token_type_ids"] = token_type_ids
        amortised: AmortisedEvidence | None = getattr(self, "evidence", None)
        wanted = amortised.config.states if amortised is not None else ()
        outputs = self.encoder(**inputs, output_hidden_states=bool(wanted))
        states = [outputs.hidden_states[number] for number in wanted]
        return states, outputs.last_hidden_state

    def _run(
        self,
        inputs: dict[str, Any],
        attention_mask: Tensor,
        token_type_ids: Tensor,
        pool_mask: Tensor,
        target_mask: Tensor | None,
    ) -> dict[str, Tensor]:
        amortised: AmortisedEvidence | None = getattr(self, "evidence", None)
        states, last = self._encode(inputs, attention_mask, token_type_ids)
        evidence, weights = {}, {}
        head: Any  # an `AdditiveHead`; a `ModuleDict` says no more than that it is a module
        for layer, head in self.heads.items():
            evidence[layer], weights[layer] = head.parts_and_weights(last, pool_mask, target_mask)
        logits = {layer: parts.sum(dim=1) for layer, parts in evidence.items()}
        if amortised is not None:
            evidence = amortised(states, evidence, attention_mask, pool_mask)
        outputs: dict[str, Tensor] = {}
        for layer in self.heads:
            outputs[f"{layer}_logits"] = logits[layer]
            outputs[f"{layer}_evidence"] = evidence[layer]
            if layer in self.shows_weights:
                outputs[f"{layer}_weights"] = weights[layer]
        if self.shows_states:
            outputs["token_states"] = last
        if self.states_view is not None and self.training:
            outputs["viewed_states"] = self.states_view(last)
        own = pool_mask.unsqueeze(-1).to(last.dtype)
        outputs["sentence_vector"] = (last * own).sum(dim=1) / own.sum(dim=1).clamp(min=1.0)
        return outputs
