"""Everything about a configuration that can be checked before an hour of training: files, layers, profiles, codes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from newstance.articles import load_profile
from newstance.corpora import Annotation
from newstance.errors import NewstanceError, UsageError
from newstance.model import Checkpoint, Codebook, encoder_folder

from .config import TrainingConfig, codebook_of
from .sections import Source
from .sources import read_sources

__all__ = ["check_config"]


def check_config(config: TrainingConfig) -> tuple[list[str], list[str]]:
    """Read everything that a run would read, and train nothing.

    Returns:
        What is wrong, each with its path in the configuration; and a line for each source: how many rows it gives.
    """
    problems: list[str] = []
    counts: list[str] = []
    codebook: Codebook | None = None
    try:
        codebook = codebook_of(config)
    except NewstanceError as error:
        problems.append(f"{'layers' if isinstance(error, UsageError) else 'codebook'}: {error}")
    for place, source in _sources(config):
        try:
            if source.target is not None:
                load_profile(source.target)
            records = [record for record, _ in read_sources([source], config.data.root, codebook)]
        except NewstanceError as error:
            problems.append(f"{place}: {error}")
            continue
        counts.append(f"{place}: {source.name}: {len(records)} rows")
        if codebook is not None:
            counts[-1] += "".join(f", {n} with {layer}" for layer, n in _judged(records, codebook).items())
    problems += [f"{place}: {problem}" for place, problem in _folders(config)]
    return problems, counts


def _sources(config: TrainingConfig) -> Iterator[tuple[str, Source]]:
    for part in ("train", "dev", "test", "held_out"):
        for number, source in enumerate(getattr(config.data, part)):
            yield f"data.{part}.{number}", source
    for number, source in enumerate(config.teacher.data if config.teacher else ()):
        yield f"teacher.data.{number}", source


def _judged(records: list[Annotation], codebook: Codebook) -> dict[str, int]:
    return {layer.name: sum(record.judged(layer.name) is not None for record in records) for layer in codebook.layers}


def _folders(config: TrainingConfig) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the encoder's folder and with models to start from or to learn from."""
    teachers = config.teacher.checkpoints if config.teacher else ()
    models = [("start_from", config.start_from)]
    models += [(f"teacher.checkpoints.{i}", name) for i, name in enumerate(teachers)]
    for place, name in models:
        if name is not None:
            try:
                Checkpoint.find(name)
            except NewstanceError as error:
                yield place, str(error)
    try:
        folder = encoder_folder(config.encoder)
    except NewstanceError as error:
        yield "encoder", str(error)
        return
    # A name with a slash may be on a hub, which only training asks.
    looks_local = folder.startswith((".", "/", "~")) or "/" not in folder
    if looks_local and not (Path(folder) / "config.json").is_file():
        yield "encoder", f"{config.encoder} is no folder with a config.json, and no name on a hub"
