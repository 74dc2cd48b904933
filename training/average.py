"""Averaging: several fine-tuned checkpoints become one (model soups, Wortsman et al., ICML 2022).

Runs that started from the same weights end close enough to each other that the mean of their weights is a model of its
own, usually better and steadier than each, at the cost of none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from newstance.errors import CheckpointError, UsageError
from newstance.model import Checkpoint
from newstance.model.torch_runtime import load_network

from .config import TrainingConfig
from .run import Run, Say

__all__ = ["average_checkpoints"]


def average_checkpoints(
    folders: Sequence[Path], out: Path, config: TrainingConfig, *, say: Say = lambda _: None
) -> Path:
    """Average checkpoints of one architecture, round and calibrate the mean on development data, and write it.

    Args:
        folders: checkpoint folders.
        out: folder of the new checkpoint; must not hold one yet.
        config: the runs' configuration; its development data fit temperature and thresholds.
        say: called with one line at a time about what happens.

    Returns:
        The folder.

    Raises:
        UsageError: fewer than two folders, or `out` holds something already.
        CheckpointError: the checkpoints are not of one architecture, or do not predict the configuration's layers.
        AnnotationError: the data cannot be read.
    """
    if len(folders) < 2:
        raise UsageError("averaging takes two checkpoints or more")
    if out.exists() and any(out.iterdir()):
        raise UsageError("is not empty; give another --out", path=out)
    checkpoints = [Checkpoint(folder) for folder in folders]
    states = [load_network(checkpoint).state_dict() for checkpoint in checkpoints]
    for checkpoint, state in zip(checkpoints[1:], states[1:], strict=True):
        if _shapes(state) != _shapes(states[0]) or checkpoint.config.encoding != checkpoints[0].config.encoding:
            raise CheckpointError(f"is of another architecture than {checkpoints[0].path}", path=checkpoint.path)
    run = Run.prepare(config, say)
    if _shapes(run.network.state_dict()) != _shapes(states[0]):
        raise CheckpointError("is of another architecture than the configuration", path=checkpoints[0].path)
    run.network.load_state_dict({name: torch.stack([s[name] for s in states]).mean(dim=0) for name in states[0]})
    return run.save(out, {"average_of": [f"checkpoint {c.hash}, seed {_seed(c)}" for c in checkpoints]})


def _shapes(state: dict[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in state.items()}


def _seed(checkpoint: Checkpoint) -> object:
    return checkpoint.config.provenance.get("config", {}).get("seed", "unknown")
