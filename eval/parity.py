"""Is an exported model still the model that was trained? By one command.

::

    python -m newstance.eval.parity EXPORTED TRAINED --data-dir DIR

Compares labels and per-word evidence of the two on every test sentence; touches no gold label.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from newstance.corpora import read_corpus, read_newsmtsc, read_seesaw
from newstance.errors.command import run_command
from newstance.model import Checkpoint, Predictor, SentenceInput

from .inputs import decisions, sentence_inputs

__all__ = ["Agreement", "agreement", "main"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two forms of a model agree on one layer.

    Attributes:
        layer: its name.
        sentences: how many were compared.
        equal_labels: share of sentences with the same label, of a multi-label layer with the same labels.
        evidence_difference: largest difference of a word's evidence, in logits.
        sum_difference: largest difference of the exported form's evidence, summed over words, from its logits.
    """

    layer: str
    sentences: int
    equal_labels: float
    evidence_difference: float
    sum_difference: float

    def __str__(self) -> str:
        """Return it as one line."""
        return (
            f"{self.layer}: {self.sentences} sentences, equal labels {self.equal_labels:.4%}, largest difference of a "
            f"word's evidence {self.evidence_difference:.2e}, of the evidence's sum from the logits "
            f"{self.sum_difference:.2e}"
        )


def agreement(exported: Path, trained: Path, inputs: Sequence[SentenceInput]) -> list[Agreement]:
    """Run both forms of a model, ONNX and torch, on the same sentences and compare what they decide and why.

    Raises:
        CheckpointError: one of the folders lacks its weights.
    """
    checkpoint = Checkpoint(exported)
    # Of the networks, not of their calibrations, which may differ.
    left = Predictor.open(checkpoint, runtime="onnx", offsets=False).predict(inputs)
    right = Predictor.open(Checkpoint(trained), runtime="torch", offsets=False).predict(inputs)
    pairs = list(zip(left, right, strict=True))
    found = []
    for layer in checkpoint.codebook.layers:
        x, y = (decisions(predictions, checkpoint, layer).reshape(len(pairs), -1) for predictions in (left, right))
        found.append(
            Agreement(
                layer=layer.name,
                sentences=len(pairs),
                equal_labels=float((x == y).all(axis=1).mean()),
                evidence_difference=max(
                    float(np.abs(a.evidence[layer.name] - b.evidence[layer.name]).max()) for a, b in pairs
                ),
                sum_difference=max(
                    float(np.abs(a.evidence[layer.name].sum(0) - a.logits[layer.name]).max()) for a, _ in pairs
                ),
            )
        )
    return found


def main(
    exported: Annotated[Path, typer.Argument(help="Folder with model.onnx.")],
    trained: Annotated[Path, typer.Argument(help="Folder with model.safetensors.")],
    data_dir: Annotated[Path, typer.Option(help="Folder of the public corpora.")],
) -> None:
    """Print, for each layer, the share of equal labels and the largest differences."""
    records = [
        *read_newsmtsc(data_dir / "newsmtsc" / "hf_rw" / "test.jsonl"),
        *read_newsmtsc(data_dir / "newsmtsc" / "hf_mt" / "test.jsonl"),
        *read_seesaw(data_dir / "seesaw").records,
        *(record for record in read_corpus("test") if record.annotator == "writer"),
    ]
    for layer in agreement(exported, trained, sentence_inputs(records)):
        sys.stdout.write(f"{layer}\n")


if __name__ == "__main__":
    run_command(main)
