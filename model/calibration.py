"""Calibration: a temperature per layer, and the threshold under which the model abstains."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from newstance.errors import CheckpointError

from .codebook import Layer

__all__ = ["Calibration", "LayerCalibration", "fit_temperature", "probabilities", "threshold_for_risk"]

Floats = npt.NDArray[np.floating]


class LayerCalibration(BaseModel):
    """Temperature, and thresholds, of one layer.

    Attributes:
        temperature: logits are divided by it.
        abstain_below: a single-label decision with a lower probability is marked as abstained.
        show_above: a label of a multi-label layer is shown from this probability on.
        fitted_on: what the numbers were fitted on.
        target_risk: share of wrong decisions among those not abstained that `abstain_below` was chosen for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature: float = Field(default=1.0, gt=0)
    abstain_below: float = Field(default=0.0, ge=0, le=1)
    show_above: float = Field(default=0.5, ge=0, le=1)
    fitted_on: str = ""
    target_risk: float | None = None


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

    def write(self, path: Path) -> None:
        """Write `calibration.json`."""
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")


def probabilities(logits: Floats, layer: Layer, temperature: float = 1.0) -> Floats:
    """Return calibrated probabilities, same shape as `logits` (..., labels).

    Softmax over the labels of a single-label layer, a sigmoid for each label of a multi-label one.
    """
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    if layer.kind == "multi":
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(scaled, -60, 60))))
    scaled = scaled - scaled.max(axis=-1, keepdims=True)
    exponent = np.exp(scaled)
    return np.asarray(exponent / exponent.sum(axis=-1, keepdims=True))


def fit_temperature(logits: Floats, labels: npt.NDArray[np.integer], layer: Layer) -> float:
    """Fit the temperature that minimises the negative log-likelihood (Guo et al., ICML 2017).

    Args:
        logits: (sentences, labels).
        labels: (sentences,) label numbers of a single-label layer, (sentences, labels) of 0 and 1 for a multi one.
        layer: the layer that they belong to.

    Returns:
        The temperature, searched between 0.05 and 20; 1 where there is nothing to fit on.
    """
    if not len(logits):
        return 1.0

    def loss(log_temperature: float) -> float:
        p = np.clip(probabilities(logits, layer, float(np.exp(log_temperature))), 1e-12, 1 - 1e-12)
        if layer.kind == "multi":
            return float(-(labels * np.log(p) + (1 - labels) * np.log(1 - p)).mean())
        return float(-np.log(p[np.arange(len(p)), labels]).mean())

    # The loss is smooth with one minimum in the log temperature: golden-section search needs no derivative.
    low, high = np.log(0.05), np.log(20.0)
    ratio = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(60):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        if loss(a) < loss(b):
            high = b
        else:
            low = a
    return float(np.exp((low + high) / 2.0))


def threshold_for_risk(probability: Floats, right: npt.NDArray[np.bool_], target_risk: float) -> float:
    """Return the lowest threshold at which the share of wrong decisions at or above it is at most `target_risk`.

    Args:
        probability: (sentences,) probability of the chosen label.
        right: (sentences,) whether the choice was right.
        target_risk: wanted share of wrong decisions among those kept, 0 to 1.

    Returns:
        A threshold; 1.0 when no threshold reaches the risk.
    """
    order = np.argsort(-probability, kind="stable")
    wrong = np.cumsum(~right[order])
    kept = np.arange(1, len(order) + 1)
    # Only cut between different probabilities: equal ones are kept or dropped together.
    ends = np.append(probability[order][1:] < probability[order][:-1], True)
    fine = np.flatnonzero(ends & (wrong / kept <= target_risk))
    return float(probability[order][fine[-1]]) if fine.size else 1.0
