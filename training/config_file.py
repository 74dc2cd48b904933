"""Configuration files before they are checked: where they lie, what they build on, and settings from the command."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from newstance.errors import UsageError

__all__ = ["BASE", "config_text", "read_config", "shipped_configs"]

#: The key of a file that names another, whose settings stand wherever the file has none of its own.
BASE = "base"
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
    data, where = _with_bases(name_or_path, ())
    for override in overrides:
        _apply(data, override)
    return data, where


def config_text(name_or_path: str | Path) -> tuple[str, str]:
    """Return the text of a configuration, and what to call it in errors.

    Raises:
        UsageError: there is none of that name.
    """
    path = Path(name_or_path)
    if str(name_or_path) in shipped_configs() and not path.is_file():
        shipped = resources.files("newstance.configs") / f"{name_or_path}.yaml"
        return shipped.read_text(encoding="utf-8"), f"{name_or_path}.yaml"
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        near = difflib.get_close_matches(str(name_or_path), shipped_configs(), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; shipped: {', '.join(shipped_configs())}"
        raise UsageError(f"cannot read the configuration: {reason}{hint}", path=path) from error


def shipped_configs() -> list[str]:
    """Return the names of the experiments that ship; other YAML files beside them are codebooks and the like."""
    found = []
    for entry in resources.files("newstance.configs").iterdir():
        if entry.name.endswith(".yaml") and any(key in entry.read_text(encoding="utf-8") for key in _OF_EXPERIMENTS):
            found.append(entry.name.removesuffix(".yaml"))
    return sorted(found)


def _with_bases(name_or_path: str | Path, above: tuple[str, ...]) -> tuple[dict[str, Any], str]:
    """Return the settings of a file and of all that it builds on; `above` are the files that build on it."""
    text, where = config_text(name_or_path)
    if where in above:
        raise UsageError(f"builds on itself: {' -> '.join((*above, where))}", path=where, field=BASE)
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {error}", path=where) from error
    if not isinstance(data, dict):
        raise UsageError("not a configuration: the top level must be a mapping", path=where)
    base = data.pop(BASE, None)
    if base is None:
        return data, where
    if not isinstance(base, str):
        raise UsageError(f"takes the name or the path of a configuration, not {base!r}", path=where, field=BASE)
    beside = Path(where).parent / base
    below, _ = _with_bases(beside if beside.is_file() else base, (*above, where))
    return _merged(below, data), where


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
    except yaml.YAMLError as error:
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
