"""`newstance train`, `newstance average` and `newstance export`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from newstance.errors import UsageError

__all__ = ["needs_torch", "run_average", "run_export", "run_train", "say"]


def run_train(config: str, *, out: Path, overrides: Sequence[str], resume: bool) -> None:
    """Train and say where the checkpoint lies."""
    from newstance.training.config import load_config

    settings = load_config(config, overrides)
    needs_torch()
    from newstance.training.finetune import finetune

    from .terminal import progress

    folder = finetune(settings, out, resume=resume, say=say, progress=progress)
    say(f"checkpoint: {folder}")


def run_average(
    models: Sequence[Path], *, config: str, out: Path, weights: Sequence[float] | None, overrides: Sequence[str]
) -> None:
    """Average checkpoints and say where the mean lies."""
    from newstance.training.config import load_config

    settings = load_config(config, overrides)
    needs_torch()
    from newstance.training.average import average_checkpoints

    say(f"checkpoint: {average_checkpoints(models, out, settings, weights=weights, say=say)}")


def run_export(model: Path, *, out: Path, quantise: str) -> None:
    """Export and say how large the result is."""
    if quantise not in ("int8-weights", "none"):
        raise UsageError(f"--quantise takes int8-weights or none, not {quantise!r}")
    needs_torch()
    from newstance.training.export import export_checkpoint

    export_checkpoint(model, out, quantise=quantise == "int8-weights")
    size = sum(path.stat().st_size for path in out.iterdir()) / 1e6
    say(f"exported: {out} ({size:.1f} MB)")


def needs_torch() -> None:
    """Raise `UsageError` when what training needs is not installed."""
    needed = ("torch", "transformers", "datasets", "sklearn", "accelerate", "onnx", "onnxscript")
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        raise UsageError(f"training needs {', '.join(missing)}: pip install 'newstance[train]'")


def say(line: str) -> None:
    """Print a line on standard error."""
    print(line, file=sys.stderr)  # noqa: T201
