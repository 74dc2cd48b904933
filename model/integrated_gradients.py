"""Integrated gradients of the margin with respect to the word vectors (Sundararajan, Taly and Yan, ICML 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from .batches import plan_batches
from .encoding import EncodedSentence, Window, collate
from .network import SentenceClassifier
from .prediction import window_shares

__all__ = ["integrated_gradients"]

Floats = npt.NDArray[np.floating]


def integrated_gradients(
    network: SentenceClassifier,
    encoded: Sequence[EncodedSentence],
    labels: Sequence[tuple[int, int]],
    *,
    layer: str,
    pad_id: int,
    steps: int,
) -> list[tuple[Floats, float]]:
    """Attribute each sentence's margin to its words, along the straight line from a sentence of padding.

    Only the sentence's own tokens start as padding; special tokens and the second segment stay as they are.

    Args:
        network: the network; left in evaluation mode.
        encoded: the sentences.
        labels: for each the numbers of the two labels whose margin is explained.
        layer: their layer.
        pad_id: id of the padding token, the baseline.
        steps: points of the integral, taken in the middle of as many equal parts.

    Returns:
        For each sentence its words' weights, and what they miss of its margin less that of the baseline.
    """
    network.eval()
    owners = [(i, window) for i, sentence in enumerate(encoded) for window in sentence.windows]
    rows: list[tuple[Floats, float]] = [(np.empty(0), 0.0)] * len(owners)
    for batch in plan_batches([len(window.input_ids) for _, window in owners]):
        windows = [owners[i][1] for i in batch]
        pairs = torch.tensor([labels[owners[i][0]] for i in batch])
        for i, found in zip(batch, _batch(network, windows, pairs, layer, pad_id, steps), strict=True):
            rows[i] = found
    position = 0
    results: list[tuple[Floats, float]] = []
    for sentence in encoded:
        weights, residual = np.zeros(len(sentence.words)), 0.0
        for share, window in zip(window_shares(sentence), sentence.windows, strict=True):
            tokens, missed = rows[position]
            position += 1
            numbers = np.array(window.words)
            own = numbers >= 0
            np.add.at(weights, numbers[own], share * tokens[own])
            residual += share * missed
        results.append((weights, residual))
    return results


def _batch(
    network: SentenceClassifier, windows: Sequence[Window], pairs: Tensor, layer: str, pad_id: int, steps: int
) -> list[tuple[Floats, float]]:
    device = next(network.parameters()).device
    inputs = {name: torch.from_numpy(a).to(device) for name, a in collate(windows, pad_id).items()}
    ids = inputs.pop("input_ids")
    encoder: Any = network.encoder
    table = encoder.get_input_embeddings()
    with torch.no_grad():
        full = table(ids)
        empty = table(torch.where(inputs["pool_mask"] > 0, pad_id, ids))

    def margin(vectors: Tensor) -> Tensor:
        logits = network.forward_vectors(vectors, **inputs)[f"{layer}_logits"]
        picked = logits.gather(1, pairs.to(device))
        return picked[:, 0] - picked[:, 1]

    gradient = torch.zeros_like(full)
    for step in range(steps):
        vectors = (empty + (step + 0.5) / steps * (full - empty)).requires_grad_(True)
        (found,) = torch.autograd.grad(margin(vectors).sum(), vectors)
        gradient += found / steps
    tokens = ((full - empty) * gradient).sum(dim=-1)
    with torch.no_grad():
        residual = margin(full) - margin(empty) - tokens.sum(dim=1)
    return [
        (tokens[i, : len(window.words)].cpu().double().numpy(), float(residual[i])) for i, window in enumerate(windows)
    ]
