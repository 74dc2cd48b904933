"""Markdown becomes blocks whose offsets still point into the original text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date as Date
from itertools import pairwise
from typing import Any

from newstance.articles.blocks import Block, Kind, ends_line, lines_of, trimmed

__all__ = ["FrontMatter", "front_matter", "markdown_blocks"]

_FRONT_END = re.compile(r"^(?:---|\.\.\.)[ \t]*$", re.MULTILINE)
_KEY = re.compile(r"([A-Za-z][\w-]{0,40}):(?:[ \t]+(.*))?$")
_FENCE = re.compile(r"(?:```|~~~)")
_HASH = re.compile(r"#{1,6}(?=[ \t\u00a0]|$)")
_HASH_END = re.compile(r"[ \t\u00a0]+#+$")
_SETEXT = re.compile(r"(?:=+|-{2,})$")
_RULE = re.compile(r"(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_TABLE_RULE = re.compile(r"\|?[ \t]*:?-{2,}[-|: \t]*$")
_LINK_DEFINITION = re.compile(r"\[[^\]\n]{1,200}\]:[ \t]*\S+")
_QUOTE = re.compile(r"(?:>[ \t]?)+")
_ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])[ \t]+")
_IMAGE = re.compile(r"!\[([^\]\n]{0,500})\]\([^()\n]{0,2000}\)$")
#: Lines longer than this are not hard wrapped.
_LONG = 100
_BOLD = re.compile(r"(\*\*|__)(?=\S)([^*_\n]{1,200})(?<=\S)\1$")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What a markdown file says of itself, and where its text begins."""

    end: int = 0
    title: str | None = None
    outlet: str | None = None
    date: str | None = None


def front_matter(text: str) -> FrontMatter:
    """Read YAML between two ``---`` lines at the very start; the file has none if it does not look like one.

    Broken YAML is not the article's text either: it is passed over, and what its lines say plainly is kept.
    """
    if not re.match(r"---[ \t]*\n", text):
        return FrontMatter()
    start = text.index("\n") + 1
    close = _FRONT_END.search(text, start)
    if close is None or close.start() > 20_000:
        blank = text.find("\n\n", start)  # never closed: up to the first blank line, if all of it looks like keys
        block = text[start:blank] if 0 <= blank <= 20_000 else ""
        lines = block.splitlines()
        keyed = bool(lines) and all(_KEY.match(line) or line[:1] in " -\t" for line in lines)
        return _described(_plain_keys(block), blank) if keyed else FrontMatter()
    import yaml

    block = text[start : close.start()]
    try:
        data = yaml.safe_load(block)
    except (yaml.YAMLError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        data = _plain_keys(block)
        if 2 * len(data) < sum(line[:1] not in ("", " ", "\t", "-", "#") for line in block.splitlines()) or not data:
            return FrontMatter()  # a text between two rules
    return _described(data, close.end())


def _plain_keys(block: str) -> dict[str, str]:
    """Return the lines that read ``key: value``, unquoted."""
    found = (_KEY.match(line) for line in block.splitlines())
    return {m.group(1): (m.group(2) or "").strip().strip("\"'") for m in found if m is not None}


def _described(data: dict[Any, Any], end: int) -> FrontMatter:
    keys = {str(key).lower(): value for key, value in data.items()}
    outlet = next((keys[k] for k in ("outlet", "publisher", "publication", "site", "source") if keys.get(k)), None)
    return FrontMatter(end, _one_line(keys.get("title")), _one_line(outlet), _date(keys.get("date")))


def markdown_blocks(text: str, start: int = 0) -> list[Block]:
    """Find the headings, paragraphs and list items of a markdown text from ``start`` on.

    Heading marks, list marks, quote marks, rules, fences, link definitions and the underlines of headings lie
    outside the blocks; emphasis and links lie inside.
    """
    return _Reader(text).read(start)


class _Reader:
    """Go through the lines once, keeping the paragraph that is still open."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.blocks: list[Block] = []
        self.open: list[tuple[int, int]] = []
        self.kind: Kind = "text"
        self.titled = False

    def read(self, start: int) -> list[Block]:
        fenced = False
        for first, last in lines_of(self.text, start):
            span = trimmed(self.text, first, last)
            if span is None:
                self.close()
                continue
            line = self.text[span[0] : span[1]]
            if _FENCE.match(line):
                fenced = not fenced
                self.close()
            elif fenced:
                self.close()
                self.blocks.append(Block(*span))
            else:
                self.line(span, line)
        self.close()
        return self.blocks

    def line(self, span: tuple[int, int], line: str) -> None:
        if self.open and self.kind == "text" and _SETEXT.match(line):
            before, self.open = self.open, []
            self.heading(before[0][0], before[-1][1])
            return
        if _RULE.match(line) or _TABLE_RULE.match(line) or _LINK_DEFINITION.match(line):
            self.close()
            return
        if (mark := _HASH.match(line)) is not None:
            self.close()
            closing = _HASH_END.search(line)
            end = span[0] + (closing.start() if closing else len(line))
            if (inner := trimmed(self.text, span[0] + mark.end(), end)) is not None:
                self.heading(*inner)
            return
        if (image := _IMAGE.match(line)) is not None:
            self.close()
            if (inner := trimmed(self.text, span[0] + image.start(1), span[0] + image.end(1))) is not None:
                self.blocks.append(Block(*inner, "caption"))
            return
        self.paragraph(span, line)

    def paragraph(self, span: tuple[int, int], line: str) -> None:
        quote = _QUOTE.match(line)
        at = span[0] + (quote.end() if quote else 0)
        item = _ITEM.match(self.text[at : span[1]][:20])
        if item is not None:
            self.close()
            self.kind = "item"
            at += item.end()
        inner = trimmed(self.text, at, span[1])
        if inner is None:
            self.close()
            return
        bold = _BOLD.match(self.text[inner[0] : inner[1]]) if not self.open and item is None else None
        if bold is not None and not bold.group(2).endswith((".", ":", ",")):
            # A line that is bold throughout is how many exports write their headings.
            self.heading(inner[0] + bold.start(2), inner[0] + bold.end(2))
            return
        self.open.append(inner)

    def heading(self, start: int, end: int) -> None:
        first = not self.titled and not any(block.kind == "text" for block in self.blocks)
        self.titled = True
        self.blocks.append(Block(start, end, "headline" if first else "heading"))

    def close(self) -> None:
        lines, kind = self.open, self.kind
        self.open, self.kind = [], "text"
        if not lines:
            return
        start, end = lines[0]
        for before, line in pairwise(lines):
            # Strictly, markdown joins all lines; but files with one long line per paragraph are common.
            if kind != "item" and before[1] - before[0] > _LONG and ends_line(self.text, before):
                self.blocks.append(Block(start, end, kind))
                start = line[0]
            end = line[1]
        self.blocks.append(Block(start, end, kind))


def _one_line(value: Any) -> str | None:
    return " ".join(str(value).split()) or None if isinstance(value, (str, int, float)) else None


def _date(value: Any) -> str | None:
    """Return the day that a date or a text gives, or a text in which none is understood, so that it is counted."""
    if isinstance(value, Date):  # YAML reads dates; a datetime is a date too
        value = value.isoformat()
    if isinstance(value, (bool, float)) or (text := _one_line(value)) is None:
        return None
    from newstance.articles.published import UNKNOWN, day_in

    # To YAML 20250121 is a number, but so is a time of day, and then nobody wrote what it says.
    as_written = None if isinstance(value, int) and len(text) != len("2025") else text
    return day_in(text) or (None if text.startswith(UNKNOWN) else as_written)
