"""What would int8 arithmetic save, and what would it change? By one command.

::

    python -m newstance.eval.integer_products [MODEL] --data-dir DIR

Rewrites an exported model in several ways, and sets each beside the model as it is: processor time of a batch, labels,
logits, evidence, macro-F1. Calibrated on the own corpus's training sentences, judged on development data: the own
corpus's and, where `DIR` is given, that of NewsMTSC in `DIR/newsmtsc/`. No test split is read. Needs the extra `train`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from newstance.corpora import Annotation, read_corpus
from newstance.errors import CheckpointError
from newstance.errors.command import run_command
from newstance.model import Checkpoint, Prediction, Predictor, SentenceEncoding, SentenceInput, collate
from newstance.model.codebook import Layer
from newstance.model.onnx_runtime import OnnxRuntime

from .development import development_sets
from .gold import gold_labels
from .inputs import decisions, layer_logits, sentence_inputs
from .integer_graph import (
    LEAST_GELU,
    MOST,
    TWO_SIDED,
    Product,
    Rounding,
    encoder_products,
    with_integer_products,
)
from .metrics import confusions, label_confusions, label_macro_f1, macro_f1

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["calibrated", "main", "roundings"]

Floats = npt.NDArray[np.floating]

#: How far the channels' unevenness moves from tokens into weights: of 0, 0.25, 0.4, 0.5, 0.6, 0.75 and 0.9 the products
#: of the model of version 0.2 differed least at 0.6 or 0.75.
_MIGRATION = 0.6
#: Training sentences that are looked at, and that the sensitivity of single products is measured on.
_LOOKED_AT, _TRIED = 96, 60
#: Share of the multiplications that `mixed` leaves in fp32.
_KEPT = 1 / 3
#: Rows and tokens of the batch that is timed: as many tokens as `plan_batches` puts together.
_ROWS, _TOKENS = 7, 36


def calibrated(product: Product, tokens: Floats, weight: Floats, *, step: bool = False) -> Rounding:
    """Return how to round what goes into a product, by what went into it.

    Args:
        product: one of those that the tokens go into.
        tokens: (tokens, inputs).
        weight: (outputs, inputs), of all products that they go into.
        step: fix one step for all tokens: the largest value by the number of levels. Cutting off one value in ten
            thousand made the logits of the model of version 0.2 differ more: by 0.21 instead of 0.16, on stance.
    """
    if product.after_gelu:
        return Rounding(step=float(tokens.max() - LEAST_GELU) / MOST if step else None)
    centre = tokens.mean(axis=0)
    moved = tokens - centre
    spread = np.maximum(np.abs(moved).max(axis=0), 1e-6)
    scale = spread**_MIGRATION / np.maximum(np.abs(weight).max(axis=0), 1e-6) ** (1 - _MIGRATION)
    scale /= np.exp(np.log(scale).mean())
    return Rounding(centre, scale, float(np.abs(moved / scale).max()) / TWO_SIDED if step else None)


def roundings(
    model: ModelProto, checkpoint: Checkpoint, sentences: Sequence[SentenceInput], folder: Path, *, step: bool = False
) -> dict[str, Rounding]:
    """Return a calibrated rounding for every tensor that goes into the encoder's products.

    Args:
        model: the exported model.
        checkpoint: its folder, for the tokenizer.
        sentences: training sentences.
        folder: where to put a file on the way.
        step: fix one step for all tokens.
    """
    import onnx

    groups = _by_tokens(model)
    seen = onnx.ModelProto()
    seen.CopyFrom(model)
    seen.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in groups)
    onnx.save(seen, folder / "seen.onnx")
    runtime = OnnxRuntime(folder / "seen.onnx")
    encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)
    tokens: dict[str, list[Floats]] = {name: [] for name in groups}
    for sentence in encoding.encode(sentences):
        for name, values in runtime.run(collate(sentence.windows[:1], encoding.pad_id), only=list(groups)).items():
            tokens[name].append(values[0])
    return {
        name: calibrated(
            products[0], np.concatenate(tokens[name]), np.concatenate([p.weight for p in products]), step=step
        )
        for name, products in groups.items()
    }


def _by_tokens(model: ModelProto) -> dict[str, list[Product]]:
    """Return the encoder's products by the tensor that goes into them."""
    groups: dict[str, list[Product]] = {}
    for product in encoder_products(model):
        groups.setdefault(product.tokens, []).append(product)
    return groups


class _Models:
    """The model as it is, and its rewritten forms, on the same sentences."""

    def __init__(self, checkpoint: Checkpoint, folder: Path) -> None:
        import onnx

        self.checkpoint, self.folder = checkpoint, folder
        self.model = onnx.load(str(checkpoint.verified(Path("model.onnx"))))
        self.encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)
        self.layers = checkpoint.codebook.layers
        self.plain = OnnxRuntime(checkpoint.path / "model.onnx")

    def rewritten(self, rounding: Mapping[str, Rounding]) -> OnnxRuntime:
        import onnx

        path = self.folder / "rewritten.onnx"
        onnx.save(with_integer_products(self.model, rounding), path)
        runtime = OnnxRuntime(path)
        runtime.run(self.batch())  # loads it before the next is written
        return runtime

    def predict(self, runtime: OnnxRuntime, sentences: Sequence[SentenceInput]) -> list[Prediction]:
        names = [layer.name for layer in self.layers]
        predictor = Predictor(self.encoding, runtime, names)
        found = predictor.predict(sentences)
        predictor.close()
        return found

    def batch(self) -> dict[str, npt.NDArray[np.int64]]:
        ids = np.random.default_rng(0).integers(0, self.checkpoint.tokenizer().get_vocab_size(), (_ROWS, _TOKENS))
        ones, zeros = np.ones_like(ids), np.zeros_like(ids)
        return {
            "input_ids": ids,
            "attention_mask": ones,
            "token_type_ids": zeros,
            "pool_mask": ones,
            "target_mask": zeros,
        }

    def times_faster(self, runtime: OnnxRuntime, rounds: int) -> tuple[float, float]:
        """Return how many times as fast a batch runs: by the least of the rounds, and the median within rounds."""
        batch = self.batch()
        before: list[float] = []
        after: list[float] = []
        for _ in range(rounds):
            for one, times in ((self.plain, before), (runtime, after)):
                began = time.thread_time()
                one.run(batch)
                times.append(time.thread_time() - began)
        pairs = [a / b for a, b in zip(before, after, strict=True)]
        return min(before) / min(after), statistics.median(pairs)

    def most_sensitive(self, rounding: Mapping[str, Rounding], sentences: Sequence[SentenceInput]) -> set[str]:
        """Return the tensors whose rounding changes the logits most for what it saves, up to `_KEPT` of the work."""
        groups = _by_tokens(self.model)
        size = {name: sum(product.weight.size for product in products) for name, products in groups.items()}
        plain = self.predict(self.plain, sentences)
        cost = {}
        for name in groups:
            alone = self.predict(self.rewritten({name: rounding[name]}), sentences)
            cost[name] = (
                sum(float((_differences(plain, alone, layer) ** 2).mean()) for layer in self.layers) / size[name]
            )
        kept: set[str] = set()
        for name in sorted(cost, key=cost.__getitem__, reverse=True):
            if sum(size[k] for k in kept) + size[name] <= _KEPT * sum(size.values()):
                kept.add(name)
        return kept


def _differences(left: Sequence[Prediction], right: Sequence[Prediction], layer: Layer) -> Floats:
    return np.abs(layer_logits(left, layer) - layer_logits(right, layer))


def _layer_line(
    models: _Models,
    layer: Layer,
    records: Sequence[Annotation],
    predicted: Mapping[SentenceInput, tuple[Prediction, Prediction]],
) -> str:
    """Return one layer's line: equal labels, differences, macro-F1 before and after."""
    plain, other = zip(*predicted.values(), strict=True)
    x, y = (decisions(p, models.checkpoint, layer).reshape(len(p), -1) for p in (plain, other))
    logits = _differences(plain, other, layer)
    evidence = np.concatenate(
        [np.abs(a.evidence[layer.name] - b.evidence[layer.name]).ravel() for a, b in predicted.values()]
    )
    line = (
        f"  {layer.name}: equal labels {(x == y).all(axis=1).mean():.2%} (single decisions {(x == y).mean():.2%}), "
        f"logits differ by {logits.mean():.3f}, at most {logits.max():.2f}, evidence by {evidence.mean():.4f}, at most "
        f"{evidence.max():.2f}"
    )
    gold = gold_labels(records, layer)
    if not gold.sentences:
        return line
    pairs = [predicted[item] for item in sentence_inputs(gold.sentences)]
    before, after = (
        _macro_f1(decisions([pair[side] for pair in pairs], models.checkpoint, layer), gold.labels, layer)
        for side in (0, 1)
    )
    return f"{line}; macro-F1 {before:.4f}, now {after:.4f} ({len(pairs)} sentences)"


def _macro_f1(decided: npt.NDArray[Any], gold: npt.NDArray[Any], layer: Layer) -> float:
    if layer.kind == "multi":
        return float(label_macro_f1(label_confusions(gold, decided).sum(axis=0)))
    return float(macro_f1(confusions(gold, decided, len(layer.codes)).sum(axis=0)))


def _ways(models: _Models, sentences: Sequence[SentenceInput]) -> Iterator[tuple[str, dict[str, Rounding]]]:
    """Yield each way of rounding with its name."""
    names = list(_by_tokens(models.model))
    yield "a step for each token", {name: Rounding() for name in names}
    looked_at = sentences[:_LOOKED_AT]
    static = roundings(models.model, models.checkpoint, looked_at, models.folder, step=True)
    yield "one step for all tokens, smoothed", static
    smoothed = roundings(models.model, models.checkpoint, looked_at, models.folder)
    yield "a step for each token, smoothed", smoothed
    kept = models.most_sensitive(smoothed, sentences[_LOOKED_AT : _LOOKED_AT + _TRIED])
    mixed = {name: rounding for name, rounding in smoothed.items() if name not in kept}
    yield f"the same, the most sensitive third in fp32 ({len(kept)} of {len(names)} tensors)", mixed


def main(
    model: Annotated[str | None, typer.Argument(help="A model folder or a shipped model's name.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each batch that is timed.")] = 40,
) -> None:
    """Print, for each way of rounding, how much faster a batch runs and what changes."""
    checkpoint = Checkpoint.find(model)
    if not checkpoint.has("model.onnx"):
        raise CheckpointError("has no model.onnx; make it with the export step", path=checkpoint.path)
    train = list(dict.fromkeys(sentence_inputs(read_corpus("train"))))
    train = [train[i] for i in np.random.default_rng(0).permutation(len(train))]
    records = [record for data in development_sets(data_dir) for record in data.records]
    sentences = list(dict.fromkeys(sentence_inputs(records)))
    typer.echo(f"{len(sentences)} development sentences, once in fp32 and once in each way", err=True)
    with tempfile.TemporaryDirectory() as name:
        models = _Models(checkpoint, Path(name))
        plain = models.predict(models.plain, sentences)
        for way, rounding in _ways(models, train):
            runtime = models.rewritten(rounding)
            least, median = models.times_faster(runtime, rounds)
            sys.stdout.write(f"{way}: {least:.2f} times as fast by the least of {rounds}, {median:.2f} by the median\n")
            other = models.predict(runtime, sentences)
            predicted = dict(zip(sentences, zip(plain, other, strict=True), strict=True))
            for layer in models.layers:
                sys.stdout.write(f"{_layer_line(models, layer, records, predicted)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    run_command(main)
