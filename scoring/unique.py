"""An archive's drafts, each id once."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from newstance.articles import Archive, Draft, Refusal, spelt_out
from newstance.errors import ArticleError

from .ids import IdIndex

if TYPE_CHECKING:
    from .run import RunStatus

__all__ = ["EachOnce", "unique_drafts"]


class EachOnce:
    """An archive's drafts, and a refusal for each id given twice; to be gone through once."""

    def __init__(self, archive: Archive) -> None:
        """Name the archive; nothing is read yet."""
        self._archive = archive
        self._index = IdIndex()

    def __iter__(self) -> Iterator[Draft | Refusal]:
        """Yield drafts and refusals in the archive's order."""
        try:
            yield from unique_drafts(self._archive, self._index)
        finally:
            self._index.close()

    def give_back(self, draft: Draft) -> None:
        """Let a later article have the id of a draft that could not be read."""
        self._index.release(draft.id)


def unique_drafts(
    archive: Iterable[Draft | Refusal],
    index: IdIndex,
    stop: threading.Event | None = None,
    status: RunStatus | None = None,
) -> Iterator[Draft | Refusal]:
    """Yield the drafts that are still to be scored, and a refusal for each id given twice.

    A draft that turns out to hold no article should give its id back (`IdIndex.release`) before the next is taken.
    """
    for found in archive:
        if stop is not None and stop.is_set():
            return
        if isinstance(found, Refusal):
            yield found
            continue
        place = f"{found.path}:{found.line}" if found.line else found.path or "-"
        claim = index.claim(found.id, spelt_out(place))
        if claim == "new":
            yield found
        elif claim == "done":
            if status is not None:
                status.skipped += 1
        else:
            message = f"the id {found.id!r} was given before, at {claim[0]}, which alone counts"
            yield Refusal(ArticleError(message, path=found.path, line=found.line), found.id)
