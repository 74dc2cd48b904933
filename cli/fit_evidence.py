"""`newstance fit-evidence`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.model import Checkpoint, Codebook, SentenceInput

from .column_options import as_part, column_map
from .progress import progress
from .train import needs_torch, say

__all__ = ["run_fit_evidence"]

#: One to fit on, one to choose the epoch by.
_FEWEST = 2


def run_fit_evidence(
    model: Path,
    *,
    out: Path,
    config: str | None,
    overrides: Sequence[str],
    data: Sequence[Path],
    map_path: Path | None,
    column: list[str],
    split: str | None,
    part: str | None,
    target: str | None,
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
    if not data and (map_path or column or split or part or target):
        raise UsageError("--map, --column, --split, --part and --target go with --data; a configuration has its own")
    columns, of_part = column_map(map_path, column), as_part(part)
    needs_torch()
    from newstance.corpora import filled_in
    from newstance.eval.data import read_data
    from newstance.eval.inputs import sentence_inputs
    from newstance.training.evidence import FitConfig, fit_evidence
    from newstance.training.removals import RemovalsConfig

    fit = FitConfig(removals=RemovalsConfig(words=words), margin=margin, epochs=epochs, size=size, seed=seed)
    codebook = Checkpoint(model).codebook
    if config is None:
        records = read_data(codebook, files=data, columns=columns, split=split, part=of_part)
    else:
        records = _training_records(codebook, config, overrides)
    # A sentence that several annotators judged, or that is there with several targets masked alike, counts once.
    inputs: list[SentenceInput] = list(dict.fromkeys(sentence_inputs(filled_in(records), target)))
    if len(inputs) < _FEWEST:
        of_config = "" if config is None else " in data.train whose text is not in data.dev, test or held_out"
        raise UsageError(f"there are {len(inputs)} sentences{of_config}: fitting takes {_FEWEST} or more")
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


def _training_records(codebook: Codebook, config: str, overrides: Sequence[str]) -> list[Annotation]:
    from newstance.corpora import without_texts_of
    from newstance.training.config import load_config
    from newstance.training.sources import read_sources

    settings = load_config(config, overrides)
    root = settings.data.root
    others = (*settings.data.dev, *settings.data.test, *settings.data.held_out)
    kept_out = [record for record, _ in read_sources(others, root, codebook)]
    return without_texts_of([record for record, _ in read_sources(settings.data.train, root, codebook)], kept_out)
