"""Fine-tuning: from a configuration to a checkpoint folder, with the Hugging Face `Trainer`."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from newstance.corpora import without_texts_of
from newstance.errors import CheckpointError, UsageError
from newstance.model import (
    Calibration,
    Checkpoint,
    Codebook,
    HeadConfig,
    ModelConfig,
    Prediction,
    Predictor,
    SentenceEncoding,
    encoder_folder,
    load_codebook,
    write_config,
)
from newstance.model.network import SentenceClassifier
from newstance.model.torch_runtime import TorchRuntime, load_network
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer, Trainer, TrainingArguments, set_seed
from transformers.utils import logging as hf_logging

from .calibrate import calibrate, macro_f1_by_layer
from .card import model_card
from .config import TrainingConfig
from .data import Collator, Item, as_dataset, as_input, merge_annotators, read_sources
from .rounding import snap_to_grid

__all__ = ["finetune", "remove_steps"]

Say = Callable[[str], None]


def finetune(config: TrainingConfig, out: Path, *, resume: bool = False, say: Say = lambda _: None) -> Path:
    """Train, choose the best epoch on the development data, calibrate there, and write a checkpoint.

    Args:
        config: the run.
        out: folder of the run; the checkpoint is written to `out/model`, steps to `out/steps`.
        resume: go on from the last saved step.
        say: called with one line at a time about what happens.

    Returns:
        The checkpoint's folder.

    Raises:
        UsageError: the folder is in use by another run, or a layer has no labels.
        AnnotationError: the data cannot be read.
    """
    _claim(out, config, resume=resume)
    set_seed(config.seed)  # before the encoder is loaded: the heads are initialised from it too
    codebook = load_codebook(config.codebook).only(config.layers)
    run = _Run.prepare(config, codebook, say)
    trainer = run.trainer(out)
    trainer.train(resume_from_checkpoint=True if resume and any((out / "steps").glob("checkpoint-*")) else None)
    return run.save(out / "model", trainer.state.log_history)


def _claim(out: Path, config: TrainingConfig, *, resume: bool) -> None:
    """Refuse to mix two runs in one folder."""
    note = out / "config.json"
    text = json.dumps(config.model_dump(mode="json"), indent=2, ensure_ascii=False)
    if note.is_file():
        if not resume:
            raise UsageError("holds a run already; give --resume or another --out", path=out)
        if note.read_text(encoding="utf-8") != text:
            raise UsageError("holds a run with another configuration; give another --out", path=out)
    out.mkdir(parents=True, exist_ok=True)
    note.write_text(text, encoding="utf-8")


@dataclass
class _Run:
    config: TrainingConfig
    codebook: Codebook
    network: SentenceClassifier
    encoding: SentenceEncoding
    tokenizer: Tokenizer
    train: list[Item]
    dev: list[Item]
    say: Say

    @classmethod
    def prepare(cls, config: TrainingConfig, codebook: Codebook, say: Say) -> _Run:
        root = config.data.root
        held_out = [record for record, _ in read_sources(config.data.held_out, root, codebook)]
        dev_pairs = read_sources(config.data.dev, root, codebook)
        train_pairs = read_sources(config.data.train, root, codebook)
        weights = {id(record): weight for record, weight in train_pairs}
        kept = [record for record, _ in train_pairs]
        if config.data.drop_repeated_texts:
            kept = without_texts_of(kept, held_out + [record for record, _ in dev_pairs])
            say(f"left out of training: {len(train_pairs) - len(kept)} rows whose text is held out too")
        train = merge_annotators([(r, weights[id(r)]) for r in kept], codebook)
        dev = merge_annotators(dev_pairs, codebook)
        for layer in codebook.layers:
            if not any(item.labels[layer.name] is not None for item in train):
                raise UsageError(f"no training row has a label of the layer {layer.name!r}", field="layers")
        tokenizer = _tokenizer(config)
        encoder = AutoModel.from_pretrained(
            encoder_folder(config.encoder), attn_implementation="eager", trust_remote_code=False
        )
        if config.freeze_embeddings:
            for parameter in encoder.get_input_embeddings().parameters():
                parameter.requires_grad = False
        heads = [HeadConfig(layer=x.name, labels=len(x.codes), pooling=config.pooling) for x in codebook.layers]
        network = SentenceClassifier(encoder, heads)
        if config.start_from is not None:
            _start_from(network, Checkpoint(config.start_from), say)
        return cls(config, codebook, network, SentenceEncoding(tokenizer, config.encoding), tokenizer, train, dev, say)

    def trainer(self, out: Path) -> _Trainer:
        config = self.config
        rows, long = as_dataset(self.train, self.encoding, self.codebook)
        if long:
            self.say(f"{long} training sentences are longer than max_length: only their first window is trained on")
        found = (self.tokenizer.token_to_id(token) for token in self._target_tokens())
        protected = {number for number in found if number is not None}
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
        return _Trainer(
            run=self,
            model=self.network,
            args=arguments,
            train_dataset=rows,
            eval_dataset=rows.select([0]),  # `evaluate` is ours; the Trainer only asks that there be something
            data_collator=Collator(self.encoding.pad_id, protected, config.masking),
            optimizers=(_optimizer(self.network, config), None),
        )

    def _target_tokens(self) -> list[str]:
        e = self.config.encoding
        return [e.mask_token] if e.target_mode == "mask" else [e.open_marker, e.close_marker]

    def _predict_dev(self) -> list[Prediction]:
        layers = [layer.name for layer in self.codebook.layers]
        predictor = Predictor(self.encoding, TorchRuntime(self.network), layers)
        return predictor.predict([as_input(item.record) for item in self.dev])

    def dev_scores(self) -> dict[str, float]:
        """Return macro-F1 on the development rows, by layer."""
        return macro_f1_by_layer(self.dev, self._predict_dev(), self.codebook)

    def calibrate(self) -> Calibration:
        """Fit temperature and thresholds of each layer on the development rows."""
        return calibrate(self.dev, self._predict_dev(), self.codebook, self.config.target_risk)

    def save(self, folder: Path, history: list[dict[str, Any]]) -> Path:
        """Write the checkpoint with its card."""
        folder.mkdir(parents=True, exist_ok=True)
        scores = {"as trained": self.dev_scores()}
        if self.config.round_weights:
            snap_to_grid(self.network)
            scores["weights rounded"] = self.dev_scores()
        state = {name: tensor.contiguous() for name, tensor in self.network.state_dict().items()}
        save_file(state, folder / "model.safetensors")
        self.tokenizer.save(str(folder / "tokenizer.json"))
        (folder / "labels.yaml").write_text(self.codebook.to_yaml(), encoding="utf-8")
        calibration = self.calibrate()
        calibration.write(folder / "calibration.json")
        encoder_config = self.network.encoder.config.to_diff_dict()  # type: ignore[union-attr,operator]
        encoder_config.pop("_name_or_path", None)
        config = ModelConfig(
            name=self.config.name,
            encoder=encoder_config,
            encoder_source=self.config.encoder,
            encoding=self.config.encoding,
            heads=tuple(
                HeadConfig(layer=x.name, labels=len(x.codes), pooling=self.config.pooling) for x in self.codebook.layers
            ),
            unnamed_targets=any(not item.record.target_spans for item in self.train),
            provenance=self._provenance(history) | {"dev_macro_f1": scores},
        )
        write_config(folder, config)
        (folder / "README.md").write_text(model_card(config, self.codebook, calibration), encoding="utf-8")
        return folder

    def _provenance(self, history: list[dict[str, Any]]) -> dict[str, Any]:
        run = self.config.model_dump(mode="json")
        run["data"]["root"] = "."  # a path on somebody's machine says nothing to anybody else
        if self.config.start_from is not None:
            run["start_from"] = f"checkpoint {Checkpoint(self.config.start_from).hash}"
        dev = [{k: v for k, v in entry.items() if k.startswith(("eval_", "epoch"))} for entry in history]
        return {
            "config": run,
            "rows": {"train": len(self.train), "dev": len(self.dev)},
            "dev_history": [entry for entry in dev if "eval_macro_f1" in entry],
            "versions": {name: version(name) for name in ("newstance", "torch", "transformers", "tokenizers")}
            | {"python": platform.python_version()},
        }


def _start_from(network: SentenceClassifier, checkpoint: Checkpoint, say: Say) -> None:
    """Copy a checkpoint's weights; heads that it lacks keep their fresh ones.

    Raises:
        CheckpointError: the weights are missing, or those of the encoder do not fit.
    """
    trained = load_network(checkpoint).state_dict()
    own = network.state_dict()
    misfit = [name for name, tensor in trained.items() if name in own and own[name].shape != tensor.shape]
    if misfit or not all(name in own for name in trained if name.startswith("encoder.")):
        raise CheckpointError(
            "is of another architecture than this run", path=checkpoint.path, field=", ".join(misfit[:3])
        )
    known = {name: tensor for name, tensor in trained.items() if name in own}
    network.load_state_dict(known, strict=False)
    fresh = sorted({name.split(".")[1] for name in own if name not in known})
    say(f"weights from {checkpoint.path}" + (f"; fresh heads: {', '.join(fresh)}" if fresh else ""))


def _tokenizer(config: TrainingConfig) -> Tokenizer:
    tokenizer = AutoTokenizer.from_pretrained(encoder_folder(config.encoder), use_fast=True).backend_tokenizer
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


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


class _Trainer(Trainer):
    """The `Trainer` with our loss over several layers and our own evaluation."""

    def __init__(self, run: _Run, **arguments: Any) -> None:
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
            if layer.kind == "single":
                losses = nn.functional.cross_entropy(
                    logits[rows],
                    gold[rows],
                    weight=self._weights.get(layer.name),
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


def _class_weights(run: _Run, layer: str) -> Tensor:
    labels = [found for item in run.train if (found := item.labels[layer]) is not None]
    counts = np.sum(labels, axis=0)
    return torch.tensor(counts.sum() / (len(counts) * np.maximum(counts, 1.0)), dtype=torch.float32)


def remove_steps(out: Path) -> None:
    """Delete the saved steps of a finished run."""
    shutil.rmtree(out / "steps", ignore_errors=True)
