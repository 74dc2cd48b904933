"""`Unused`: what lay among the inputs and was not read, so that a wrong name or suffix does not go unnoticed."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Collection
from os import PathLike

from newstance.articles.columns import Columns
from newstance.files import inner_suffix

__all__ = ["Unused"]

#: Tables, and kinds of files, that are told one by one; the others are counted.
_TOLD = 5


class Unused:
    """Columns that only their case keeps from being used, files of other kinds than articles, and pages of errors."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._tables: list[str] = []
        self._more = 0
        self._kinds: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()

    def add_table(self, path: str, names: Collection[str], columns: Columns) -> None:
        """Note a table that is read with these columns and has those names."""
        near = {what: columns.near(what, names) for what in columns.names()}
        found = {what: name for what, name in near.items() if name is not None}
        if found and len(self._tables) < _TOLD:
            names = ", ".join(found.values())
            options = " ".join(f"--{what}-column {shlex.quote(name)}" for what, name in found.items())
            self._tables.append(f"{path}: not used, since case counts: {names}; name them with {options}")
        elif found:
            self._more += 1

    def add_file(self, path: str | PathLike[str]) -> None:
        """Note a file of a searched folder that is no article by its name."""
        self._kinds[inner_suffix(path) or "no suffix"] += 1

    def add_answer(self, status: int) -> None:
        """Note a page of a web archive that is no article by its HTTP status."""
        self._answers[str(status)] += 1

    def lines(self) -> list[str]:
        """Return what a user should know, a line each."""
        found = list(self._tables)
        if self._more:
            found.append(f"and {self._more} more tables with such columns")
        if self._kinds:
            found.append(f"{self._kinds.total()} files of other kinds passed over ({_commonest(self._kinds)})")
        if self._answers:
            number, statuses = self._answers.total(), _commonest(self._answers)
            found.append(f"{number} pages of errors and redirects in web archives passed over (HTTP {statuses})")
        return found


def _commonest(counts: Counter[str]) -> str:
    return ", ".join([name for name, _ in counts.most_common(_TOLD)] + ["..."] * (len(counts) > _TOLD))
