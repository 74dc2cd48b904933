"""The page of many articles: one row each, stance by voice and speaker, stance and frames by outlet and by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from newstance.articles.mentions import day_of

from .records import ScoredArticle
from .shares import article_score
from .templating import render, signed, stacked_bar
from .voice_tables import VoiceTally, voice_tables, voice_tally

__all__ = ["ArticleRow", "article_row", "corpus_page"]

#: Frames named in a row of the tables by outlet and week.
_FRAMES = 3
#: Speakers listed over all articles.
_SPEAKERS = 20


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """What the corpus page keeps of an article; small, so that an archive's rows fit into memory.

    Attributes:
        href: address of its page, relative to the corpus page.
        title: its title, or its id.
        outlet: publisher, or None.
        date: ISO date, or None.
        named: sentences of headline and body that name the target: `sentences`, `stance` and `abstained`.
        counted: sentences of headline and body.
        stance: decided ones of them by stance.
        abstained: those that the model declined.
        frames: sentences by frame.
        named_score: score of the sentences that name the target, or None.
        score: of all; see `newstance.scoring.shares`, or None.
        voices: sentences by voice and speaker.
    """

    href: str
    title: str
    outlet: str | None
    date: str | None
    named: dict[str, Any]
    counted: int
    stance: dict[str, int]
    abstained: int
    frames: dict[str, int]
    named_score: float | None
    score: float | None
    voices: VoiceTally


def article_row(scored: ScoredArticle, href: str) -> ArticleRow:
    """Return an article's row."""
    article, summary = scored.article, scored.summary
    return ArticleRow(
        href=href,
        title=str(article["title"] or article["id"]),
        outlet=article["outlet"],
        date=article["date"],
        named=dict(summary["named"]),
        counted=summary["counted"],
        stance=dict(summary["stance"]),
        abstained=summary["abstained"],
        frames=dict(summary.get("frames", {})),
        named_score=article_score([s for s in scored.sentences if s.target_spans])[0],
        score=article_score(scored.sentences)[0],
        voices=voice_tally(summary, list(summary["stance"])),
    )


def corpus_page(rows: Sequence[ArticleRow], stances: Sequence[str], *, title: str = "Articles") -> str:
    """Return the page as HTML that needs nothing but itself and the articles' pages.

    Args:
        rows: one an article.
        stances: codes of the stance layer.
        title: heading of the page.
    """
    tables = [
        _table("By outlet", rows, stances, lambda row: row.outlet or "unknown"),
        _table("By week", rows, stances, lambda row: _week(row.date)),
    ]
    return render(
        "corpus.html",
        "corpus.js",
        title=title,
        named=sum(row.named["sentences"] for row in rows),
        sentences=sum(row.counted for row in rows),
        columns=[
            ("article", False),
            ("outlet", False),
            ("date", False),
            *((name, True) for name in ("sentences", *stances, "abstained", "score")),
        ],
        rows=[
            {
                "href": row.href,
                "title": row.title,
                "outlet": row.outlet,
                "date": row.date,
                "numbers": [
                    _both(row.named["sentences"], row.counted),
                    *_stance_numbers(row.named["stance"], row.stance, stances),
                    _both(row.named["abstained"], row.abstained),
                    _both(_number(row.named_score), _number(row.score)),
                ],
                "bar": _bar(row.named["stance"], row.named["abstained"], stances),
            }
            for row in rows
        ],
        voices=voice_tables((row.voices for row in rows), stances, most=_SPEAKERS),
        tables=tables,
    )


def _table(
    title: str, rows: Sequence[ArticleRow], stances: Sequence[str], key: Callable[[ArticleRow], str]
) -> dict[str, Any]:
    groups: dict[str, list[ArticleRow]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    lines = []
    for name in sorted(groups):
        members = groups[name]
        named, stance, frames = Counter[str](), Counter[str](), Counter[str]()
        for row in members:
            named.update(row.named["stance"])
            stance.update(row.stance)
            frames.update(row.frames)
        abstained = [sum(row.named["abstained"] for row in members), sum(row.abstained for row in members)]
        common = ", ".join(f"{code} {number}" for code, number in frames.most_common(_FRAMES)) or "-"
        lines.append(
            {
                "name": name,
                "numbers": [len(members), *_stance_numbers(named, stance, stances), _both(*abstained), common],
                "bar": _bar(named, abstained[0], stances),
            }
        )
    columns = [title.removeprefix("By "), "articles", *stances, "abstained", "commonest frames"]
    return {"title": title, "columns": columns, "rows": lines}


def _stance_numbers(named: Mapping[str, int], every: Mapping[str, int], stances: Sequence[str]) -> list[str]:
    return [_both(named.get(code, 0), every.get(code, 0)) for code in stances]


def _both(named: int | str, every: int | str) -> str:
    """Return a number of the sentences that name the target and, in brackets, that of all; they sort by the first."""
    return f"{named} ({every})" if every != "" else ""


def _bar(stance: Mapping[str, int], abstained: int, stances: Sequence[str]) -> Markup:
    return stacked_bar([*((code, stance.get(code, 0)) for code in stances), ("out", abstained)])


def _week(day: str | None) -> str:
    """Return the ISO week of a date, as `2031-W07`, or `unknown`."""
    if (known := day_of(day)) is None:
        return "unknown"
    year, week, _ = known.isocalendar()
    return f"{year}-W{week:02d}"


def _number(score: float | None) -> str:
    return "" if score is None else signed(score)
