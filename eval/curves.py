"""What the report draws of a layer: its confusion, its reliability, and risk against coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .judged import Judged
from .reliability import Bin, Decided, reliability_bins, risk_at_coverage

__all__ = ["Curves", "layer_curves"]

#: Coverages at which the risk is drawn.
_COVERAGES = np.linspace(0.05, 1.0, 39)


@dataclass(frozen=True, slots=True)
class Curves:
    """Points of a layer's pictures.

    Attributes:
        codes: the layer's labels.
        confusion: (gold, decided) counts of a single-label layer, else empty.
        reliability: bins of equal mass after temperature.
        reliability_before: and before.
        risk_coverage: pairs of coverage and risk of a single-label layer, else empty.
    """

    codes: list[str]
    confusion: list[list[int]]
    reliability: list[Bin]
    reliability_before: list[Bin]
    risk_coverage: list[tuple[float, float]]


def layer_curves(judged: Judged) -> Curves:
    """Return the points; a layer whose probabilities were not calibrated has no reliability."""
    codes = list(judged.layer.codes)
    if judged.layer.kind == "multi":
        bins = [
            reliability_bins(Decided.of(p.ravel(), judged.gold.ravel()))
            for p in (judged.probability, judged.uncalibrated)
        ]
        return Curves(codes, [], bins[0], bins[1], [])
    confusion = np.zeros((len(codes), len(codes)), dtype=int)
    np.add.at(confusion, (judged.gold, judged.predicted), 1)
    if not judged.calibrated:
        return Curves(codes, confusion.tolist(), [], [], [])
    decided, before = (
        Decided.of(p.max(axis=1), p.argmax(axis=1) == judged.gold) for p in (judged.probability, judged.uncalibrated)
    )
    curve = [(round(float(c), 4), risk_at_coverage(decided, float(c))) for c in _COVERAGES]
    return Curves(codes, confusion.tolist(), reliability_bins(decided), reliability_bins(before), curve)
