"""`naming`: says which files an error about annotations is about, where the error itself names no place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from newstance.errors import AnnotationError

__all__ = ["naming"]


@contextmanager
def naming(files: Sequence[Path]) -> Iterator[None]:
    """Add the files to an `AnnotationError` from within that names none."""
    try:
        yield
    except AnnotationError as error:
        if error.path is None and files:
            error.path = ", ".join(map(str, files))
        raise
