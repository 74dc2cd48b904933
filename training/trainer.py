"""The Hugging Face `Trainer` with a loss over several layers, our own order, and our own evaluation."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.utils.data import Sampler
from transformers import (
    EarlyStoppingCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)
from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_callback import PrinterCallback, ProgressCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from transformers.utils import logging as hf_logging

from newstance.errors import OutputError, TrainingError, UsageError
from newstance.model import plan_batches

from . import processes
from .checking import report_problem
from .collator import LABELS, RATIONALE, TAUGHT_STATES, TAUGHT_WORDS, TEACHER, Collator
from .config import TrainingConfig
from .data import as_dataset
from .losses import RATIONALE_LAYER, LayerLosses
from .optimiser import make_optimiser
from .precision import precision_of
from .run import Run
from .sampling import LengthGroupedOrder
from .taught_states import fitted_view
from .teacher import ask_teachers

__all__ = ["LayerTrainer", "make_trainer"]

#: Names in torch's errors where a file could not be written, which are a `RuntimeError` as many others are.
_TORCH_WRITES = ("inline_container", "PytorchStreamWriter")


def make_trainer(run: Run, out: Path, *, step: Callable[[], None] = lambda: None) -> LayerTrainer:
    """Return a `Trainer` for a run that saves its states under `out/steps`.

    Args:
        run: the run.
        out: its folder.
        step: called after each step.

    Raises:
        UsageError: the hardware has no such precision, nothing called so can be reported to, a class weight is for a
            code that its layer lacks, or the teachers do not fit.
    """
    # Before teachers are asked, which may take an hour: what is wrong with a setting is said at once.
    arguments, losses = _arguments(run.config, out), LayerLosses(run.config, run.codebook, run.train)
    with processes.main_first():
        taught, states = ask_teachers(run, out)
    marked = run.config.rationale_weight > 0
    rows, long = as_dataset(run.train, run.encoding, run.codebook, taught, states=states, rationales=marked)
    if long:
        run.say(f"{long} training sentences are longer than max_length: only their first window is trained on")
    hf_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    if states is not None:
        run.network.states_view = fitted_view(run.network, run.encoding, [item.input for item in run.train], states)
    collator = Collator(run.encoding.pad_id, run.target_tokens(), run.config.masking, run.config.seed, states)
    trainer = LayerTrainer(
        run=run,
        losses=losses,
        lengths=rows["length"],
        model=run.network,
        args=arguments,
        train_dataset=rows,
        eval_dataset=rows.select([0]),  # `evaluate` is ours; the Trainer only asks that there be something
        data_collator=collator,
        optimizers=(make_optimiser(run.network, run.config), None),
    )
    # What happens is said by `run.say` and `step`, on standard error and only to terminals.
    trainer.remove_callback(PrinterCallback)
    trainer.remove_callback(ProgressCallback)
    trainer.add_callback(_Steps(collator, trainer.order, step, run.config.save_every))
    if run.config.early_stopping is not None:
        trainer.add_callback(EarlyStoppingCallback(early_stopping_patience=run.config.early_stopping))
    return trainer


def _arguments(config: TrainingConfig, out: Path) -> TrainingArguments:
    if (problem := report_problem(config.report_to)) is not None:
        raise UsageError(problem, field="report_to")
    try:
        return TrainingArguments(
            output_dir=str(out / "steps"),
            run_name=config.name,
            num_train_epochs=config.epochs,
            per_device_train_batch_size=config.batch_size,
            gradient_accumulation_steps=config.gradient_accumulation,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            warmup_steps=config.warmup,
            eval_strategy="epoch",
            save_strategy="epoch",
            save_total_limit=2,
            load_best_model_at_end=True,
            metric_for_best_model="eval_macro_f1",
            greater_is_better=True,
            restore_callback_states_from_checkpoint=config.early_stopping is not None,
            logging_steps=50,
            seed=config.seed,
            report_to=list(config.report_to) or "none",
            remove_unused_columns=False,
            use_cpu=not torch.cuda.is_available(),
            # Not bf16: the Trainer would wrap the network, which calibration and export then read in bf16 as well.
            fp16=precision_of(config.mixed_precision) == "fp16",
            disable_tqdm=True,
            # A batch may hold no label of some layer, and nobody uses the encoder's pooler.
            ddp_find_unused_parameters=True,
        )
    except ValueError as error:
        raise UsageError(str(error), field="mixed_precision") from error


class LayerTrainer(Trainer):
    """The `Trainer` with our loss over several layers, our own order of rows and our own evaluation."""

    def __init__(self, run: Run, losses: LayerLosses, lengths: Sequence[int], **arguments: Any) -> None:
        """Take the run, its losses, the lengths of the training rows in tokens, and what the `Trainer` takes."""
        super().__init__(**arguments)
        self.run = run
        self._losses = losses
        self._bf16 = precision_of(run.config.mixed_precision) == "bf16"
        rows_a_step = self.args.train_batch_size * self.args.gradient_accumulation_steps * self.args.world_size
        self.order = LengthGroupedOrder(lengths, rows_a_step, run.config.seed)

    def _get_train_sampler(self, *_: Any) -> Sampler[int]:
        return self.order

    def rows_by_length(self) -> Iterator[dict[str, Tensor]]:
        """Yield every training row once, in batches of like length, whatever order an epoch has."""
        rows: Any = self.train_dataset
        for batch in plan_batches(rows["length"]):
            yield self.data_collator([rows[number] for number in batch])

    def take_best_of(self, state: Path) -> None:
        """Take over the weights of the best epoch of a run that ended at this state, and its history."""
        self.state = TrainerState.load_from_json(str(state / TRAINER_STATE_NAME))
        if self.state.best_model_checkpoint is not None:
            # The folder of the run may have been moved since.
            self.state.best_model_checkpoint = str(state.parent / Path(self.state.best_model_checkpoint).name)
            self._load_best_model()

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Return the layers' losses, summed.

        Raises:
            TrainingError: it is not a number.
        """
        loss_only = (LABELS, TEACHER, RATIONALE, TAUGHT_WORDS, TAUGHT_STATES, "weight")
        self.run.network.shows_weights = (RATIONALE_LAYER,) if self.run.config.rationale_weight > 0 else ()
        bf16 = torch.autocast(inputs["weight"].device.type, torch.bfloat16, enabled=self._bf16)
        with bf16:
            outputs = model(**{name: tensor for name, tensor in inputs.items() if not name.startswith(loss_only)})
        self.run.network.shows_weights = ()
        total = self._losses(outputs, inputs)
        if not torch.isfinite(total):
            raise TrainingError(
                f"the loss is {total.item()} at step {self.state.global_step + 1}; a lower learning_rate or "
                "head_learning_rate helps most often"
            )
        return (total, outputs) if return_outputs else total

    def _save_checkpoint(self, *arguments: Any, **named: Any) -> None:
        """Keep a state as the `Trainer` does; half a state is removed, as it fills the disk that was too small for it.

        Raises:
            OutputError: it cannot be written.
        """
        try:
            super()._save_checkpoint(*arguments, **named)
        except (OSError, SafetensorError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            if isinstance(error, RuntimeError) and not any(name in reason for name in _TORCH_WRITES):
                raise
            folder = Path(str(self.args.output_dir)) / f"{PREFIX_CHECKPOINT_DIR}-{self.state.global_step}"
            shutil.rmtree(folder, ignore_errors=True)
            advice = "is the disk full? make room, and go on with --resume"
            raise OutputError(f"cannot be written: {reason}; {advice}", path=folder) from error

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Score the development rows; the mean over layers decides which epoch is kept."""
        scores = self.run.dev_scores()
        metrics = {f"eval_{layer}_macro_f1": value for layer, value in scores.items()}
        metrics["eval_macro_f1"] = float(np.mean(list(scores.values())))
        self.log(metrics)
        found = ", ".join(f"{layer} {value:.3f}" for layer, value in scores.items())
        self.run.say(f"epoch {self.state.epoch or 0:.0f} of {self.run.config.epochs}: macro-F1 on dev: {found}")
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class _Steps(TrainerCallback):
    """Tell order and collator the epoch, count steps, and keep a state every so many of them."""

    def __init__(
        self, collator: Collator, order: LengthGroupedOrder, step: Callable[[], None], save_every: int | None
    ) -> None:
        self._collator = collator
        self._order = order
        self._step = step
        self._save_every = save_every

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._collator.epoch = self._order.epoch = int(state.epoch or 0)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        self._step()
        # Not at an epoch's last step: the state would lack what development data say of the epoch, so that a run killed
        # before they have spoken would go on without it; and the epoch's own state would be written over it.
        within = not float(state.epoch or 0).is_integer()
        if self._save_every is not None and state.global_step % self._save_every == 0 and within:
            control.should_save = True
