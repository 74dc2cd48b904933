"""Teachers: what trained models say of the training rows, to be learnt besides the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.errors import UsageError
from newstance.model import Checkpoint, Codebook, Prediction, Predictor, combine, probabilities
from newstance.model.codebook import Layer
from newstance.model.torch_runtime import TorchRuntime

from .answers import KeptAnswers
from .checking import taught_layers
from .data import Item
from .precision import precision_of
from .run import Run
from .taught_states import StatesWriter, TaughtStates

__all__ = ["ask_teachers", "forget_answers", "open_teacher"]

Floats = npt.NDArray[np.floating]

#: Sentences that a teacher is asked about at a time; then the run says how far it is.
_PIECE = 4096
#: The file of a run's folder that keeps what its teachers said.
_ANSWERS = "teacher.npz"


def ask_teachers(run: Run, folder: Path) -> tuple[dict[str, Floats], TaughtStates | None]:
    """Return what the teachers say of every training row, and where it is wanted how the one teacher sees its words.

    Each teacher reads the sentence in its own way: one that sees the target's name can teach one that does not.

    Args:
        run: the run, whose configuration names the teachers.
        folder: of the run; keeps the answers, so that a run that is resumed learns the very same ones.

    Returns:
        For each layer that is to be taught, its probabilities at the configuration's temperature, (rows, labels); of
        several teachers the mean; -1 in rows that were not asked about. Empty without a teacher. And the states.

    Raises:
        UsageError: the teachers know none of the layers, not one that was asked for, or a layer with other codes or of
            the other kind; a file of answers is about none of the rows, or the run's own about another number of them.
        InputError: a teacher or a file of answers cannot be read.
    """
    settings = run.config.teacher
    if settings is None:
        return {}, None
    kept, with_states = folder / _ANSWERS, settings.states_weight > 0
    if not kept.is_file() or (with_states and not TaughtStates.are_in(folder)):
        _ask(run, folder, kept)
    with np.load(kept) as found:
        answers = {name: found[name] for name in found.files}
    if any(len(x) != len(run.train) for x in answers.values()):
        raise UsageError(f"is not about the {len(run.train)} training rows that there are now", path=kept)
    return answers, TaughtStates(folder, len(run.train)) if with_states else None


def forget_answers(folder: Path) -> None:
    """Take away what teachers said in a run's folder."""
    (folder / _ANSWERS).unlink(missing_ok=True)
    TaughtStates.forget(folder)


def _ask(run: Run, folder: Path, kept: Path) -> None:
    settings = run.config.teacher
    assert settings is not None
    teachers = [Checkpoint.find(name) for name in settings.checkpoints]
    files = [KeptAnswers.find(name) for name in settings.answers]
    layers = taught_layers(settings, run.codebook, [*teachers, *files])
    asked = [n for n, item in enumerate(run.train) if not settings.labelled_only or _is_labelled(item, layers)]
    names = ", ".join(layer.name for layer in layers)
    parts = [_looked_up(run, file, asked, layers) for file in files]  # first: what is wrong with them is said at once
    if teachers:
        run.say(f"asking {len(teachers)} teachers about {len(asked)} sentences: {names}")
    states = StatesWriter(folder) if settings.states_weight > 0 else None
    parts += [_answers(run, teacher, asked, layers, states) for teacher in teachers]
    if states is not None:
        states.finish(len(run.train))
    mean: dict[str, Any] = {}
    for layer in layers:
        mean[layer.name] = np.full((len(run.train), len(layer.codes)), -1.0, dtype=np.float32)
        # Rows that are missing from a file have no mean.
        mean[layer.name][asked] = np.nan_to_num(np.mean([part[layer.name] for part in parts], axis=0), nan=-1.0)
    with kept.open("wb") as file:
        np.savez(file, **mean)


def _is_labelled(item: Item, layers: Sequence[Layer]) -> bool:
    return any(item.labels[layer.name] is not None for layer in layers)


def _answers(
    run: Run, teacher: Checkpoint, asked: Sequence[int], layers: Sequence[Layer], states: StatesWriter | None
) -> dict[str, Floats]:
    predictor = open_teacher(
        teacher, bf16=precision_of(run.config.mixed_precision) == "bf16", shows_states=states is not None
    )
    predictions: list[Prediction] = []
    for start in range(0, len(asked), _PIECE):
        piece = asked[start : start + _PIECE]
        encoded = predictor.encoding.encode([run.train[row].input for row in piece])
        outputs = predictor.outputs(predictor.start(encoded))
        for row, sentence, windows in zip(piece, encoded, outputs, strict=True):
            predictions.append(combine(sentence, predictor.layers, windows))
            if states is not None:
                states.add(row, sentence, windows)
        if len(asked) > _PIECE:
            run.say(f"{teacher.path}: {len(predictions)} of {len(asked)} sentences")
    logits = {layer.name: np.stack([prediction.logits[layer.name] for prediction in predictions]) for layer in layers}
    return _probabilities(run, teacher.codebook, layers, logits)


def open_teacher(teacher: Checkpoint, *, bf16: bool, shows_states: bool = False) -> Predictor:
    """Return what asks a teacher.

    Args:
        teacher: whom to ask.
        bf16: let a network of torch multiply in bf16: answers at a temperature of two or so lose nothing by it, and a
            large teacher is asked in half the time.
        shows_states: hand out its last layer's states too.

    Raises:
        CheckpointError: it cannot be opened.
    """
    predictor = Predictor.open(teacher, runtime="torch" if shows_states else "auto", cache_bytes=0)
    if isinstance(predictor.runtime, TorchRuntime):
        predictor.runtime.bf16 = bf16
        predictor.runtime.network.shows_states = shows_states
    return predictor


def _looked_up(run: Run, answers: KeptAnswers, asked: Sequence[int], layers: Sequence[Layer]) -> dict[str, Floats]:
    """Return what a file holds of the rows that are asked about; nan for those that it lacks."""
    inputs = [run.train[row].input for row in asked]
    known = int(answers.knows(inputs).sum())
    if not known:
        raise UsageError(f"{answers.path} is about none of the {len(asked)} training rows", field="teacher.answers")
    missing = f"; {len(asked) - known} that it lacks learn from their labels alone" if known < len(asked) else ""
    run.say(f"answers to {known} of {len(asked)} sentences from {answers.path}{missing}")
    return _probabilities(run, answers.codebook, layers, {x.name: answers.of(x.name, inputs) for x in layers})


def _probabilities(
    run: Run, codebook: Codebook, layers: Sequence[Layer], logits: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Return probabilities at the configuration's temperature for logits in the order of the teacher's codebook."""
    assert run.config.teacher is not None
    found: dict[str, Floats] = {}
    for layer in layers:
        codes = codebook.layer(layer.name).codes
        ordered = logits[layer.name][:, [codes.index(code) for code in layer.codes]]
        found[layer.name] = probabilities(ordered, layer, run.config.teacher.temperature).astype(np.float32)
    return found
