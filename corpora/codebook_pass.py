"""NewsMTSC's training rows judged once more, by this project's codebook.

NewsMTSC labels sentiment toward a mention; the codebook asks for stance toward its actions, for voice and for frames.
A language model read every training row with its target marked and labelled it by the codebook, one pass, without
seeing the published label. **These are model output, not human annotation**: they teach, and nothing is ever measured
against them. The file holds labels only, each under the hash of the row's published id; the sentences stay where users
download them from.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import NamedTuple

from .annotation import Annotation

__all__ = ["ANNOTATOR", "codebook_pass"]

#: What the records say of who judged.
ANNOTATOR = "codebook pass (language model)"

_FILE = "passes/newsmtsc.tsv"


class _Judgement(NamedTuple):
    stance: str
    voice: str
    frames: tuple[str, ...]


def codebook_pass(records: Iterable[Annotation]) -> list[Annotation]:
    """Return one more judgement of every NewsMTSC training row: stance, voice and frames by the codebook.

    Args:
        records: rows of NewsMTSC; those that the pass does not cover (dev and test) give nothing.
    """
    judged = _judgements()
    found = []
    for record in records:
        judgement = judged.get(_key(record.id))
        if judgement is not None:
            found.append(
                Annotation.model_validate(
                    record.model_dump() | judgement._asdict() | {"annotator": ANNOTATOR, "rationale": ()}
                )
            )
    return found


def _key(identifier: str) -> str:
    return hashlib.sha256(identifier.encode("utf-8")).hexdigest()[:16]


@cache
def _judgements() -> dict[str, _Judgement]:
    text = (resources.files("newstance.corpora") / _FILE).read_text(encoding="utf-8")
    return {
        row["key"]: _Judgement(row["stance"], row["voice"], tuple(row["frames"].split(",")) if row["frames"] else ())
        for row in csv.DictReader(text.splitlines(), delimiter="\t")
    }
