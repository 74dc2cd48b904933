"""Averaging: several fine-tuned checkpoints become one (model soups, Wortsman et al., ICML 2022).

Runs that started from the same weights end close enough to each other that the mean of their weights is a model of its
own, usually better and steadier than each, at the cost of none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from newstance.errors import CheckpointError, UsageError
from newstance.files import whole_folder
from newstance.model import Checkpoint, is_free
from newstance.model.torch_runtime import load_network

from .config import TrainingConfig
from .run import Run, Say

__all__ = ["average_checkpoints"]


def average_checkpoints(
    folders: Sequence[Path],
    out: Path,
    config: TrainingConfig,
    *,
    weights: Sequence[float] | None = None,
    say: Say = lambda _: None,
) -> Path:
    """Average checkpoints of one architecture, round and calibrate the mean on development data, and write it.

    A head that only some of them have is averaged over those.

    Args:
        folders: checkpoint folders.
        out: folder of the new checkpoint; must not hold one yet.
        config: the runs' configuration; its development data fit temperature and thresholds.
        weights: how much each checkpoint counts, in their order; alike when None.
        say: called with one line at a time about what happens.

    Returns:
        The folder.

    Raises:
        UsageError: fewer than two folders, another number of weights, or `out` holds something already.
        CheckpointError: the checkpoints are not of one architecture, or do not predict the configuration's layers.
        AnnotationError: the data cannot be read.
        OutputError: `out` cannot be written; nothing of it stays.
    """
    parts = list(weights) if weights is not None else [1.0] * len(folders)
    if len(folders) < 2:
        raise UsageError("averaging takes two checkpoints or more")
    if len(parts) != len(folders) or not all(0 < part < math.inf for part in parts):
        raise UsageError(f"{len(folders)} checkpoints need as many weights, all of them numbers above 0")
    if not is_free(out):
        raise UsageError("is not empty; give another --out", path=out)
    checkpoints = [Checkpoint(folder) for folder in folders]
    # An evidence head knows one network; the mean needs one of its own.
    states = [
        {name: x for name, x in load_network(checkpoint).state_dict().items() if not name.startswith("evidence.")}
        for checkpoint in checkpoints
    ]
    run = Run.prepare(config, say)
    wanted = run.network.state_dict()
    for checkpoint, state in zip(checkpoints, states, strict=True):
        fits = all(name in wanted and wanted[name].shape == tensor.shape for name, tensor in state.items())
        # A head may be missing, a layer of the encoder may not: a shortened model's have other numbers.
        fits = fits and all(name in state for name in wanted if name.startswith("encoder."))
        if not fits or checkpoint.config.encoding != run.encoding.config:
            raise CheckpointError("is of another architecture than the configuration", path=checkpoint.path)
    run.network.load_state_dict({name: _mean(name, states, parts) for name in wanted})
    made_by = [_part(checkpoint, part / sum(parts)) for checkpoint, part in zip(checkpoints, parts, strict=True)]
    with whole_folder(out) as folder:
        run.save(folder, {"average_of": made_by})
    return out


def _part(checkpoint: Checkpoint, weight: float) -> dict[str, Any]:
    """Describe one of the averaged checkpoints, without paths of the machine that it was trained on."""
    config = dict(checkpoint.config.provenance.get("config", {}))
    start = config.get("start_from")
    if start is not None and not str(start).startswith(("checkpoint ", "the state ")):
        config["start_from"] = "another checkpoint"
    through = checkpoint.config.provenance.get("learnt_through", {})
    return {
        "checkpoint": checkpoint.hash,
        "weight": round(weight, 4),
        "config": config,
        "learnt_through": through,
    }


def _mean(name: str, states: Sequence[dict[str, Tensor]], parts: Sequence[float]) -> Tensor:
    found = [(state[name], part) for state, part in zip(states, parts, strict=True) if name in state]
    if not found:
        raise CheckpointError(f"no checkpoint has {name}, which the configuration asks for")
    total = sum(part for _, part in found)
    return torch.stack([tensor * (part / total) for tensor, part in found]).sum(dim=0)
