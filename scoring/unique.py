"""An archive's drafts, each id once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from newstance.articles import Archive, Draft, Refusal
from newstance.errors import ArticleError

from .ids import IdIndex

if TYPE_CHECKING:
    from .run import RunStatus

__all__ = ["each_once", "unique_drafts"]


def each_once(archive: Archive) -> Iterator[Draft | Refusal]:
    """Yield an archive's drafts, and a refusal for each id given twice."""
    index = IdIndex()
    try:
        yield from unique_drafts(archive, index)
    finally:
        index.close()


def unique_drafts(
    archive: Archive, index: IdIndex, stop: threading.Event | None = None, status: RunStatus | None = None
) -> Iterator[Draft | Refusal]:
    """Yield the drafts that are still to be scored, and a refusal for each id given twice."""
    for found in archive:
        if stop is not None and stop.is_set():
            return
        if isinstance(found, Refusal):
            yield found
            continue
        place = f"{found.path}:{found.line}" if found.line else found.path or "-"
        claim = index.claim(found.id, place)
        if claim == "new":
            yield found
        elif claim == "done":
            if status is not None:
                status.skipped += 1
        else:
            message = f"the id {found.id!r} was given before, at {claim[0]}; scored once"
            yield Refusal(ArticleError(message, path=found.path, line=found.line), found.id)
