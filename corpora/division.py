"""`part_of`: a file without splits, divided into three by its articles, the same way in training and in judging."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from newstance.errors import AnnotationError

from .annotation import Annotation

__all__ = ["PARTS", "Part", "part_of", "refuse_splits"]

Part = Literal["train", "dev", "test"]
PARTS: tuple[Part, ...] = get_args(Part)
#: Where each part ends between 0 and 1: 15%, 15% and 70%.
_ENDS: tuple[tuple[Part, float], ...] = (("dev", 0.15), ("test", 0.30), ("train", 1.0))


def part_of(record: Annotation) -> Part:
    """Return the part that a record's article falls into; of a record without an article, its text."""
    name = record.article or record.text
    # Not CRC32: it is linear, so that names which differ in a few digits do not spread evenly.
    place = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8], "big") / 2**64
    return next(part for part, end in _ENDS if place < end)


def refuse_splits(records: Sequence[Annotation], path: str | Path) -> None:
    """Raise `AnnotationError` when rows that are to be divided name their split already."""
    if any(record.split is not None for record in records):
        raise AnnotationError(
            "rows name their split: choose by `split`; `part` divides rows without one, or those of one split",
            path=path,
            field="part",
        )
