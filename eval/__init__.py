"""Evaluation: metrics with intervals against held-out annotations."""

from .bootstrap import Figure
from .evaluate import Report, evaluate_model

__all__ = ["Figure", "Report", "evaluate_model"]
