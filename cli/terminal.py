"""What people see: a scored article as a table."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newstance.model import Layer
from newstance.scoring import VOICE_NAMES, EvidenceWord, ScoredArticle, ScoredSentence

from .columns import Column, Columns
from .flat import flat

__all__ = ["ArticleTable"]

#: Colour-blind safe pairs, and never colour alone: each stance has its sign too.
_COLOURS = {"favor": "blue", "against": "dark_orange", "neutral": "default"}
_SPARE_COLOURS = ("blue", "dark_orange", "green", "magenta", "cyan", "default")
#: Words that together carry this share of all the weight in favour of the decision are shown as evidence.
_CARRIES = 0.6
_MOST_WORDS = 4
_MOST_SPEAKERS = 6
_VOICE_MARKS = {"quoted": "“ ", "paraphrased": "~ "}
_INSIDER = "*"


_COLUMNS = (
    Column("#", right=True, style="dim"),
    Column("part", style="dim"),
    Column("stance"),
    Column("conf", right=True),
    Column("voice", most=22),
    Column("sentence", share=3),
    Column("carried by", share=1),
    Column("frames", most=26),
)


class ArticleTable:
    """Print articles, one line a sentence, and a summary below."""

    def __init__(self, stance: Layer, *, wrap: bool = False, console: Console | None = None) -> None:
        """Prepare for the labels of a stance layer; `wrap` shows whole sentences on several lines."""
        self._labels = {label.code: label for label in stance.labels}
        self._wrap = wrap
        self._console = console or Console(soft_wrap=False, width=None if sys.stdout.isatty() else 140)

    def print(self, scored: ScoredArticle) -> None:
        """Print one article."""
        article = scored.article
        title = Text(str(article["title"] or article["id"]), style="bold")
        self._console.print(title, Text(f"{article['id']} · toward {article['target']}", style="dim"), sep="\n")
        frames = any(s.frames is not None for s in scored.sentences)
        rows = [self._row(sentence, frames=frames) for sentence in scored.sentences]
        columns = _COLUMNS if frames else _COLUMNS[:-1]
        lines = Columns(columns, rows)
        fits = not self._wrap and lines.fits(self._console.width)
        self._console.print(lines if fits else self._wrapping(columns, rows))
        self._print_summary(scored)

    def _wrapping(self, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Table:
        """Return a table whose sentences take several lines, or whose columns shrink on a narrow terminal."""
        table = Table(box=None, pad_edge=False, show_edge=False, header_style="dim", expand=True)
        for column in columns:
            folds = self._wrap and column.share > 1
            table.add_column(
                column.header,
                justify="right" if column.right else "left",
                style=column.style,
                max_width=column.most,
                ratio=column.share or None,
                no_wrap=not (self._wrap and column.share),
                overflow="fold" if folds else "ellipsis",
            )
        for row in rows:
            table.add_row(*row)
        return table

    def _row(self, sentence: ScoredSentence, *, frames: bool) -> list[Text]:
        carrying = _carrying_words(sentence.evidence or [])
        row = [
            Text(str(sentence.index)),
            Text(sentence.role),
            self._stance(sentence),
            Text(f"{sentence.confidence:.0%}", style="dim" if sentence.abstained else ""),
            Text(_voice(sentence)),
            self._emphasised(sentence, carrying),
            Text(", ".join(flat(word.word) for word in carrying)),
        ]
        if frames:
            row.append(Text(", ".join(frame.code for frame in sentence.frames or ())))
        return row

    def _stance(self, sentence: ScoredSentence) -> Text:
        label = self._labels[sentence.stance]
        name = f"{label.sign or '·'} {sentence.stance}"
        if sentence.abstained:
            return Text(f"? {sentence.stance}", style="dim")
        return Text(name, style=f"bold {self._colour(sentence.stance)}")

    def _colour(self, stance: str) -> str:
        return _COLOURS.get(stance) or _SPARE_COLOURS[list(self._labels).index(stance) % len(_SPARE_COLOURS)]

    def _emphasised(self, sentence: ScoredSentence, carrying: list[EvidenceWord]) -> Text:
        text = Text(flat(sentence.text), style="dim" if sentence.abstained else "")
        for word in carrying:
            text.stylize(
                f"bold underline {self._colour(sentence.stance)}",
                word.start - sentence.start,
                word.end - sentence.start,
            )
        return text

    def _print_summary(self, scored: ScoredArticle) -> None:
        summary = scored.summary
        named = summary["named"]
        headline = next((code for code, n in summary["headline"].items() if n), None)
        confidence = summary["mean_confidence"]
        lines = [
            f"{named['sentences']} of {summary['counted']} sentences counted (headline and body) name the target: "
            + self._counts(named),
            f"all {summary['counted']}: {self._counts(summary)}",
            f"headline: {headline or ('abstained' if _has_headline(scored) else 'none')}"
            f" · mean confidence of all that were decided {'-' if confidence is None else f'{confidence:.0%}'}"
            f" · truncated {summary['truncated']}",
        ]
        if summary["abstained"]:
            lines.append("? = the model abstains: too uncertain, or a kind of sentence that it was not trained on")
        if legend := _voice_legend(scored.sentences):
            lines.append(legend)
        self._console.print(Text("\n".join(lines), style="dim"))
        self._console.print(self._voices(summary), "")

    def _counts(self, counts: dict[str, Any]) -> str:
        """Return decided sentences by stance, and abstained ones."""
        parts = [f"{self._labels[code].sign}{code} {n}" for code, n in counts["stance"].items()]
        return " · ".join([*parts, f"abstained {counts['abstained']}"])

    def _voices(self, summary: dict[str, Any]) -> Table:
        """Return the table that parts the outlet's own stance from that of its sources."""
        table = Table(box=None, pad_edge=False, header_style="dim", style="dim")
        table.add_column("whose voice (all of headline and body)", max_width=44, no_wrap=True, overflow="ellipsis")
        for heading in ("sentences", *(f"{label.sign}{code}" for code, label in self._labels.items()), "abstained"):
            table.add_column(Text(heading), justify="right")
        rows = [(name, summary["by_voice"][code]) for code, name in VOICE_NAMES.items()]
        if summary["speakers"]:
            rows += [("insiders (*)", summary["insiders"]), ("others", summary["others"])]
        shown = summary["speakers"][:_MOST_SPEAKERS]
        rows += [(f"  {flat(s['speaker'])}{'*' if s['insider'] else ''}", s) for s in shown]
        for name, counts in rows:
            cells = (counts["sentences"], *(counts["stance"][code] for code in self._labels), counts["abstained"])
            table.add_row(Text(name), *(str(cell) if cell else "·" for cell in cells))
        if more := len(summary["speakers"]) - len(shown):
            table.add_row(Text(f"  {more} more"))
        return table


def _voice(sentence: ScoredSentence) -> str:
    """Return who speaks, with a mark for how: quoted, paraphrased, and for the target."""
    if sentence.voice is None or sentence.voice == "outlet":
        return sentence.voice or ""
    return f"{_VOICE_MARKS[sentence.voice]}{flat(sentence.speaker or '-')}{_INSIDER if sentence.insider else ''}"


def _voice_legend(sentences: Sequence[ScoredSentence]) -> str:
    """Return what the marks in the column of voices mean, of those that stand there."""
    said = [
        f"{mark.strip()} {voice}" for voice, mark in _VOICE_MARKS.items() if any(s.voice == voice for s in sentences)
    ]
    if any(s.insider for s in sentences):
        said.append(f"{_INSIDER} an insider, who speaks for the target")
    return f"voice: {' · '.join(said)}" if said else ""


def _has_headline(scored: ScoredArticle) -> bool:
    return any(sentence.role == "headline" for sentence in scored.sentences)


def _carrying_words(evidence: list[EvidenceWord]) -> list[EvidenceWord]:
    """Return, in reading order, the fewest words that carry most of the weight behind the decision."""
    positive = sorted((word for word in evidence if word.weight > 0), key=lambda word: -word.weight)
    total = sum(word.weight for word in positive)
    chosen: list[EvidenceWord] = []
    carried = 0.0
    for word in positive[:_MOST_WORDS]:
        if carried >= _CARRIES * total:
            break
        chosen.append(word)
        carried += word.weight
    return sorted(chosen, key=lambda word: word.start)
