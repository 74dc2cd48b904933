"""NewsMTSC's training sentences once more, asked about other names in them: stance and sentiment toward each.

NewsMTSC asks about one or two mentions of a sentence; most sentences name more. A language model read up to three
others of each, marked as the published one is, in one pass. **These are model output, not human annotation**: they
teach, and nothing is measured against them; sentences of dev and test were not asked about. The file holds labels and
offsets only, under the hash of the id of a row that has the sentence; the sentences stay where users download them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError

from .annotation import Annotation, Span
from .codebook_pass import labels_by_row, row_key, start_of_hash
from .problems import Problems, report

__all__ = ["ANNOTATOR", "mention_pass"]

#: What the records say of who judged.
ANNOTATOR = "language model, mention pass"


def mention_pass(
    records: Iterable[Annotation], *, path: str | Path | None = None, problems: Problems = None
) -> list[Annotation]:
    """Return one record for each other mention that was judged in the sentences of these rows.

    Args:
        records: rows of NewsMTSC, as `read_newsmtsc` gives them; sentences not asked about give nothing.
        path: their file, for errors.
        problems: where to put the errors of single rows, which are then left out, instead of raising the first.

    Raises:
        AnnotationError: a row's sentence is not the one that was judged, so that the offsets are of another text.
    """
    judged = _judged()
    found = []
    for record in records:
        asked = judged.get(row_key(record.id), ())
        if asked and asked[0]["sentence"] != start_of_hash(record.text, 8):
            report(AnnotationError(f"{record.id}: not the sentence whose names were judged", path=path), problems)
            continue
        found += [_record(record, **judgement) for judgement in asked]
    return found


def _record(record: Annotation, *, sentence: str, spans: tuple[Span, ...], stance: str, sentiment: str) -> Annotation:
    start, end = spans[0]
    changed = {
        "id": f"{record.id}_other_{start}_{end}",
        "target": record.text[start:end],
        "target_spans": spans,
        "stance": stance,
        "labels": {"sentiment": sentiment},
        "annotator": ANNOTATOR,
    }
    return Annotation.model_validate(record.model_dump() | changed)


@cache
def _judged() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in labels_by_row("newsmtsc-mentions.tsv"):
        spans = tuple(tuple(map(int, span.split("-"))) for span in row["spans"].split(","))
        kept = {"sentence": row["text"], "spans": spans, "stance": row["stance"], "sentiment": row["sentiment"]}
        found[row["key"]].append(kept)
    return dict(found)
