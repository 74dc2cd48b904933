"""Fine-tuning: from a configuration to a checkpoint folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import set_seed

from newstance.errors import OutputError, UsageError
from newstance.files import write_together

from . import processes
from .begun import conflict, has_begun, notes_of
from .config import TrainingConfig
from .data import fingerprint
from .lower_layers import kept_lower_layers
from .rounding import train_on_grid
from .run import Run, Say
from .stops import has_ended, last_state, step_of, stopping_with_a_reason
from .teacher import forget_answers
from .trainer import make_trainer

__all__ = ["Progress", "finetune", "silent"]

#: Given what is counted and how many there will be, shows it; called once for each.
Progress = Callable[[str, int | None], AbstractContextManager[Callable[[], None]]]

#: Holds the fingerprint of the rows that the run began with.
_ROWS = "rows.sha256"


def silent(_: str, __: int | None) -> AbstractContextManager[Callable[[], None]]:
    """Show nothing of the steps."""
    return nullcontext(lambda: None)


def finetune(
    config: TrainingConfig,
    out: Path,
    *,
    resume: bool = False,
    overrides: Sequence[str] = (),
    say: Say = lambda _: None,
    progress: Progress = silent,
) -> Path:
    """Train, choose the best epoch on the development data, calibrate there, and write a checkpoint.

    Processes that `accelerate launch` starts share the steps; the first alone writes and speaks, and all return when
    the checkpoint is there.

    Args:
        config: the run.
        out: folder of the run; the checkpoint is written to `out/model`, steps to `out/steps`.
        resume: go on from the last saved state; the result is the unbroken run's, bit by bit. Where no run has begun,
            one begins, and the first line says so.
        overrides: what stood after `--set`, kept in the folder for a call that resumes the run without it.
        say: called with one line at a time about what happens.
        progress: shows the steps.

    Returns:
        The checkpoint's folder.

    Raises:
        UsageError: the folder is in use by another run, the rows of a run that is resumed are no longer those that it
            began with, or a layer has no labels.
        AnnotationError: the data cannot be read.
        OutputError: the folder cannot be written.
        TrainingError: the loss is not a number, or memory ran out.
    """
    _check_free(out, config, resume=resume)
    main = processes.is_main()
    say, progress = (say, progress) if main else (lambda _: None, silent)
    begun = has_begun(out)
    if resume and not begun:
        # Not refused, as scripts resume a run whether it has begun or not; but the folder may be misspelt.
        say(f"{out} holds no run to go on with: a new one begins")
    set_seed(config.seed)  # before the encoder is loaded: the heads are initialised from it too
    run = Run.prepare(config, say)
    if config.round_weights == "int4":
        train_on_grid(run.network, words=config.freeze_embeddings)
    rows = fingerprint(run.train, run.dev)
    if begun:
        _check_same_rows(out, rows)
    elif main:
        # What a run that never began was taught may be about other rows.
        forget_answers(out)
    processes.wait()  # until all have seen that the folder is free
    with processes.main_first():  # it may have to clear half a state away
        state = last_state(out / "steps") if resume else None
    if resume and begun and state is None:
        say(f"{out / 'steps'} holds no state to go on from: the run starts at its first step")
    batches = math.ceil(math.ceil(len(run.train) / config.batch_size) / processes.count())
    steps = math.ceil(batches / config.gradient_accumulation) * config.epochs
    ended = state is not None and has_ended(state)
    if state is not None and not ended:
        # Those done took no time in this call: counted among the others they would promise an early end.
        done = step_of(state)
        say(f"going on after step {done} of {steps}")
        steps = max(0, steps - done)
    with progress("steps", steps) as step:
        trainer = make_trainer(run, out, step=step)
        if main and not begun:
            # Only now: data or settings that are wrong must not leave a folder that the corrected run may not use.
            # Whole: half a note would be taken for that of another configuration.
            write_together({out / _ROWS: f"{rows}\n".encode(), **notes_of(out, config, overrides)})
        if state is not None and ended:
            say("the run had ended: its best epoch is measured")
            with _frozen_states(run, ()):  # its states hold no more than what was trained
                trainer.take_best_of(state)
        else:
            if config.keep_frozen_states:
                say(f"asking the lowest {config.freeze_layers} layers about {len(run.train)} rows, once")
            with stopping_with_a_reason(trainer), _frozen_states(run, trainer.rows_by_length()):
                trainer.train(resume_from_checkpoint=None if state is None else str(state))
    if main:
        run.save(out / "model", {"epochs": _epochs(trainer.state.log_history)})
    processes.wait()
    return out / "model"


def _frozen_states(run: Run, rows: Iterable[Mapping[str, Tensor]]) -> AbstractContextManager[None]:
    if not run.config.keep_frozen_states:
        return nullcontext()
    return kept_lower_layers(run.network.encoder, run.config.freeze_layers, run.encoding.pad_id, rows)


def _check_free(out: Path, config: TrainingConfig, *, resume: bool) -> None:
    """Refuse to mix two runs in one folder."""
    if has_begun(out):
        if not resume:
            raise UsageError("holds a run already; give --resume or another --out", path=out)
        if (problem := conflict(out, config)) is not None:
            way = "give another --out, or go on with the run as it was: --resume without CONFIG and --set"
            raise UsageError(f"{problem}; {way}", path=out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", path=out) from error


def _check_same_rows(out: Path, rows: str) -> None:
    """Refuse to go on with other rows: what teachers said, and which epoch was best, is about those of the beginning.

    Runs that began before fingerprints were kept are not refused.
    """
    kept = out / _ROWS
    if kept.is_file() and kept.read_text(encoding="utf-8").strip() != rows:
        raise UsageError(
            "the rows of data.train, data.dev or teacher.data, or what teacher.reworded makes of them by the encoder's "
            "table, are not those that this run began with; bring them back, or give another --out",
            path=out,
        )


def _epochs(history: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return what the development data said after each epoch."""
    kept = [{k: v for k, v in entry.items() if k.startswith(("eval_", "epoch"))} for entry in history]
    return [entry for entry in kept if "eval_macro_f1" in entry]
