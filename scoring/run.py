"""`score_archive`: an archive into a run's folder, resumable, with every article scored once or accounted for."""

from __future__ import annotations

import hashlib
import json
import platform
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from newstance.articles import Archive, Columns, Draft, Refusal, TargetProfile
from newstance.errors import ArticleError, OutputError

from .counts import PartCounts, totals
from .ids import IdIndex
from .provenance import places_of
from .records import VERSION, ScoredArticle
from .run_folder import PartFormat, RunFolder, write_whole
from .scorer import Explain, Scorer
from .unique import unique_drafts
from .writers import Writer

__all__ = ["PART_ARTICLES", "Run", "RunStatus", "run_settings", "score_archive"]

#: Articles of a part: what is lost at most when a run dies. At a hundred sentences a second it is minutes' work.
PART_ARTICLES = 1000
#: Sentences sorted into batches together.
_GROUP = 1024
#: Reasons of refusals that are told at the end of a call; the others stand in `errors.jsonl` alone.
_TOLD = 20


@dataclass(slots=True)
class RunStatus:
    """What a run has done so far.

    Attributes:
        articles: articles scored by this call.
        sentences: their sentences.
        skipped: articles that an earlier call had scored.
        refused: articles (or files of them) that were refused.
        parts: parts finished, by earlier calls too.
        tokens: tokens that ran through the model.
        padded: the same, padding included.
        seen: sentences that did not run through the model because the same had been seen before.
        stopped: whether the run ended before its input did.
        seconds: time since the call.
        damaged: what was found wrong with parts of earlier calls.
        warnings: what of this call does not go with earlier ones: other names of their inputs, other versions.
        reasons: why the first was refused, and each table or other input that was refused as a whole; 20 at most.
        summary: what `summary.json` says, once the call has ended.
    """

    articles: int = 0
    sentences: int = 0
    skipped: int = 0
    refused: int = 0
    parts: int = 0
    tokens: int = 0
    padded: int = 0
    seen: int = 0
    stopped: bool = False
    seconds: float = 0.0
    damaged: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    summary: dict[str, Any] = field(default_factory=dict)


def score_archive(
    scorer: Scorer,
    archive: Archive,
    out: Path,
    *,
    output: PartFormat = "parquet",
    explain: Explain = "evidence",
    part_articles: int = PART_ARTICLES,
    report: Callable[[RunStatus], None] = lambda status: None,
) -> RunStatus:
    """Score an archive into a folder; called again, it goes on where it ended, also with new articles.

    Articles are known by their ids. What was refused is tried again. An interrupt (Ctrl-C, SIGTERM) finishes the open
    part; a second one ends at once.

    Args:
        scorer: model and target.
        archive: the articles.
        out: the run's folder; see `newstance.scoring.run_folder`.
        output: format of the parts.
        explain: as in `Scorer.score`.
        part_articles: articles of a part.
        report: told at the beginning and after each article how far the run has come.

    Raises:
        UsageError: the folder holds a run of another model or other settings.
        OutputError: the folder cannot be written, or the disk is full; what was finished stays.
    """
    with Run(scorer, archive, out, output=output, explain=explain) as run:
        part = _PartWriter(run.folder, scorer.stances, part_articles)
        results = scorer.score_drafts(
            run.drafts(),
            explain=explain,
            group=_GROUP,
            max_characters=archive.max_characters,
            unread=run.give_back,
        )
        try:
            report(run.now())
            for result in results:
                if isinstance(result, Refusal):
                    run.refuse(result)
                else:
                    part.write(result)
                    run.status.articles += 1
                    run.status.sentences += len(result.sentences)
                report(run.now())
                if run.stop.is_set():
                    break
            results.close()
            part.finish()
        except BaseException:
            part.abandon()
            raise
        if run.stop.is_set():
            scorer.predictor.close()
    return run.status


class Run:
    """A run under way, whatever engine drives it: its folder, its ids, its refusals and its summary.

    Attributes:
        folder: where the parts go.
        status: what has been done.
        stop: set by the first interrupt.
    """

    def __init__(self, scorer: Scorer, archive: Archive, out: Path, *, output: PartFormat, explain: Explain) -> None:
        """Open the folder; see `score_archive`."""
        settings = run_settings(scorer, archive, explain, output)
        notes = _notes(scorer, archive)
        self.folder = RunFolder(out, settings, notes=notes, inputs=archive.paths, output=output)
        self.status = RunStatus(
            parts=len(self.folder.parts), damaged=tuple(self.folder.damaged), warnings=tuple(self.folder.warnings)
        )
        self.stop = threading.Event()
        self._scorer, self._archive = scorer, archive
        self._began = time.monotonic()
        self._before = replace(scorer.predictor.counts)

    def __enter__(self) -> Self:
        """Take the interrupts, note what is done, and begin the list of refusals anew."""
        self._closing = ExitStack()
        with _named(self.folder.path), self._closing as closing:
            closing.callback(self.folder.close)
            self._index = IdIndex()
            closing.callback(self._index.close)
            self._index.add_done(self.folder.done_ids())
            # Until this call ends, nothing says that the run is complete.
            (self.folder.path / "summary.json").unlink(missing_ok=True)
            path = self.folder.path / "errors.jsonl"
            self._errors = closing.enter_context(path.open("w", encoding="utf-8", errors="replace"))
            closing.enter_context(_interrupts(self.stop))
            self._closing = closing.pop_all()
        return self

    def drafts(self) -> Iterator[Draft | Refusal]:
        """Yield what is still to be scored, until an interrupt."""
        return unique_drafts(map(_with_own_id, self._archive), self._index, self.stop, self.status)

    def give_back(self, draft: Draft) -> None:
        """Let a later article have the id of a draft that could not be read."""
        self._index.release(draft.id)

    def refuse(self, refusal: Refusal) -> None:
        """Account for an article that was not scored."""
        error = refusal.error
        row = {"id": refusal.id, "file": error.path, "line": error.line, "field": error.field, "reason": error.message}
        self._errors.write(json.dumps(row, ensure_ascii=True) + "\n")
        self._errors.flush()
        told, whole = self.status.reasons, refusal.id is None and error.line is None
        if len(told) < _TOLD and (whole or not self.status.refused):
            self.status.reasons = (*told, str(error))
        self.status.refused += 1

    def now(self) -> RunStatus:
        """Return the status as of now."""
        done = self._scorer.predictor.counts.since(self._before)
        self.status.seen = done.windows - done.run
        self.status.tokens, self.status.padded = done.tokens, done.padded
        self.status.parts = len(self.folder.parts)
        self.status.seconds = time.monotonic() - self._began
        return self.status

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write the summary of a run that ended well; say of a full disk what to do."""
        with _named(self.folder.path), self._closing:
            self.status.stopped = self.stop.is_set()
            if kind is None:
                self.status.summary = _summary(self.folder, self._scorer, self.now())
                write_whole(self.folder.path / "summary.json", self.status.summary)
            elif value is not None and issubclass(kind, OSError | sqlite3.Error):
                raise value


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turn what a full disk or a lost folder raises into one line."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise OutputError(
            f"cannot be written: {getattr(error, 'strerror', None) or error}; finished parts are kept, "
            "run the same command again to go on",
            path=path,
        ) from error


def run_settings(scorer: Scorer, archive: Archive, explain: Explain, output: PartFormat) -> dict[str, Any]:
    """Return what must be the same for all parts of a run."""
    settings: dict[str, Any] = {
        "newstance": version("newstance"),
        "record": VERSION,
        "model": scorer.checkpoint.hash,
        "target": scorer.target.name,
        "target_profile": _profile_hash(scorer.target),
        "explain": explain,
        "output": output,
        "max_characters": archive.max_characters,
    }
    # Only what differs, so that a run begun when columns were no setting can go on.
    others = {what: name for what, name in archive.columns.names().items() if name != Columns().names()[what]}
    return settings | ({"columns": others} if others else {})


def _with_own_id(found: Draft | Refusal) -> Draft | Refusal:
    """Refuse what standard input does not name: the next call could not tell it from what comes in its place."""
    if isinstance(found, Refusal) or found.path not in (None, "-") or found.id not in ("-", f"-:{found.line}"):
        return found
    message = "has no id, by which a run's folder knows standard input again; give one (--id-column), or a file"
    return Refusal(ArticleError(message, path="-", line=found.line))


def _profile_hash(profile: TargetProfile) -> str:
    return hashlib.sha256(profile.model_dump_json().encode()).hexdigest()[:16]


def _notes(scorer: Scorer, archive: Archive) -> dict[str, Any]:
    packages = ("onnxruntime", "tokenizers", "numpy", "pyarrow", "sentencex")
    profile = scorer.target.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    profile["kind"] = scorer.target.kind  # a default says something too: another version may have another
    return {
        "model": str(scorer.checkpoint.config.name),
        # A reader of the shares must know whether they may hang on who was in office.
        "reads_names": scorer.reads_names,
        # Whole, since a name does not say what stood in the file; as YAML it is a profile again.
        "target": {"given": scorer.target_given, "profile": profile},
        "inputs": [str(path) for path in archive.paths],
        "places": places_of(archive.paths),
        "versions": {name: version(name) for name in packages} | {"python": platform.python_version()},
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _summary(folder: RunFolder, scorer: Scorer, status: RunStatus) -> dict[str, Any]:
    return {
        "complete": not status.stopped,
        **totals(folder.parts, scorer.stances),
        "refused": status.refused,
        "parts": len(folder.parts),
        "target": scorer.target.name,
        "model": scorer.checkpoint.hash,
        "config": folder.config,
        "last_call": {
            "articles": status.articles,
            "sentences": status.sentences,
            "skipped": status.skipped,
            "seen_before": status.seen,
            "tokens": status.tokens,
            "padded": status.padded,
            "seconds": round(status.seconds, 3),
        },
    }


class _PartWriter:
    """The part that is being written, if any."""

    def __init__(self, folder: RunFolder, stances: tuple[str, ...], size: int) -> None:
        self._folder = folder
        self._stances = stances
        self._size = size
        self._writer: Writer | None = None
        self._counts = PartCounts()

    def write(self, article: ScoredArticle) -> None:
        if self._writer is None:
            self._writer = self._folder.open_part(self._stances)
        self._writer.write(article)
        self._counts.add(article)
        if self._counts.articles >= self._size:
            self.finish()

    def finish(self) -> None:
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        counts, self._counts = self._counts, PartCounts()
        writer.__exit__(None, None, None)
        self._folder.finish_part(writer.path, counts.as_dict())

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.discard()
            self._writer = None


@contextmanager
def _interrupts(stop: threading.Event) -> Iterator[None]:
    """Turn the first SIGINT or SIGTERM into a flag; the second ends the process as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def first(number: int, _: FrameType | None) -> None:
        stop.set()
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, first)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
