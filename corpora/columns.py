"""`ColumnMap`: which column of somebody's table holds which field of an Annotation record, and what its values mean."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from newstance.errors import AnnotationError
from newstance.errors.hints import did_you_mean
from newstance.files import inner_stem
from newstance.model.codebook import Codebook, Layer

from .annotation import OWN_FIELDS, Annotation, Unit, translation
from .cells import BadCell, is_empty, pairs_of, shown, spans_of, text_of, whole_number
from .jsonl import as_annotation, check_codes
from .map_text import MapText

__all__ = ["NONE_OF_THEM", "SPAN_FIELDS", "ColumnMap", "column_of", "no_text", "row_to_annotation"]

#: What tools show for "judged, and none of these codes".
NONE_OF_THEM = "(none)"
SPAN_FIELDS = ("target_spans", "before_spans", "after_spans", "rationale")
#: One mention may be given by two columns of numbers, and checked by a third that repeats its words.
_MENTION = ("target_start", "target_end", "mention")
_FIELDS = (*Annotation.model_fields, *_MENTION)
#: What columns of sentences are often called.
_LIKE_TEXT = ("text", "sentence", "sentences", "statement", "content", "body", "quote", "tweet")
_YES, _NO = frozenset({"1", "true", "yes", "y", "x"}), frozenset({"0", "false", "no", "n", ""})


class ColumnMap(BaseModel):
    """How the columns of a table, or the controls of an annotation tool, become an Annotation.

    A column that is named like a field of the record, or like a layer of the codebook, needs no entry. A layer that is
    named like a field is called `labels.NAME` here.

    Attributes:
        fields: field of the record or layer of the codebook, to the column that holds it. `target_start`, `target_end`
            and `mention` may give one mention of the target instead of `target_spans`.
        flags: for a layer that takes any number of codes: code, to the column that holds 1 or 0 for it.
        values: for a field or layer: what the file holds, to the code that it means; "" means no code.
        separator: what stands between several codes in one cell.
        fill: field, to the value that it has in every row that does not give it.
        unlabelled: whether rows without any label are an error or left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: dict[str, str] = {}
    flags: dict[str, dict[MapText, str]] = {}
    values: dict[str, dict[MapText, MapText]] = {}
    separator: str = Field(default=";", min_length=1)
    fill: dict[str, MapText] = {}
    unlabelled: Literal["refuse", "skip"] = "refuse"

    def check(self, codebook: Codebook | None, columns: Collection[str], path: str | Path) -> None:
        """Raise `AnnotationError` when the map names a field, layer, code or column that does not exist.

        Args:
            codebook: whose layers may be named besides the record's fields.
            columns: the columns of the file.
            path: the file, for the message.
        """
        layers = {} if codebook is None else {column_of(layer): layer for layer in codebook.layers}
        if codebook is not None and (strange := self.unknown_to(codebook)) is not None:
            section, name = strange
            raise AnnotationError(
                f"the codebook has no layer {name!r}, nor a record such a field"
                f"{did_you_mean(name, [*layers, *_FIELDS])}; layers of the codebook: {', '.join(layers)}; fields: "
                f"{', '.join(x for x in _FIELDS if x not in layers)}",
                path=path,
                field=section,
            )
        for name, flags in self.flags.items():
            known_codes = layers[name].codes if name in layers else tuple(flags)
            for code in flags:
                if code not in known_codes:
                    raise AnnotationError(
                        f"unknown label {code!r}; the codebook has {', '.join(known_codes)}",
                        path=path,
                        field=f"columns.flags.{name}",
                    )
        wanted = [("fields", n, c) for n, c in self.fields.items()]
        wanted += [(f"flags.{name}", code, c) for name, flags in self.flags.items() for code, c in flags.items()]
        for section, name, column in wanted:
            if column not in columns:
                raise AnnotationError(
                    f"no column is called {column!r}; the file has {_listed(columns)}",
                    path=path,
                    field=f"columns.{section}.{name}",
                )

    def unknown_to(self, codebook: Codebook) -> tuple[str, str] | None:
        """Return the first section and name in it that is neither a field nor a layer of the codebook, or None."""
        known = {*_FIELDS, *(column_of(layer) for layer in codebook.layers)}
        for section in ("fields", "flags", "values", "fill"):
            for name in getattr(self, section):
                if name not in known and not name.startswith("labels."):
                    return f"columns.{section}", name
        return None

    def check_header(self, codebook: Codebook | None, columns: Collection[str], path: str | Path) -> None:
        """Raise `AnnotationError` when no column of a table holds the text, or none holds a label.

        Args:
            codebook: whose layers are labels besides stance, frames and voice.
            columns: the table's columns, all of them.
            path: the file, for the message.
        """
        given = {*self.fields, *self.flags, *self.fill, *(set(columns) - set(self.fields.values()))}
        if "text" not in given:
            raise AnnotationError(no_text(columns), path=path, field="text")
        layers = [column_of(layer) for layer in codebook.layers] if codebook else []
        if given & {"labels", *OWN_FIELDS, *layers} or any(str(name).startswith("labels.") for name in given):
            return
        # Flags and fields may name layers that no codebook has.
        if codebook is None and given - set(columns) - set(_FIELDS):
            return
        wanted = layers or list(OWN_FIELDS)
        raise AnnotationError(
            f"holds no label: no column is called {' or '.join(wanted)} (there are: {_listed(columns)}); name the "
            f"right one, for instance with --column {wanted[0]}=COLUMN; labels of your own need your --codebook, or a "
            f"model that has them",
            path=path,
        )


def no_text(columns: Collection[str]) -> str:
    """Return what is wrong where none of the columns is called as the one that should hold the sentence."""
    guess = next((name for name in columns if str(name).strip().casefold() in _LIKE_TEXT), "COLUMN")
    there = f"(there are: {_listed(columns)})"
    return f"no such column {there}; name the right one, for instance with --column text={_listed([guess])}"


def _listed(columns: Collection[str]) -> str:
    """Return names of columns for a message, in which blanks around one can be seen."""
    return ", ".join(name if (name := str(column)) == name.strip() else repr(name) for column in columns)


def column_of(layer: Layer | str) -> str:
    """Return the column that a layer has where no map says otherwise."""
    name = layer if isinstance(layer, str) else layer.name
    return name if name in OWN_FIELDS or name not in _FIELDS else f"labels.{name}"


def row_to_annotation(
    row: Mapping[str, Any],
    columns: ColumnMap,
    codebook: Codebook | None = None,
    *,
    path: str | Path,
    line: int,
) -> Annotation | None:
    """Return the record of one row, or None where the row holds no label and the map says to leave such rows out.

    A row without an id is named after its text where annotators are named, so that several rows about one sentence
    belong together, and after file and row otherwise.

    Args:
        row: column to value; a value may be text, as in a spreadsheet, or a list where the file has lists.
        columns: the map.
        codebook: its layers and codes; a label that it lacks is an error.
        path: the file, for messages and ids.
        line: the row's number in it.

    Raises:
        AnnotationError: the row makes no record; names file, row and field.
    """
    data: dict[str, Any] = {}
    layers: dict[str, Layer] = {} if codebook is None else {layer.name: layer for layer in codebook.layers}
    try:
        for field in Unit.model_fields:
            _set(data, field, _cell(row, columns, field))
        for field in ("speaker", "rationale", "annotator"):
            _set(data, field, _cell(row, columns, field))
        _mention(data, row, columns)
        names = dict.fromkeys([*OWN_FIELDS, *layers, *_loose_layers(row, columns, layers)])
        for name in names:
            _judge(data, name, row, columns, layers.get(name))
        if columns.unlabelled == "skip" and not any(data.get(key) is not None for key in (*OWN_FIELDS, "labels")):
            return None
        if "id" not in data and isinstance(data.get("text"), str):
            data["id"] = _id(data, path, line)
        if "text" not in data:  # before anything is said of the id that it would have given
            raise BadCell("text", "Field required")
    except BadCell as bad:
        raise AnnotationError(bad.message, path=path, line=line, field=bad.field) from bad
    record = as_annotation(data, path=path, line=line)
    try:
        if codebook is not None:
            check_codes(record, codebook, path=path, line=line)
    except AnnotationError as error:
        message = error.message + translation(record, layers[str(error.field)], column_of(str(error.field)))
        raise AnnotationError(message, path=path, line=line, field=error.field) from error
    return record


def _raw(row: Mapping[str, Any], columns: ColumnMap, name: str) -> Any:
    """Return what the row holds for a field, or for a layer by its column; None for an empty cell."""
    column = columns.fields.get(name)
    if column is None and name in columns.fields.values():
        return columns.fill.get(name)  # the map gives the column of this name to another field
    value = row.get(name if column is None else column)
    return columns.fill.get(name) if is_empty(value) else value


def _cell(row: Mapping[str, Any], columns: ColumnMap, field: str) -> Any:
    value = _raw(row, columns, field)
    if value is None:
        return None
    if field in SPAN_FIELDS:
        return spans_of(field, value)
    if field == "version":
        return whole_number(field, str(value)) if str(value).isdecimal() else value
    text = text_of(field, value)
    mapped = columns.values.get(field, {}).get(text, text)
    return mapped or None


def _set(data: dict[str, Any], field: str, value: Any) -> None:
    if value is not None:
        data[field] = value


def _mention(data: dict[str, Any], row: Mapping[str, Any], columns: ColumnMap) -> None:
    start, end, mention = (_raw(row, columns, name) for name in _MENTION)
    if start is not None or end is not None:
        for field, value in (("target_start", start), ("target_end", end)):
            if value is None or not str(value).removesuffix(".0").isdecimal():
                raise BadCell(field, "missing" if value is None else f"{shown(value)} is no offset")
        given = (("target_start", start), ("target_end", end))
        data["target_spans"] = [[whole_number(field, str(value).removesuffix(".0")) for field, value in given]]
    if mention is None:
        return
    mention = text_of("mention", mention)
    text = str(data.get("text", ""))
    if "target_spans" not in data:
        at = text.find(mention)
        if at < 0 or text.find(mention, at + 1) >= 0:
            times = "nowhere" if at < 0 else "more than once"
            raise BadCell("mention", f"{mention!r} stands {times} in the text; give offsets")
        data["target_spans"] = [[at, at + len(mention)]]
    if (pairs := pairs_of(data["target_spans"])) is None:
        return  # of what shape spans must be, the record itself says
    found = [text[a:b] for a, b in pairs]
    if mention not in found:
        raise BadCell("mention", f"the offsets give {', '.join(map(repr, found))}, not {mention!r}")


def _loose_layers(row: Mapping[str, Any], columns: ColumnMap, layers: Mapping[str, Layer]) -> list[str]:
    """Return the layers that a file or map names although no codebook does, as columns `labels.NAME` or in `labels`."""
    named = [str(name) for name in [*row, *columns.fields] if str(name).startswith("labels.")]
    if isinstance(given := row.get("labels"), Mapping):
        named += map(str, given)
    own = [n for n in (*columns.fields, *columns.flags) if n not in _FIELDS and not n.startswith("labels.")]
    return [n for n in dict.fromkeys([*(n.removeprefix("labels.") for n in named), *own]) if n not in layers]


def _judge(data: dict[str, Any], name: str, row: Mapping[str, Any], columns: ColumnMap, layer: Layer | None) -> None:
    """Add what the row says of one layer to the record's data."""
    own, key = name in OWN_FIELDS, column_of(name)
    value: Any = None
    if key in columns.flags:
        value = _flags(name, row, columns.flags[key])
    else:
        raw = _raw(row, columns, key)
        if raw is None and not own:  # as newstance itself writes tables and records
            given = row.get("labels")
            raw = given.get(name) if isinstance(given, Mapping) else row.get(f"labels.{name}")
        if not is_empty(raw) and not _is_left_blank(raw, columns.values.get(key, ())):
            value = _codes(name, raw, columns, layer)
    if value is None:
        return
    many = name == "frames" if own else (layer.kind == "multi" if layer else isinstance(value, tuple))
    if many:
        value = (value,) if isinstance(value, str) else value
    elif isinstance(value, tuple):
        if len(value) > 1:
            raise BadCell(name, f"holds {len(value)} labels ({', '.join(value)}); this layer takes one")
        value = value[0] if value else None
    if value is None:
        return
    if own:
        data[name] = value
    else:
        data.setdefault("labels", {})[name] = value


def _codes(name: str, raw: Any, columns: ColumnMap, layer: Layer | None) -> str | tuple[str, ...]:
    """Return a code, or several where the cell holds a list or the layer takes any number."""
    values = columns.values.get(column_of(name), {})
    known = layer.codes if layer else ()
    many = name == "frames" or (layer is not None and layer.kind == "multi")

    def code(part: Any) -> str:
        text = text_of(name, part)
        for candidate in (text, text.strip()):
            if candidate in values:
                return values[candidate]
            if candidate in known:
                return candidate
        return text.strip() if layer else text

    if isinstance(raw, str):
        if raw in values:
            mapped = values[raw]
            return (mapped,) if mapped else ()
        if raw.strip() in known:
            return raw.strip()
        if raw[:1] in '["' and (parsed := _json(raw)) is not None:
            raw = parsed
        elif many:
            raw = [part.strip() for part in raw.split(columns.separator)]
    if isinstance(raw, (list, tuple)):
        found = [code(part) for part in raw if part != NONE_OF_THEM]
        return tuple(part for part in found if part)
    return code(raw)


def _is_left_blank(raw: Any, values: Collection[str]) -> bool:
    """Return whether a cell of labels shows nothing, to which the map gives no meaning either."""
    return isinstance(raw, str) and not raw.strip() and raw not in values


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _flags(name: str, row: Mapping[str, Any], flags: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the codes whose column says yes; None when every one of the cells is empty."""
    cells = {code: row.get(column) for code, column in flags.items()}
    cells = {code: "" if is_empty(value) else value for code, value in cells.items()}
    if not any(str(value).strip() for value in cells.values()):
        return None
    chosen = []
    for code, value in cells.items():
        text = str(value).strip().casefold().removesuffix(".0")
        if text not in _YES | _NO:
            raise BadCell(name, f"{shown(value)} in column {flags[code]!r} is neither 1 nor 0")
        if text in _YES:
            chosen.append(code)
    return tuple(chosen)


def _id(data: Mapping[str, Any], path: str | Path, line: int) -> str:
    if data.get("annotator") is None:
        return f"{inner_stem(path)}-{line}"
    parts = [data.get("article"), data.get("target"), data["text"]]
    return hashlib.sha256(json.dumps(parts).encode("utf-8")).hexdigest()[:16]
