"""NewsMTSC: target-dependent sentiment in US news sentences (Hamborg and Donnay, EACL 2021; MIT licence).

The official JSON Lines: `sentence`, `mention`, `from`, `to`, `polarity` (-1, 0, 1), `id`. Its labels are sentiment
toward a mention, which is looser than stance toward actions: a bad event befalling the mention counts as negative. A
record therefore carries them twice: as what they are, under `labels.sentiment`, and as `stance`, for models that have
no layer of that name.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError

from .annotation import Annotation
from .jsonl import as_annotation, read_jsonl_objects
from .problems import Problems, gather

__all__ = ["CITATION", "LICENCE", "read_newsmtsc", "without_texts_of"]

LICENCE = "MIT"
CITATION = (
    "Felix Hamborg and Karsten Donnay. NewsMTSC: A Dataset for (Multi-)Target-dependent Sentiment Classification "
    "in Political News Articles. EACL 2021."
)

_ARTICLE = re.compile(r"(allsides_\d+_\d+|polusa_v1_-?\d+_-?\d+)_")
_FIELDS = {"sentence": str, "mention": str, "from": int, "to": int, "polarity": int, "id": str}
_STANCE = {-1: "against", 0: "neutral", 1: "favor"}
_SENTIMENT = {-1: "negative", 0: "neutral", 1: "positive"}


def read_newsmtsc(path: str | Path, *, split: str | None = None, problems: Problems = None) -> list[Annotation]:
    """Read one official file.

    Args:
        path: for instance `hf_rw/train.jsonl`.
        split: what to record as each row's split.
        problems: where to put the errors of single rows, which are then left out, instead of raising the first.

    Returns:
        One record a row; `article` is read off the row's id, or is the id itself where that has another form.

    Raises:
        AnnotationError: a row lacks a field, has another polarity, or its offsets do not give its mention.
    """
    return gather(
        read_jsonl_objects(path, problems),
        lambda number, row: _record(row, path, number, split),
        path=path,
        problems=problems,
    )


def _record(row: dict[str, Any], path: str | Path, number: int, split: str | None) -> Annotation:
    for field in _FIELDS:
        if field not in row:
            raise AnnotationError("missing", path=path, line=number, field=field)
    for field, kind in _FIELDS.items():
        if not isinstance(row[field], kind) or isinstance(row[field], bool) or row[field] == "":
            wanted = "text" if kind is str else "whole number"
            raise AnnotationError(f"{row[field]!r} is no {wanted}", path=path, line=number, field=field)
    text, start, end = row["sentence"], row["from"], row["to"]
    if start < 0:
        raise AnnotationError(f"{start} is no offset", path=path, line=number, field="from")
    if text[start:end] != row["mention"]:
        raise AnnotationError(
            f"from:to gives {text[start:end]!r}, the mention is {row['mention']!r}", path=path, line=number
        )
    if row["polarity"] not in _STANCE:
        raise AnnotationError(f"{row['polarity']!r} is not -1, 0 or 1", path=path, line=number, field="polarity")
    value = {
        "id": row["id"],
        "text": text,
        "target": row["mention"],
        "target_spans": ((start, end),),
        "stance": _STANCE[row["polarity"]],
        "labels": {"sentiment": _SENTIMENT[row["polarity"]]},
        "article": _article(row["id"]),
        "corpus": "newsmtsc",
        "split": split,
    }
    return as_annotation(value, path=path, line=number)


def without_texts_of(records: list[Annotation], held_out: Collection[Annotation]) -> list[Annotation]:
    """Return the records whose text does not occur in `held_out`, white space and case aside.

    Five NewsMTSC test sentences also occur in its training file; a fair figure needs them out of training.
    """
    seen = {_key(record.text) for record in held_out}
    return [record for record in records if _key(record.text) not in seen]


def _key(text: str) -> str:
    return " ".join(text.casefold().split())


def _article(identifier: str) -> str:
    """Return the article's part of a row's id, as in `allsides_<story>_<article>_<sentence>_<mention>_<from>_<to>`."""
    found = _ARTICLE.match(identifier)
    return found.group(1) if found else identifier
