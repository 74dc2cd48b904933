"""`ScoredSentence` and `ScoredArticle`: what newstance says, and everything needed to say it again otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

__all__ = ["VERSION", "EvidenceWord", "FrameScore", "ScoredArticle", "ScoredSentence"]

#: Version of the two records' layout.
VERSION = 1


@dataclass(frozen=True, slots=True)
class EvidenceWord:
    """A word and its part in the stance margin (chosen label minus best other).

    Attributes:
        word: the word as it stands in the article.
        start: its first character in the article's text, code points.
        end: just past its last character.
        weight: in logits; positive speaks for the chosen stance, negative against it. The evidence of all words of a
            sentence, the punctuation that clings to them included, sums to the margin, less what offsets of the
            calibration have in it; weights of other methods (`--explain`) need not.
    """

    word: str
    start: int
    end: int
    weight: float


@dataclass(frozen=True, slots=True)
class FrameScore:
    """A frame that the sentence puts forward, with its calibrated probability."""

    code: str
    probability: float


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """One sentence as the model reads it.

    ``article_text[start:end] == text`` always holds; every offset is in code points of the article's text.

    Attributes:
        article: id of its article.
        index: position in the article, from 0.
        text: the sentence.
        start: offset of its first character.
        end: offset just past its last.
        role: headline, caption, byline, heading, body or credit.
        section: heading above it, or None.
        target: name of the target that the stance is about.
        target_spans: where the sentence names the target.
        speaker: fullest name or description of the credited speaker, or None: nobody is credited, or nobody found.
        voice: outlet, quoted or paraphrased; None in bylines and credits.
        stance: code of the most probable stance.
        stance_probability: calibrated probability of each stance.
        stance_logits: the model's raw logits, in the codebook's order, before calibration.
        frames: frames above the model's threshold, most probable first; None when the model has no frame head.
        frame_logits: raw logits of every frame, in the codebook's order; None when the model has no frame head.
        evidence: weight of each word, in reading order; None when no explanation was asked for.
        abstained: whether the model declines to decide: too uncertain, or not trained for such a sentence.
        truncated: whether the model could not see the whole sentence.
        model: hash of the checkpoint.
        insider: whether the speaker belongs to the target on the article's day; None where there is no speaker.
        version: version of this record's layout.
        outlet: the article's publisher, or None when unknown.
        date: the article's ISO date, or None when unknown.
    """

    article: str
    index: int
    text: str
    start: int
    end: int
    role: str
    section: str | None
    target: str
    target_spans: list[tuple[int, int]]
    speaker: str | None
    voice: str | None
    stance: str
    stance_probability: dict[str, float]
    stance_logits: list[float]
    frames: list[FrameScore] | None
    frame_logits: list[float] | None
    evidence: list[EvidenceWord] | None
    abstained: bool
    truncated: bool
    model: str
    insider: bool | None = None
    version: int = VERSION
    outlet: str | None = None
    date: str | None = None

    @property
    def confidence(self) -> float:
        """Return the calibrated probability of the chosen stance."""
        return self.stance_probability[self.stance]

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and dictionaries, ready for JSON."""
        # By hand, as `dataclasses.asdict` takes ten times as long: half of what writing a run takes.
        plain = {name: getattr(self, name) for name in _NAMES}
        for name in ("target_spans", "stance_logits", "frame_logits"):
            plain[name] = None if plain[name] is None else list(plain[name])
        plain["stance_probability"] = dict(self.stance_probability)
        if self.frames is not None:
            plain["frames"] = [{"code": frame.code, "probability": frame.probability} for frame in self.frames]
        if self.evidence is not None:
            plain["evidence"] = [
                {"word": word.word, "start": word.start, "end": word.end, "weight": word.weight}
                for word in self.evidence
            ]
        return plain


_NAMES = tuple(field.name for field in fields(ScoredSentence))


@dataclass(frozen=True, slots=True)
class ScoredArticle:
    """An article with its scored sentences.

    Attributes:
        article: id, path, title, outlet, date, encoding, number of characters, target and model.
        sentences: all of them, in reading order.
        summary: counts and means over the headline and the body; see `newstance.scoring.summary`.
    """

    article: dict[str, Any]
    sentences: list[ScoredSentence]
    summary: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists and dictionaries, ready for JSON."""
        return {
            "article": self.article,
            "sentences": [sentence.to_dict() for sentence in self.sentences],
            "summary": self.summary,
        }
