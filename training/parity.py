"""Export, and measure that the exported model still decides what the trained one decides."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Literal

from newstance.eval.parity import Agreement, agreement
from newstance.model import SentenceInput

from .export import export_checkpoint
from .rounding import Storage

__all__ = ["LEAST_AGREEMENT", "Quantise", "export_with_parity"]

Quantise = Literal["auto"] | Storage
#: With `auto`, int8 weights are kept when they leave this share of the labels of every layer as they were.
LEAST_AGREEMENT = 0.995


def export_with_parity(
    source: Path, out: Path, sentences: Sequence[SentenceInput], *, quantise: Quantise = "auto"
) -> list[Agreement]:
    """Export a checkpoint and write `parity.json` beside the model.

    Int8 weights compute in fp32, so they run at the same speed on every processor and cannot saturate where it lacks
    the instructions for int8 arithmetic; what is measured is only what rounding changes.

    Args:
        source: a checkpoint folder with torch weights.
        out: folder to write; must not hold a model yet.
        sentences: what to compare on.
        quantise: how to store weights; `auto` tries int8 and keeps it where the labels stay (`LEAST_AGREEMENT`).
            `int4-weights` is for models that are too large in int8, best trained with `round_weights: int4`.

    Returns:
        The agreement of each layer, as written.

    Raises:
        CheckpointError: the source is incomplete or damaged.
        UsageError: `out` holds something already.
        OutputError: `out` cannot be written.
    """
    export_checkpoint(source, out, storage="int8-weights" if quantise == "auto" else quantise)
    found = agreement(out, source, sentences)
    if quantise == "auto" and min(layer.equal_labels for layer in found) < LEAST_AGREEMENT:
        shutil.rmtree(out)
        export_checkpoint(source, out, storage="none")
        found = agreement(out, source, sentences)
    (out / "parity.json").write_text(json.dumps([asdict(layer) for layer in found], indent=1) + "\n", encoding="utf-8")
    return found
