"""Figures that others published on the same data, to stand beside ours."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PUBLISHED", "Published"]


@dataclass(frozen=True, slots=True)
class Published:
    """A published figure: on which corpus and layer, which metric, its value, by what, and where it stands."""

    corpus: str
    layer: str
    metric: str
    value: float
    system: str
    source: str


_NEWSMTSC = "Hamborg and Donnay, EACL 2021"
_PSTANCE = "Li et al., Findings of ACL 2021"
_FRAC = "Guida et al., 2025"
PUBLISHED = (
    Published("newsmtsc-rw", "sentiment", "macro_f1", 0.831, "GRU-TSC, RoBERTa-base, names in sight", _NEWSMTSC),
    Published("newsmtsc-rw", "sentiment", "macro_f1", 0.802, "BERT-base, names in sight", _NEWSMTSC),
    Published("newsmtsc-mt", "sentiment", "macro_f1", 0.825, "GRU-TSC, RoBERTa-base, names in sight", _NEWSMTSC),
    Published(
        "pstance",
        "stance",
        "favor_against_f1",
        0.805,
        "BERTweet, mean of the three targets",
        _PSTANCE,
    ),
    # The public rows mix both kinds of text without saying which is which, so neither figure is of the same sentences.
    Published("frac", "frames", "macro_f1", 0.77, "RoBERTa-large, its articles alone", _FRAC),
    Published("frac", "frames", "macro_f1", 0.83, "RoBERTa-large, its comments alone", _FRAC),
)
