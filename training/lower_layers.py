"""`kept_lower_layers`: what frozen layers say of each row, computed once instead of once an epoch."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from newstance.errors import UsageError
from newstance.model.network import takes_token_types

__all__ = ["kept_lower_layers"]


@contextmanager
def kept_lower_layers(
    encoder: nn.Module, layers: int, pad_id: int, batches: Iterable[Mapping[str, Tensor]] = ()
) -> Iterator[None]:
    """Within, the encoder's lowest layers run once for each row and are remembered; afterwards all is as it was.

    Everything below the first trained layer stays as it is, position embeddings and a position bias that all layers
    share included: what is remembered would not hold otherwise. Memory: two bytes for each token and unit, 1 GB for
    20,000 sentences and 768 units.

    Args:
        encoder: one that holds `embeddings` and `encoder.layer`, as BERT's, RoBERTa's and MPNet's do.
        layers: how many.
        pad_id: id of the padding token.
        batches: rows to compute at once, as `input_ids` and `token_type_ids` (rows, tokens). The last bits of a row's
            states depend on the batch in which they are computed: computed here, in a fixed order, they are the same
            in a run that is resumed. Others are computed when they come.

    Raises:
        UsageError: the encoder is built otherwise.
    """
    stack: Any = getattr(encoder, "encoder", None)
    embeddings = getattr(encoder, "embeddings", None)
    if embeddings is None or not isinstance(getattr(stack, "layer", None), nn.ModuleList):
        raise UsageError("the lower layers of this kind of encoder cannot be kept", field="keep_frozen_states")
    whole = stack.layer
    lowest, upper = whole[:layers], nn.ModuleList()
    for number, layer in enumerate(whole):
        if number >= layers:
            # Under its own number, as in the whole encoder: states that the run keeps are loaded into that too.
            upper.add_module(str(number), layer)
    shared = [parameter for name, parameter in stack.named_parameters() if not name.startswith("layer.")]
    below = [*embeddings.parameters(), *shared, *lowest.parameters()]
    frozen = [parameter for parameter in below if parameter.requires_grad]
    stack.layer = lowest
    states = _KeptStates(copy.deepcopy(encoder).eval().requires_grad_(False), pad_id)
    encoder.embeddings, stack.layer = states, upper
    for parameter in frozen:
        parameter.requires_grad = False
    try:
        takes_types = takes_token_types(encoder)
        for batch in batches:
            states.keep(batch["input_ids"], batch["token_type_ids"] if takes_types else None)
        yield
    finally:
        encoder.embeddings, stack.layer = embeddings, whole
        for parameter in frozen:
            parameter.requires_grad = True


class _KeptStates(nn.Module):
    """Stand where an encoder's embeddings stood, and give what its frozen lower layers make of a row.

    States are kept in half precision under the row's token ids: without words hidden they depend on nothing else.
    """

    def __init__(self, lower: nn.Module, pad_id: int) -> None:
        super().__init__()
        # In a tuple, so that it is no part of this module: neither trained, nor saved with each state of the run, nor
        # given dropout when the rest is.
        self._lower = (lower,)
        self._pad_id = pad_id
        self._kept: dict[bytes, Tensor] = {}

    def keep(self, input_ids: Tensor, token_type_ids: Tensor | None) -> list[bytes]:
        """Compute what is not kept yet of a batch, and return each row's key."""
        mask = input_ids != self._pad_id
        lengths = mask.sum(dim=1).tolist()
        keys = [_key(input_ids, token_type_ids, row, length) for row, length in enumerate(lengths)]
        missing = [row for row, key in enumerate(keys) if key not in self._kept]
        if missing:
            inputs = {"input_ids": input_ids[missing], "attention_mask": mask[missing].long()}
            if token_type_ids is not None:
                inputs["token_type_ids"] = token_type_ids[missing]
            # Rows that are computed at once come as the collator makes them, on the processor.
            device = next(self._lower[0].parameters()).device
            with torch.no_grad():
                states = self._lower[0](**{name: x.to(device) for name, x in inputs.items()}).last_hidden_state
            for row, found in zip(missing, states, strict=True):
                self._kept[keys[row]] = found[: lengths[row]].to("cpu", torch.float16, copy=True)
        return keys

    def forward(self, input_ids: Tensor, token_type_ids: Tensor | None = None, **_: Any) -> Tensor:
        """Return the states, (rows, tokens, hidden); zero where a row is padded."""
        rows = [self._kept[key] for key in self.keep(input_ids, token_type_ids)]
        states = torch.zeros(*input_ids.shape, rows[0].shape[1])
        for row, kept in enumerate(rows):
            states[row, : len(kept)] = kept
        return states.to(input_ids.device)


def _key(input_ids: Tensor, token_type_ids: Tensor | None, row: int, length: int) -> bytes:
    parts = [input_ids] if token_type_ids is None else [input_ids, token_type_ids]
    return b"".join(part[row, :length].cpu().numpy().tobytes() for part in parts)
