"""`shrink_model`: a large trained model becomes one of fewer layers and narrower blocks that says nearly the same.

It begins as parts of the large one: every second layer, or others, their feed-forward blocks narrowed. Then it learns
what the large one makes of the training rows, layer by layer: the states that come out of each kept layer are to be
those that come out of the last layer it stands for (in the manner of Jiao et al., TinyBERT, EMNLP Findings 2020), and
the answers of the heads those of the large one's heads; labels count a little beside them. So the small one need not be
pre-trained: its parts were.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from newstance.errors import CheckpointError, OutputError, TrainingError, UsageError
from newstance.files import whole_folder
from newstance.model import Checkpoint, Window, is_free
from newstance.model.codebook import Layer
from newstance.model.network import SentenceClassifier

from .collator import LABELS
from .config import TrainingConfig
from .data import Item, fingerprint
from .dropout import set_dropout
from .encoder_batches import collated, encoder_batches, encoder_inputs
from .finetune import Progress, silent
from .losses import LayerLosses
from .narrowing import feed_forward_width, narrow_feed_forward
from .precision import precision_of
from .rounding import train_on_grid
from .run import Run, Say
from .shortening import LayersLeft, depth, evenly, keep_layers
from .shrink_state import ShrinkState

__all__ = ["ShrinkConfig", "answers_off", "shrink_model"]

#: Training rows that narrowed blocks are refitted on.
_REFITTED_BY = 1500
#: Steps over which the rate rises, and the share of its peak at which it ends.
_WARM_UP, _LOWEST = 60, 0.03
_TEMPERATURE = 2.0
#: Sentences of about one length share a batch; so many batches are sorted at a time.
_POOL = 32


@dataclass(frozen=True, slots=True)
class ShrinkConfig:
    """How a model is shrunk.

    Attributes:
        layers: encoder layers that are left, spread evenly; or their numbers, from 0, ascending.
        feed_forward: units that each feed-forward block keeps; None: all of them.
        epochs: passes over the training rows.
        learning_rate: AdamW's peak; falls in a line.
        answers: how much the large model's answers weigh beside the states of the layers.
        labels: how much the annotators' labels do; 0 where none are to be read.
        dropout: of the small model while it learns.
    """

    layers: int | tuple[int, ...]
    feed_forward: int | None = None
    epochs: int = 1
    learning_rate: float = 3e-4
    answers: float = 0.3
    labels: float = 0.1
    dropout: float = 0.05


def shrink_model(
    source: Path,
    out: Path,
    config: TrainingConfig,
    shrink: ShrinkConfig,
    *,
    resume: bool = False,
    say: Say = lambda _: None,
    progress: Progress = silent,
) -> Path:
    """Write a smaller copy of a checkpoint, calibrated and measured on the configuration's development data.

    Args:
        source: a checkpoint folder, trained with the configuration's encoder, layers and way to encode.
        out: folder of the new checkpoint; must not hold one yet.
        config: names the encoder, and the data: its training rows are learnt on, with those that its `teacher` would be
            asked about besides, whatever checkpoints that names. With `round_weights: int4` on the grid of four bits.
        shrink: to what size, and how.
        resume: go on from the last state, which lies beside `out`: one an epoch, and one every `save_every` steps; the
            result is that of a call that was not stopped. Where there is none, it begins.
        say: called with one line at a time about what happens.
        progress: shows the steps.

    Returns:
        The folder.

    Raises:
        UsageError: `out` holds something already, the encoder has fewer layers or units than are to be left, the
            configuration has settings of its own for them, or the state beside `out` is of another call.
        CheckpointError: the checkpoint does not fit the configuration.
        AnnotationError: the data cannot be read.
        OutputError: `out` cannot be written.
        TrainingError: the loss is not a number.
    """
    checkpoint = Checkpoint(source)
    state = ShrinkState(out)
    _check(checkpoint, out, config, shrink)
    state.check(resume=resume)
    alone = {"checkpoints": (str(source),), "answers": (), "states_weight": 0.0}
    teacher = config.teacher and config.teacher.model_copy(update=alone)
    # What the provenance says of the run is what was done, and no layer may stay as it was.
    changed: dict[str, Any] = {"start_from": str(source), "teacher": teacher, "freeze_layers": 0}
    changed |= {"epochs": shrink.epochs, "learning_rate": shrink.learning_rate}
    run = Run.prepare(config.model_copy(update=changed), say)
    if checkpoint.config.encoding != run.encoding.config:
        raise CheckpointError("encodes sentences otherwise than the configuration", path=source)
    _check_heads(checkpoint, run)
    _check_size(run.network, shrink)
    torch.manual_seed(config.seed)
    whole = copy.deepcopy(run.network).eval().requires_grad_(False)
    small = run.network
    windows = [sentence.windows[0] for sentence in run.encoding.encode([item.input for item in run.train])]
    of = depth(whole.encoder) or 0
    left = evenly(shrink.layers, of) if isinstance(shrink.layers, int) else LayersLeft(shrink.layers, of)
    say(f"layers that stay: {', '.join(map(str, left.kept))} of {left.of}")
    if shrink.feed_forward is not None:
        say(f"narrowing feed-forward blocks to {shrink.feed_forward} units by {_REFITTED_BY} sentences")
        count = min(_REFITTED_BY, len(windows))
        sample = [windows[number * len(windows) // count] for number in range(count)]
        batches = encoder_batches(whole, sample, run.encoding.pad_id)
        narrow_feed_forward(small.encoder, shrink.feed_forward, batches, refit=True)
    keep_layers(small.encoder, left.kept)
    if config.round_weights == "int4":
        train_on_grid(small, words=config.freeze_embeddings)
    key = _key(checkpoint, config, shrink, run)
    missed = _learn(small, whole, left, run, windows, shrink, state, key, progress)
    shares = ", ".join(f"{value:.0%}" for value in missed)
    say(f"of the variance of each layer's states it leaves unexplained: {shares}")
    small.eval()
    note = asdict(shrink) | {"of": checkpoint.hash, "kept": list(left.kept), "unexplained": missed}
    with whole_folder(out) as folder:
        run.save(folder, {"shrunk": note})
    state.remove()
    return out


def _key(checkpoint: Checkpoint, config: TrainingConfig, shrink: ShrinkConfig, run: Run) -> str:
    """Return a SHA-256 of all that the steps depend on; data may lie elsewhere when they are gone on with."""
    settings = config.model_dump(mode="json") | {"shrink": asdict(shrink), "of": checkpoint.hash}
    settings["data"]["root"] = "."
    settings["rows"] = fingerprint(run.train, run.dev)
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _check(checkpoint: Checkpoint, out: Path, config: TrainingConfig, shrink: ShrinkConfig) -> None:
    """Refuse what can be refused before any data are read."""
    if not is_free(out):
        raise UsageError("is not empty; give another --out", path=out)
    for field, option in (("feed_forward", "--feed-forward"), ("encoder_layers", "--layers")):
        if getattr(config, field) is not None:
            raise UsageError(f"is for `train`; here {option} says it", field=field)
    if config.mixed_precision == "fp16":
        raise UsageError("shrink takes bf16, no or auto", field="mixed_precision")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", path=out) from error


def _check_heads(checkpoint: Checkpoint, run: Run) -> None:
    theirs = {layer.name: (layer.kind, tuple(layer.codes)) for layer in checkpoint.codebook.layers}
    pooling = {head.layer: head.pooling for head in checkpoint.config.heads}
    heads: dict[str, Any] = dict(run.network.heads.items())
    own = {layer.name: (layer.kind, tuple(layer.codes)) for layer in run.codebook.layers}
    if theirs != own or pooling != {name: head.pooling for name, head in heads.items()}:
        raise CheckpointError(
            "has other heads than the configuration: layers, their labels or pooling", path=checkpoint.path
        )


def _check_size(network: SentenceClassifier, shrink: ShrinkConfig) -> None:
    layers, units = depth(network.encoder), feed_forward_width(network.encoder)
    if layers is None or (units is None and shrink.feed_forward is not None):
        raise UsageError("this kind of encoder cannot be shrunk", field="encoder")
    if isinstance(shrink.layers, int):
        if not 1 <= shrink.layers <= layers:
            raise UsageError(f"the encoder has {layers} layers, not {shrink.layers}", field="--layers")
    elif list(shrink.layers) != sorted(set(range(layers)) & set(shrink.layers)) or not shrink.layers:
        raise UsageError(f"takes numbers from 0 to {layers - 1}, ascending, each once", field="--keep")
    if units is not None and shrink.feed_forward is not None and shrink.feed_forward > units:
        raise UsageError(f"the encoder's blocks have {units} units, not {shrink.feed_forward}", field="--feed-forward")


def _learn(
    small: SentenceClassifier,
    whole: SentenceClassifier,
    left: LayersLeft,
    run: Run,
    windows: Sequence[Window],
    shrink: ShrinkConfig,
    state: ShrinkState,
    key: str,
    progress: Progress,
) -> list[float]:
    """Let a small model learn the states and answers of the whole one, and the labels, from where its state stands.

    Returns:
        The share of the variance of each kept layer's states that it leaves unexplained, over the last steps.
    """
    config = run.config.model_copy(update={"teacher": None, "rationale_weight": 0.0})
    asked, gold = _asked(run), _gold_of(run)
    hard = LayerLosses(config, run.codebook, run.train)
    bf16 = precision_of(config.mixed_precision) == "bf16"
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    whole.to(device), small.to(device)
    frozen = copy.deepcopy(whole.encoder).to(torch.bfloat16) if bf16 else whole.encoder
    set_dropout(small, shrink.dropout)
    small.train()
    trained = [parameter for parameter in small.parameters() if parameter.requires_grad]
    optimizer = _optimiser(trained, config.weight_decay, shrink.learning_rate)
    an_epoch = math.ceil(len(windows) / config.batch_size)
    steps = shrink.epochs * an_epoch
    done, share = state.read(key, small, optimizer)
    if share is not None:
        run.say(f"going on after step {done} of {steps}")
        share = share.to(device)
    order = islice(_order(windows, config.batch_size, shrink.epochs, config.seed), done, None)
    with progress("steps", steps - done) as step_done:
        for step, rows in enumerate(order, start=done + 1):
            _set_rate(optimizer, shrink.learning_rate, step, steps)
            found = collated([windows[row] for row in rows], run.encoding.pad_id)
            batch = {name: tensor.to(device) for name, tensor in found.items()}
            own = batch["attention_mask"].bool()
            with torch.no_grad():
                there = _states(frozen, whole, batch)
                taught = _answers(whole, there[-1].float(), batch)
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                here = _states(small.encoder, small, batch)[1:]
            wanted = [there[end][own].float() for end in left.ends]
            off = torch.stack([_unexplained(x[own].float(), y) for x, y in zip(here, wanted, strict=True)])
            loss = off.mean()
            answers = _answers(small, here[-1].float(), batch)
            for layer in asked:
                loss = loss + shrink.answers * answers_off(layer, answers[layer.name], taught[layer.name]).mean()
            if shrink.labels > 0:
                judged = {name: tensor[rows].to(device) for name, tensor in gold.items()}
                said = {f"{name}_logits": logits for name, logits in answers.items()}
                loss = loss + shrink.labels * hard(said, judged)
            if not bool(torch.isfinite(loss)):
                raise TrainingError(f"the loss is no longer a number at step {step}: try mixed_precision: no")
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            share = off.detach() if share is None else 0.98 * share + 0.02 * off.detach()
            if step % an_epoch == 0 or (config.save_every and step % config.save_every == 0):
                state.write(key, step, small, optimizer, share)
            step_done()
    small.cpu()
    assert share is not None
    return [round(value, 4) for value in share.tolist()]


def _optimiser(trained: Sequence[nn.Parameter], decay: float, rate: float) -> torch.optim.Optimizer:
    """Return AdamW, which lets matrices decay and nothing else."""
    matrices, others = ([p for p in trained if (p.ndim >= 2) == several] for several in (True, False))
    groups = [{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate)


def _set_rate(optimizer: torch.optim.Optimizer, peak: float, step: int, steps: int) -> None:
    for group in optimizer.param_groups:
        group["lr"] = peak * min(1.0, step / _WARM_UP) * max(_LOWEST, 1.0 - step / steps)


def answers_off(layer: Layer, logits: Tensor, taught: Tensor) -> Tensor:
    """Return how far logits (rows, labels) are from those of a teacher, (rows,): cross-entropy at a temperature of 2.

    Times its square, which keeps the gradients' size (Hinton, Vinyals and Dean, 2015).
    """
    logits, taught = logits / _TEMPERATURE, taught / _TEMPERATURE
    if layer.kind == "single":
        off = nn.functional.cross_entropy(logits, taught.softmax(dim=-1), reduction="none")
    else:
        off = nn.functional.binary_cross_entropy_with_logits(logits, taught.sigmoid(), reduction="none").sum(dim=1)
    return off * _TEMPERATURE**2


def _states(encoder: nn.Module, network: SentenceClassifier, batch: Mapping[str, Tensor]) -> tuple[Tensor, ...]:
    """Return the states below the first layer and behind each, (rows, tokens, hidden)."""
    found: tuple[Tensor, ...] = encoder(**encoder_inputs(network, batch), output_hidden_states=True).hidden_states
    return found


def _answers(network: SentenceClassifier, last: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    masks = batch["pool_mask"], batch.get("target_mask")
    return {layer: head(last, *masks).sum(dim=1) for layer, head in network.heads.items()}


def _asked(run: Run) -> list[Layer]:
    """Return the layers whose answers are learnt."""
    wanted = run.config.teacher.layers if run.config.teacher is not None else None
    return [layer for layer in run.codebook.layers if wanted is None or layer.name in wanted]


def _gold_of(run: Run) -> dict[str, Tensor]:
    """Return the labels of each layer and the weights of all training rows, as the losses take them."""
    gold = {LABELS + layer.name: _gold(run.train, layer) for layer in run.codebook.layers}
    return gold | {"weight": torch.tensor([item.weight for item in run.train])}


def _gold(items: Sequence[Item], layer: Layer) -> Tensor:
    """Return the share of annotators for each label, (rows, labels); -1 where nobody judged."""
    unknown = np.full(len(layer.codes), -1.0)
    found = [item.labels[layer.name] for item in items]
    return torch.from_numpy(np.stack([unknown if labels is None else labels for labels in found])).float()


def _unexplained(states: Tensor, wanted: Tensor) -> Tensor:
    """Return the mean square of the error by the variance of what is wanted, both (tokens, hidden)."""
    return (states - wanted).square().mean() / wanted.var(dim=0).mean()


def _order(windows: Sequence[Window], size: int, epochs: int, seed: int) -> Iterator[list[int]]:
    """Yield random batches of row numbers, each of rows of about one length, so that little is padding."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(windows), generator=generator).tolist()
        for start in range(0, len(order), size * _POOL):
            pool = sorted(order[start : start + size * _POOL], key=lambda row: len(windows[row].input_ids))
            batches = [pool[i : i + size] for i in range(0, len(pool), size)]
            for number in torch.randperm(len(batches), generator=generator).tolist():
                yield batches[number]
