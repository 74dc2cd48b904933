"""What a user asks of a command that reads articles: taken once from its options, and handed on as one object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["ArticleOptions", "MentionOptions", "ScoreOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleOptions:
    """Which articles to read, and how.

    Attributes:
        paths: files, folders, patterns, or ``-``.
        columns: for each field of an article, the column that an option names, or None.
        stdin: what standard input is said to hold.
        max_characters: longer articles are refused.
    """

    paths: list[str]
    columns: dict[str, str | None]
    stdin: str
    max_characters: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOptions(ArticleOptions):
    """What `newstance score` is asked; each attribute is the option of its name, as given and not yet checked."""

    target: str
    model: str | None
    out: str | None
    format: str | None
    json: bool
    explain: str
    html: Path | None
    flips: bool
    neighbours: bool
    wrap: bool
    workers: int | None
    part_articles: int | None
    engine: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MentionOptions(ArticleOptions):
    """What `newstance mentions` is asked; each attribute is the option of its name, as given and not yet checked."""

    target: str
    top: int
    json: bool
    out: Path | None
    sample: int | None
    seed: int | None
