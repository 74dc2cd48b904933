"""`development_sets`: the annotated sentences that may be looked at while something is chosen; never a test split."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from newstance.corpora import Annotation, read_corpus

from .data import CORPORA

__all__ = ["DevelopmentSet", "development_sets", "real_articles"]

_PARTS = ("rw", "mt")


@dataclass(frozen=True, slots=True)
class DevelopmentSet:
    """Some development data.

    Attributes:
        name: as a table shows it.
        layer: what it has the most to say of.
        records: its annotations.
    """

    name: str
    layer: str
    records: list[Annotation]


def development_sets(root: Path | None) -> list[DevelopmentSet]:
    """Return the own corpus's development annotations and, where a folder of corpora is given, NewsMTSC's.

    Args:
        root: holds `newsmtsc/hf_rw/dev.jsonl` and `newsmtsc/hf_mt/dev.jsonl`.

    Raises:
        AnnotationError: a file is missing, or not what it should be.
    """
    found = [DevelopmentSet("own corpus dev", "stance", read_corpus("dev"))]
    if root is None:
        return found
    published = _newsmtsc(root, "newsmtsc")
    # Its labels are sentiment; read as stance they would say something else of the same sentences.
    sentiment = [kept for record in published if (kept := record.only(("sentiment",))) is not None]
    by_codebook = _newsmtsc(root, "newsmtsc-codebook")
    return [
        DevelopmentSet("NewsMTSC dev", "sentiment", sentiment),
        DevelopmentSet("NewsMTSC dev by the codebook", "stance", by_codebook),
        *found,
    ]


def real_articles(root: Path) -> DevelopmentSet:
    """Return SEESAW's train split, sentences of real articles from which no shipped model has learnt.

    Args:
        root: holds `seesaw`.

    Raises:
        AnnotationError: a file is missing, or not what it should be.
    """
    return DevelopmentSet("SEESAW train", "stance", CORPORA["seesaw"].read(root / "seesaw", "train"))


def _newsmtsc(root: Path, corpus: str) -> list[Annotation]:
    return [record for part in _PARTS for record in CORPORA[f"{corpus}-{part}"].read(root / "newsmtsc", "dev")]
