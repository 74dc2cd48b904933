"""doccano: JSON Lines out, for a project of intent detection and slot filling, and any of its text exports back in.

https://github.com/doccano/doccano. That kind of project has labels for the sentence (`cats`) and for spans
(`entities`); labels are named `layer:code`. doccano knows no predictions, so a model's suggestions are imported as
labels and marked `suggested_by`. Such a file is refused until doccano has exported it: model output is no annotation.
"""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

from .annotation import Annotation, Unit
from .codes import prefixed_codes, refuse_lost_labels, sorted_into_layers, span_columns, tool_codebook
from .jsonl import jsonl_objects, read_jsonl_objects, write_jsonl
from .labelstudio import Suggestion
from .problems import Problems, report

__all__ = ["looks_like_doccano", "read_doccano", "write_doccano"]

_OWN_ID, _SUGGESTED = "sentence_id", "suggested_by"
_LABELS = ("cats", "label", "labels")
#: The export of all annotators together; other members of the archive are named after their annotator.
_EVERYBODY = "all"
#: What an archive raises that is none, is damaged, cut off or encrypted, or whose members are not UTF-8.
_UNREADABLE = (
    zipfile.BadZipFile, OSError, UnicodeDecodeError, RuntimeError, EOFError, zlib.error, lzma.LZMAError
)  # fmt: skip


def write_doccano(
    path: str | Path, records: Iterable[Annotation], codebook: Codebook, suggestions: Iterable[Suggestion] = ()
) -> None:
    """Write one line for each record and each suggestion.

    Raises:
        AnnotationError: a record has a label that the codebook lacks.
        OutputError: the file cannot be written.
    """
    codebook = tool_codebook(codebook)
    rows = [_row(record, codebook) | _known("annotator", record.annotator) for record in records]
    rows += [
        _row(item.record, codebook) | {_SUGGESTED: item.record.annotator or "a model"} | _known("score", item.score)
        for item in suggestions
    ]
    write_jsonl(path, rows)


def _known(name: str, value: Any) -> dict[str, Any]:
    return {} if value is None else {name: value}


def _row(record: Annotation, codebook: Codebook) -> dict[str, Any]:
    data = record.model_dump(mode="json", include={*Unit.model_fields, "speaker"}, exclude_defaults=True)
    row = {"text": data.pop("text"), _OWN_ID: data.pop("id")} | data
    refuse_lost_labels(record, codebook)
    return row | {
        "cats": prefixed_codes(record, codebook),
        "entities": [[start, end, "rationale"] for start, end in record.rationale],
    }


def looks_like_doccano(row: Mapping[str, Any]) -> bool:
    """Return whether a row is of an export, and not of somebody's table that has names under `entities`."""
    entities = row.get("entities")
    spans = isinstance(entities, list) and not any(isinstance(item, str) for item in entities)
    return spans or any(isinstance(row.get(name), list) for name in _LABELS)


def read_doccano(
    path: str | Path,
    codebook: Codebook | None = None,
    *,
    mapped: Iterable[str] = (),
    problems: Problems = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and columns of each row of a `.jsonl` export, or of every export in doccano's `.zip`.

    Args:
        path: the file.
        codebook: says which layer a label belongs to.
        mapped: columns that a map reads whole, such as `label`.
        problems: where to put the errors of single rows instead of raising the first.

    Raises:
        AnnotationError: the file or archive cannot be read, or a row is wrong.
    """
    path, mapped = Path(path), tuple(mapped)
    for where, annotator, number, row in _lines(path, problems):
        try:
            yield number, {"annotator": annotator} | _columns(row, codebook, mapped)
        except AnnotationError as error:
            report(AnnotationError(error.message, path=where, line=number, field=error.field), problems)


def _lines(path: Path, problems: Problems) -> Iterator[tuple[str | Path, str | None, int, dict[str, Any]]]:
    if path.suffix.lower() != ".zip":
        for number, row in read_jsonl_objects(path, problems):
            yield path, None, number, row
        return
    where = str(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if name.lower().endswith((".jsonl", ".json"))]
            if not members:
                raise AnnotationError("the archive holds no .jsonl", path=path)
            for name in members:
                annotator = None if Path(name).stem == _EVERYBODY else Path(name).stem
                where = f"{path}/{name}"
                with archive.open(name) as raw, TextIOWrapper(raw, encoding="utf-8-sig") as file:
                    for number, row in jsonl_objects(file, where, problems):
                        yield where, annotator, number, row
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise AnnotationError(f"not a readable archive: {reason}", path=where) from error


def _columns(row: Mapping[str, Any], codebook: Codebook | None, mapped: tuple[str, ...]) -> dict[str, Any]:
    if row.get(_SUGGESTED) is not None and "id" not in row:
        raise AnnotationError(
            "these are a model's suggestions, not annotations: import them into doccano and export what was confirmed",
            field=_SUGGESTED,
        )
    columns = {k: v for k, v in row.items() if k not in (*_LABELS, "entities", "relations", "id", "Comments")}
    columns["id"] = row.get(_OWN_ID) or row.get("id")
    codes: list[str] = []
    spans: list[tuple[str, list[int]]] = []
    for name in _LABELS:
        given = row.get(name)
        given = [given] if isinstance(given, str) else given or []
        if not isinstance(given, list):
            raise AnnotationError("is no list of labels", field=name)
        words = [label for label in given if isinstance(label, str)]
        codes += words
        if words and name in mapped:
            columns[name] = words
        spans += [_span(item, name) for item in given if not isinstance(item, str)]
    entities = row.get("entities") or []
    if not isinstance(entities, list):
        raise AnnotationError("is no list of spans", field="entities")
    spans += [_span(item, "entities") for item in entities]
    whole = [name for name in mapped if name in _LABELS]
    return columns | span_columns(spans) | sorted_into_layers(codes, codebook, whole)


def _span(item: Any, field: str) -> tuple[str, list[int]]:
    if isinstance(item, dict):
        item = [item.get("start_offset"), item.get("end_offset"), item.get("label")]
    match item:
        case [int() as start, int() as end, str() as label]:
            return label, [start, end]
    raise AnnotationError(f"{item!r} is no [start, end, label]", field=field)
