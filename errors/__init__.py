"""The one tree of errors that newstance raises on purpose.

::

    NewstanceError              anything a user can act on; the command line prints it as one line
    ├── InputError              what was given cannot be used (exit code 1)
    │   ├── ArticleError        an article file cannot be read as an article
    │   ├── AnnotationError     an annotated row, file or corpus is wrong
    │   ├── CheckpointError     a model folder is incomplete, damaged or of another kind
    │   └── OutputError         a result cannot be written
    ├── TrainingError           a training run cannot go on
    └── UsageError              the call itself is wrong: unknown target, bad option, bad config (exit code 2)

This package is a leaf: every other package may import it, it imports nothing of ours.
"""

from __future__ import annotations

from os import PathLike, fspath

__all__ = [
    "AnnotationError",
    "ArticleError",
    "CheckpointError",
    "InputError",
    "NewstanceError",
    "OutputError",
    "TrainingError",
    "UsageError",
]


class NewstanceError(Exception):
    """Say what is wrong, where, and what to do about it.

    Args:
        message: what is wrong, and what to do, without the place.
        path: the file or folder it is about.
        line: 1-based line (or row) in that file.
        field: the field, column or configuration path.
    """

    exit_code = 1

    def __init__(
        self,
        message: str,
        *,
        path: str | PathLike[str] | None = None,
        line: int | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = None if path is None else fspath(path)
        self.line = line
        self.field = field

    def __str__(self) -> str:
        """Return one line: ``path:line: field: message``, leaving out what is unknown."""
        place = self.path or ""
        if self.line is not None:
            place = f"{place}:{self.line}" if place else f"line {self.line}"
        parts = [part for part in (place, self.field, self.message) if part]
        return " ".join(": ".join(parts).split())


class InputError(NewstanceError):
    """What was given cannot be used."""


class ArticleError(InputError):
    """A file, page or text cannot be read as an article."""


class AnnotationError(InputError):
    """An annotated row, file or corpus does not hold what it must."""


class CheckpointError(InputError):
    """A model folder is incomplete, damaged or of another kind."""


class OutputError(InputError):
    """A result cannot be written."""


class TrainingError(NewstanceError):
    """A training run cannot go on: its loss is not a number, or memory ran out; says what was kept."""


class UsageError(NewstanceError):
    """The call itself is wrong: an unknown target, a bad option, a bad configuration."""

    exit_code = 2
