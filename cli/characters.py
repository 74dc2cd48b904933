"""What `newstance score` says of articles with bytes that are no character in their encoding."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["about_characters"]


def about_characters(articles: int | None) -> Iterator[str]:
    """Yield a line where articles hold characters that could not be read; None where they were not counted."""
    if articles:
        yield f"{articles} articles hold characters that could not be read (\ufffd in their sentences)"
