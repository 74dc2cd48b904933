"""FrAC: frames in sentences of news articles and comments (Guida, Otmakhova, Hovy and Frermann, 2025).

CC BY 4.0, the New York Times part CC BY-NC-SA 4.0: evaluation and research only. One label a sentence, from ten merged
classes of the Policy Frames Codebook; three of its fifteen frames (capacity, quality of life, external) have no class.
As a corpus its records have one layer of their own, `merged_frame`, whose codes join the merged frames with `+`, such
as `legality+crime`: one class chosen says nothing of the other frames, so the layer `frames` stays unjudged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError
from newstance.model.codebook import Label, Layer

from .annotation import Annotation
from .jsonl import as_annotation
from .problems import Problems, gather
from .tables import read_table

__all__ = ["CITATION", "CLASSES", "LAYER", "LICENCE", "frac_annotations"]

LICENCE = "CC BY 4.0; the New York Times part CC BY-NC-SA 4.0"
CITATION = (
    "Matteo Guida, Yulia Otmakhova, Eduard Hovy and Lea Frermann. Retain or Reframe? A Computational Framework for "
    "the Analysis of Framing in News Articles and Reader Comments. 2025."
)

#: The number in the file, and the frame codes that the class merges; 15 is "other" and no named class.
CLASSES: dict[str, tuple[str, ...]] = {
    "1": ("economic",),
    "3": ("morality",),
    "4": ("fairness",),
    "5": ("legality", "crime"),
    "6": ("policy", "political"),
    "8": ("security",),
    "9": ("health",),
    "11": ("cultural",),
    "12": ("public_opinion",),
    "15": ("other",),
}

#: The layer of the records, for a codebook of one's own.
LAYER = Layer(
    name="merged_frame", kind="single", labels=tuple(Label(code="+".join(codes)) for codes in CLASSES.values())
)


def frac_annotations(path: str | Path, problems: Problems = None) -> list[Annotation]:
    """Return the rows of the official `gold_standard_single_label_all.csv` as records with the layer `merged_frame`.

    Args:
        path: the file.
        problems: where to put the errors of single rows, which are then left out, instead of raising the first.

    Raises:
        AnnotationError: the file cannot be read or lacks a column, or a row has no sentence or another class.
    """
    return gather(
        read_table(path, problems), lambda number, row: _record(row, path, number), path=path, problems=problems
    )


def _record(row: dict[str, Any], path: str | Path, number: int) -> Annotation:
    for field in ("sentence", "label"):
        if not row.get(field):
            raise AnnotationError("missing", path=path, line=number, field=field)
    label = str(row["label"])
    if label not in CLASSES:
        raise AnnotationError(f"unknown class {label!r}", path=path, line=number, field="label")
    labels = {LAYER.name: "+".join(CLASSES[label])}
    value = {"id": f"frac-{number}", "text": row["sentence"], "labels": labels, "corpus": "frac"}
    return as_annotation(value, path=path, line=number)
