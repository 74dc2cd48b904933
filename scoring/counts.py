"""What is counted of articles: of a part of a run, and of the dates that they come with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from newstance.articles.mentions import day_of
from newstance.articles.records import Article

from .records import ScoredArticle

if TYPE_CHECKING:
    from .run_folder import Part

__all__ = ["DateCounts", "PartCounts", "has_bad_characters", "totals"]


@dataclass(slots=True)
class DateCounts:
    """Articles without a day, on which everybody in the profile counts, in office or not.

    Attributes:
        missing: they came without a date.
        not_understood: their date is a text that names no day.
    """

    missing: int = 0
    not_understood: int = 0

    def add(self, article: ScoredArticle) -> None:
        """Count an article."""
        self.add_date(article.article["date"])

    def add_date(self, date: str | None) -> None:
        """Count an article by the date that it came with."""
        if date is None:
            self.missing += 1
        elif day_of(date) is None:
            self.not_understood += 1


def has_bad_characters(article: ScoredArticle | Article) -> bool:
    """Return whether an article holds U+FFFD, which stands for bytes that are no character in its encoding."""
    return any("\ufffd" in sentence.text for sentence in article.sentences)


@dataclass(slots=True)
class PartCounts:
    """What a part holds; see `newstance.scoring.run_folder.Part`."""

    articles: int = 0
    sentences: int = 0
    abstained: int = 0
    truncated: int = 0
    stance: Counter[str] = field(default_factory=Counter)
    named: int = 0
    named_stance: Counter[str] = field(default_factory=Counter)
    named_abstained: int = 0
    dates: DateCounts = field(default_factory=DateCounts)
    bad_characters: int = 0

    def add(self, article: ScoredArticle) -> None:
        """Count an article."""
        summary = article.summary
        self.articles += 1
        self.sentences += summary["sentences"]
        self.stance.update(summary["stance"])
        self.abstained += summary["abstained"]
        self.truncated += summary["truncated"]
        self.named += summary["named"]["sentences"]
        self.named_stance.update(summary["named"]["stance"])
        self.named_abstained += summary["named"]["abstained"]
        self.dates.add(article)
        self.bad_characters += has_bad_characters(article)

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and plain dictionaries in a fixed order."""
        stances = {name: dict(sorted(getattr(self, name).items())) for name in ("stance", "named_stance")}
        return asdict(self) | stances


def totals(parts: Sequence[Part], stances: Sequence[str]) -> dict[str, Any]:
    """Add up parts.

    Returns:
        `articles`, `sentences`, `named` (sentences of headline and body that name the target: `sentences`, decided ones
        by `stance`, `abstained`), `stance` and `abstained` of all of headline and body, `truncated`, `dates` (see
        `DateCounts`) and `bad_characters` (articles that hold U+FFFD). `named`, `dates` and `bad_characters` are
        None where a part was written before they were counted.
    """
    known = all(part.named_stance is not None for part in parts)
    named = {
        "sentences": sum(part.named for part in parts),
        "stance": {code: sum((part.named_stance or {}).get(code, 0) for part in parts) for code in stances},
        "abstained": sum(part.named_abstained for part in parts),
    }
    dates = {name: sum((part.dates or {}).get(name, 0) for part in parts) for name in asdict(DateCounts())}
    bad = [part.bad_characters for part in parts if part.bad_characters is not None]
    return {
        "articles": sum(part.articles for part in parts),
        "sentences": sum(part.sentences for part in parts),
        "named": named if known else None,
        "stance": {code: sum(part.stance.get(code, 0) for part in parts) for code in stances},
        "abstained": sum(part.abstained for part in parts),
        "truncated": sum(part.truncated for part in parts),
        "dates": dates if known else None,
        "bad_characters": sum(bad) if len(bad) == len(parts) else None,
    }
