"""`MentionCounts`: what was taken for the target in an archive, and what names stand where nothing was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from newstance.articles.capitalised import capitalised_names
from newstance.articles.records import TOTALLED_ROLES, Article, Sentence
from newstance.articles.tally import MOST, Tally

__all__ = ["Excerpt", "MentionCounts", "MentionInContext", "mentions_in_context"]

#: Code points that an example keeps on either side of its mention.
_AROUND = 80


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a sentence around a mention, as one line.

    Attributes:
        text: the part; an ellipsis stands for what was left out. ``text[start:end]`` is the mention.
        start: offset of the mention's first character, in code points.
        end: offset just past its last.
    """

    text: str
    start: int
    end: int

    @classmethod
    def around(cls, text: str, start: int, end: int, *, room: int = 2 * _AROUND) -> Excerpt:
        """Cut a text to a mention and what stands near it.

        Args:
            text: the sentence.
            start: offset of the mention.
            end: offset just past it.
            room: code points of both sides together; what one side does not need the other may have.
        """
        before, mention, after = (" ".join(part.split()) for part in (text[:start], text[start:end], text[end:]))
        before += " " * (text[:start][-1:].isspace() and bool(before))
        after = " " * (text[end:][:1].isspace() and bool(after)) + after
        left = max(room // 2, room - len(after))
        right = max(room // 2, room - len(before))
        if len(before) > left:
            before = "…" + before[len(before) - max(left - 1, 0) :].lstrip()
        if len(after) > right:
            after = after[: max(right - 1, 0)].rstrip() + "…"
        return cls(before + mention + after, len(before), len(before) + len(mention))


class MentionCounts:
    """Count mentions of the target in articles whose mentions are marked (`mark_mentions`), and names elsewhere.

    Sentences are those of headline and body, which alone count toward totals.

    Attributes:
        articles: how many there are.
        articles_named: how many name the target.
        sentences: how many there are.
        sentences_named: how many name the target.
        mentions: how many there are; a sentence may have several.
        forms: what was taken for the target, as written but for its white space, with an example.
        names: capitalised names (`capitalised_names`) in sentences of the body that do not name the target. In a
            headline every word may be capitalised.
    """

    def __init__(self, *, most: int = MOST) -> None:
        """Start empty; `most` is how many forms, and names, are kept (see `Tally`)."""
        self.articles = self.articles_named = self.sentences = self.sentences_named = self.mentions = 0
        self.forms: Tally[Excerpt] = Tally(most=most)
        self.names: Tally[None] = Tally(most=most)

    def add(self, article: Article) -> None:
        """Count an article."""
        self.articles += 1
        before = self.sentences_named
        for sentence in article.sentences:
            if sentence.role not in TOTALLED_ROLES:
                continue
            self.sentences += 1
            if sentence.mentions:
                self.sentences_named += 1
                self._add_forms(sentence)
            elif sentence.role == "body":
                for name in capitalised_names(sentence.text):
                    self.names.add(name, self.articles, lambda: None)
        self.articles_named += self.sentences_named > before

    def _add_forms(self, sentence: Sentence) -> None:
        self.mentions += len(sentence.mentions)
        for form, mention in {" ".join(found.text.split()): found for found in reversed(sentence.mentions)}.items():
            start, end = mention.start - sentence.start, mention.end - sentence.start

            def example(start: int = start, end: int = end) -> Excerpt:
                return Excerpt.around(sentence.text, start, end)

            self.forms.add(form, self.articles, example)


@dataclass(frozen=True, slots=True)
class MentionInContext:
    """One mention, with what somebody needs who judges whether it is the target.

    Attributes:
        article: the article's id.
        date: its date as given, or None.
        index: the sentence's position in the article, from 0.
        mention: the mention as it stands in the text.
        start: offset of its first character in `sentence`, in code points.
        end: offset just past its last.
        before: the sentence before, or empty.
        sentence: the sentence.
        after: the sentence after it, or empty.
    """

    article: str
    date: str | None
    index: int
    mention: str
    start: int
    end: int
    before: str
    sentence: str
    after: str


def mentions_in_context(article: Article) -> Iterator[MentionInContext]:
    """Yield the mentions in an article's headline and body, in order; they must have been marked."""
    sentences = article.sentences
    for place, sentence in enumerate(sentences):
        if sentence.role not in TOTALLED_ROLES:
            continue
        for mention in sentence.mentions:
            yield MentionInContext(
                article=article.id,
                date=article.date,
                index=sentence.index,
                mention=mention.text,
                start=mention.start - sentence.start,
                end=mention.end - sentence.start,
                before=sentences[place - 1].text if place else "",
                sentence=sentence.text,
                after=sentences[place + 1].text if place + 1 < len(sentences) else "",
            )
