"""Configuration files before they are checked: where they lie, what they build on, and settings from the command."""

from __future__ import annotations

import copy
import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from newstance.errors import UsageError

__all__ = ["BASE", "TO_BEGIN_WITH", "config_text", "read_config", "set_values", "shipped_configs"]

#: The key of a file that names another, whose settings stand wherever the file has none of its own.
BASE = "base"
#: The shipped recipes that somebody may want to train, or to copy; the others are steps on the way to shipped models.
TO_BEGIN_WITH = ("your-codebook", "smoke", "default", "marked", "research", "newsmtsc", "hub-deberta", "short")
#: Only experiments have one of these.
_OF_EXPERIMENTS = ("\ndata:", f"\n{BASE}:")


def read_config(name_or_path: str | Path, overrides: Sequence[str] = ()) -> tuple[dict[str, Any], str]:
    """Read a configuration with those that it builds on, and apply `a.b=value` settings, whose values are YAML.

    Sections of a file and its `base` are put together key by key; a list, like any other value, replaces what stands
    there.

    Args:
        name_or_path: a YAML file, or the name of a shipped one; see `shipped_configs`.
        overrides: as given with `--set`.

    Returns:
        The settings, not checked yet, and what to call the file in errors.

    Raises:
        UsageError: a file is missing or no mapping, files build on one another in a circle, or a setting is wrong.
    """
    if any(override.partition("=")[0].strip() == BASE for override in overrides):
        raise UsageError(f"--set {BASE}=...: a base stands in a file; write one with this line", field=BASE)
    data, chain = _with_bases(_found(name_or_path), ())
    set_values(data, overrides)
    first, *bases = chain
    return data, f"{first} (on {', '.join(bases)})" if bases else first


def set_values(data: dict[str, Any], overrides: Sequence[str]) -> None:
    """Apply `a.b=value` settings, whose values are YAML, to a configuration in place.

    Raises:
        UsageError: one of them is no setting, or reaches into what is no section.
    """
    for override in overrides:
        _apply(data, override)


def config_text(name_or_path: str | Path) -> tuple[str, str]:
    """Return the text of a configuration, and what to call it in errors.

    Raises:
        UsageError: there is none of that name.
    """
    found = _found(name_or_path)
    return found.text, found.where


@dataclass(frozen=True, slots=True)
class _File:
    """A configuration: its text, what errors call it, what tells it from every other, and its folder; none ships."""

    text: str
    where: str
    identity: str
    folder: Path | None


def _found(name_or_path: str | Path) -> _File:
    name, path = str(name_or_path), Path(name_or_path)
    if not os.path.isfile(path) and name in shipped_configs():  # noqa: PTH113  # Path.is_file raises at a long name
        return _shipped(name)
    try:
        return _File(path.read_text(encoding="utf-8"), str(path), os.path.realpath(path), path.parent)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        near = difflib.get_close_matches(name, shipped_configs(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; shipped: {', '.join(shipped_configs())}"
        raise UsageError(f"cannot read the configuration: {reason}{hint}", path=path) from error


def _shipped(name: str) -> _File:
    text = (resources.files("newstance.configs") / f"{name}.yaml").read_text(encoding="utf-8")
    return _File(text, f"{name}.yaml", f"shipped {name}", None)


def shipped_configs() -> list[str]:
    """Return the names of the experiments that ship; other YAML files beside them are codebooks and the like."""
    found = []
    for entry in resources.files("newstance.configs").iterdir():
        if entry.name.endswith(".yaml") and any(key in entry.read_text(encoding="utf-8") for key in _OF_EXPERIMENTS):
            found.append(entry.name.removesuffix(".yaml"))
    return sorted(found)


def _with_bases(file: _File, above: tuple[_File, ...]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of a file and of all that it builds on, and what to call these; `above` build on it."""
    if file.identity in {other.identity for other in above}:
        circle = " -> ".join(other.where for other in (*above, file))
        raise UsageError(f"builds on itself: {circle}", path=file.where, field=BASE)
    try:
        data = yaml.safe_load(file.text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none; nested too deep
        raise UsageError(f"not YAML: {error}", path=file.where) from error
    if not isinstance(data, dict):
        raise UsageError("not a configuration: the top level must be a mapping", path=file.where)
    base = data.pop(BASE, None)
    if base is None:
        return data, [file.where]
    if not isinstance(base, str):
        raise UsageError(f"takes the name or the path of a configuration, not {base!r}", path=file.where, field=BASE)
    below, chain = _with_bases(_base_of(file, base), (*above, file))
    return _merged(below, data), [file.where, *chain]


def _base_of(file: _File, base: str) -> _File:
    """Return what a file names as its base: a file beside it, else a shipped one, which build on shipped ones alone."""
    if file.folder is None:
        return _shipped(base)
    if os.path.isfile(file.folder / base):  # noqa: PTH113  # as above
        return _found(file.folder / base)
    if base in shipped_configs():
        return _shipped(base)
    try:
        return _found(base)
    except UsageError as error:
        raise UsageError(f"{error.message} ({base})", path=file.where, field=BASE) from error


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return two configurations as one, in which `above` decides; sections are merged, all else is replaced."""
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        found[key] = _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return found


def _apply(data: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator or not key:
        raise UsageError(f"--set takes key=value, not {override!r}")
    try:
        new = yaml.safe_load(value)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(f"--set {override}: the value is not YAML") from error
    *parents, last = key.split(".")
    node: dict[str, Any] | list[Any] = data
    for number, part in enumerate(parents):
        child = _get(node, part, override)
        if not isinstance(child, dict | list | None):
            whole = ".".join(parents[: number + 1])
            raise UsageError(f"--set {override}: {whole} is {child!r}, not a section; set {whole} itself")
        # A copy: with YAML's anchors one section may stand in several places.
        inner: dict[str, Any] | list[Any] = {} if child is None else copy.copy(child)
        _put(node, part, inner)
        node = inner
    _get(node, last, override)
    _put(node, last, new)


def _get(node: dict[str, Any] | list[Any], key: str, override: str) -> Any:
    """Return what stands in a section under a key, or None; in a list, at a number that counts from 0."""
    if isinstance(node, dict):
        return node.get(key)
    if not (key.isdecimal() and int(key) < len(node)):
        raise UsageError(f"--set {override}: {key} is no entry of a list of {len(node)}, which count from 0")
    return node[int(key)]


def _put(node: dict[str, Any] | list[Any], key: str, value: Any) -> None:
    if isinstance(node, dict):
        node[key] = value
    else:
        node[int(key)] = value
