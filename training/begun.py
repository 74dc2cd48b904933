"""What a run was begun with, kept in its folder, so that a later call goes on with the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from newstance.errors import UsageError

from .config import TrainingConfig, checked, load_config
from .config_file import set_values

__all__ = ["check_same_run", "conflict", "has_begun", "notes_of", "settings_to_resume"]

_NOTE = "config.json"
#: Where the data lay, and what stood after `--set`: `config.json` holds neither, since data may be moved.
_COMMAND = "command.json"
#: A message names so many settings that differ.
_NAMED = 5
_ABSENT = object()


def has_begun(out: Path) -> bool:
    """Return whether a run has begun in a folder."""
    return (out / _NOTE).is_file()


def notes_of(out: Path, config: TrainingConfig, overrides: Sequence[str]) -> dict[Path, bytes]:
    """Return the files that say what a run is begun with, and what to write to them."""
    command = {"root": str(config.data.root), "set": list(overrides)}
    return {
        out / _COMMAND: json.dumps(command, indent=2, ensure_ascii=False).encode(),
        out / _NOTE: _described(config).encode(),
    }


def settings_to_resume(
    name_or_path: str | None, out: Path, overrides: Sequence[str] = ()
) -> tuple[TrainingConfig, list[str], str | None]:
    """Return the settings with which a call with `--resume` goes on, or begins.

    What stood after `--set` when the run began holds again, and what stands there now on top of it; both are then
    compared by `check_same_run`.

    Args:
        name_or_path: the configuration as it is given; None takes the settings that the run keeps.
        out: the run's folder.
        overrides: as given with `--set` now.

    Returns:
        The settings, all overrides of them, and a line to say about what was taken from the folder, or None.

    Raises:
        UsageError: no configuration is given and no run has begun; or a setting is wrong.
    """
    command = _command_of(out) if has_begun(out) else {"root": None, "set": []}
    begun_with = [*command["set"], *overrides]
    if name_or_path is not None:
        again = [setting for setting in command["set"] if setting not in overrides]
        said = f"going on as the run was begun: {' '.join(f'--set {x}' for x in again)}" if again else None
        return load_config(name_or_path, begun_with), begun_with, said
    if not has_begun(out):
        raise UsageError("holds no run to go on with: give CONFIG, a YAML file or a shipped one's name", path=out)
    note = out / _NOTE
    try:
        data = json.loads(note.read_text(encoding="utf-8"))
        if command["root"] is not None:
            data["data"]["root"] = command["root"]
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError("is damaged: give CONFIG too", path=note) from error
    set_values(data, overrides)
    config = checked(data, str(note))
    return config, begun_with, f"going on with the settings kept in {note}"


def check_same_run(out: Path, config: TrainingConfig) -> None:
    """Raise `UsageError` unless the run in a folder has this configuration; its data may lie elsewhere now."""
    if (problem := conflict(out, config)) is not None:
        raise UsageError(f"{problem}; give another --out", path=out)


def conflict(out: Path, config: TrainingConfig) -> str | None:
    """Return which settings of a folder's run are not those of a configuration, both values named; None if all are."""
    note = out / _NOTE
    before = _as_today(note.read_text(encoding="utf-8")) if note.is_file() else None
    now = _described(config)
    if before == now:
        return None
    found = "holds a run with another configuration"
    if before is None:
        return found
    try:
        differing = list(_differing(json.loads(before), json.loads(now)))
    except ValueError:  # half a note, of a version that did not write it whole
        return found
    told = [f"{key} is {_short(old)} there and {_short(new)} now" for key, old, new in differing[:_NAMED]]
    more = len(differing) - len(told)
    return f"{found}: {', '.join(told)}{f' and {more} more' if more > 0 else ''}"


def _differing(before: Any, now: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the path of each value that differs, with both values; lists of unequal lengths are one value each."""
    if isinstance(before, dict) and isinstance(now, dict):
        keys = dict.fromkeys([*now, *before])
        pairs = [(str(key), before.get(key, _ABSENT), now.get(key, _ABSENT)) for key in keys]
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        pairs = [(str(i), old, new) for i, (old, new) in enumerate(zip(before, now, strict=True))]
    else:
        if before != now:
            yield place, before, now
        return
    for key, old, new in pairs:
        yield from _differing(old, new, f"{place}.{key}" if place else key)


def _short(value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


def _command_of(out: Path) -> dict[str, Any]:
    """Return where the data of a run lay and what its overrides were; runs of earlier versions do not say."""
    try:
        found = json.loads((out / _COMMAND).read_text(encoding="utf-8"))
        return {"root": str(found["root"]), "set": [str(setting) for setting in found["set"]]}
    except (OSError, ValueError, KeyError, TypeError):
        return {"root": None, "set": []}


def _as_today(described: str) -> str:
    """Return a description with the defaults of settings that came after it, or as it is where that cannot be."""
    try:
        return _described(TrainingConfig.model_validate_json(described))
    except ValidationError:
        return described


def _described(config: TrainingConfig) -> str:
    """Return the configuration as JSON; data may lie elsewhere when a run is resumed."""
    data = config.model_dump(mode="json")
    data["data"]["root"] = "."
    return json.dumps(data, indent=2, ensure_ascii=False)
