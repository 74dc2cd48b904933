"""What ends a run early, said in a line, with the state that is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from transformers import EarlyStoppingCallback

from newstance.errors import OutputError, TrainingError

from .begun import has_begun
from .trainer import LayerTrainer

__all__ = ["has_ended", "kept_so_far", "last_state", "step_of", "stopping_with_a_reason"]


def last_state(steps: Path) -> Path | None:
    """Return the newest complete state under a run's `steps`, or None.

    The Trainer writes `trainer_state.json` last: a folder without it, or with half of it, was being written when the
    run was killed, and is removed.
    """
    found = sorted(steps.glob("checkpoint-*"), key=step_of, reverse=True)
    for folder in found:
        try:
            json.loads((folder / "trainer_state.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            shutil.rmtree(folder, ignore_errors=True)
        else:
            return folder
    return None


def step_of(state: Path) -> int:
    """Return the step after which a state was kept."""
    return int(state.name.rpartition("-")[2])


def has_ended(state: Path) -> bool:
    """Return whether the run ended at this state, with its last epoch measured: at its last step, or stopped early.

    The Trainer keeps the count of early stopping, and not its outcome.
    """
    data = json.loads((state / "trainer_state.json").read_text(encoding="utf-8"))
    measured = [entry["step"] for entry in data["log_history"] if "eval_macro_f1" in entry]
    if data["global_step"] >= data["max_steps"] and data["global_step"] in measured:
        return True
    kept = data.get("stateful_callbacks", {}).get(EarlyStoppingCallback.__name__)
    if not isinstance(kept, dict):
        return False
    waited: int = kept["attributes"]["early_stopping_patience_counter"]
    return waited >= int(kept["args"]["early_stopping_patience"])


def kept_so_far(out: Path) -> str:
    """Return what a run that was interrupted keeps in its folder, and how to go on."""
    if not has_begun(out):
        return "nothing was kept yet: give the same command again"
    state = last_state(out / "steps")
    where = "at its first step: no state was kept yet" if state is None else f"after step {step_of(state)}"
    return f"run the same command with --resume to go on {where}"


@contextmanager
def stopping_with_a_reason(trainer: LayerTrainer) -> Iterator[None]:
    """Turn a loss that is not a number, and memory that runs out, into one error that says where the state lies.

    Raises:
        TrainingError: with the reason, and the newest state that can be used.
    """
    try:
        yield
    except TrainingError as error:
        raise TrainingError(f"{error.message}; {_kept(trainer)}") from error
    except (MemoryError, RuntimeError) as error:
        if not _ran_out_of_memory(error):
            raise
        config = trainer.args
        raise TrainingError(
            f"out of memory at step {trainer.state.global_step + 1}: lower batch_size (now "
            f"{config.per_device_train_batch_size}) and raise gradient_accumulation, or lower encoding.max_length; "
            f"{_kept(trainer)}"
        ) from error


def _ran_out_of_memory(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "out of memory" in text or "alloc" in text


def _kept(trainer: LayerTrainer) -> str:
    """Keep the weights as they are, where they are numbers, and say where the newest usable state lies."""
    network = trainer.run.network
    if all(bool(torch.isfinite(parameter).all()) for parameter in network.parameters()):
        with suppress(OutputError):  # why the run ended is what is to be said
            trainer._save_checkpoint(network, trial=None)
    folder = last_state(Path(str(trainer.args.output_dir)))
    if folder is None:
        return "no state could be kept"
    return (
        f"the state after step {step_of(folder)} is kept in {folder}: start a run with other settings "
        f"from its weights, --set start_from={folder} and another --out, or go on with the same ones, --resume"
    )
