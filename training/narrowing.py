"""`narrow_feed_forward`: an encoder keeps the feed-forward units that it uses most, and loses the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from newstance.errors import UsageError

__all__ = ["feed_forward_width", "narrow_feed_forward"]


def feed_forward_width(encoder: nn.Module) -> int | None:
    """Return how many units the feed-forward block of each layer has, or None in encoders that cannot be narrowed."""
    blocks = _blocks(encoder)
    return blocks[0][0].out_features if blocks else None


def narrow_feed_forward(encoder: nn.Module, width: int, batches: Iterable[Mapping[str, Tensor]] = ()) -> None:
    """Take units out of the feed-forward block of every layer, in place, until `width` are left.

    Those stay whose removal changes the layer's output most: a unit counts for the mean size of its activation times
    the length of its outgoing weights, the structured form of the score of Sun et al. (A simple and effective pruning
    approach for large language models, ICLR 2024). Two thirds of an encoder's products are in these blocks. What the
    encoder says does change: train it afterwards, best by what it said before (a `teacher`).

    Args:
        encoder: one whose layers hold `intermediate.dense` and `output.dense`, as BERT's, RoBERTa's and MPNet's do.
        width: units to keep, in their order.
        batches: rows to measure activations on, as the encoder's arguments. Without any the first units are kept:
            enough where weights are loaded afterwards.

    Raises:
        UsageError: the encoder is built otherwise, or is narrower than that.
    """
    blocks = _blocks(encoder)
    if not blocks:
        raise UsageError("the feed-forward blocks of this kind of encoder cannot be narrowed", field="feed_forward")
    if width > (now := blocks[0][0].out_features):
        raise UsageError(f"the encoder's feed-forward blocks have {now} units, not {width}", field="feed_forward")
    uses = _uses(encoder, blocks, batches)
    for (inner, outer), use in zip(blocks, uses, strict=True):
        kept = use.argsort(descending=True, stable=True)[:width].sort().values
        inner.weight = _parameter(inner.weight, inner.weight[kept])
        inner.bias = _parameter(inner.bias, inner.bias[kept])
        outer.weight = _parameter(outer.weight, outer.weight[:, kept])
        inner.out_features = outer.in_features = width
    encoder.config.intermediate_size = width  # type: ignore[union-attr]


def _blocks(encoder: nn.Module) -> list[tuple[nn.Linear, nn.Linear]]:
    """Return each layer's way into its units and out of them; nothing for an encoder that is built otherwise."""
    layers: Any = getattr(getattr(encoder, "encoder", None), "layer", ())
    try:
        return [(layer.intermediate.dense, layer.output.dense) for layer in layers]
    except AttributeError:
        return []


def _uses(
    encoder: nn.Module, blocks: list[tuple[nn.Linear, nn.Linear]], batches: Iterable[Mapping[str, Tensor]]
) -> list[Tensor]:
    """Return for each block how much each unit adds to the output, (units,)."""
    sums = [torch.zeros(outer.in_features) for _, outer in blocks]

    def count(number: int, mask: Tensor) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            sums[number] += (inputs[0].abs() * mask.unsqueeze(-1)).sum((0, 1))

        return hook

    was_training = encoder.training
    encoder.eval()
    for batch in batches:
        hooks = [
            outer.register_forward_pre_hook(count(number, batch["attention_mask"]))
            for number, (_, outer) in enumerate(blocks)
        ]
        with torch.no_grad():
            encoder(**batch)
        for hook in hooks:
            hook.remove()
    encoder.train(was_training)
    return [total * outer.weight.detach().norm(dim=0) for total, (_, outer) in zip(sums, blocks, strict=True)]


def _parameter(old: Tensor, kept: Tensor) -> nn.Parameter:
    return nn.Parameter(kept.detach().clone(), requires_grad=old.requires_grad)
