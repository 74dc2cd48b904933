"""Annotation records from and to JSON Lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from newstance.errors import AnnotationError
from newstance.errors.hints import did_you_mean
from newstance.files import DAMAGED, create_text, open_text, whole_file
from newstance.model.codebook import Codebook

from .annotation import Annotation
from .problems import Problems, gather, report, unreadable

__all__ = [
    "as_annotation",
    "check_codes",
    "jsonl_objects",
    "read_annotations",
    "read_jsonl_objects",
    "write_annotations",
    "write_jsonl",
]


def read_jsonl_objects(path: str | Path, problems: Problems = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the 1-based line number and the object of each non-empty line of a file, packed or not.

    Raises:
        AnnotationError: the file cannot be read, or, unless `problems` collects it, a line is not a JSON object.
    """
    path = Path(path)
    try:
        with open_text(path) as file:
            yield from jsonl_objects(file, path, problems)
    except UnicodeDecodeError as error:
        raise AnnotationError(f"not UTF-8: {error.reason} at byte {error.start}", path=path) from error
    except DAMAGED as error:
        raise unreadable(path, error) from error


def jsonl_objects(
    lines: Iterable[str], path: str | Path, problems: Problems = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the 1-based number and the object of each non-empty line of an open file."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", str(error))
            report(AnnotationError(f"not JSON: {reason}", path=path, line=number), problems)
            continue
        if not isinstance(value, dict):
            report(AnnotationError("not a JSON object", path=path, line=number), problems)
            continue
        yield number, value


def read_annotations(
    path: str | Path, codebook: Codebook | None = None, *, problems: Problems = None, lines: list[int] | None = None
) -> list[Annotation]:
    """Read Annotation records, one JSON object a line.

    Args:
        path: the file.
        codebook: when given, every label must be one of its codes.
        problems: where to put the errors of single rows, which are then left out, instead of raising the first.
        lines: where to put the line of each record.

    Raises:
        AnnotationError: no record in the file, or one of them is wrong; names line and field.
    """

    def make(number: int, value: dict[str, Any]) -> Annotation:
        record = as_annotation(value, codebook, path=path, line=number)
        if lines is not None:
            lines.append(number)
        return record

    return gather(read_jsonl_objects(path, problems), make, path=path, problems=problems, unit="annotation")


def as_annotation(
    value: dict[str, Any], codebook: Codebook | None = None, *, path: str | Path, line: int
) -> Annotation:
    """Return the record of a mapping, checked against the codebook where one is given.

    Raises:
        AnnotationError: it is no record; names line and field.
    """
    try:
        record = Annotation.model_validate(value)
    except ValidationError as error:
        found = error.errors()
        if unknown := [first for first in found if first["type"] == "extra_forbidden"]:
            key = str(unknown[0]["loc"][0])  # named first: a field that is missing may be misspelt here
            raise AnnotationError(_unknown_field(key, value), path=path, line=line, field=key) from error
        first = found[0]
        field = ".".join(str(part) for part in first["loc"]) or None
        message = first["msg"].removeprefix("Value error, ")
        raise AnnotationError(message, path=path, line=line, field=field) from error
    if codebook is not None:
        check_codes(record, codebook, path=path, line=line)
    return record


def _unknown_field(key: str, row: Mapping[str, Any]) -> str:
    """Return what is wrong with a key that no record has, and what to do about it."""
    meant = did_you_mean(key, [name for name in Annotation.model_fields if name not in row], cutoff=0.7)
    column = f"text={'text' if 'text' in row else 'COLUMN'}"
    return (
        f"a record has no such field{meant}; its fields are {', '.join(Annotation.model_fields)}. Put a layer of your "
        f"own under labels; where rows hold other columns as well, name one that counts, as with --column {column}: "
        f"the others are left out"
    )


def check_codes(record: Annotation, codebook: Codebook, *, path: str | Path, line: int | None) -> None:
    """Raise `AnnotationError` when a record uses a code that the codebook lacks.

    A layer that the codebook lacks is not checked: a model may predict fewer layers than a corpus labels.
    """
    for layer in codebook.layers:
        try:
            record.codes(layer)
        except AnnotationError as error:
            raise AnnotationError(error.message, path=path, line=line, field=error.field) from error


def write_annotations(path: str | Path, records: Iterable[Annotation]) -> None:
    """Write records so that `read_annotations` gives equal ones back; fields at their default are left out.

    Raises:
        OutputError: the file cannot be written.
    """
    write_jsonl(path, (record.model_dump(mode="json", exclude_defaults=True) for record in records))


def write_jsonl(path: str | Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, packed where the file's name says so.

    Raises:
        OutputError: the file cannot be written.
    """
    with whole_file(path) as place, create_text(place, path, newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
