"""`Annotation`: one judgement by one annotator on one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from newstance.errors import AnnotationError

__all__ = ["Annotation", "Span", "same_sentence"]

#: Half-open code-point offsets.
Span = tuple[int, int]


class Annotation(BaseModel):
    """One judgement by one annotator on one sentence; several annotators are several records with the same `id`.

    Only `id`, `text` and one label are required. Offsets are code points into the text that they belong to.

    Attributes:
        id: names the sentence, together with its target, within the corpus.
        text: the sentence.
        target: name of the target that the stance is about.
        target_spans: where `text` mentions it.
        before: text before the sentence in its article.
        after: text after it.
        before_spans: where `before` mentions the target.
        after_spans: where `after` mentions the target.
        stance: code of the stance layer, or None when not judged.
        frames: codes of the frame layer; None when not judged, empty when judged to have none.
        speaker: whose view it is, or None.
        voice: outlet, quoted or paraphrased, or None when not judged.
        rationale: the words that decided the stance.
        annotator: who judged.
        article: names the article; intervals are computed over articles.
        outlet: publisher.
        date: ISO date.
        corpus: the corpus that the record comes from.
        split: train, dev or test, or None.
        version: version of this record's layout.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1)
    text: str = Field(min_length=1)
    target: str | None = None
    target_spans: tuple[Span, ...] = ()
    before: str = ""
    after: str = ""
    before_spans: tuple[Span, ...] = ()
    after_spans: tuple[Span, ...] = ()
    stance: str | None = None
    frames: tuple[str, ...] | None = None
    speaker: str | None = None
    voice: Literal["outlet", "quoted", "paraphrased"] | None = None
    rationale: tuple[Span, ...] = ()
    annotator: str | None = None
    article: str | None = None
    outlet: str | None = None
    date: str | None = None
    corpus: str | None = None
    split: str | None = None
    version: Literal[1] = 1

    @model_validator(mode="after")
    def _spans_lie_in_their_text(self) -> Annotation:
        for name, spans, text in (
            ("target_spans", self.target_spans, self.text),
            ("before_spans", self.before_spans, self.before),
            ("after_spans", self.after_spans, self.after),
            ("rationale", self.rationale, self.text),
        ):
            for start, end in spans:
                if not 0 <= start < end <= len(text):
                    raise ValueError(
                        f"{name} [{start}, {end}) is empty or lies outside its text of {len(text)} characters"
                    )
        return self

    @model_validator(mode="after")
    def _holds_a_label(self) -> Annotation:
        if self.stance is None and self.frames is None and self.voice is None:
            raise ValueError("holds no label: give stance, frames or voice")
        return self


def same_sentence(records: Sequence[Annotation]) -> None:
    """Raise `AnnotationError` when records that share an id are about different sentences."""
    for record in records:
        if record.text != records[0].text:
            raise AnnotationError(
                f"the id {record.id!r} stands for two different texts; give every sentence an id of its own", field="id"
            )
