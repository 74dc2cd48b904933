"""NewsMTSC's rows judged again, by this project's codebook.

NewsMTSC labels sentiment toward a mention; the codebook asks for stance toward its actions, for voice and for frames.
A language model read every row of train and dev with its target marked and labelled it by the codebook, in two passes
that saw neither each other nor the published label. **These are model output, not human annotation**: they teach and
calibrate, and no published figure is measured against them; test rows were not labelled. The file holds labels only,
each under the hash of the row's published id; the sentences stay where users download them from.

How far the two passes agree, and where they differ from the published labels, is printed by::

    python -m newstance.corpora.pass_agreement [hf_rw/train.jsonl]
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Any

from .annotation import Annotation

__all__ = ["ANNOTATOR", "codebook_pass", "judgements", "labels_by_row", "row_key", "start_of_hash"]

#: What the records say of who judged, before the number of the pass.
ANNOTATOR = "language model, codebook pass"

_FILE = "newsmtsc.tsv"


def codebook_pass(records: Iterable[Annotation]) -> list[Annotation]:
    """Return the judgements of NewsMTSC's rows by the codebook, one record a row and pass: stance, voice and frames.

    Args:
        records: rows of NewsMTSC, as `read_newsmtsc` gives them; those that no pass covers (test) give nothing.
    """
    judged = judgements()
    return [
        Annotation.model_validate(record.model_dump() | {"labels": {}} | judgement)
        for record in records
        for judgement in judged.get(row_key(record.id), ())
    ]


def row_key(identifier: str) -> str:
    """Return what the files in `passes/` call a row of NewsMTSC: the start of the SHA-256 of its published id."""
    return start_of_hash(identifier, 16)


def start_of_hash(text: str, digits: int) -> str:
    """Return the first hexadecimal digits of a text's SHA-256."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:digits]


def labels_by_row(file: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a file of labels in `passes/`."""
    text = (resources.files("newstance.corpora") / "passes" / file).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines(), delimiter="\t")


@cache
def judgements() -> dict[str, list[dict[str, Any]]]:
    """Return the labels of both passes, in order, by the hash of the row's id."""
    found: dict[str, list[dict[str, Any]]] = {}
    for row in labels_by_row(_FILE):
        found.setdefault(row["key"], []).append(
            {
                "stance": row["stance"],
                "voice": row["voice"],
                "frames": tuple(row["frames"].split(",")) if row["frames"] else (),
                "annotator": f"{ANNOTATOR} {row['pass']}",
            }
        )
    return found
