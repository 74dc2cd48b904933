"""The Hugging Face `Trainer` with a loss over several layers and our own evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Trainer, TrainingArguments
from transformers.utils import logging as hf_logging

from newstance.model.network import SentenceClassifier

from .config import TrainingConfig
from .data import Collator, as_dataset
from .run import Run

__all__ = ["LayerTrainer", "make_trainer"]


def make_trainer(run: Run, out: Path) -> LayerTrainer:
    """Return a `Trainer` for a run that saves its steps under `out/steps`."""
    config = run.config
    rows, long = as_dataset(run.train, run.encoding, run.codebook)
    if long:
        run.say(f"{long} training sentences are longer than max_length: only their first window is trained on")
    arguments = TrainingArguments(
        output_dir=str(out / "steps"),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        train_sampling_strategy="group_by_length",
        eval_strategy="epoch",
        save_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        metric_for_best_model="eval_macro_f1",
        greater_is_better=True,
        logging_steps=50,
        seed=config.seed,
        report_to="none",
        remove_unused_columns=False,
        use_cpu=not torch.cuda.is_available(),
    )
    hf_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    return LayerTrainer(
        run=run,
        model=run.network,
        args=arguments,
        train_dataset=rows,
        eval_dataset=rows.select([0]),  # `evaluate` is ours; the Trainer only asks that there be something
        data_collator=Collator(run.encoding.pad_id, run.target_tokens(), config.masking),
        optimizers=(_optimizer(run.network, config), None),
    )


class LayerTrainer(Trainer):
    """The `Trainer` with our loss over several layers and our own evaluation."""

    def __init__(self, run: Run, **arguments: Any) -> None:
        """Take the run, and what the `Trainer` takes."""
        super().__init__(**arguments)
        self._run = run
        self._weights = {
            layer.name: _class_weights(run, layer.name)
            for layer in run.codebook.layers
            if layer.kind == "single" and run.config.class_weights == "balanced"
        }

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Sum the layers' losses, each over the rows that carry its labels."""
        labels = {k.removeprefix("labels_"): inputs[k] for k in inputs if k.startswith("labels_")}
        weight = inputs["weight"]
        outputs = model(**{k: v for k, v in inputs.items() if not k.startswith("labels_") and k != "weight"})
        total = torch.zeros((), device=weight.device)
        for layer in self._run.codebook.layers:
            gold, logits = labels[layer.name], outputs[f"{layer.name}_logits"]
            rows = gold[:, 0] >= 0
            if not rows.any():
                continue
            weights = self._weights.get(layer.name)
            if layer.kind == "single":
                losses = nn.functional.cross_entropy(
                    logits[rows],
                    gold[rows],
                    weight=weights if weights is None else weights.to(logits.device),
                    label_smoothing=self._run.config.label_smoothing,
                    reduction="none",
                )
            else:
                losses = nn.functional.binary_cross_entropy_with_logits(logits[rows], gold[rows], reduction="none").sum(
                    dim=1
                )
            total = total + (losses * weight[rows]).sum() / weight[rows].sum()
        return (total, outputs) if return_outputs else total

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Score the development rows; the mean over layers decides which epoch is kept."""
        scores = self._run.dev_scores()
        metrics = {f"eval_{layer}_macro_f1": value for layer, value in scores.items()}
        metrics["eval_macro_f1"] = float(np.mean(list(scores.values())))
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


def _optimizer(network: SentenceClassifier, config: TrainingConfig) -> torch.optim.Optimizer:
    """Return AdamW with a rate of its own for the heads, and no decay on biases and norms."""
    groups = []
    for part, rate in ((network.encoder, config.learning_rate), (network.heads, config.head_learning_rate)):
        named = [(n, p) for n, p in part.named_parameters() if p.requires_grad]
        flat = [p for n, p in named if p.ndim < 2]
        deep = [p for n, p in named if p.ndim >= 2]
        groups += [
            {"params": deep, "lr": rate, "weight_decay": config.weight_decay},
            {"params": flat, "lr": rate, "weight_decay": 0.0},
        ]
    return torch.optim.AdamW(groups)


def _class_weights(run: Run, layer: str) -> Tensor:
    labels = [found for item in run.train if (found := item.labels[layer]) is not None]
    counts = np.sum(labels, axis=0)
    return torch.tensor(counts.sum() / (len(counts) * np.maximum(counts, 1.0)), dtype=torch.float32)
