"""What `newstance mentions` shows: figures, two tables, and what to do with them."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from newstance.articles import TargetProfile
from newstance.articles.mention_counts import Excerpt, MentionCounts
from newstance.scoring.counts import DateCounts

from .columns import Column, Columns
from .flat import flat

__all__ = ["as_json", "print_tables"]

#: Cells of a mention or name at most, so that the example has room beside it.
_WIDEST = 36
#: What the columns of an example's row take beside the mention, with their gaps.
_BESIDE = 26
_FORMS = (
    Column("taken for the target", most=_WIDEST),
    Column("sentences", right=True),
    Column("articles", right=True),
    Column("for example", share=1, style="dim"),
)
_NAMES = (
    Column("names elsewhere", most=_WIDEST),
    Column("sentences", right=True),
    Column("articles", right=True),
)


def as_json(
    counts: MentionCounts, profile: TargetProfile, *, top: int, refused: int, dates: DateCounts
) -> dict[str, Any]:
    """Return everything that was counted, with the first `top` of each table.

    Returns:
        `target`, `articles`, `articles_named`, `sentences`, `sentences_named`, `mentions`, `refused` and `dates` (see
        `DateCounts`); `forms` and `names`, each with `kept` (different ones), `short` (see `Tally`) and `top`, a list.
    """
    forms = [
        {"mention": form, "sentences": found.sentences, "articles": found.articles, "example": found.example.text}
        for form, found in counts.forms.top(top)
    ]
    names = [
        {"name": name, "sentences": found.sentences, "articles": found.articles}
        for name, found in counts.names.top(top)
    ]
    return {
        "target": profile.name,
        "articles": counts.articles,
        "articles_named": counts.articles_named,
        "sentences": counts.sentences,
        "sentences_named": counts.sentences_named,
        "mentions": counts.mentions,
        "refused": refused,
        "dates": {"missing": dates.missing, "not_understood": dates.not_understood},
        "forms": {"kept": len(counts.forms), "short": counts.forms.short, "top": forms},
        "names": {"kept": len(counts.names), "short": counts.names.short, "top": names},
    }


def print_tables(counts: MentionCounts, profile: TargetProfile, *, top: int) -> None:
    """Print what was counted, for people."""
    console = Console(soft_wrap=False, highlight=False, width=None if sys.stdout.isatty() else 140)
    console.print(Text(flat(profile.name), style="bold"))
    console.print(
        Text(
            f"{_share(counts.articles_named, counts.articles)} articles name the target, and "
            f"{_share(counts.sentences_named, counts.sentences)} sentences of headline and body\n"
        )
    )
    if len(counts.forms):
        found = counts.forms.top(top)
        widest = min(_WIDEST, max(len(_FORMS[0].header), *(Text(form).cell_len for form, _ in found)))
        room = max(20, console.width - widest - _BESIDE)
        rows = [[*_counted(form, tallied), _example(tallied.example, room)] for form, tallied in found]
        console.print(Columns(_FORMS, rows))
        _print_rest(console, len(counts.forms) - len(found), counts.forms.short)
    if len(counts.names):
        names = counts.names.top(top)
        console.print(Columns(_NAMES, [_counted(name, tallied) for name, tallied in names]))
        _print_rest(console, len(counts.names) - len(names), counts.names.short)
    console.print(_advice(counts), soft_wrap=True)


def _counted(text: str, tallied: Any) -> list[Text]:
    return [Text(flat(text)), Text(f"{tallied.sentences:,}"), Text(f"{tallied.articles:,}")]


def _example(example: Excerpt, room: int) -> Text:
    """Return an example cut to the room, with its mention in bold."""
    length = example.end - example.start
    shown = Excerpt.around(example.text, example.start, example.end, room=max(0, room - length))
    text = Text(flat(shown.text))
    text.stylize("bold", shown.start, shown.end)
    return text


def _print_rest(console: Console, more: int, short: int) -> None:
    lines = [f"{more:,} more; --top shows them"] if more else []
    if short:
        lines.append(f"rare ones were forgotten on the way, so a row may count up to {short:,} sentences too few")
    console.print(Text("".join(f"{line}\n" for line in lines), style="dim"))


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,}" + (f" ({part / whole:.1%})" if whole else "")


def _advice(counts: MentionCounts) -> Text:
    lines = []
    if len(counts.forms):
        lines.append("First table: put names of somebody else under `not` of the profile.")
    else:
        lines.append("Nothing was taken for the target: is it the right profile for these articles?")
    if len(counts.names):
        lines.append(
            "Second table, of sentences without a mention: put missing names of the target under `aliases`, missing "
            "people under `people`. Most names are of others; they are told by their capitals alone, not in headlines, "
            "nor one that stands alone at a sentence's head."
        )
    lines.append("Then run this again with --target and the changed profile's path. Pronouns are never mentions.")
    return Text("\n".join(lines))
