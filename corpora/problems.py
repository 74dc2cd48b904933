"""Bad rows: raised at once where work cannot go on, collected where all of them are wanted."""

from __future__ import annotations

from newstance.errors import AnnotationError

__all__ = ["Problems", "report"]

#: Where to collect the errors of single rows; None raises the first of them.
Problems = list[AnnotationError] | None


def report(error: AnnotationError, problems: Problems) -> None:
    """Add an error to the collection, or raise it where none is kept."""
    if problems is None:
        raise error
    problems.append(error)
