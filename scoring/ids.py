"""`IdIndex`: which article ids have been seen, in memory that does not grow with the archive."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable
from typing import Literal

__all__ = ["IdIndex"]

_DONE = ""


class IdIndex:
    """Tell new ids from those scored in an earlier run and those given twice.

    A temporary SQLite table, which begins in memory and moves to a file of its own as it grows; nothing in it needs
    to survive, since a run's parts say what was scored.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._table.execute("PRAGMA journal_mode = OFF")
        self._table.execute("PRAGMA synchronous = OFF")
        self._table.execute("PRAGMA cache_size = -2000")
        self._table.execute("CREATE TABLE seen (id BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID")

    def add_done(self, ids: Iterable[str]) -> None:
        """Note ids that were scored in an earlier run."""
        self._table.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", ((_key(id), _DONE) for id in ids))

    def claim(self, id: str, place: str) -> Literal["new", "done"] | tuple[str]:
        """Take an id for the article at a place.

        Returns:
            `new`, `done` (scored in an earlier run), or the place that took it before, in a tuple of one.
        """
        key = _key(id)
        found = self._table.execute("SELECT place FROM seen WHERE id = ?", (key,)).fetchone()
        if found is None:
            self._table.execute("INSERT INTO seen VALUES (?, ?)", (key, place or "-"))
            return "new"
        if found[0] == _DONE:
            self._table.execute("UPDATE seen SET place = ? WHERE id = ?", (place or "-", key))
            return "done"
        return (str(found[0]),)

    def release(self, id: str) -> None:
        """Give an id back that was claimed for an article that could not be read."""
        self._table.execute("DELETE FROM seen WHERE id = ?", (_key(id),))

    def close(self) -> None:
        """Forget everything."""
        self._table.close()


def _key(id: str) -> bytes:
    return hashlib.blake2b(id.encode("utf-8", "surrogatepass"), digest_size=16).digest()
