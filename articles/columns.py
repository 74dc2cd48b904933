"""`Columns`: which columns of a table hold an article's text, id, title, outlet and date."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

__all__ = ["Columns"]


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of a table hold what; only the text's must exist, unless another was named by the user.

    Attributes:
        text: the article's text.
        id: its id; without such a column a row's id is its file and line.
        title: its title.
        outlet: its publisher.
        date: its date of publication.
        named: those of the above (text, id, ...) that the user named; a table without them is refused.
    """

    text: str = "text"
    id: str = "id"
    title: str = "title"
    outlet: str = "outlet"
    date: str = "date"
    named: frozenset[str] = frozenset()

    @classmethod
    def named_by(cls, given: Mapping[str, str | None]) -> Columns:
        """Return the columns that a user's options name, by what they hold; None leaves the usual name."""
        named = {what: column for what, column in given.items() if column is not None}
        return cls(**named, named=frozenset(named))

    def names(self) -> dict[str, str]:
        """Return the name of each column by what it holds."""
        return {"text": self.text, "id": self.id, "title": self.title, "outlet": self.outlet, "date": self.date}

    def missing_in(self, names: Collection[str], *, optional: bool = True) -> str | None:
        """Return what the first column holds that must be there and is not.

        Args:
            names: the columns that are there.
            optional: whether those of `named` must be there that an article can do without.
        """
        must = ["text", *sorted(self.named if optional else self.named & {"id"})]
        return next((what for what in must if self.names()[what] not in names), None)

    def near(self, what: str, names: Collection[str]) -> str | None:
        """Return the column that differs from the usual one by its case alone, where that is not there."""
        usual = self.names()[what]
        if what in self.named or usual in names:
            return None
        return next((name for name in names if name.strip().casefold() == usual.casefold()), None)
