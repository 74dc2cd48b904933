"""FrAC: frames in sentences of news articles and comments (Guida, Otmakhova, Hovy and Frermann, 2025).

CC BY 4.0, the New York Times part CC BY-NC-SA 4.0: evaluation and research only. One label a sentence, from ten merged
classes of the Policy Frames Codebook; three of its fifteen frames (capacity, quality of life, external) have no class.
As a corpus its records have one layer of their own, `merged_frame`, whose codes join the merged frames with `+`, such
as `legality+crime`: one class chosen says nothing of the other frames, so the layer `frames` stays unjudged.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from newstance.errors import AnnotationError
from newstance.model.codebook import Label, Layer

from .annotation import Annotation

__all__ = ["CITATION", "CLASSES", "LAYER", "LICENCE", "FracRow", "frac_annotations", "read_frac"]

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


@dataclass(frozen=True, slots=True)
class FracRow:
    """A sentence with its class, a key of `CLASSES`."""

    text: str
    label: str


def read_frac(path: str | Path) -> list[FracRow]:
    """Read the official `gold_standard_single_label_all.csv`.

    Raises:
        AnnotationError: the file cannot be read, lacks a column, or holds another class; names the line.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"sentence", "label"} - set(reader.fieldnames or ())
            if missing:
                raise AnnotationError("missing column", path=path, line=1, field=", ".join(sorted(missing)))
            rows = []
            for row in reader:
                if row["label"] not in CLASSES:
                    raise AnnotationError(
                        f"unknown class {row['label']!r}", path=path, line=reader.line_num, field="label"
                    )
                rows.append(FracRow(row["sentence"], row["label"]))
    except OSError as error:
        raise AnnotationError(f"cannot be read: {error.strerror}", path=path) from error
    if not rows:
        raise AnnotationError("holds no row", path=path)
    return rows


def frac_annotations(path: str | Path) -> list[Annotation]:
    """Return the rows of the official file as records with the layer `merged_frame`.

    Raises:
        AnnotationError: as `read_frac`.
    """
    return [
        Annotation(id=f"frac-{number}", text=row.text, labels={LAYER.name: "+".join(CLASSES[row.label])}, corpus="frac")
        for number, row in enumerate(read_frac(path), start=2)
    ]
