"""What a run's manifest says of its calls: which inputs they were given, and the versions that decide the rows."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from pathlib import Path
from typing import Any

__all__ = ["changed_profile", "joined_notes", "places_of"]

#: A row's logits, words and sentence ends are made by these; newstance itself is a setting of the run.
_DECIDING = ("onnxruntime", "tokenizers", "sentencex", "numpy")


def places_of(paths: Iterable[str | PathLike[str]]) -> dict[str, str]:
    """Return each input as given, by a hash of where it lies: manifests are published, and folders of a machine not."""
    return {_hash(_resolved(path)): str(Path(path)) for path in paths if fspath(path) != "-"}


def joined_notes(
    before: Mapping[str, Any], now: Mapping[str, Any], paths: Iterable[str | PathLike[str]]
) -> tuple[dict[str, Any], list[str]]:
    """Add what a call notes to what the manifest holds.

    Args:
        before: the notes of the calls so far; runs of older versions noted no places, only inputs.
        now: the notes of this call.
        paths: its inputs.

    Returns:
        The notes to keep: those of the first call, the inputs of all, and versions other than the first in
        `later_versions`. And a line for all inputs that came before under another name, and one for other versions.
    """
    notes = dict(before)
    notes["inputs"] = list(dict.fromkeys([*before.get("inputs", []), *now["inputs"]]))
    places = _places_before(before)
    notes["places"] = {**now["places"], **places}
    # A run that began before this was noted has it from now on; the model's hash is a setting, so it cannot differ.
    notes.setdefault("reads_names", now["reads_names"])
    warnings = []
    renamed = [pair for path in paths if (pair := _renamed(path, places)) is not None]
    if renamed:
        name, known = renamed[0]
        more = f" (and {len(renamed) - 1} more)" if len(renamed) > 1 else ""
        warnings.append(
            f"{name}{more} was given before, as {known}; ids of files, and of rows without one, begin with the path "
            "as given, so its articles may be scored and counted twice: give the same name"
        )
    first = before.get("versions", {})
    changed = [name for name in _DECIDING if name in first and first[name] != now["versions"][name]]
    if changed:
        notes["later_versions"] = [*before.get("later_versions", [])]
        if now["versions"] not in notes["later_versions"]:
            notes["later_versions"].append(now["versions"])
        pairs = ", ".join(f"{name} {first[name]}, now {now['versions'][name]}" for name in changed)
        warnings.append(f"this run began with {pairs}: rows of this call may differ from what it would have given")
    return notes, warnings


def changed_profile(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return in words that the target's profile is not what it was, of two calls' notes; old runs noted no target."""
    first = before.get("target") or {}
    given, was = now["target"]["given"] or "the target's profile", first.get("given")
    if was not in (None, given):
        return f"this run began with the profile {was}, and {given} says something else under the same name"
    old, new = first.get("profile", {}), now["target"]["profile"]
    # Runs of older versions left the kind out where it was the default.
    old = {"kind": new["kind"], **old} if old else new
    keys = [key for key in dict.fromkeys([*new, *old]) if old.get(key) != new.get(key)]
    return f"{given} has changed since the run began" + (f" ({', '.join(keys)})" if keys else "")


def _places_before(notes: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the places of the calls so far; where none were noted, those of their inputs that lie where they did."""
    noted: Mapping[str, str] = notes.get("places", {})
    if noted:
        return noted
    # Relative names are taken from here, the likeliest folder; reversed, so that a place keeps the first of its names.
    # Not `Path.exists`, which raises where a folder around it may not be read.
    return places_of(name for name in reversed(notes.get("inputs", [])) if os.path.exists(name))  # noqa: PTH110


def _renamed(path: str | PathLike[str], places: Mapping[str, str]) -> tuple[str, str] | None:
    """Return an input and its name in an earlier call, if it, or a folder around it, had another then."""
    if not places or fspath(path) == "-":
        return None
    given, place = str(Path(path)), _resolved(path)
    for around in (place, *place.parents):
        if (known := places.get(_hash(around))) is not None:
            expected = str(Path(known) / place.relative_to(around))
            return None if expected == given else (given, expected)
    return None


def _resolved(path: str | PathLike[str]) -> Path:
    return Path(os.path.realpath(path))


def _hash(place: Path) -> str:
    return hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
