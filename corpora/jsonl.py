"""Annotation records from and to JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

from .annotation import Annotation

__all__ = ["check_codes", "read_annotations", "read_jsonl_objects", "write_annotations"]


def read_jsonl_objects(path: str | Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the 1-based line number and the object of each non-empty line.

    Raises:
        AnnotationError: the file cannot be read, or a line is not a JSON object; names the line.
    """
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    value = json.loads(line)
                except json.JSONDecodeError as error:
                    raise AnnotationError(f"not JSON: {error.msg}", path=path, line=number) from error
                if not isinstance(value, dict):
                    raise AnnotationError("not a JSON object", path=path, line=number)
                yield number, value
    except UnicodeDecodeError as error:
        raise AnnotationError(f"not UTF-8: {error.reason} at byte {error.start}", path=path) from error
    except OSError as error:
        raise AnnotationError(f"cannot be read: {error.strerror}", path=path) from error


def read_annotations(path: str | Path, codebook: Codebook | None = None) -> list[Annotation]:
    """Read Annotation records, one JSON object a line.

    Args:
        path: the file.
        codebook: when given, every label must be one of its codes.

    Raises:
        AnnotationError: no record in the file, or one of them is wrong; names line and field.
    """
    records = []
    for number, value in read_jsonl_objects(path):
        try:
            record = Annotation.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"]) or None
            raise AnnotationError(first["msg"], path=path, line=number, field=field) from error
        if codebook is not None:
            check_codes(record, codebook, path=path, line=number)
        records.append(record)
    if not records:
        raise AnnotationError("holds no annotation", path=path)
    return records


def check_codes(record: Annotation, codebook: Codebook, *, path: str | Path, line: int) -> None:
    """Raise `AnnotationError` when a record uses a code that the codebook lacks.

    A layer that the codebook lacks is not checked: a model may predict fewer layers than a corpus labels.
    """
    for layer in codebook.layers:
        try:
            record.codes(layer)
        except AnnotationError as error:
            raise AnnotationError(error.message, path=path, line=line, field=error.field) from error


def write_annotations(path: str | Path, records: Iterable[Annotation]) -> None:
    """Write records so that `read_annotations` gives equal ones back; fields at their default are left out."""
    with Path(path).open("w", encoding="utf-8") as file:
        for record in records:
            data = record.model_dump(mode="json", exclude_defaults=True)
            file.write(json.dumps(data, ensure_ascii=False) + "\n")
