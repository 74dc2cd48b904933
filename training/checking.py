"""Everything about a configuration that can be checked before an hour of training: files, layers, profiles, codes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from newstance.articles import load_profile
from newstance.corpora import Annotation, without_texts_of
from newstance.errors import NewstanceError, UsageError
from newstance.model import Checkpoint, Codebook, encoder_folder, load_codebook

from .config import TrainingConfig, codebook_of
from .sections import Source
from .sources import ALL_REPEATED, HELD_OUT, read_sources
from .states import RunState

__all__ = ["check_config", "report_problem"]

#: A part of fewer articles says little, and another division would say something else.
_FEW_ARTICLES = 5
#: What configurations of encoders call their number of layers.
_DEPTHS = ("num_hidden_layers", "n_layers", "num_layers")


def check_config(config: TrainingConfig) -> tuple[list[str], list[str]]:
    """Read everything that a run would read, and train nothing.

    Returns:
        What is wrong, each with its path in the configuration; and a line for each source: how many rows it gives.
    """
    problems: list[str] = []
    counts: list[str] = []
    codebook: Codebook | None = None
    train: list[Annotation] = []
    held_out: list[Annotation] = []
    unread = False
    try:
        codebook = codebook_of(config)
        problems += _codes(config, codebook)
    except NewstanceError as error:
        problems.append(f"{'layers' if isinstance(error, UsageError) else 'codebook'}: {error}")
    for place, source in _sources(config):
        try:
            if source.target is not None:
                load_profile(source.target)
            records = [record for record, _ in read_sources([source], config.data.root, codebook)]
        except NewstanceError as error:
            problems.append(f"{place}: {error}")
            unread = True
            continue
        counts.append(f"{place}: {source.name}: {len(records)} rows")
        if codebook is not None:
            judged = _judged(records, codebook)
            counts[-1] += "".join(f", {n} with {layer}" for layer, n in judged.items())
        if place.startswith("data."):
            (train if place.startswith("data.train.") else held_out).extend(records)
        if source.part is not None:
            counts[-1] += _articles(records)
    kept = without_texts_of(train, held_out) if config.data.drop_repeated_texts else train
    if len(kept) < len(train):
        counts.append(f"data.train: {len(kept)} rows are left of {len(train)}: the others also stand in {HELD_OUT}")
    if train and not kept:
        problems.append(f"data.train: {ALL_REPEATED}")
    elif codebook is not None and not unread:
        judged = _judged(kept, codebook)
        left = " that is left" if len(kept) < len(train) else ""
        problems += [f"layers: no training row{left} has a label of the layer {x!r}" for x in judged if not judged[x]]
    problems += [f"{place}: {problem}" for place, problem in _folders(config)]
    if (problem := report_problem(config.report_to)) is not None:
        problems.append(f"report_to: {problem}")
    return problems, counts


def report_problem(names: Sequence[str]) -> str | None:
    """Return what is wrong with what a run reports to, or None; without `transformers` nobody can say."""
    if not names or find_spec("transformers") is None:
        return None
    from transformers.integrations.integration_utils import get_available_reporting_integrations

    known = get_available_reporting_integrations()  # type: ignore[no-untyped-call]
    strangers = [name for name in names if name not in known]
    if not strangers:
        return None
    return (
        f"cannot report to {strangers[0]!r}: its package is not installed, or there is none of that name; "
        f"installed: {', '.join(known) or 'none'}"
    )


def _codes(config: TrainingConfig, codebook: Codebook) -> Iterator[str]:
    """Yield where labels and layers are named that the codebook lacks."""
    weights = config.class_weights if isinstance(config.class_weights, dict) else {}
    for layer in codebook.layers:
        for code in weights.get(layer.name, {}):
            if code not in layer.codes:
                yield f"class_weights.{layer.name}: no label {code!r}; the layer has {', '.join(layer.codes)}"
    whole = config.codebook if isinstance(config.codebook, Codebook) else load_codebook(config.codebook)
    known = [layer.name for layer in whole.layers]
    for place, source in _sources(config):
        for name in source.layers or ():
            if name not in known:
                yield f"{place}.layers: no layer {name!r}; the codebook has {', '.join(known)}"


def _articles(records: Sequence[Annotation]) -> str:
    """Return how many articles a part has, sentences without one by themselves, and whether those are few."""
    n = len({record.article or record.text for record in records})
    return f", {n} articles" + (f" (fewer than {_FEW_ARTICLES}: it says little)" if n < _FEW_ARTICLES else "")


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
                if place != "start_from" or RunState.find(name) is None:
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
    elif (depth := _depth(Path(folder))) is not None and config.freeze_layers > depth:
        yield "freeze_layers", f"the encoder has {depth} layers, not {config.freeze_layers}"


def _depth(folder: Path) -> int | None:
    """Return how many layers an encoder's folder says it has, or None where it does not say."""
    try:
        described = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return None
    found = [described.get(name) for name in _DEPTHS] if isinstance(described, dict) else []
    return next((n for n in found if isinstance(n, int)), None)
