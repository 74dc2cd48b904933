"""The loss: each layer over the rows that carry its labels, and over what the teachers say of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from newstance.errors import UsageError
from newstance.model import Codebook
from newstance.model.codebook import Layer

from .collator import LABELS, RATIONALE, TAUGHT_STATES, TAUGHT_WORDS, TEACHER
from .config import TrainingConfig
from .data import Item

__all__ = ["RATIONALE_LAYER", "LayerLosses", "unexplained"]

#: The layer whose labels annotators give rationales for.
RATIONALE_LAYER = "stance"


class LayerLosses:
    """Sum the layers' losses; a row without a label of a layer contributes nothing to that layer's head."""

    def __init__(self, config: TrainingConfig, codebook: Codebook, rows: Sequence[Item]) -> None:
        """Work out the class weights from the training rows.

        Raises:
            UsageError: a weight is given for a code that its layer lacks.
        """
        self._config = config
        self._layers = codebook.layers
        self._class_weights = {layer.name: _class_weights(config, layer, rows) for layer in codebook.layers}

    def __call__(self, outputs: dict[str, Tensor], inputs: dict[str, Tensor]) -> Tensor:
        """Return the loss, a scalar: of each layer the mean over the rows that it is told of, each times its weight.

        Args:
            outputs: the network's, with `<layer>_logits` (rows, labels).
            inputs: the batch, with `labels_<layer>` (rows, labels; -1 where not judged), `weight` (rows,) and, where
                a layer is taught, `teacher_<layer>` (rows, labels; -1 where not taught); with a `rationale_weight` also
                the network's `stance_weights` (rows, tokens, labels) and the batch's `rationale` (rows, tokens); with
                a teacher's states its `viewed_states` (rows, tokens, size), and the batch's `taught_words` (rows,
                tokens; -1 where none) and `taught_states` (words, size).
        """
        weight = inputs["weight"]
        total = torch.zeros((), device=weight.device)
        for layer in self._layers:
            gold, logits = inputs[LABELS + layer.name], outputs[f"{layer.name}_logits"].float()
            taught = inputs.get(TEACHER + layer.name)
            labelled = gold[:, 0] >= 0
            rows = labelled if taught is None else labelled | (taught[:, 0] >= 0)
            if not rows.any():
                continue
            if taught is None:
                losses = self._hard(layer, logits[rows], gold[rows])
            else:
                losses = self._mixed(layer, logits[rows], gold[rows], taught[rows])
            # By the number of rows, not by their weights: a weight means the same whatever rows share the batch.
            part = (losses * weight[rows]).sum() / rows.sum()
            total = total + self._config.layer_weights.get(layer.name, 1.0) * part
        if self._config.rationale_weight > 0:
            off = _off_the_rationale(outputs[f"{RATIONALE_LAYER}_weights"].float(), inputs[RATIONALE], weight)
            total = total + self._config.rationale_weight * off
        if TAUGHT_STATES in inputs:
            assert self._config.teacher is not None
            missed = unexplained(outputs["viewed_states"].float(), inputs[TAUGHT_WORDS], inputs[TAUGHT_STATES], weight)
            total = total + self._config.teacher.states_weight * missed
        return total

    def _hard(self, layer: Layer, logits: Tensor, gold: Tensor) -> Tensor:
        weights = self._class_weights[layer.name]
        weights = weights if weights is None else weights.to(logits.device)
        if layer.kind == "single":
            return nn.functional.cross_entropy(
                logits, gold, weight=weights, label_smoothing=self._config.label_smoothing, reduction="none"
            )
        losses = nn.functional.binary_cross_entropy_with_logits(logits, gold, weight=weights, reduction="none")
        return losses.sum(dim=1)

    def _mixed(self, layer: Layer, logits: Tensor, gold: Tensor, taught: Tensor) -> Tensor:
        """Return ``(1 - w) * labels + w * T^2 * teacher`` for rows that have both, the one part alone for others.

        The factor T^2 keeps the teacher's gradients as large as the labels' (Hinton, Vinyals and Dean, 2015).
        """
        assert self._config.teacher is not None
        temperature, share = self._config.teacher.temperature, self._config.teacher.weight
        labelled, answered, taught = gold[:, 0] >= 0, taught[:, 0] >= 0, taught.clamp(min=0.0)
        if layer.kind == "single":
            soft = nn.functional.cross_entropy(logits / temperature, taught, reduction="none")
        else:
            soft = nn.functional.binary_cross_entropy_with_logits(logits / temperature, taught, reduction="none").sum(1)
        soft = soft * temperature**2
        hard = self._hard(layer, logits, gold.clamp(min=0.0))
        return torch.where(labelled & answered, (1 - share) * hard + share * soft, torch.where(labelled, hard, soft))


def _off_the_rationale(weights: Tensor, marked: Tensor, counts: Tensor) -> Tensor:
    """Return how far a head weighs other words than annotators marked: cross-entropy from the share of the marks.

    Rows with a visible mark count by their weight, labels alike; 0 where there is none. What the head weighs is what
    its additive evidence rests on, so this asks for a model that decides by the words that readers decide by (attention
    supervision: Strout, Zhang and Mooney, BlackboxNLP 2019).

    Args:
        weights: of the head, (rows, tokens, labels).
        marked: how far each token was marked, (rows, tokens).
        counts: how much each row counts in the loss, (rows,).
    """
    sums = marked.sum(dim=1)
    rows = sums > 0
    if not rows.any():
        return weights.new_zeros(())
    wanted = (marked[rows] / sums[rows].unsqueeze(1)).unsqueeze(-1)
    off = -(wanted * (weights[rows] + 1e-6).log()).sum(dim=1).mean(dim=1)
    return (off * counts[rows]).sum() / rows.sum()


def unexplained(viewed: Tensor, words: Tensor, taught: Tensor, counts: Tensor) -> Tensor:
    """Return the share of the variance of a teacher's states that a student's leave unexplained, words alike.

    Word by word, so that teacher and student may cut words into tokens each in its own way (hidden-state matching:
    Jiao et al., TinyBERT, EMNLP Findings 2020). Each word counts by its row's weight.

    Args:
        viewed: the student's, seen by a linear map, (rows, tokens, size).
        words: which word each token is of, (rows, tokens); -1: none.
        taught: the teacher's states of the words, each dimension of variance one, (words, size).
        counts: how much each row counts in the loss, (rows,).
    """
    if not len(taught):
        return viewed.new_zeros(())
    own = words >= 0
    number = words[own]
    sums = viewed.new_zeros(taught.shape).index_add(0, number, viewed[own])
    sizes = torch.bincount(number, minlength=len(taught)).to(viewed.dtype)
    weight = viewed.new_zeros(len(taught)).index_copy(0, number, counts.unsqueeze(1).expand_as(words)[own])
    off = (sums / sizes.unsqueeze(1) - taught).square().mean(dim=1)
    return (off * weight).mean()


def _class_weights(config: TrainingConfig, layer: Layer, rows: Sequence[Item]) -> Tensor | None:
    """Return a weight for each label of a layer, or None where all count alike."""
    wanted = config.class_weights
    if isinstance(wanted, dict):
        given = wanted.get(layer.name)
        if given is None:
            return None
        if unknown := set(given) - set(layer.codes):
            raise UsageError(
                f"{unknown.pop()!r} is no code of the layer; it has {', '.join(layer.codes)}",
                field=f"class_weights.{layer.name}",
            )
        return torch.tensor([given.get(code, 1.0) for code in layer.codes], dtype=torch.float32)
    if wanted == "none" or layer.kind == "multi":
        return None
    counts = np.sum([found for item in rows if (found := item.labels[layer.name]) is not None], axis=0)
    return torch.tensor(counts.sum() / (len(counts) * np.maximum(counts, 1.0)), dtype=torch.float32)
