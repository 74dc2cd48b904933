"""`narrow_feed_forward`: an encoder keeps the feed-forward units that it uses most, and loses the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from newstance.errors import UsageError

__all__ = ["feed_forward_width", "narrow_feed_forward"]

#: Added to the mean square of the units when they are refitted, as a share of it.
_RIDGE = 1e-4


def feed_forward_width(encoder: nn.Module) -> int | None:
    """Return how many units the feed-forward block of each layer has, or None in encoders that cannot be narrowed."""
    blocks = _blocks(encoder)
    return blocks[0][0].out_features if blocks else None


def narrow_feed_forward(
    encoder: nn.Module, width: int, batches: Iterable[Mapping[str, Tensor]] = (), *, refit: bool = False
) -> None:
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
        refit: give the units that are left the outgoing weights with which they come closest to what the block said
            with all of them (least squares over the batches, as in Frantar and Alistarh's Optimal Brain Compression,
            NeurIPS 2022, for whole units). It takes as many products as there are units, twice, for each token.

    Raises:
        UsageError: the encoder is built otherwise, or is narrower than that.
    """
    blocks = _blocks(encoder)
    if not blocks:
        raise UsageError("the feed-forward blocks of this kind of encoder cannot be narrowed", field="feed_forward")
    if width > (now := blocks[0][0].out_features):
        raise UsageError(f"the encoder's feed-forward blocks have {now} units, not {width}", field="feed_forward")
    uses, products = _measured(encoder, blocks, batches, products=refit)
    for number, ((inner, outer), use) in enumerate(zip(blocks, uses, strict=True)):
        kept = use.argsort(descending=True, stable=True)[:width].sort().values
        if refit:
            _refit(outer, kept, products[number])
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


def _measured(
    encoder: nn.Module,
    blocks: list[tuple[nn.Linear, nn.Linear]],
    batches: Iterable[Mapping[str, Tensor]],
    *,
    products: bool,
) -> tuple[list[Tensor], list[Tensor]]:
    """Return for each block how much each unit adds to the output, (units,), and the sums of its units' products.

    These are over tokens, with a last unit that is always 1, (units + 1, units + 1); none unless they are wanted.
    """
    sizes = [outer.in_features for _, outer in blocks]
    uses = [torch.zeros(size) for size in sizes]
    found = [torch.zeros(size + 1, size + 1) for size in sizes] if products else []

    def count(number: int, units: Tensor) -> None:
        uses[number] += units.abs().sum(dim=0)
        if found:
            units = torch.cat([units, units.new_ones(len(units), 1)], dim=1)
            found[number].addmm_(units.T, units)

    _watch(encoder, blocks, batches, count)
    return [use * outer.weight.detach().norm(dim=0) for use, (_, outer) in zip(uses, blocks, strict=True)], found


def _watch(
    encoder: nn.Module,
    blocks: list[tuple[nn.Linear, nn.Linear]],
    batches: Iterable[Mapping[str, Tensor]],
    count: Callable[[int, Tensor], None],
) -> None:
    """Run an encoder, and call with each block's number and its units' activations, (tokens, units)."""

    def watching(number: int, own: Tensor) -> Any:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            count(number, inputs[0][own].float())

        return hook

    was_training = encoder.training
    encoder.eval()
    for batch in batches:
        own = batch["attention_mask"].bool()
        hooks = [outer.register_forward_pre_hook(watching(number, own)) for number, (_, outer) in enumerate(blocks)]
        with torch.no_grad():
            encoder(**batch)
        for hook in hooks:
            hook.remove()
    encoder.train(was_training)


def _refit(outer: nn.Linear, kept: Tensor, products: Tensor) -> None:
    """Change a block's outgoing weights and bias so that the kept units say what all of them said, in place."""
    units = outer.in_features
    left = torch.cat([kept, torch.tensor([units])])
    found = products[left][:, left].double()
    found += _RIDGE * found.diagonal().mean() * torch.eye(len(left), dtype=found.dtype)
    wanted = products[left][:, :units].double() @ outer.weight.detach().double().T
    solved = torch.linalg.solve(found, wanted)
    weight = outer.weight.detach().clone()
    weight[:, kept] = solved[:-1].T.to(weight.dtype)
    with torch.no_grad():
        outer.weight.copy_(weight)
        if outer.bias is not None:
            outer.bias.add_(solved[-1].to(outer.bias.dtype))


def _parameter(old: Tensor, kept: Tensor) -> nn.Parameter:
    return nn.Parameter(kept.detach().clone(), requires_grad=old.requires_grad)
