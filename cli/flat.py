"""`flat`: text as it may stand in a row of a table."""

from __future__ import annotations

__all__ = ["flat"]


def flat(text: str) -> str:
    """Return text with every white-space and control character as one blank, so that a row stays a row."""
    if text.isprintable():  # nearly every sentence; only an ordinary blank is both space and printable
        return text
    return "".join(" " if char.isspace() or not char.isprintable() else char for char in text)
