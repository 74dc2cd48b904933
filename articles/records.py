"""`Article`, `Sentence` and `Mention`: what a file or page becomes before any model sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["ROLES", "TOTALLED_ROLES", "Article", "Mention", "Role", "Sentence", "Voice"]

Role = Literal["headline", "caption", "byline", "heading", "body", "credit"]
Voice = Literal["outlet", "quoted", "paraphrased"]

ROLES: tuple[Role, ...] = get_args(Role)

#: Only these roles count toward an article's totals; the others are shown, not summed.
TOTALLED_ROLES: frozenset[Role] = frozenset({"headline", "body"})


@dataclass(frozen=True, slots=True)
class Mention:
    """One mention of the target, half-open code-point offsets into the article's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an article.

    ``article.text[start:end] == text`` always holds; offsets are Unicode code points, half open.

    Attributes:
        index: position among the article's sentences, from 0.
        text: the sentence as it stands in the article, without surrounding white space.
        start: offset of its first character in the article's text.
        end: offset just past its last character.
        role: what it does on the page.
        paragraph: number of the paragraph (or line block) that holds it, from 0.
        section: text of the heading above it, or None before the first heading.
        speaker: fullest name of the credited speaker, or None when nobody was (or has been) found.
        voice: whose voice carries it, or None when that has not been determined (bylines and credits have none).
        insider: whether the speaker belongs to the target on the article's day; None where nobody else speaks, the
            speaker is not known, or no target was given.
        mentions: mentions of the target, in order, never overlapping.
    """

    index: int
    text: str
    start: int
    end: int
    role: Role
    paragraph: int
    section: str | None = None
    speaker: str | None = None
    voice: Voice | None = None
    insider: bool | None = None
    mentions: tuple[Mention, ...] = ()


@dataclass(frozen=True, slots=True)
class Article:
    """A text with its sentences.

    Attributes:
        id: unique within a run; by default the path it was read from.
        text: the whole text that all offsets refer to (for a page: its extracted main text).
        sentences: in reading order; they never overlap.
        title: text of the headline, or None when the text has none.
        path: where it was read from, or None for text given directly.
        encoding: the character encoding it was decoded from, or None for text given directly.
        outlet: publisher, where the page says so.
        date: ISO date of publication, where the page says so.
    """

    id: str
    text: str
    sentences: tuple[Sentence, ...]
    title: str | None = None
    path: str | None = None
    encoding: str | None = None
    outlet: str | None = None
    date: str | None = None
