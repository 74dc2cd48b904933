"""NewsMTSC's training sentences once more, asked about other names in them: stance and sentiment toward each.

NewsMTSC asks about one or two mentions of a sentence; most sentences name more. A language model read up to three
others of each, marked as the published one is, in one pass. **These are model output, not human annotation**: they
teach, and nothing is measured against them; sentences of dev and test were not asked about. The file holds labels and
offsets only, under the hash of the id of a row that has the sentence; the sentences stay where users download them.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from .annotation import Annotation
from .codebook_pass import row_key

__all__ = ["ANNOTATOR", "mention_pass"]

#: What the records say of who judged.
ANNOTATOR = "language model, mention pass"

_FILE = "passes/newsmtsc-mentions.tsv"


def mention_pass(records: Iterable[Annotation]) -> list[Annotation]:
    """Return one record for each other mention that was judged in the sentences of these rows.

    Args:
        records: rows of NewsMTSC, as `read_newsmtsc` gives them; sentences not asked about give nothing.
    """
    judged = _judged()
    return [_record(record, found) for record in records for found in judged.get(row_key(record.id), ())]


def _record(record: Annotation, judged: dict[str, Any]) -> Annotation:
    spans = judged["target_spans"]
    start, end = spans[0]
    changed = judged | {"id": f"{record.id}_other_{start}_{end}", "target": record.text[start:end]}
    return Annotation.model_validate(record.model_dump() | changed)


@cache
def _judged() -> dict[str, list[dict[str, Any]]]:
    text = (resources.files("newstance.corpora") / _FILE).read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in csv.DictReader(text.splitlines(), delimiter="\t"):
        found[row["key"]].append(
            {
                "target_spans": tuple(tuple(map(int, span.split("-"))) for span in row["spans"].split(",")),
                "stance": row["stance"],
                "labels": {"sentiment": row["sentiment"]},
                "annotator": ANNOTATOR,
            }
        )
    return dict(found)
