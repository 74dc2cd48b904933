"""`newstance fit-evidence`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from newstance.corpora import Annotation, read_annotations
from newstance.errors import UsageError
from newstance.model import Checkpoint, SentenceInput

from .progress import progress
from .train import needs_torch, say

__all__ = ["run_fit_evidence"]


def run_fit_evidence(
    model: Path,
    *,
    out: Path,
    config: str | None,
    overrides: Sequence[str],
    data: Sequence[Path],
    sentences: int,
    minutes: float | None,
    words: int | None,
    removals: Path | None,
    epochs: int,
    size: int,
    margin: float,
    seed: int,
) -> None:
    """Draw sentences, fit the head on them, and say where the model lies."""
    if bool(data) == (config is not None):
        raise UsageError("give either --config NAME or --data FILE")
    needs_torch()
    from newstance.eval.inputs import sentence_inputs
    from newstance.training.evidence import FitConfig, fit_evidence
    from newstance.training.removals import RemovalsConfig

    fit = FitConfig(removals=RemovalsConfig(words=words), margin=margin, epochs=epochs, size=size, seed=seed)
    if size % fit.heads:
        raise UsageError(f"takes a multiple of {fit.heads}, the number of its attention heads", field="--size")
    records = _records(Checkpoint(model), config, overrides, data)
    # A sentence that several annotators judged, or that is there with several targets masked alike, counts once.
    inputs: list[SentenceInput] = list(dict.fromkeys(sentence_inputs(records)))
    drawn = random.Random(seed).sample(inputs, min(sentences, len(inputs)))
    with progress("sentences", len(drawn)) as step:
        fit_evidence(
            model,
            drawn,
            out,
            removals=removals,
            minutes=minutes,
            config=fit,
            say=say,
            step=step,
        )
    say(f"checkpoint: {out}")


def _records(
    checkpoint: Checkpoint, config: str | None, overrides: Sequence[str], data: Sequence[Path]
) -> list[Annotation]:
    if config is None:
        return [record for path in data for record in read_annotations(path, checkpoint.codebook)]
    from newstance.corpora import without_texts_of
    from newstance.training.config import load_config
    from newstance.training.sources import read_sources

    settings = load_config(config, overrides)
    root, codebook = settings.data.root, checkpoint.codebook
    others = (*settings.data.dev, *settings.data.test, *settings.data.held_out)
    kept_out = [record for record, _ in read_sources(others, root, codebook)]
    return without_texts_of([record for record, _ in read_sources(settings.data.train, root, codebook)], kept_out)
