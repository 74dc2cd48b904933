"""`Scorer`: articles in, scored articles out."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path, PureWindowsPath
from typing import Literal

import numpy as np
import numpy.typing as npt

from newstance.articles import (
    MAX_CHARACTERS,
    Article,
    Draft,
    Refusal,
    Sentence,
    TargetProfile,
    article_from_text,
    article_or_refusal,
    load_profile,
    mark_mentions,
    mark_voices,
    read_article,
)
from newstance.articles.paths import SUFFIXES
from newstance.errors import CheckpointError
from newstance.files import inner_suffix
from newstance.model import (
    Checkpoint,
    EncodedSentence,
    Layer,
    Pending,
    Prediction,
    Predictor,
    RuntimeName,
    SentenceInput,
    explain_encoded,
    probabilities,
)

from .ahead import ahead
from .records import EvidenceWord, FrameScore, ScoredArticle, ScoredSentence
from .summary import summarise

__all__ = ["DEFAULT_TARGET", "Explain", "Scorer", "abstains"]

Floats = npt.NDArray[np.floating]

DEFAULT_TARGET = "government"
#: A method of `newstance.model.explanation`, or none.
Explain = Literal["evidence", "ig", "loo", "random", "none"]

#: Sentences that are batched together: enough to fill batches of like length, few enough to show results soon.
GROUP = 512


class Scorer:
    """Score articles for stance toward one target with one model.

    Example:
        >>> from newstance.scoring import Scorer
        >>> scorer = Scorer.load(target="government")
        >>> scored = scorer.score("The government was praised for its flood response.")
        >>> scored.sentences[0].stance  # doctest: +SKIP
        'favor'
    """

    def __init__(
        self, checkpoint: Checkpoint, predictor: Predictor, target: TargetProfile, *, target_given: str | None = None
    ) -> None:
        """Join an opened checkpoint, its predictor and a target profile; `Scorer.load` is the usual way.

        Args:
            checkpoint: the model's checkpoint.
            predictor: the model.
            target: whose actions stance is about.
            target_given: the profile's name or path as the user gave it; a run writes down its last part.

        Raises:
            CheckpointError: the model has no layer that takes one label.
        """
        stance = checkpoint.codebook.stance
        if stance is None:
            raise CheckpointError("predicts no layer that takes one label, such as a stance", path=checkpoint.path)
        self.checkpoint = checkpoint
        self.target = target
        #: Name of the shipped profile or of the file, without its folders; None where a profile itself was given.
        self.target_given = None if target_given is None else PureWindowsPath(target_given).name
        self.predictor = predictor
        self.stance = stance
        self._frames = checkpoint.codebook.frames

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        *,
        target: str | Path | TargetProfile = DEFAULT_TARGET,
        runtime: RuntimeName = "auto",
        threads: int | None = None,
    ) -> Scorer:
        """Open a model and a target profile.

        Args:
            model: a model folder, the name of a shipped model, or None for the shipped default.
            target: the name of a shipped profile, a YAML file, or a profile.
            runtime: `onnx`, `torch`, or `auto` (onnx where the model was exported).
            threads: processor threads, or None for one per core.

        Raises:
            CheckpointError: the model folder is missing, incomplete or damaged.
            UsageError: no such target profile.
        """
        checkpoint = Checkpoint.find(model)
        predictor = Predictor.open(checkpoint, runtime=runtime, threads=threads)  # loads in the background
        if isinstance(target, TargetProfile):
            return cls(checkpoint, predictor, target)
        return cls(checkpoint, predictor, load_profile(target), target_given=str(target))

    @property
    def reads_names(self) -> bool:
        """Return whether the model sees who the target is: then the same words may get another label under another."""
        return self.checkpoint.config.encoding.target_mode == "mark"

    @property
    def stances(self) -> tuple[str, ...]:
        """Return the codes of the stance layer, in the order of its logits."""
        return self.stance.codes

    def score(self, text_or_path: str | Path | Article, *, explain: Explain = "evidence") -> ScoredArticle:
        """Score one article.

        Args:
            text_or_path: an `Article`, a path (a `Path`, or a one-line string that names a file or could: without a
                blank, and with a slash or the suffix of a kind of file that is read), or a text.
            explain: how each word gets its weight: `evidence` comes with the decision; `loo` takes a pass a word, `ig`
                the torch runtime and about thirty passes; `random` is the control; `none` leaves the weights out.

        Raises:
            ArticleError: it cannot be read as an article, is a table of them (`score_drafts` takes an `Archive`), or
                names a file that is not there.
            UsageError: no such explanation, or `ig` without the torch runtime.
        """
        return next(self.score_many([text_or_path], explain=explain))

    def score_many(
        self, articles: Iterable[str | Path | Article], *, explain: Explain = "evidence", group: int = GROUP
    ) -> Iterator[ScoredArticle]:
        """Score articles, batching the sentences of several together; results come in the order given.

        Args:
            articles: texts, paths or articles, as in `score`; taken from a thread of its own, while those before them
                are being scored.
            explain: as in `score`.
            group: sentences that are sorted into batches together.

        Raises:
            ArticleError: one of them cannot be read; `score_drafts` goes on past such.
            UsageError: as in `score`.
        """
        for scored in self._stream((self._marked(_as_article(one)) for one in articles), explain=explain, group=group):
            assert isinstance(scored, ScoredArticle)
            yield scored

    def score_drafts(
        self,
        drafts: Iterable[Draft | Refusal],
        *,
        explain: Explain = "evidence",
        group: int = GROUP,
        max_characters: int = MAX_CHARACTERS,
        remember: Callable[[Article], None] | None = None,
        unread: Callable[[Draft], None] | None = None,
    ) -> Generator[ScoredArticle | Refusal, None, None]:
        """Score an archive's drafts as they come; what cannot be read is refused in its place, and the rest goes on.

        Args:
            drafts: taken from a thread of its own. Those of one id are all scored; `EachOnce` of an archive, in
                `newstance.scoring.unique`, refuses all but the first, as the command line and run folders do.
            explain: as in `score`.
            group: sentences that are sorted into batches together.
            max_characters: longer articles are refused.
            remember: shown every article that is going to be scored, in order, from the reading thread.
            unread: shown every draft that could not be read, from that thread, before it takes the next.
        """

        def read(draft: Draft) -> Article | Refusal:
            article = self._read(draft, max_characters)
            if remember is not None and isinstance(article, Article):
                remember(article)
            if unread is not None and isinstance(article, Refusal):
                unread(draft)
            return article

        articles = (d if isinstance(d, Refusal) else read(d) for d in drafts)
        yield from self._stream(articles, explain=explain, group=group)

    def _read(self, draft: Draft, max_characters: int) -> Article | Refusal:
        return article_or_refusal(draft, max_characters=max_characters, mark=self._marked)

    def _marked(self, article: Article) -> Article:
        return mark_voices(mark_mentions(article, self.target), self.target)

    def _stream(
        self, articles: Iterable[Article | Refusal], *, explain: Explain, group: int
    ) -> Iterator[ScoredArticle | Refusal]:
        """Read and encode one group while the model runs the next and this thread puts together the one before."""
        running: deque[tuple[list[Article | Refusal], Pending]] = deque()
        for members, encoded in ahead((g, self._encoded(g)) for g in _groups(articles, group)):
            running.append((members, self.predictor.start(encoded)))
            if len(running) > 1:
                yield from self._finish(*running.popleft(), explain)
        for members, pending in running:
            yield from self._finish(members, pending, explain)

    def _encoded(self, members: Iterable[Article | Refusal]) -> list[EncodedSentence]:
        articles = [member for member in members if isinstance(member, Article)]
        return self.predictor.encoding.encode(
            [self._input(article, s) for article in articles for s in article.sentences]
        )

    def _finish(
        self, members: Iterable[Article | Refusal], pending: Pending, explain: Explain
    ) -> Iterator[ScoredArticle | Refusal]:
        predictions = self.predictor.finish(pending)
        weights: Iterable[Floats | None] = [None] * len(predictions)
        if explain != "none":
            found = explain_encoded(self.predictor, pending.encoded, predictions, explain, layer=self.stance.name)
            weights = [explanation.weights for explanation in found]
        weighed = zip(predictions, weights, strict=True)
        for article in members:
            if isinstance(article, Refusal):
                yield article
                continue
            sentences = [self._scored(article, s, *next(weighed)) for s in article.sentences]
            yield ScoredArticle(self._describe(article), sentences, summarise(sentences, self.stance.codes))

    def _input(self, article: Article, sentence: Sentence) -> SentenceInput:
        """Return what the model is asked: the sentence, its target, and those before and after it."""
        neighbours = article.sentences
        before = neighbours[sentence.index - 1] if sentence.index > 0 else None
        after = neighbours[sentence.index + 1] if sentence.index + 1 < len(neighbours) else None
        return SentenceInput(
            text=sentence.text,
            target_spans=_local_spans(sentence),
            target=self.target.name,
            before=before.text if before else "",
            after=after.text if after else "",
            before_spans=_local_spans(before) if before else (),
            after_spans=_local_spans(after) if after else (),
        )

    def _scored(
        self, article: Article, sentence: Sentence, prediction: Prediction, weights: Floats | None
    ) -> ScoredSentence:
        calibration = self.checkpoint.calibration.layer(self.stance.name)
        logits = prediction.logits[self.stance.name]
        probability = probabilities(logits, self.stance, calibration.temperature)
        best = int(np.argmax(probability))
        confidence = float(probability[best])
        frames, frame_logits = self._frame_scores(prediction)
        return ScoredSentence(
            article=article.id,
            index=sentence.index,
            text=sentence.text,
            start=sentence.start,
            end=sentence.end,
            role=sentence.role,
            section=sentence.section,
            target=self.target.name,
            target_spans=[(mention.start, mention.end) for mention in sentence.mentions],
            speaker=sentence.speaker,
            voice=sentence.voice,
            insider=sentence.insider,
            stance=self.stance.codes[best],
            stance_probability=dict(zip(self.stance.codes, _floats(probability), strict=True)),
            stance_logits=_floats(logits - calibration.offsets_of(self.stance) if calibration.offsets else logits),
            frames=frames,
            frame_logits=frame_logits,
            evidence=None if weights is None else _evidence(sentence, prediction, weights),
            abstained=abstains(self.checkpoint, self.stance, confidence, names_target=bool(sentence.mentions)),
            truncated=prediction.truncated,
            model=self.checkpoint.hash,
            outlet=article.outlet,
            date=article.date,
        )

    def _frame_scores(self, prediction: Prediction) -> tuple[list[FrameScore] | None, list[float] | None]:
        if self._frames is None:
            return None, None
        calibration = self.checkpoint.calibration.layer(self._frames.name)
        logits = prediction.logits[self._frames.name]
        probability = _floats(probabilities(logits, self._frames, calibration.temperature))
        pairs = sorted(zip(self._frames.codes, probability, strict=True), key=lambda pair: -pair[1])
        return [FrameScore(code, p) for code, p in pairs if p >= calibration.show_above], _floats(logits)

    def _describe(self, article: Article) -> dict[str, str | int | None]:
        return {
            "id": article.id,
            "path": article.path,
            "title": article.title,
            "outlet": article.outlet,
            "date": article.date,
            "encoding": article.encoding,
            "characters": len(article.text),
            "target": self.target.name,
            "model": self.checkpoint.hash,
        }


def abstains(checkpoint: Checkpoint, layer: Layer, confidence: float, *, names_target: bool) -> bool:
    """Return whether the model declines: less sure than its threshold, or not trained on such a sentence."""
    unseen_kind = not names_target and not checkpoint.config.unnamed_targets
    return unseen_kind or confidence < checkpoint.calibration.layer(layer.name).abstain_below


def _groups(articles: Iterable[Article | Refusal], size: int) -> Iterator[list[Article | Refusal]]:
    """Collect articles until their sentences fill batches of like length; a long article waits for no other."""
    group: list[Article | Refusal] = []
    sentences = 0
    for article in articles:
        own = 0 if isinstance(article, Refusal) else len(article.sentences)
        if group and (sentences + own > size or len(group) >= size):
            yield group
            group, sentences = [], 0
        group.append(article)
        sentences += own
    if group:
        yield group


def _as_article(source: str | Path | Article) -> Article:
    if isinstance(source, Article):
        return source
    if isinstance(source, Path) or ("\n" not in source and len(source) < 4096 and _names_file(source)):
        return read_article(Path(source))
    return article_from_text(source)


def _names_file(text: str) -> bool:
    """Return whether a line is a file's name, or looks like one: read as a text, a typing error would be scored."""
    try:
        if Path(text).is_file():
            return True
    except (OSError, ValueError):
        return False  # too long for a file name, or with a null byte: a text
    return len(text.split()) == 1 and ("/" in text or "\\" in text or inner_suffix(text) in SUFFIXES)


def _local_spans(sentence: Sentence) -> tuple[tuple[int, int], ...]:
    return tuple((m.start - sentence.start, m.end - sentence.start) for m in sentence.mentions)


def _evidence(sentence: Sentence, prediction: Prediction, weights: Floats) -> list[EvidenceWord]:
    return [
        EvidenceWord(sentence.text[start:end], sentence.start + start, sentence.start + end, weight)
        for (start, end), weight in zip(prediction.words, _floats(weights), strict=True)
    ]


def _floats(values: Floats) -> list[float]:
    """Return plain floats, rounded far below what the model can tell apart, so that files stay small."""
    return [round(value, 6) for value in values.tolist()]
