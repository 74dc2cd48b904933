"""Scoring: the `Scorer`, its records, summaries and writers."""

from .records import EvidenceWord, FrameScore, ScoredArticle, ScoredSentence
from .scorer import DEFAULT_TARGET, Explain, Scorer
from .summary import summarise
from .voices import VOICE_NAMES, stance_by_voice
from .writers import Format, open_writer

__all__ = [
    "DEFAULT_TARGET",
    "VOICE_NAMES",
    "EvidenceWord",
    "Explain",
    "Format",
    "FrameScore",
    "ScoredArticle",
    "ScoredSentence",
    "Scorer",
    "open_writer",
    "stance_by_voice",
    "summarise",
]
