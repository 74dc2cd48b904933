"""What options of several commands give: a column map, a format, a part of a file, a codebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from newstance.corpora import FORMATS, Annotation, ColumnMap, Format
from newstance.corpora.division import PARTS, Part
from newstance.errors import UsageError
from newstance.errors.hints import did_you_mean
from newstance.model import Codebook, load_codebook

__all__ = ["as_format", "as_part", "codebook_of_option", "column_map", "column_map_of_model"]


def column_map(path: Path | None, columns: list[str]) -> ColumnMap | None:
    """Return the map of `--map` and `--column`, or None when neither is given.

    Raises:
        UsageError: the file cannot be read or is no map; or an option is not FIELD=COLUMN, or gives a field another
            column than the one before.
    """
    if path is None and not columns:
        return None
    data: Any = {}
    if path is not None:
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=path) from error
        except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none; nested too deep
            raise UsageError(f"not YAML: {error}", path=path) from error
    fields: dict[str, str] = {}
    for option in columns:
        field, equals, column = option.partition("=")
        if not equals or not field or not column:
            raise UsageError(f"takes FIELD=COLUMN, not {option!r}", field="--column")
        if fields.setdefault(field, column) != column:
            raise UsageError(f"{field} cannot be in both {fields[field]!r} and {column!r}", field="--column")
    try:
        given = ColumnMap.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'top level'}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise UsageError(f"not a column map: {problems}", path=path) from error
    return given.model_copy(update={"fields": given.fields | fields})


def column_map_of_model(model: str, codebook: Codebook, path: Path | None, columns: list[str]) -> ColumnMap | None:
    """Return the map of `--map` and `--column` for data that a model is judged on.

    Args:
        model: what the model is called, for the message.
        codebook: its layers.
        path: the file of `--map`.
        columns: as given with `--column`.

    Raises:
        UsageError: as `column_map`; or the map names a layer that the model lacks.
    """
    found = column_map(path, columns)
    if found is not None and (unknown := found.unknown_to(codebook)) is not None:
        section, name = unknown
        layers = [layer.name for layer in codebook.layers]
        raise UsageError(
            f"the model {model} has no layer {name!r}, nor a record such a field"
            f"{did_you_mean(name, [*layers, *Annotation.model_fields])}; layers of the model: {', '.join(layers)}",
            path=path,
            field=section,
        )
    return found


def as_format(name: str, option: str = "--format") -> Format:
    """Return the format of that name; raise `UsageError` when there is none."""
    for known in FORMATS:
        if name == known:
            return known
    raise UsageError(f"no format {name!r}; known: {', '.join(FORMATS)}", field=option)


def as_part(name: str | None) -> Part | None:
    """Return the part of that name; raise `UsageError` when there is none."""
    for known in PARTS:
        if name == known:
            return known
    if name is not None:
        raise UsageError(f"takes {', '.join(PARTS)}, not {name!r}", field="--part")
    return None


def codebook_of_option(path: Path | None) -> Codebook | None:
    """Return the codebook of `--codebook`: a file of its own, or what a training configuration names or holds.

    Raises:
        InputError: the file cannot be read, or is neither.
        UsageError: it is a configuration, and wrong.
    """
    if path is None:
        return None
    if not _is_configuration(path):
        return load_codebook(path)
    from newstance.training.config import load_config

    given = load_config(path).codebook
    return given if isinstance(given, Codebook) else load_codebook(given)


def _is_configuration(path: Path) -> bool:
    """Return whether a file is a training configuration; of one that cannot be read its reader says what is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return False
    from newstance.training.config_file import BASE

    return isinstance(data, dict) and any(key in data for key in ("codebook", "data", BASE))
