"""Bad rows: raised at once where work cannot go on, collected where all of them are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from newstance.errors import AnnotationError

__all__ = ["Problems", "gather", "report", "unreadable"]

Row = TypeVar("Row")
Record = TypeVar("Record")

#: Where to collect the errors of single rows; None raises the first of them.
Problems = list[AnnotationError] | None


def report(error: AnnotationError, problems: Problems) -> None:
    """Add an error to the collection, or raise it where none is kept."""
    if problems is None:
        raise error
    problems.append(error)


def unreadable(path: str | Path, error: Exception) -> AnnotationError:
    """Return what to raise where the system or a damaged file gives an error."""
    return AnnotationError(f"cannot be read: {getattr(error, 'strerror', None) or error}", path=path)


def gather(
    rows: Iterable[tuple[int, Row]],
    make: Callable[[int, Row], Record],
    *,
    path: str | Path,
    problems: Problems,
    unit: str = "row",
) -> list[Record]:
    """Return a record for each row, without the rows that are wrong.

    Args:
        rows: line numbers and rows.
        make: makes a record of a line's number and its row.
        path: the file, for the error.
        problems: where to put the errors of single rows instead of raising the first.
        unit: what a file without any is said to lack.

    Raises:
        AnnotationError: a row is wrong and `problems` is None, or there is no row at all.
    """
    records = []
    for number, row in rows:
        try:
            records.append(make(number, row))
        except AnnotationError as error:
            report(error, problems)
    if not records and not problems:
        raise AnnotationError(f"holds no {unit}", path=path)
    return records
