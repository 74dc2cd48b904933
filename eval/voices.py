"""How well voices and speakers are found, by one command.

::

    python -m newstance.eval.voices --data-dir DIR                 # development figures
    python -m newstance.eval.voices --data-dir DIR --test          # the halves and splits held out
    python -m newstance.eval.voices --cost                          # time, and its share of scoring

`DIR` holds `polnear/train/` in its official layout; without it only the project's own corpus is measured. Beside every
figure stands a baseline: quotation marks and the nearest capitalised name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Annotated

import typer

from newstance.articles import Article, Sentence, article_from_text
from newstance.articles.attribution import Attribution
from newstance.articles.voices import attributions_of, mark_voices
from newstance.corpora import Annotation, read_corpus
from newstance.corpora.own import corpus_articles
from newstance.corpora.polnear import Attributed, Half, PolnearArticle, read_polnear
from newstance.errors.command import run_command

__all__ = ["main", "own_articles", "same_speaker"]

Span = tuple[int, int]
Finder = Callable[[Article], list[tuple[Sentence, list[Attribution]]]]


@dataclass(slots=True)
class Counts:
    """True positives, false positives and false negatives of a yes-or-no decision."""

    hits: int = 0
    spurious: int = 0
    missed: int = 0

    def add(self, gold: bool, predicted: bool) -> None:
        """Count one decision."""
        self.hits += gold and predicted
        self.spurious += predicted and not gold
        self.missed += gold and not predicted

    def __str__(self) -> str:
        """Return precision, recall and F1."""
        precision = self.hits / max(1, self.hits + self.spurious)
        recall = self.hits / max(1, self.hits + self.missed)
        f1 = 2 * self.hits / max(1, 2 * self.hits + self.spurious + self.missed)
        return f"found {recall:.3f}, right {precision:.3f}, F1 {f1:.3f} (n {self.hits + self.missed})"


@dataclass(slots=True)
class Share:
    """A share of cases."""

    right: int = 0
    of: int = 0

    def add(self, right: bool) -> None:
        """Count one case."""
        self.right += right
        self.of += 1

    def __str__(self) -> str:
        """Return the share and its base."""
        return f"{self.right / max(1, self.of):.3f} (n {self.of})"


# --- PolNeAR ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class PolnearFigures:
    """Sentence-level figures, and whether the speaker's span overlaps the gold source."""

    sentences: dict[str, Counts] = field(default_factory=lambda: {k: Counts() for k in ("direct", "indirect", "any")})
    sources: dict[str, Share] = field(default_factory=lambda: {k: Share() for k in ("direct", "indirect")})


def polnear_figures(articles: Iterable[PolnearArticle], find: Finder) -> PolnearFigures:
    """Compare with PolNeAR, sentence by sentence.

    A gold content is direct when it begins with a quotation mark or half of it stands between marks, else indirect; an
    indirect one inside a direct one (a quoted "I think that ...") is left out. A speaker counts as right when the span
    of the predicted attribution that shares most of the content overlaps the gold source.
    """
    figures = PolnearFigures()
    for given in articles:
        article = article_from_text(given.text, id=given.name)
        gold = list(_gold(given))
        found = find(article)
        for sentence, attributions in found:
            inside = [g for g in gold if any(a < sentence.end and b > sentence.start for a, b in g.content)]
            for kind in ("direct", "indirect"):
                figures.sentences[kind].add(
                    any(g.direct == (kind == "direct") for g in inside),
                    any(a.direct == (kind == "direct") for a in attributions),
                )
            figures.sentences["any"].add(bool(inside), bool(attributions))
        every = [a for _, attributions in found for a in attributions]
        for g in gold:
            overlaps = [(_overlap(a.contents, g.content), a) for a in every if a.direct == g.direct]
            best = max(
                (pair for pair in overlaps if pair[0]), key=lambda p: (p[1].source is not None, p[0]), default=None
            )
            if best is not None and g.source:
                source = best[1].source
                figures.sources["direct" if g.direct else "indirect"].add(
                    source is not None and _overlap((source,), g.source) > 0
                )
    return figures


@dataclass(frozen=True, slots=True)
class _GoldAttribution:
    source: tuple[Span, ...]
    content: tuple[Span, ...]
    direct: bool


_LEAD = re.compile(r"\W*?(?:“|”|\"|''|``|‘|«)")


def _gold(article: PolnearArticle) -> Iterator[_GoldAttribution]:
    quotes = [match.span() for match in _QUOTED.finditer(article.text)]
    made = [_GoldAttribution(a.source, a.content, _is_direct(article.text, a, quotes)) for a in article.attributions]
    direct = [span for g in made if g.direct for span in g.content]
    for g in made:
        nested = not g.direct and all(any(a <= x and y <= b for a, b in direct) for x, y in g.content)
        if not nested:
            yield g


def _is_direct(text: str, given: Attributed, quotes: Sequence[Span]) -> bool:
    """Whether a content begins with a mark or after a transcript's "ROE:", or half of it lies between marks."""
    content = given.content
    labelled = [text[a:b].strip() for a, b in given.cue] == [":"]
    begins = labelled or _LEAD.match(text, content[0][0], content[0][0] + 6) is not None
    return begins or 2 * _overlap(content, quotes) >= sum(b - a for a, b in content)


def _overlap(one: Sequence[Span], other: Sequence[Span]) -> int:
    return sum(max(0, min(b, d) - max(a, c)) for a, b in one for c, d in other)


def find_with_rules(article: Article) -> list[tuple[Sentence, list[Attribution]]]:
    """Return what newstance finds."""
    return [(part.sentence, part.attributions) for part in attributions_of(article)]


_QUOTED = re.compile(r"(?:[“\"«]|'')(?P<words>[^“”\"«»\n]{8,2000}?)(?:[”\"»]|''|$)", re.MULTILINE)
_NAME = re.compile(r"\b[A-Z][\w.'’-]+(?:\s+[A-Z][\w.'’-]+)*")


def find_by_marks(article: Article) -> list[tuple[Sentence, list[Attribution]]]:
    """Return the baseline's: text in quotation marks, credited to the nearest capitalised name outside it."""
    found: list[tuple[Sentence, list[Attribution]]] = []
    quotes = [m.span() for m in _QUOTED.finditer(article.text)]
    names = [
        m.span() for m in _NAME.finditer(article.text) if not any(a < m.end() and b > m.start() for a, b in quotes)
    ]
    for sentence in article.sentences:
        inside = [q for q in quotes if q[0] < sentence.end and q[1] > sentence.start]
        found.append((sentence, [_by_nearest(quote, names) for quote in inside]))
    return found


def _by_nearest(quote: Span, names: Sequence[Span]) -> Attribution:
    source = min(names, key=lambda n: max(quote[0] - n[1], n[0] - quote[1]), default=None)
    return Attribution(quote, source, (quote,), True, True, "quotation")


# --- The project's own corpus -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OwnArticle:
    """An article put together again, and both labellers' records of each sentence."""

    article: Article
    writer: list[Annotation]
    second: list[Annotation]


def own_articles(split: str) -> list[OwnArticle]:
    """Put the sentences of a split together into articles: one paragraph each, as wire copy has them."""
    by_article: dict[str, dict[str, dict[str, Annotation]]] = {}
    for record in read_corpus(split):
        if record.voice is not None and record.article is not None and record.annotator is not None:
            by_article.setdefault(record.article, {}).setdefault(record.annotator, {})[record.id] = record
    described = corpus_articles()
    made = []
    for name, labellers in by_article.items():
        writer = list(labellers["writer"].values())
        second = [labellers["second"][record.id] for record in writer]
        sentences: list[Sentence] = []
        at = 0
        for number, (record, role) in enumerate(zip(writer, described[name].roles, strict=True)):
            sentences.append(Sentence(number, record.text, at, at + len(record.text), role, number))  # type: ignore[arg-type]
            at += len(record.text) + 2
        text = "\n\n".join(record.text for record in writer)
        made.append(OwnArticle(Article(name, text, tuple(sentences), date=described[name].date), writer, second))
    return made


@dataclass(slots=True)
class OwnFigures:
    """Voice against the writer's labels, speakers against either labeller's."""

    voices: dict[str, Counts] = field(
        default_factory=lambda: {v: Counts() for v in ("outlet", "quoted", "paraphrased")}
    )
    speakers: Share = field(default_factory=Share)
    found: Share = field(default_factory=Share)
    strict: Share = field(default_factory=Share)

    @property
    def macro_f1(self) -> float:
        """Return the mean of the three voices' F1."""
        return sum(2 * c.hits / max(1, 2 * c.hits + c.spurious + c.missed) for c in self.voices.values()) / 3


def own_figures(articles: Iterable[OwnArticle], mark: Callable[[Article], Article]) -> OwnFigures:
    """Compare marked articles with their labels.

    A speaker is right when it is the writer's or the second labeller's, case, a leading article and titles aside.
    """
    figures = OwnFigures()
    for own in articles:
        for sentence, one, two in zip(mark(own.article).sentences, own.writer, own.second, strict=True):
            for voice, counts in figures.voices.items():
                counts.add(one.voice == voice, sentence.voice == voice)
            if one.voice != "outlet":
                right = any(same_speaker(sentence.speaker, name) for name in (one.speaker, two.speaker))
                figures.speakers.add(right)
                figures.strict.add(sentence.speaker == one.speaker)
                if sentence.voice != "outlet":
                    figures.found.add(right)
    return figures


_FORMAL = re.compile(
    r"^(?:(?:the|a|an)\s+)?(?:(?:mr|mrs|ms|dr|sir|dame|father|sheriff|judge|sen|rep|gov|prof|president|mayor)\.?\s+)?"
)


def same_speaker(one: str | None, other: str | None) -> bool:
    """Whether two names are the same, case, a leading article and a title aside."""
    return one is not None and other is not None and _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return _FORMAL.sub("", name.replace("’", "'").lower().strip())


def mark_by_marks(article: Article) -> Article:
    """Return the baseline's article: quoted where quotation marks are, by the nearest capitalised name."""
    from dataclasses import replace

    sentences = []
    for sentence, attributions in find_by_marks(article):
        source = attributions[0].source if attributions else None
        sentences.append(
            replace(
                sentence,
                voice="quoted" if attributions else "outlet",
                speaker=article.text[slice(*source)] if source else None,
            )
        )
    return replace(article, sentences=tuple(sentences))


# --- What it costs ------------------------------------------------------------------------------------------------

#: Inputs that would show a cost that grows faster than the text.
_HARD = {
    "50,000 quotation marks in one paragraph": ('"a" ', 25_000),
    "100,000 quotation marks in one paragraph": ('"a" ', 50_000),
    "half a megabyte of one sentence": ("said the minister who told us, by ", 15_000),
    "a megabyte of one sentence": ("said the minister who told us, by ", 30_000),
}


def cost_share(articles: Sequence[Article], *, rounds: int = 3) -> tuple[float, float]:
    """Return the seconds that voices take, and that scoring the same articles takes, voices included; best of some.

    Processor seconds of all threads, so that what else the machine does changes little.
    """
    from newstance.scoring import Scorer

    voices, scoring = [], []
    for _ in range(rounds):
        scorer = Scorer.load()  # a new one each time: a scorer remembers sentences
        scorer.score(articles[0])  # the model is loaded and the profile compiled
        start = process_time()
        for article in articles:
            mark_voices(article, scorer.target)
        voices.append(process_time() - start)
        start = process_time()
        for _scored in scorer.score_many(articles):
            pass
        scoring.append(process_time() - start)
    return min(voices), min(scoring)


def _print_cost() -> None:
    articles = [own.article for own in own_articles("dev")]
    voices, scoring = cost_share(articles)
    sentences = sum(len(article.sentences) for article in articles)
    _print(f"cost: voices {voices:.3f} s of {scoring:.3f} s scoring {sentences} sentences, {voices / scoring:.1%}")
    for name, (piece, times) in _HARD.items():
        article = article_from_text(piece * times)
        start = process_time()
        mark_voices(article)
        _print(f"cost: {name} ({len(article.text):,} characters): {process_time() - start:.1f} s")


def main(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the public corpora, with polnear/train.")] = None,
    test: Annotated[bool, typer.Option("--test", help="Measure on what was held out.")] = False,
    cost: Annotated[
        bool, typer.Option("--cost", help="Measure only time: a share of scoring, and hard inputs.")
    ] = False,
) -> None:
    """Print every figure of docs/voices.md."""
    if cost:
        _print_cost()
        return
    half: Half = "test" if test else "development"
    folder = data_dir / "polnear" / "train" if data_dir is not None else None
    if folder is not None:
        articles = read_polnear(folder, half=half)
        for name, find in (("rules", find_with_rules), ("baseline", find_by_marks)):
            figures = polnear_figures(articles, find)
            for kind, counts in figures.sentences.items():
                _print(f"PolNeAR {half} ({len(articles)} articles), {name}, sentences {kind}: {counts}")
            for kind, share in figures.sources.items():
                _print(f"PolNeAR {half}, {name}, speaker overlaps, {kind}: {share}")
    for split in ("test",) if test else ("train", "dev"):
        own = own_articles(split)
        for name, mark in (("rules", mark_voices), ("baseline", mark_by_marks)):
            result = own_figures(own, mark)
            _print(f"own corpus {split}, {name}, voice: macro-F1 {result.macro_f1:.3f}")
            for voice, counts in result.voices.items():
                _print(f"own corpus {split}, {name}, {voice}: {counts}")
            _print(
                f"own corpus {split}, {name}, speaker: of all credited {result.speakers}, "
                f"of those found {result.found}, letter by letter as the writer {result.strict}"
            )


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    run_command(main)
