"""Fit a checkpoint's calibration on annotations, and write it without breaking what the checkpoint vouches for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.model import (
    Calibration,
    Checkpoint,
    LayerCalibration,
    Predictor,
    RuntimeName,
    fit_layer,
    fit_scale,
    is_free,
    surprise,
    write_config,
    write_copy,
)
from newstance.model.codebook import Layer
from newstance.model.shipped_folder import shipped_folder

from .gold import clusters, gold_of_layers, no_gold
from .inputs import layer_logits, sentence_inputs, without_mention
from .reliability import Decided, calibration_error

__all__ = ["Fitted", "HeldOutLosses", "check_place", "fit_calibration", "held_out_losses", "write_calibration"]

Floats = npt.NDArray[np.floating]
_FOLDS = 10
#: What a model card says of its other figures: to measure them again takes the data of the run.
_OLDER_FIGURES = (
    "Fitted by `newstance calibrate` after the figures above were measured: those are of the model as it was trained, "
    "without offsets and with the thresholds of then."
)


@dataclass(frozen=True, slots=True)
class HeldOutLosses:
    """Log losses: the mean negative logarithm of the right label's probability.

    Attributes:
        as_it_was: of the calibration that was there.
        temperature: of a temperature alone, in articles that it was not fitted to, in ten folds.
        with_offsets: the same with offsets.
        error: standard error, over sentences, of what the latter gains.
    """

    as_it_was: float
    temperature: float
    with_offsets: float
    error: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """What calibrating one layer came to.

    Attributes:
        before: the layer's calibration as it was.
        after: as fitted.
        errors: expected calibration error on each corpus fitted on: uncalibrated, before, after.
        sentences: how many it was fitted on.
        log_loss: of a layer of one label, how well this and other ways predict; None of another layer, and where all
            sentences are of one article.
        unnamed: what to beware of where sentences do not name the target.
        tied: how many sentences were left out, as their annotators tie.
    """

    before: LayerCalibration
    after: LayerCalibration
    errors: dict[str, tuple[float, ...]]
    sentences: int
    log_loss: HeldOutLosses | None
    unnamed: str | None = None
    tied: int = 0


def fit_calibration(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    layers: Sequence[str] | None = None,
    target_risk: float = 0.15,
    target: str | None = None,
    runtime: RuntimeName = "auto",
    offsets: bool = False,
) -> dict[str, Fitted]:
    """Fit temperature and thresholds of every layer that the records label, and offsets where they are asked for.

    Each corpus counts the same however many sentences it has: where kinds of text differ, a temperature fitted on the
    pooled rows is that of the largest.

    Args:
        checkpoint: the model.
        records: development annotations; never those that figures are reported on.
        layers: names of the layers to fit; every one that the records label when None.
        target_risk: wanted share of wrong decisions among those not abstained from.
        target: profile that finds the mentions in rows without `target_spans`.
        runtime: which weights to run.
        offsets: fit the labels' offsets too, in layers of one label: the records must be a random sample of what the
            model is to be used on, since offsets make its labels as common as theirs.

    Raises:
        AnnotationError: no record carries a label of a layer that the model predicts, or of one that is named; or all
            sentences are tied.
        UsageError: the model has no layer of a name, or none of the layers can have offsets.
    """
    wanted = checkpoint.codebook.layers if layers is None else [checkpoint.codebook.layer(name) for name in layers]
    golds = list(zip(wanted, gold_of_layers(records, wanted), strict=True))
    for layer, gold in golds:
        if layers is not None and not gold.sentences:
            raise no_gold(records, [layer])
    golds = [(layer, gold) for layer, gold in golds if gold.sentences]
    if not golds:
        raise no_gold(records, wanted)
    if offsets and all(layer.kind == "multi" for layer, _ in golds):
        names = ", ".join(layer.name for layer, _ in golds)
        raise UsageError(f"layers of any number of labels have no offsets: {names}", field="offsets")
    predictor = Predictor.open(checkpoint, runtime=runtime, offsets=False)
    fitted: dict[str, Fitted] = {}
    for layer, gold in golds:
        before = checkpoint.calibration.layer(layer.name)
        inputs = sentence_inputs(gold.sentences, target)
        logits = layer_logits(predictor.predict(inputs), layer)
        corpora = [record.corpus or "data" for record in gold.sentences]
        sizes = Counter(corpora)
        weights = np.array([len(corpora) / len(sizes) / sizes[name] for name in corpora])
        after = fit_layer(logits, gold.labels, layer, target_risk=target_risk, weights=weights, offsets=offsets)
        note = " + ".join(f"{n} of {name}" for name, n in sizes.items())
        after = after.model_copy(update={"fitted_on": f"{len(corpora)} development sentences ({note})"})
        errors: dict[str, tuple[float, ...]] = {}
        for name in sizes:
            own = np.array([corpus == name for corpus in corpora])
            errors[name] = tuple(
                layer_calibration_error(calibration.probabilities(logits[own], layer), gold.labels[own], layer)
                for calibration in (LayerCalibration(), before, after)
            )
        log_loss = None
        if layer.kind == "single":
            groups = np.array(clusters(gold.sentences))
            log_loss = held_out_losses(logits, gold.labels, layer, before, groups=groups, weights=weights)
        unnamed = without_mention(layer, gold.sentences, inputs, target)
        fitted[layer.name] = Fitted(before, after, errors, len(corpora), log_loss, unnamed, gold.ties)
    return fitted


def held_out_losses(
    logits: Floats,
    gold: npt.NDArray[Any],
    layer: Layer,
    before: LayerCalibration,
    *,
    groups: npt.NDArray[Any],
    weights: Floats,
) -> HeldOutLosses | None:
    """Return how well the calibration that was there, a temperature and offsets predict; None for a single article."""
    names, number = np.unique(groups, return_inverse=True)
    if len(names) < 2:
        return None
    fold = np.random.default_rng(0).permutation(len(names))[number] % _FOLDS
    plain, moved = np.empty(len(gold)), np.empty(len(gold))
    for held in np.unique(fold):
        inside, outside = fold != held, fold == held
        for losses, offsets in ((plain, False), (moved, True)):
            fitted = fit_scale(logits[inside], gold[inside], layer, weights=weights[inside], offsets=offsets)
            losses[outside] = surprise(fitted.probabilities(logits[outside], layer), gold[outside], layer)
    was = surprise(before.probabilities(logits, layer), gold, layer)
    gained = weights * (plain - moved) / weights.mean()
    one, two, three = (float(np.average(losses, weights=weights)) for losses in (was, plain, moved))
    return HeldOutLosses(one, two, three, float(gained.std() / np.sqrt(len(gained))))


def layer_calibration_error(probability: Floats, gold: npt.NDArray[Any], layer: Layer) -> float:
    """Return the calibration error of a layer's decisions; of a multi-label layer over all its yes-or-no decisions."""
    if layer.kind == "multi":
        return calibration_error(Decided.of(probability.ravel(), gold.ravel().astype(bool)))
    return calibration_error(Decided.of(probability.max(1), probability.argmax(1) == gold))


def check_place(checkpoint: Checkpoint, out: Path | None) -> None:
    """Raise the `UsageError` of `write_calibration`: `out` holds something, or a shipped model would be changed."""
    if out is None and _ships(checkpoint.path):
        raise UsageError("a model that came with the installation is not changed; give --out FOLDER for a copy")
    if out is not None and not is_free(out):
        raise UsageError("is not empty; give another --out", path=out)


def write_calibration(checkpoint: Checkpoint, layers: dict[str, LayerCalibration], out: Path | None = None) -> Path:
    """Write fitted layers into the checkpoint, or into a copy of it; layers that were not fitted stay as they are.

    Every other file is compared with its recorded hash first, so that nothing damaged is vouched for anew. The
    checkpoint's own hash changes, as its probabilities do; the model card's paragraph is written again.

    Args:
        checkpoint: the model.
        layers: fitted calibrations by layer.
        out: folder of the copy; None writes in place.

    Returns:
        The folder written to.

    Raises:
        CheckpointError: a file of the checkpoint is damaged.
        UsageError: `out` holds something already, or a shipped model would be changed in place.
        OutputError: it cannot be written; a model in place is left as it was, and of a copy nothing stays.
    """
    for name in checkpoint.config.files:
        checkpoint.verified(Path(name))
    folder = checkpoint.path if out is None else out
    check_place(checkpoint, out)
    calibration = Calibration(layers=checkpoint.calibration.layers | layers)
    # A kill between two of the renames leaves a card that is ahead of the model, which opens as it was; or, before
    # the last, a calibration that config.json does not know: the model is refused, and is whole again when
    # `.config.json.PROCESS.tmp`, which then lies beside it, gets its name. Hence the card first, not in between.
    beside = _new_card(checkpoint.path / "README.md", calibration) | {"calibration.json": calibration.to_json()}
    if out is None:
        write_config(folder, checkpoint.config, beside)
    else:
        write_copy(checkpoint, out, beside)
    return folder


def _ships(folder: Path) -> bool:
    shipped = shipped_folder()
    return folder.resolve().parent == shipped.resolve()


def _new_card(path: Path, calibration: Calibration) -> dict[str, str]:
    """Return the card, by its name, with the calibration's lines under its heading; nothing where there is none."""
    if not path.is_file():
        return {}
    card = path.read_text(encoding="utf-8")
    lines = f"{calibration.describe()}\n\n{_OLDER_FIGURES}"
    return {path.name: re.sub(r"(?<=## Calibration\n\n).*?(?=\n\n## )", lambda _: lines, card, flags=re.S)}
