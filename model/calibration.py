"""Calibration: a temperature per layer, offsets of its labels, and the threshold under which the model abstains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from newstance.errors import CheckpointError

from .codebook import Layer

__all__ = ["Calibration", "LayerCalibration", "probabilities", "surprise"]

Floats = npt.NDArray[np.floating]


class LayerCalibration(BaseModel):
    """Temperature, offsets and thresholds of one layer.

    Attributes:
        temperature: logits are divided by it.
        offsets: of a single-label layer, by code: added to the labels' raw logits before these are divided, for text in
            which labels are commoner or rarer than where the model learnt. Empty for none.
        abstain_below: a single-label decision with a lower probability is marked as abstained.
        show_above: a label of a multi-label layer is shown from this probability on.
        fitted_on: what the numbers were fitted on.
        target_risk: share of wrong decisions among those not abstained that `abstain_below` was chosen for.
        kept: share of the decisions that it was chosen on that are not abstained from; None where nobody counted.
        warning: why the temperature is not to be relied on, or that hardly anything is kept; empty where nothing speaks
            against them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(default=1.0, gt=0)
    offsets: dict[str, FiniteFloat] = Field(default_factory=dict)
    abstain_below: float = Field(default=0.0, ge=0, le=1)
    show_above: float = Field(default=0.5, ge=0, le=1)
    fitted_on: str = ""
    target_risk: float | None = None
    kept: float | None = Field(default=None, ge=0, le=1)
    warning: str = ""

    def offsets_of(self, layer: Layer) -> Floats:
        """Return the offset of each label, (labels,), in the order of the codebook; zeros for none."""
        return np.array([self.offsets.get(code, 0.0) for code in layer.codes])

    def probabilities(self, logits: Floats, layer: Layer) -> Floats:
        """Return calibrated probabilities of raw logits, which no offsets were added to; see `probabilities`."""
        return probabilities(logits + self.offsets_of(layer), layer, self.temperature)

    def offsets_in_words(self) -> str:
        """Return the offsets as a person reads them."""
        return "offsets " + (", ".join(f"{code} {value:+.2f}" for code, value in self.offsets.items()) or "none")

    def thresholds(self) -> str:
        """Return in words from which probability on a decision or a label stands."""
        if self.target_risk is None:
            return f"a label is shown from a probability of {self.show_above:.2f} on"
        if self.kept == 0:
            return f"it abstains from everything: no threshold leaves at most {self.target_risk:.0%} of decisions wrong"
        share = "" if self.kept is None else f", which are {self.kept:.0%} of all,"
        return (
            f"below a probability of {self.abstain_below:.2f} it abstains, so that at most {self.target_risk:.0%} of "
            f"the decisions kept{share} were wrong there"
        )


class Calibration(BaseModel):
    """The calibration of all layers; a layer that is not listed is left as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    layers: dict[str, LayerCalibration] = {}

    def layer(self, name: str) -> LayerCalibration:
        """Return a layer's calibration, or the neutral one."""
        return self.layers.get(name, LayerCalibration())

    @classmethod
    def read(cls, path: Path) -> Calibration:
        """Read `calibration.json`.

        Raises:
            CheckpointError: it is not what it should be.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or None
            raise CheckpointError(f"not a calibration: {first['msg']}", path=path, field=place) from error

    def describe(self) -> str:
        """Return one Markdown line a layer, as the model card shows it."""
        lines = []
        for name, layer in self.layers.items():
            line = f"- {name}: temperature {layer.temperature:.2f}, fitted on {layer.fitted_on}; {layer.thresholds()}"
            if layer.offsets:
                line += f"; {layer.offsets_in_words()}"
            if layer.warning:
                line += f". **Not to be relied on:** {layer.warning}"
            lines.append(line)
        return "\n".join(lines)

    def to_json(self) -> str:
        """Return the text of `calibration.json`."""
        return json.dumps(self.model_dump(mode="json"), indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write `calibration.json`."""
        path.write_text(self.to_json(), encoding="utf-8")


def probabilities(logits: Floats, layer: Layer, temperature: float = 1.0) -> Floats:
    """Return calibrated probabilities, same shape as `logits` (..., labels).

    Softmax over the labels of a single-label layer, a sigmoid for each label of a multi-label one. The logits of a
    `Prediction` hold the offsets of its calibration already.
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    if layer.kind == "multi":
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scaled, -60, 60))))
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    exponent = np.exp(scaled)
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True))


def surprise(probability: Floats, gold: npt.NDArray[Any], layer: Layer) -> Floats:
    """Return the negative logarithm of what was given to the right labels, (sentences,): the log loss of each.

    Args:
        probability: (sentences, labels); 0 and 1 count as 1e-12 from there, so that no sentence costs more than 28.
        gold: (sentences,) label numbers, or (sentences, labels) of yes and no for a multi-label layer, of whose labels
            the mean is taken.
        layer: the layer that they belong to.
    """
    p = np.clip(probability, 1e-12, 1 - 1e-12)
    if layer.kind == "single":
        return np.asarray(-np.log(p[np.arange(len(p)), gold]))
    return np.asarray(-np.log(np.where(gold, p, 1 - p)).mean(axis=1))
