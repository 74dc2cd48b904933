"""What `newstance score` says of dates: how many it could not use, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from newstance.articles import Archive
    from newstance.scoring.counts import DateCounts

__all__ = ["about_dates"]


def about_dates(dates: DateCounts, archive: Archive) -> Iterator[str]:
    """Yield a line where dates were given that name no day, or are missing from a column that the user named."""
    found = []
    if dates.not_understood:
        found.append(f"{dates.not_understood} articles have a date that was not understood (write 2025-01-21)")
    if dates.missing and "date" in archive.columns.named:
        found.append(f"{dates.missing} articles have no date")
    if found:
        yield f"{', '.join(found)}; there everybody in the profile counts, in office or not"
