"""`newstance train`, `newstance average`, `newstance shrink` and `newstance export`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from newstance.errors import UsageError

if TYPE_CHECKING:
    from newstance.training.config import TrainingConfig
    from newstance.training.parity import Quantise

__all__ = ["needs_torch", "run_average", "run_export", "run_shrink", "run_train", "say"]


def run_train(config: str | None, *, out: Path, overrides: Sequence[str], resume: bool) -> int:
    """Train and say where the checkpoint lies.

    Returns:
        0 when the run came to its end, 130 when it was interrupted.
    """
    from newstance.training.begun import settings_to_resume
    from newstance.training.config import load_config

    said = None
    if resume:
        settings, overrides, said = settings_to_resume(config, out, overrides)
    elif config is None:
        raise UsageError("give CONFIG, a YAML file or a shipped one's name; only --resume goes without it")
    else:
        settings = load_config(config, overrides)
    needs_torch()
    try:
        _train(settings, out, overrides, resume=resume, said=said)
    except KeyboardInterrupt:
        from newstance.training import processes
        from newstance.training.stops import kept_so_far

        if processes.is_main():
            say(f"stopped before the end; {kept_so_far(out)}")
        return 130
    return 0


def _train(settings: TrainingConfig, out: Path, overrides: Sequence[str], *, resume: bool, said: str | None) -> None:
    from newstance.training import processes
    from newstance.training.finetune import finetune

    from .progress import progress

    if said is not None and processes.is_main():
        say(said)
    folder = finetune(settings, out, resume=resume, overrides=overrides, say=say, progress=progress)
    if processes.is_main():
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


def run_shrink(
    model: Path,
    *,
    config: str,
    out: Path,
    layers: int | None,
    keep: str | None,
    feed_forward: int | None,
    epochs: int,
    overrides: Sequence[str],
    resume: bool,
) -> None:
    """Shrink a checkpoint and say where the small one lies."""
    from newstance.training.config import load_config

    if keep is not None and layers is None:
        wanted: int | tuple[int, ...] = _numbers(keep)
    elif layers is not None and keep is None:
        wanted = layers
    else:
        raise UsageError("give either --layers or --keep")
    settings = load_config(config, overrides)
    needs_torch()
    from newstance.training.shrinking import ShrinkConfig, shrink_model

    from .progress import progress

    shrink = ShrinkConfig(wanted, feed_forward, epochs)
    say(f"checkpoint: {shrink_model(model, out, settings, shrink, resume=resume, say=say, progress=progress)}")


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"takes numbers with commas between them, not {text!r}", field="--keep") from error


def run_export(model: Path, *, out: Path, quantise: str, config: str | None, overrides: Sequence[str]) -> None:
    """Export, say how far the result agrees with the trained model, and how large it is."""
    if quantise not in ("auto", "int8-weights", "int4-weights", "none"):
        raise UsageError(f"--quantise takes auto, int8-weights, int4-weights or none, not {quantise!r}")
    if overrides and config is None:
        raise UsageError("overrides settings of a configuration: give --config", field="--set")
    needs_torch()
    from newstance.corpora import read_corpus
    from newstance.eval.inputs import sentence_inputs
    from newstance.training.config import codebook_of, load_config
    from newstance.training.parity import export_with_parity
    from newstance.training.sources import read_sources

    if config is None:
        records = read_corpus("dev")
    else:
        settings = load_config(config, overrides)
        pairs = read_sources(settings.data.dev, settings.data.root, codebook_of(settings))
        records = [record for record, _ in pairs]
    sentences = list(dict.fromkeys(sentence_inputs(records)))
    for layer in export_with_parity(model, out, sentences, quantise=cast("Quantise", quantise)):
        say(str(layer))
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
