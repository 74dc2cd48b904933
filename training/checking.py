"""Everything about a configuration that can be checked before an hour of training: files, layers, profiles, codes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from newstance.articles import load_profile
from newstance.corpora import Annotation, without_texts_of
from newstance.errors import NewstanceError, UsageError
from newstance.model import Checkpoint, Codebook, encoder_folder, load_codebook
from newstance.model.codebook import Layer
from newstance.model.embedded import EMBEDDED

from .answers import KeptAnswers
from .config import TrainingConfig, codebook_of
from .sections import Source, TeacherConfig
from .sources import ALL_REPEATED, HELD_OUT, read_sources
from .states import RunState

__all__ = [
    "check_config",
    "few_to_choose_by",
    "length_problem",
    "name_problem",
    "no_dev_label",
    "report_problem",
    "taught_layers",
    "without_dev_labels",
]

#: A part of fewer articles says little, and another division would say something else.
_FEW_ARTICLES = 5
#: What configurations of encoders call their number of layers.
_DEPTHS = ("num_hidden_layers", "n_layers", "num_layers")
#: Kinds of encoders that count positions from the one after the padding token's number, so that they read fewer tokens.
_LATE_POSITIONS = {"camembert", "mpnet", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl"}


def check_config(config: TrainingConfig) -> tuple[list[str], list[str]]:
    """Read everything that a run would read, and train nothing.

    Returns:
        What is wrong, each with its path in the configuration; and a line for each source: how many rows it gives.
    """
    problems: list[str] = []
    counts: list[str] = []
    codebook: Codebook | None = None
    found: dict[str, list[Annotation]] = {}
    unread: dict[str, list[str]] = {}
    try:
        codebook = codebook_of(config)
        problems += _codes(config, codebook)
        if (problem := name_problem(codebook)) is not None:
            problems.append(f"codebook: {problem}")
    except NewstanceError as error:
        problems.append(f"{'layers' if isinstance(error, UsageError) else 'codebook'}: {error}")
    for place, source in _sources(config):
        try:
            if source.target is not None:
                load_profile(source.target)
            records = [record for record, _ in read_sources([source], config.data.root, codebook)]
        except NewstanceError as error:
            unread.setdefault(str(error), []).append(place)
            continue
        counts.append(f"{place}: {source.name}: {len(records)} rows")
        if codebook is not None:
            judged = _judged(records, codebook)
            counts[-1] += "".join(f", {n} with {layer}" for layer, n in judged.items())
        found.setdefault(place.rpartition(".")[0], []).extend(records)
        if source.part is not None:
            counts[-1] += _articles(records)
    # The parts of one file have one problem.
    problems += [f"{', '.join(places)}: {problem}" for problem, places in unread.items()]
    for what_is_wrong, lines in (
        _training_rows(config, found, None if unread else codebook),
        _development_rows(found, None if unread else codebook),
    ):
        problems += what_is_wrong
        counts += lines
    folders = [f"{place}: {problem}" for place, problem in _folders(config)]
    problems += folders
    if config.teacher is not None and codebook is not None and not any(x.startswith("teacher.") for x in folders):
        try:
            teachers = [Checkpoint.find(name) for name in config.teacher.checkpoints]
            files = [KeptAnswers.find(name) for name in config.teacher.answers]
            taught_layers(config.teacher, codebook, [*teachers, *files])
        except NewstanceError as error:
            problems.append(str(error))
    if _may_be_on_a_hub(config.encoder):
        counts.append(f"encoder: {config.encoder} is no folder here: a name on a hub, which only training asks")
    if (problem := report_problem(config.report_to)) is not None:
        problems.append(f"report_to: {problem}")
    return problems, counts


def _training_rows(
    config: TrainingConfig, found: Mapping[str, list[Annotation]], codebook: Codebook | None
) -> tuple[list[str], list[str]]:
    """Return what is wrong with what is left to train on, and how much that is; without a codebook labels may lack."""
    train = found.get("data.train", [])
    held_out = [record for part in ("dev", "test", "held_out") for record in found.get(f"data.{part}", ())]
    kept = without_texts_of(train, held_out) if config.data.drop_repeated_texts else train
    left, counts = "", []
    if len(kept) < len(train):
        left = " that is left"
        counts = [f"data.train: {len(kept)} rows are left of {len(train)}: the others also stand in {HELD_OUT}"]
    if train and not kept:
        return [f"data.train: {ALL_REPEATED}"], counts
    judged = {} if codebook is None else _judged(kept, codebook)
    return [f"layers: no training row{left} has a label of the layer {x!r}" for x in judged if not judged[x]], counts


def _development_rows(found: Mapping[str, list[Annotation]], codebook: Codebook | None) -> tuple[list[str], list[str]]:
    """Return that development rows judge no layer, or warnings: of each layer that they do not judge, and of few."""
    dev = found.get("data.dev", [])
    if codebook is None:
        return [], []
    unjudged = [layer for layer, n in _judged(dev, codebook).items() if not n]
    if (problem := without_dev_labels(unjudged, codebook)) is not None:
        return [f"data.dev: {problem}"], []
    warnings = [no_dev_label(layer) for layer in unjudged]
    warnings += filter(None, [few_to_choose_by(dev)])
    return [], [f"warning: data.dev: {warning}" for warning in warnings]


def few_to_choose_by(dev: Sequence[Annotation]) -> str | None:
    """Return what to beware of where the rows of `data.dev` are of few articles, or None."""
    n = _count_articles(dev)
    if n >= _FEW_ARTICLES:
        return None
    noun = "article" if any(record.article for record in dev) else "sentence"
    rows = f"only {n} {noun}{'s' if n > 1 else ''} with {len(dev)} row{'s' if len(dev) > 1 else ''}"
    return (
        f"{rows}: which epoch is kept, the temperature and the thresholds for abstaining all rest on "
        f"{'these' if n > 1 else 'this one'}, and others would give others; label more {noun}s"
    )


def _count_articles(records: Sequence[Annotation]) -> int:
    """Return how many articles records are of; sentences without one count by themselves."""
    return len({record.article or record.text for record in records})


def no_dev_label(layer: str) -> str:
    """Return what it means that no row of `data.dev` judges a layer."""
    return (
        f"no row has a label of the layer {layer!r}: it has no say in which epoch is kept, and gets neither a "
        "temperature nor thresholds"
    )


def without_dev_labels(unjudged: Sequence[str], codebook: Codebook) -> str | None:
    """Return what is wrong where development rows judge none of the layers, or None where they judge some."""
    if len(unjudged) < len(codebook.layers):
        return None
    names = ", ".join(repr(name) for name in unjudged)
    return f"no row has a label of {names}, and nothing else can say which epoch is best and where to abstain"


def taught_layers(
    settings: TeacherConfig, codebook: Codebook, teachers: Sequence[Checkpoint | KeptAnswers]
) -> list[Layer]:
    """Return the layers of a run that every teacher predicts, or those of them that the configuration names.

    Raises:
        UsageError: there is none, one that is named is not among them, or a teacher has one with other codes or of the
            other kind: a label of many says nothing of one that is chosen among them.
    """
    layers = [layer for layer in codebook.layers if all(layer.name in teacher.codebook for teacher in teachers)]
    if settings.layers is not None:
        if strangers := sorted(set(settings.layers) - {layer.name for layer in layers}):
            raise UsageError(f"{strangers[0]!r} is no layer of this run and all its teachers", field="teacher.layers")
        layers = [layer for layer in layers if layer.name in settings.layers]
    if not layers:
        raise UsageError("the teachers predict none of the layers of this run", field="teacher.checkpoints")
    for teacher in teachers:
        for layer in layers:
            own = teacher.codebook.layer(layer.name)
            if set(own.codes) != set(layer.codes) or own.kind != layer.kind:
                raise UsageError(
                    f"{teacher.path}: its layer {layer.name!r} is {own.kind} and has the codes {', '.join(own.codes)}; "
                    f"this run's is {layer.kind} and has {', '.join(layer.codes)}",
                    field="teacher.checkpoints",
                )
    return layers


def name_problem(codebook: Codebook) -> str | None:
    """Return what is wrong with a layer's name, or None; without `torch` nobody can say."""
    if find_spec("torch") is None:
        return None
    from torch import nn

    # Heads lie in one under their layers' names.
    empty = nn.ModuleDict()
    taken = [layer.name for layer in codebook.layers if hasattr(empty, layer.name)]
    return (
        f"no layer can be called {taken[0]!r}, which PyTorch keeps for itself: choose another name" if taken else None
    )


def length_problem(encoder: Mapping[str, Any], max_length: int) -> str | None:
    """Return what is wrong with a length of windows, in tokens, or None; `encoder` is what its `config.json` holds."""
    positions = encoder.get("max_position_embeddings")
    # DeBERTa's positions are relative, and reach as far as a row does.
    if not isinstance(positions, int) or positions < 1 or encoder.get("position_biased_input") is False:
        return None
    if encoder.get("model_type") in _LATE_POSITIONS:
        padding = encoder.get("pad_token_id")
        positions -= (padding if isinstance(padding, int) else 1) + 1
    return None if max_length <= positions else f"the encoder reads {positions} tokens at most, not {max_length}"


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
    n = _count_articles(records)
    few = f" (fewer than {_FEW_ARTICLES}: it says little)" if n < _FEW_ARTICLES else ""
    return f", {n} article{'s' if n != 1 else ''}{few}"


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
    for number, name in enumerate(config.teacher.answers if config.teacher else ()):
        try:
            KeptAnswers.find(name)
        except NewstanceError as error:
            yield f"teacher.answers.{number}", str(error)
    try:
        folder = encoder_folder(config.encoder)
    except NewstanceError as error:
        yield "encoder", str(error)
        return
    if _may_be_on_a_hub(folder):
        return
    if not (Path(folder) / "config.json").is_file():
        yield "encoder", f"{config.encoder} is no folder with a config.json, and no name on a hub"
    described = _described(Path(folder))
    depth = config.encoder_layers or next((n for name in _DEPTHS if isinstance(n := described.get(name), int)), None)
    # A model to start from may have more layers than the encoder: then the run says it.
    known = config.start_from is None or config.encoder_layers is not None
    if depth is not None and config.freeze_layers > depth and known:
        yield "freeze_layers", f"the encoder has {depth} layers, not {config.freeze_layers}"
    if (problem := length_problem(described, config.encoding.max_length)) is not None:
        yield "encoding.max_length", problem


def _may_be_on_a_hub(encoder: str) -> bool:
    """Return whether an encoder that is neither embedded nor a folder may be a name on a hub."""
    return encoder != EMBEDDED and not encoder.startswith((".", "/", "~")) and not Path(encoder).exists()


def _described(folder: Path) -> dict[str, Any]:
    """Return what an encoder's folder says of it; nothing where that cannot be read."""
    try:
        described = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return described if isinstance(described, dict) else {}
