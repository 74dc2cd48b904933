"""Prodigy: its JSON Lines, as `db-out` writes them, of choice, textcat and span tasks (https://prodi.gy/docs/api-interfaces).

`accept` holds the codes of a choice task; a task with one `label` and an `answer` speaks of that code only, so such
tasks about one sentence by one annotator are put together. Who was shown all codes of a layer that takes any number and
accepted none judged that none applies. `answer: ignore` is left out, and so is a rejected choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook, load_codebook

from .codes import sorted_into_layers, span_columns
from .columns import NONE_OF_THEM, column_of
from .jsonl import read_jsonl_objects
from .problems import Problems, report

__all__ = ["looks_like_prodigy", "read_prodigy"]

_LABELS = ("accept", "label")
_ANSWERS = ("accept", "reject", "ignore")
#: What Prodigy itself adds to each task; its older exports lack some of it, and files made like them all.
_MARKS = ("_input_hash", "_task_hash", "_view_id")
_SKIPPED = ("spans", "options", "tokens", "relations", "meta", "answer", "html", "style", *_LABELS)


def looks_like_prodigy(row: Mapping[str, Any]) -> bool:
    """Return whether a row is a task of Prodigy, and not of somebody's table that has a column `answer` or `accept`."""
    if any(name in row for name in _MARKS):
        return True
    if "answer" not in row:
        return isinstance(row.get("accept"), list)
    return row["answer"] in _ANSWERS and any(name in row for name in (*_LABELS, "spans", "options"))


def read_prodigy(
    path: str | Path,
    codebook: Codebook | None = None,
    *,
    mapped: Iterable[str] = (),
    problems: Problems = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and columns of each judgement; `meta` is read like columns, spans by their label.

    Args:
        path: the file.
        codebook: says which layer a code belongs to.
        mapped: columns that a map reads whole, such as `accept`.
        problems: where to put the errors of single rows instead of raising the first.

    Raises:
        AnnotationError: the file cannot be read, or a row is wrong.
    """
    path, mapped = Path(path), tuple(mapped)
    binary: dict[tuple[str, str | None, str | None], list[tuple[int, dict[str, Any]]]] = {}
    for number, row in read_jsonl_objects(path, problems):
        answer = row.get("answer", "accept")
        if answer == "ignore":
            continue
        try:
            if isinstance(row.get("label"), str) and "accept" not in row:
                key = (str(row.get("text")), _name(row, "_input_hash"), _annotator(row))
                binary.setdefault(key, []).append((number, row))
            elif answer == "accept":
                yield number, _columns(row) | _chosen(row, codebook, mapped)
        except AnnotationError as error:
            report(AnnotationError(error.message, path=path, line=number, field=error.field), problems)
    for group in binary.values():
        number, row = group[0]
        try:
            columns = _binary(group, codebook, mapped)
            columns = _columns(row) | columns if columns else {}
        except AnnotationError as error:
            report(AnnotationError(error.message, path=path, line=number, field=error.field), problems)
            continue
        if columns:
            yield number, columns


def _annotator(row: Mapping[str, Any]) -> str | None:
    return _name(row, "_annotator_id" if "_annotator_id" in row else "_session_id")


def _name(row: Mapping[str, Any], field: str) -> str | None:
    value = row.get(field)
    if isinstance(value, dict | list):
        raise AnnotationError("is neither text nor a number", field=field)
    return None if value is None else str(value)


def _columns(row: Mapping[str, Any]) -> dict[str, Any]:
    meta = row.get("meta")
    columns: dict[str, Any] = dict(meta) if isinstance(meta, dict) else {}
    columns |= {name: value for name, value in row.items() if name not in _SKIPPED and not name.startswith("_")}
    if (who := _annotator(row)) is not None:
        columns["annotator"] = who
    if "id" not in columns and (hashed := _name(row, "_input_hash")) is not None:
        columns["id"] = hashed
    spans = row.get("spans") or []
    if not isinstance(spans, list):
        raise AnnotationError("is no list of spans", field="spans")
    found = []
    for number, span in enumerate(spans):
        match span:
            case {"start": int() as start, "end": int() as end, "label": str() as label}:
                found.append((label, [start, end]))
            case _:
                raise AnnotationError("a span needs start, end and label", field=f"spans.{number}")
    return columns | span_columns(found)


def _chosen(row: Mapping[str, Any], codebook: Codebook | None, mapped: tuple[str, ...]) -> dict[str, Any]:
    """Return what a choice task comes to: what was accepted of its options, and none of a layer without any of them."""
    found = _sorted(row.get("accept"), codebook, mapped)
    options = row.get("options")
    if row.get("accept") is None or not isinstance(options, list) or any(name in mapped for name in _LABELS):
        return found
    return _none_of([str(option.get("id")) for option in options if isinstance(option, dict)], codebook) | found


def _none_of(shown: Iterable[str], codebook: Codebook | None) -> dict[str, Any]:
    """Return "none of them" for each layer that takes any number of codes and of which all were shown."""
    shown = list(shown)
    found: dict[str, Any] = {}
    for layer in (codebook or load_codebook()).layers:
        codes = {label.removeprefix(f"{layer.name}:") for label in shown}
        if layer.kind == "multi" and codes >= set(layer.codes):
            found[column_of(layer)] = [NONE_OF_THEM]
    return found


def _sorted(codes: Any, codebook: Codebook | None, mapped: tuple[str, ...]) -> dict[str, Any]:
    if codes is None:
        return {}
    if not isinstance(codes, list):
        raise AnnotationError("is no list of codes", field="accept")
    words = [str(code) for code in codes]
    whole = [name for name in mapped if name in _LABELS]
    return dict.fromkeys(whole, words) | sorted_into_layers(words, codebook, whole)


def _binary(
    group: list[tuple[int, dict[str, Any]]], codebook: Codebook | None, mapped: tuple[str, ...]
) -> dict[str, Any]:
    """Return what yes-or-no tasks about one sentence come to: what was accepted, or none where all was rejected."""
    answers = {row["label"]: row.get("answer", "accept") for _, row in group}
    accepted = [label for label, answer in answers.items() if answer == "accept"]
    return _sorted(accepted, codebook, mapped) if accepted else _none_of(answers, codebook)
