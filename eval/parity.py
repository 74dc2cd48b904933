"""Is an exported model still the model that was trained? By one command.

::

    python -m newstance.eval.parity EXPORTED TRAINED --data-root DIR

Compares labels and per-word evidence of the two on every test sentence; touches no gold label.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from newstance.corpora import read_corpus, read_newsmtsc, read_seesaw
from newstance.model import Checkpoint, Predictor

from .inputs import decisions, sentence_inputs

__all__ = ["main"]


def main(
    exported: Annotated[Path, typer.Argument(help="Folder with model.onnx.")],
    trained: Annotated[Path, typer.Argument(help="Folder with model.safetensors.")],
    data_root: Annotated[Path, typer.Option(help="Folder of the public corpora.")],
) -> None:
    """Print, for each layer, the share of equal labels and the largest differences."""
    records = [
        *read_newsmtsc(data_root / "newsmtsc" / "hf_rw" / "test.jsonl"),
        *read_newsmtsc(data_root / "newsmtsc" / "hf_mt" / "test.jsonl"),
        *read_seesaw(data_root / "seesaw").records,
        *(record for record in read_corpus("test") if record.annotator == "writer"),
    ]
    inputs = sentence_inputs(records)
    one = Predictor.open(Checkpoint(exported), runtime="onnx")
    two = Predictor.open(Checkpoint(trained), runtime="torch")
    left, right = one.predict(inputs), two.predict(inputs)
    pairs = list(zip(left, right, strict=True))
    checkpoint = Checkpoint(exported)
    for layer in checkpoint.codebook.layers:
        x, y = (decisions(predictions, checkpoint, layer).reshape(len(pairs), -1) for predictions in (left, right))
        same = (x == y).all(axis=1)
        apart = max(float(np.abs(a.evidence[layer.name] - b.evidence[layer.name]).max()) for a, b in pairs)
        missing = max(float(np.abs(a.evidence[layer.name].sum(0) - a.logits[layer.name]).max()) for a, _ in pairs)
        sys.stdout.write(
            f"{layer.name}: {len(pairs)} sentences, equal labels {same.mean():.4%}, largest difference of a word's "
            f"evidence {apart:.2e}, of the evidence's sum from the logits {missing:.2e}\n"
        )


if __name__ == "__main__":
    typer.run(main)
