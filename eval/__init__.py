"""Evaluation: metrics with intervals against held-out annotations, agreement, calibration, behaviour, comparison."""

from .agreement import Agreement, annotator_agreement
from .bootstrap import Figure
from .evaluate import Report, evaluate_model

__all__ = ["Agreement", "Figure", "Report", "annotator_agreement", "evaluate_model"]
