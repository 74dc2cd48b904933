"""What `mixed_precision: auto` comes to on the machine that trains."""

from __future__ import annotations

from typing import Literal

import torch

from .config import MixedPrecision

__all__ = ["precision_of"]

#: What a processor calls instructions that multiply bfloat16 at twice the pace of float32 or better. Without them
#: PyTorch emulates it, thirty times slower than float32 (two AVX2 cores, fine-tuning of MiniLM).
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


def precision_of(wanted: MixedPrecision) -> Literal["no", "bf16", "fp16"]:
    """Return the precision to train in: what was asked for, and of `auto` the fastest that loses nothing measurable.

    That is bf16 on hardware that multiplies it natively, whose range is float32's, so that no loss has to be scaled;
    float32 elsewhere. Weights, their updates and the losses stay float32 in any case.
    """
    if wanted != "auto":
        return wanted
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    # Not in every version of torch that newstance takes; without it nobody knows, and float32 is never slow.
    found: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return "bf16" if any(found.get(name) for name in _INSTRUCTIONS) else "no"
