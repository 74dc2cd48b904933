"""`Runtime`: what runs a batch, be it ONNX Runtime (scoring) or torch (training and research)."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from newstance.errors import CheckpointError

from .checkpoint import Checkpoint
from .encoding import Batch

__all__ = ["Outputs", "Runtime", "RuntimeName", "cores", "open_runtime"]

#: `<layer>_logits` (rows, labels) and `<layer>_evidence` (rows, tokens, labels), float32.
Outputs = dict[str, npt.NDArray[np.float32]]
RuntimeName = Literal["auto", "onnx", "torch"]


class Runtime(Protocol):
    """Run one padded batch through the network.

    Attributes:
        concurrent: whether `run` may be called from several threads at a time, each batch taking one of them.
    """

    concurrent: ClassVar[bool]

    def run(self, batch: Batch) -> Outputs:
        """Return the outputs of every layer for a batch as `collate` makes it."""


def open_runtime(checkpoint: Checkpoint, name: RuntimeName = "auto", *, threads: int | None = None) -> Runtime:
    """Open a checkpoint's weights; `auto` prefers the exported file, which needs no torch.

    Args:
        checkpoint: an opened model folder.
        name: `onnx`, `torch`, or `auto`.
        threads: processor threads, or None for one per core.

    Raises:
        CheckpointError: the folder does not hold the weights that this runtime needs.
    """
    has_onnx = checkpoint.has("model.onnx")
    if name == "onnx" or (name == "auto" and has_onnx):
        if not has_onnx:
            raise CheckpointError("has no model.onnx; make it with the export step", path=checkpoint.path)
        from .onnx_runtime import OnnxRuntime

        return OnnxRuntime(lambda: checkpoint.verified(Path("model.onnx")))
    if not checkpoint.has("model.safetensors") and not has_onnx:
        raise CheckpointError(
            "has neither model.onnx nor model.safetensors: copy the folder again", path=checkpoint.path
        )
    try:
        from .torch_runtime import TorchRuntime
    except ImportError as error:
        raise CheckpointError(
            "cannot run without torch, which is not installed: pip install 'newstance[train]'"
            + ("" if has_onnx else ", or export the model to ONNX"),
            path=checkpoint.path,
        ) from error
    return TorchRuntime.open(checkpoint, threads=threads)


def cores() -> int:
    """Return how many cores this process may keep busy: those it may run on, or less in a container with a quota."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, quota_cores(Path("/sys/fs/cgroup/cpu.max")) or allowed)


def quota_cores(limit: Path) -> int | None:
    """Return the cores that a container's processor quota comes to, rounded up; None where there is no quota.

    Args:
        limit: `cpu.max` of a Linux control group, version 2: processor time (or `max`) in each period, microseconds.
            A process of sixty-four threads that may use two cores is stopped for most of each period.
    """
    try:
        quota, period = map(int, limit.read_text(encoding="ascii").split())
    except (OSError, ValueError):
        return None
    return max(1, math.ceil(quota / period))
