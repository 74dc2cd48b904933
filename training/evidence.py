"""Fitting the amortised evidence head: from a trained model and its removals to the same model with better evidence.

The network is frozen: labels, probabilities and calibration stay exactly as they are, and so does all its accuracy.
"""

from __future__ import annotations

import copy
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from newstance.errors import UsageError
from newstance.files import whole_folder
from newstance.model import (
    Checkpoint,
    EvidenceConfig,
    Predictor,
    SentenceEncoding,
    SentenceInput,
    collate,
    is_free,
    plan_batches,
    write_config,
)
from newstance.model.amortised import AmortisedEvidence
from newstance.model.network import SentenceClassifier
from newstance.model.torch_runtime import load_network

from .export import export_checkpoint
from .removals import Removals, RemovalsConfig, compute_removals
from .rounding import snap_to_grid
from .weights import save_weights

__all__ = ["FitConfig", "fit_evidence", "margin_matrix"]

Say = Callable[[str], None]

#: What the card of a model that was fitted before says of its evidence.
_EVIDENCE = re.compile(r"\n## Evidence\n.*?(?=\n## |\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FitConfig:
    """How the head is fitted.

    Attributes:
        size: width of the head's hidden vectors.
        heads: its attention heads; 0 leaves each token by itself.
        removals: how its targets are made.
        margin: how much the margin between the chosen label and the best other counts in the loss, beside the logits
            one by one. It is what an explanation explains, and its errors need not be those of its two logits.
        epochs: passes over the sentences at most; the best on the sentences held back is kept.
        learning_rate: AdamW's peak; falls to zero along a half cosine.
        batch_size: sentences a step.
        held_back: share of the sentences that only choose the epoch.
        seed: of the head, of which sentences are held back, and of the order.
    """

    size: int = 128
    heads: int = 4
    removals: RemovalsConfig = field(default_factory=RemovalsConfig)
    margin: float = 1.0
    epochs: int = 20
    learning_rate: float = 1e-3
    batch_size: int = 32
    held_back: float = 0.1
    seed: int = 13

    def __post_init__(self) -> None:
        """Raise `UsageError` when the attention heads do not divide the width."""
        if self.heads and self.size % self.heads:
            raise UsageError(f"takes a multiple of {self.heads}, the number of its attention heads", field="size")


@dataclass(frozen=True, slots=True)
class _Row:
    """A sentence for the head: the frozen network's vectors, and its removals.

    Attributes:
        states: the encoder's outputs, each (tokens, hidden), in half precision.
        additive: the additive heads' summands, (tokens, labels) by layer.
        own: 1 on the sentence's own tokens.
        gone: (removals, tokens), 1 on the tokens that each took.
        sizes: words that each took.
        drops: (removals, labels), how much each lowered the logits.
        margins: (labels, single-label layers), what turns logits into each such layer's margin: 1 on the label chosen
            with all words there, -1 on the best other.
    """

    states: list[Tensor]
    additive: dict[str, Tensor]
    own: Tensor
    gone: Tensor
    sizes: Tensor
    drops: Tensor
    margins: Tensor


def fit_evidence(
    source: Path,
    sentences: Sequence[SentenceInput],
    out: Path,
    *,
    removals: Path | None = None,
    minutes: float | None = None,
    config: FitConfig = FitConfig(),
    say: Say = lambda _: None,
    step: Callable[[], None] = lambda: None,
) -> Path:
    """Write a copy of a checkpoint whose evidence is predicted by an amortised head.

    Args:
        source: a checkpoint folder, trained or exported.
        sentences: what the head learns on; labels are not needed. Use what the model was trained on, or more.
        out: folder to write; must not hold anything yet.
        removals: file that keeps the targets; beside `out` when None. A run that was interrupted goes on from it.
        minutes: stop computing targets after so long and fit on those there are.
        config: shape of the head and how it is fitted.
        say: called with one line at a time about what happens.
        step: called after each sentence's targets.

    Returns:
        The folder.

    Raises:
        UsageError: `out` is not empty, the file of removals is another model's, or there are too few sentences.
        CheckpointError: the checkpoint is incomplete or damaged.
        OutputError: something cannot be written.
    """
    if not is_free(out):
        raise UsageError("is not empty; give another --out", path=out)
    checkpoint = Checkpoint(source)
    place = out if out.name else out.resolve()  # `.` has no name
    file = removals or place.with_name(f"{place.name}.removals.jsonl")
    found = _targets(checkpoint, sentences, file, config, minutes, say, step)
    if len(found) < 2:
        raise UsageError("fitting takes two sentences or more that fit the model's length, and minutes enough for them")
    torch.manual_seed(config.seed)
    network = load_network(checkpoint)
    encoder: Any = network.encoder
    layers = int(encoder.config.num_hidden_layers)
    # Embeddings say which word it is, the middle what it does in the sentence, the end what the heads see of it.
    shape = EvidenceConfig(size=config.size, heads=config.heads, states=(0, layers // 2, layers))
    _give_fresh_head(network, checkpoint, shape)
    encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)
    rows = _rows(network, encoding, found, _single_layers(checkpoint))
    held = max(1, round(config.held_back * len(rows)))
    say(f"fitting on {len(rows) - held} sentences, choosing the epoch by {held}")
    explained = _fit(network.evidence, rows[held:], rows[:held], config, say)
    snap_to_grid(network.evidence)
    note = {
        "sentences": len(rows),
        "removals": sum(len(one.gone) for one in found),
        "variance_explained": {layer: round(value, 4) for layer, value in explained.items()},
        "settings": asdict(config),
        "checkpoint": checkpoint.hash,
    }
    _save(checkpoint, network, out, shape, note)
    return out


def _targets(
    checkpoint: Checkpoint,
    sentences: Sequence[SentenceInput],
    file: Path,
    config: FitConfig,
    minutes: float | None,
    say: Say,
    step: Callable[[], None],
) -> list[Removals]:
    """Compute the targets with ONNX Runtime, which is twice as fast as torch at this."""
    # Without offsets logits hang on the weights alone: calibrating the model anew must not cost its targets.
    weights = checkpoint.config.files.get("model.safetensors") or checkpoint.config.files["model.onnx"]
    options: dict[str, Any] = {"model": weights[:16], "config": config.removals, "minutes": minutes, "step": step}
    with tempfile.TemporaryDirectory() as folder:
        exported = checkpoint
        if not checkpoint.has("model.onnx"):
            say("exporting for the targets")
            exported = Checkpoint(export_checkpoint(checkpoint.path, Path(folder) / "model", storage="none"))
        found = compute_removals(Predictor.open(exported, runtime="onnx", offsets=False), sentences, file, **options)
    say(f"targets of {len(found)} of {len(sentences)} sentences: {file}")
    return found


def _give_fresh_head(network: SentenceClassifier, checkpoint: Checkpoint, head: EvidenceConfig) -> None:
    """Freeze a network and put a new evidence head in place of any that it had."""
    for parameter in network.parameters():
        parameter.requires_grad = False
    labels = {h.layer: h.labels for h in checkpoint.config.heads}
    encoder: Any = network.encoder
    network.evidence = AmortisedEvidence(int(encoder.config.hidden_size), head, labels)
    network.eval()


def _single_layers(checkpoint: Checkpoint) -> list[slice]:
    """Return where the logits of each layer of one label a sentence stand, among those of all layers."""
    labels = {head.layer: head.labels for head in checkpoint.config.heads}
    return [part for layer, part in _parts(labels) if checkpoint.codebook.layer(layer).kind == "single"]


def margin_matrix(full: Tensor, single: Sequence[slice]) -> Tensor:
    """Return what turns logits, or their drops, into the margins that explanations explain, (labels, layers).

    Args:
        full: a sentence's logits with all words, (labels,), of all layers side by side.
        single: where the logits of each layer with one label a sentence stand.
    """
    margins = torch.zeros(len(full), len(single))
    for column, part in enumerate(single):
        chosen, other = (part.start + torch.argsort(-full[part], stable=True)[:2]).tolist()
        margins[chosen, column], margins[other, column] = 1.0, -1.0
    return margins


def _rows(
    network: SentenceClassifier, encoding: SentenceEncoding, found: Sequence[Removals], single: Sequence[slice]
) -> list[_Row]:
    """Run the frozen network once on every sentence and keep what the head reads, in half precision."""
    encoded = encoding.encode([one.sentence for one in found])
    rows: list[_Row | None] = [None] * len(found)
    for batch in plan_batches([len(sentence.windows[0].input_ids) for sentence in encoded]):
        windows = [encoded[i].windows[0] for i in batch]
        inputs = {name: torch.from_numpy(a) for name, a in collate(windows, encoding.pad_id).items()}
        with torch.inference_mode():
            states, additive = network.read(**inputs)
        for row, (i, window) in enumerate(zip(batch, windows, strict=True)):
            width = len(window.input_ids)
            words = np.array(window.words)
            gone = np.stack([np.isin(words, removed) for removed in found[i].gone])
            rows[i] = _Row(
                [state[row, :width].half() for state in states],
                {layer: parts[row, :width].clone() for layer, parts in additive.items()},
                inputs["pool_mask"][row, :width],
                torch.from_numpy(gone).float(),
                torch.tensor([float(len(removed)) for removed in found[i].gone]),
                torch.from_numpy(found[i].drops).float(),
                margin_matrix(torch.from_numpy(found[i].full).float(), single),
            )
    return [row for row in rows if row is not None]


def _fit(
    head: AmortisedEvidence, rows: Sequence[_Row], held: Sequence[_Row], config: FitConfig, say: Say
) -> dict[str, float]:
    """Fit the head and leave it with the weights that explained most of the held-back sentences' drops.

    Returns:
        What `_explained` says of them.
    """
    singles = [(row.drops[row.sizes == 1], row.margins) for row in rows]
    scale = torch.cat([drops for drops, _ in singles]).std(dim=0).clamp(min=1e-3)
    margin_scale = torch.cat([drops @ margins for drops, margins in singles]).std(dim=0).clamp(min=1e-3)
    optimizer = torch.optim.AdamW(head.parameters(), lr=config.learning_rate, weight_decay=0.01)
    steps = config.epochs * -(-len(rows) // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.learning_rate, total_steps=steps, pct_start=0.1)
    best, kept, explained = -np.inf, copy.deepcopy(head.state_dict()), dict.fromkeys(head.labels, 0.0)
    for epoch in range(config.epochs):
        head.train()
        for numbers in _batches([len(row.own) for row in rows], config.batch_size):
            loss = _loss(head, [rows[i] for i in numbers], scale, margin_scale, config.margin)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
        found = _explained(head.eval(), held, config.batch_size)
        if (value := float(np.mean(list(found.values())))) > best:
            best, kept, explained = value, copy.deepcopy(head.state_dict()), found
        if epoch % 5 == 4:
            say(f"epoch {epoch + 1}: " + ", ".join(f"{layer} {share:.1%}" for layer, share in found.items()))
    head.load_state_dict(kept)
    return explained


def _batches(lengths: Sequence[int], size: int) -> list[list[int]]:
    """Return random batches of sentences of about one length, so that little is padding."""
    order = torch.randperm(len(lengths)).tolist()
    pools = [sorted(order[i : i + 8 * size], key=lengths.__getitem__) for i in range(0, len(order), 8 * size)]
    batches = [pool[i : i + size] for pool in pools for i in range(0, len(pool), size)]
    return [batches[i] for i in torch.randperm(len(batches)).tolist()]


def _loss(head: AmortisedEvidence, batch: Sequence[_Row], scale: Tensor, margin_scale: Tensor, margin: float) -> Tensor:
    """Return the mean squared error of the drops, each label's in its own unit and a handful's by its size.

    Layers count alike, however many labels they have: stance has three, frames fifteen. The margins' drops are
    measured in the same way, and all of them together weigh `margin` times what all layers do.
    """
    # One padded product for the batch, not one for each sentence; it takes about the same time.
    there = _padded([torch.ones_like(row.sizes, dtype=torch.bool) for row in batch])
    unit = _padded([row.sizes for row in batch])[there].sqrt().unsqueeze(-1)
    error = _predicted(head, batch) - _padded([row.drops for row in batch])
    layers = torch.split((error[there] / (scale * unit)) ** 2, list(head.labels.values()), dim=1)
    loss = torch.stack([layer.mean() for layer in layers]).mean()
    margins = torch.stack([row.margins for row in batch])
    if not margins.shape[-1]:
        return loss
    return loss + margin * (((error @ margins)[there] / (margin_scale * unit)) ** 2).mean()


def _padded(parts: Sequence[Tensor]) -> Tensor:
    """Return tensors of unlike length as one, filled up with zeros."""
    return torch.nn.utils.rnn.pad_sequence(list(parts), batch_first=True)


def _predicted(head: AmortisedEvidence, batch: Sequence[_Row]) -> Tensor:
    """Return what the head says each removal takes from the logits, the sum of its words' evidence.

    Returns:
        (rows, removals, labels), padded to the row with the most removals.
    """
    own = _padded([row.own for row in batch])
    width = own.shape[1]
    attended = torch.tensor([[1.0] * len(row.own) + [0.0] * (width - len(row.own)) for row in batch])
    states = [_padded([row.states[i] for row in batch]).float() for i in range(len(batch[0].states))]
    additive = {layer: _padded([row.additive[layer] for row in batch]) for layer in head.labels}
    evidence = torch.cat(list(head(states, additive, attended, own).values()), dim=-1)
    # Of a row's removals (removals, tokens) the tokens are padded first, then the removals.
    gone = _padded([nn.functional.pad(row.gone, (0, width - len(row.own))) for row in batch])
    return gone @ evidence


def _explained(head: AmortisedEvidence, rows: Sequence[_Row], batch_size: int) -> dict[str, float]:
    """Return the share of the variance of single words' drops that the head explains, by layer.

    Within a sentence: what is spread evenly over its words, so that they sum to the logits, ranks none before another.
    Of a layer with one label a sentence it is the margin's variance, of any other the mean over its logits.
    """
    with torch.inference_mode():
        found = [p for i in range(0, len(rows), batch_size) for p in _predicted(head, rows[i : i + batch_size])]
    unexplained, spread = dict.fromkeys(head.labels, 0.0), dict.fromkeys(head.labels, 0.0)
    for predicted, row in zip(found, rows, strict=True):
        one = row.sizes == 1
        errors, drops = predicted[: len(one)][one] - row.drops[one], row.drops[one]
        column = 0
        for layer, part in _parts(head.labels):
            views = [errors[:, part], drops[:, part]]
            if column < row.margins.shape[1] and row.margins[part, column].any():
                views = [view @ row.margins[part, column : column + 1] for view in views]
                column += 1
            unexplained[layer] += float((_centred(views[0]) ** 2).sum())
            spread[layer] += float((_centred(views[1]) ** 2).sum())
    return {layer: 1.0 - unexplained[layer] / max(spread[layer], 1e-12) for layer in head.labels}


def _parts(labels: Mapping[str, int]) -> list[tuple[str, slice]]:
    """Return where each layer's labels stand among those of all layers."""
    ends = np.cumsum(list(labels.values())).tolist()
    return [(layer, slice(end - count, end)) for (layer, count), end in zip(labels.items(), ends, strict=True)]


def _centred(values: Tensor) -> Tensor:
    return values - values.mean(dim=0)


def _card(note: dict[str, Any]) -> str:
    """Return what the model card says of the evidence."""
    shares = ", ".join(f"{layer} {share:.0%}" for layer, share in note["variance_explained"].items())
    return (
        f"\n## Evidence\n\nThe words' weights come from an amortised head, fitted on {note['removals']} removals "
        f"of words from {note['sentences']} sentences. On sentences held back it explains these shares of "
        f"the variance of a single word's effect: {shares}. See docs/evidence.md.\n"
    )


def _save(
    checkpoint: Checkpoint, network: SentenceClassifier, out: Path, head: EvidenceConfig, note: dict[str, Any]
) -> None:
    with whole_folder(out) as folder:
        for name in ("tokenizer.json", "labels.yaml", "calibration.json", "report.json"):
            if checkpoint.has(name):
                shutil.copyfile(checkpoint.path / name, folder / name)
        card = (checkpoint.path / "README.md").read_text(encoding="utf-8") if checkpoint.has("README.md") else ""
        (folder / "README.md").write_text(_EVIDENCE.sub("", card) + _card(note), encoding="utf-8")
        save_weights(network, folder / "model.safetensors")
        provenance = checkpoint.config.provenance | {"evidence": note}
        update = {"evidence": head, "provenance": provenance, "quantisation": "none"}
        write_config(folder, checkpoint.config.model_copy(update=update))
