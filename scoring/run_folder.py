"""`RunFolder`: the parts of a run, each whole or absent, and what says which model and settings they are of.

::

    newstance-run.json    the manifest: model, target, settings, versions, inputs
    part-00000.parquet    rows (`ScoredSentence`), or .jsonl
    parts.jsonl           one line a finished part: name, counts, size, SHA-256; there from the beginning
    errors.jsonl          every article that the last run refused, and why
    summary.json          totals over all parts

A part is written to a temporary file, synced, renamed, and only then entered in `parts.jsonl`; what a crash leaves
behind is therefore either a whole part that is listed, or something that the next run clears away and makes again.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from newstance.articles import RUN_MANIFEST
from newstance.errors import OutputError, UsageError
from newstance.files import WholeFile, sync_folder
from newstance.model import file_sha256

from .provenance import changed_profile, joined_notes
from .writers import Writer, open_file

__all__ = ["Part", "PartFormat", "RunFolder", "write_whole"]

PartFormat = Literal["parquet", "jsonl"]
FORMAT = "newstance-run/1"
_LOG = "parts.jsonl"
_LOCK = ".lock"
#: What a run leaves that was killed before its manifest had its name.
_BEGINNING = re.compile(rf"{re.escape(_LOCK)}|\.{re.escape(RUN_MANIFEST)}\.\d+\.tmp")
#: A part's name, or that of one put aside; whatever else lies in the folder is not ours.
_PART = re.compile(r"part-(\d+)\.(parquet|jsonl)(\.damaged)?$")


@dataclass(frozen=True, slots=True)
class Part:
    """A finished part.

    Attributes:
        name: its file's name.
        articles: articles in it.
        sentences: its rows.
        stance: decided sentences of headlines and bodies, by stance.
        abstained: undecided ones of them.
        truncated: sentences that the model could not see whole.
        bytes: size of the file.
        sha256: of the file.
        named: sentences of headlines and bodies that name the target.
        named_stance: decided ones of these, by stance; None in a part that was written before they were counted.
        named_abstained: undecided ones of these.
        dates: articles without a day; see `newstance.scoring.counts.DateCounts`.
        bad_characters: articles that hold U+FFFD; None in a part that was written before they were counted.
    """

    name: str
    articles: int
    sentences: int
    stance: dict[str, int]
    abstained: int
    truncated: int
    bytes: int
    sha256: str
    named: int = 0
    named_stance: dict[str, int] | None = None
    named_abstained: int = 0
    dates: dict[str, int] | None = None
    bad_characters: int | None = None


class RunFolder:
    """A run's folder, opened for this model and these settings."""

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, Any],
        *,
        notes: Mapping[str, Any],
        inputs: Sequence[str | PathLike[str]],
        output: PartFormat,
    ) -> None:
        """Open or make the folder, and check what an earlier run left in it.

        Args:
            path: the folder.
            settings: what must be the same for all parts; a folder made with others is refused, unless nothing was
                scored with them.
            notes: what is written down beside them; see `newstance.scoring.provenance`.
            inputs: the paths that this call is given.
            output: format of the parts.

        Raises:
            UsageError: the folder holds another run, or something that is no run.
            OutputError: it cannot be written.
        """
        self.path = path
        self.output = output
        #: What was found wrong with parts of an earlier run; their articles are scored again.
        self.damaged: list[str] = []
        #: What of this call does not go with those before it, and is no setting.
        self.warnings: list[str] = []
        self._settings = json.loads(json.dumps(dict(settings)))
        try:
            path.mkdir(parents=True, exist_ok=True)
            begun = (path / RUN_MANIFEST).exists()
            if not begun and not all(_BEGINNING.fullmatch(name.name) for name in path.iterdir()):
                raise UsageError("is not empty and holds no run; give another --out", path=path)
            self._lock()
            try:
                goes_on = begun and self._goes_on(notes)
            except UsageError:
                self.close()
                raise
            if goes_on:
                self._join_notes(notes, inputs)
            else:
                manifest = {"format": FORMAT, "config": self.config, "settings": self._settings, "notes": dict(notes)}
                write_whole(path / RUN_MANIFEST, manifest)
                write_whole(path / _LOG, "")  # from here on, a folder without it has lost it
            self.parts = self._checked_parts()
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror or error}", path=path) from error
        self._next = 1 + max((int(found[1]) for found in map(_PART.match, self._names("part-*")) if found), default=-1)

    def close(self) -> None:
        """Let other processes have the folder."""
        self._locked.close()

    def _lock(self) -> None:
        """Keep others out until this process closes the folder, or dies.

        Raises:
            UsageError: another process is scoring into it.
        """
        self._locked = (self.path / _LOCK).open("w")
        try:
            import fcntl

            fcntl.flock(self._locked, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except ImportError:
            return  # no such locks on this system
        except BlockingIOError as error:
            self._locked.close()
            raise UsageError("another process is scoring into this folder; wait for it", path=self.path) from error

    @property
    def config(self) -> str:
        """Return 16 hexadecimal digits that change with the model and the settings."""
        return hashlib.sha256(json.dumps(self._settings, sort_keys=True).encode()).hexdigest()[:16]

    def _goes_on(self, notes: Mapping[str, Any]) -> bool:
        """Return whether the folder's run has these settings; one that scored nothing may be begun anew with others.

        Raises:
            UsageError: it has scored something with other settings, or its manifest is none.
        """
        difference = self._difference(notes)
        if difference is None:
            return True
        if _read_log(self.path / _LOG)[0] or any(_PART.match(name) for name in self._names("part-*")):
            raise UsageError(f"{difference}; give another --out, or the same settings", path=self.path)
        return False

    def _difference(self, notes: Mapping[str, Any]) -> str | None:
        """Return the first setting that differs from the manifest's, in words."""
        path = self.path / RUN_MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
            before = manifest["settings"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError("is not a run's manifest; give another --out", path=path) from error
        for name in sorted({*self._settings, *before}):
            old, new = before.get(name), self._settings.get(name)
            if old != new and name == "target_profile" and (old and new):  # hashes, which tell nobody anything
                return changed_profile(manifest.get("notes", {}), notes)
            if old != new:
                return f"this run was made with {name} {json.dumps(old)}, now it is {json.dumps(new)}"
        return None

    def _join_notes(self, notes: Mapping[str, Any], inputs: Sequence[str | PathLike[str]]) -> None:
        """Write down what this call has besides those before it."""
        path = self.path / RUN_MANIFEST
        manifest = json.loads(path.read_text(encoding="utf-8"))
        before = manifest.get("notes", {})
        manifest["notes"], self.warnings = joined_notes(before, notes, inputs)
        if manifest["notes"] != before:
            write_whole(path, manifest)

    def _names(self, pattern: str) -> list[str]:
        return sorted(path.name for path in self.path.glob(pattern))

    def _checked_parts(self) -> list[Part]:
        """Return the parts that are listed and whole; put aside the damaged, clear away the unfinished."""
        for name in self._names(".*.tmp"):
            (self.path / name).unlink()
        listed, intact = _read_log(self.path / _LOG)
        good = [part for part in listed if self._is_whole(part)]
        if not intact or len(good) < len(listed) or not _ends_whole(self.path / _LOG):
            text = "".join(json.dumps(asdict(part)) + "\n" for part in good)
            write_whole(self.path / _LOG, text)
        known = {part.name for part in good}
        for name in self._names(f"part-*.{self.output}"):
            if name in known or not _PART.match(name):
                continue
            if intact:
                (self.path / name).unlink()  # finished but never listed: its articles come again
            else:
                aside = self._put_aside(self.path / name)
                message = (
                    f"not listed in {_LOG}, which is lost or damaged; kept as {aside}; its articles are scored again"
                )
                self.damaged.append(f"{self.path / name}: {message}")
        return good

    def _put_aside(self, path: Path) -> str:
        aside = path.with_name(f"{path.name}.damaged")
        path.replace(aside)
        return aside.name

    def _is_whole(self, part: Part) -> bool:
        path = self.path / part.name
        if not path.is_file():
            self.damaged.append(f"{path}: missing; its {part.articles} articles are scored again")
            return False
        if path.stat().st_size == part.bytes and file_sha256(path) == part.sha256:
            return True
        aside = self._put_aside(path)
        self.damaged.append(f"{path}: damaged, kept as {aside}; its {part.articles} articles are scored again")
        return False

    def done_ids(self) -> Iterator[str]:
        """Yield the ids of the articles in finished parts."""
        for part in self.parts:
            yield from _ids(self.path / part.name, self.output)

    def next_path(self) -> Path:
        """Return the place of a part that is yet to be written; each call gives another."""
        path = self.path / f"part-{self._next:05d}.{self.output}"
        self._next += 1
        return path

    def open_part(self, stances: Sequence[str]) -> Writer:
        """Open the next part for writing."""
        return open_file(self.next_path(), self.output, stances)

    def finish_part(self, path: Path, counts: Mapping[str, Any]) -> Part:
        """Enter a part that has been written into the list.

        Raises:
            OutputError: the list cannot be written.
        """
        part = Part(name=path.name, **counts, bytes=path.stat().st_size, sha256=file_sha256(path))
        try:
            with (self.path / _LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(part)) + "\n")
                file.flush()
                os.fsync(file.fileno())
            sync_folder(self.path)
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror or error}", path=self.path / _LOG) from error
        self.parts.append(part)
        return part


def write_whole(path: Path, content: str | Mapping[str, Any]) -> None:
    """Write a text, or a dictionary as JSON, so that the file is the old one or the new one and never half of it.

    Raises:
        OSError: it cannot be written; what is to be done about it, the run says.
    """
    text = content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    file = WholeFile(path)
    try:
        file.temporary.write_text(text, encoding="utf-8", errors="replace")
        file.finish()
    finally:
        file.discard()


def _read_log(path: Path) -> tuple[list[Part], bool]:
    """Return the parts listed, and whether no others can have been: a crash may cut the last line, and only that."""
    if not path.exists():
        return [], False
    parts, bad = [], []
    lines = path.read_bytes().splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            parts.append(Part(**json.loads(line)))
        except (ValueError, TypeError):
            bad.append(number)
    return parts, all(number == len(lines) for number in bad)


def _ends_whole(path: Path) -> bool:
    if not path.exists() or path.stat().st_size == 0:
        return True
    return path.read_bytes().endswith(b"\n")


def _ids(path: Path, output: PartFormat) -> Iterator[str]:
    if output == "parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["article"]):
                yield from batch.column("article").unique().to_pylist()
    else:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["article"]
