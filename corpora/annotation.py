"""`Annotation`: one judgement by one annotator on one sentence."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from newstance.errors import AnnotationError
from newstance.errors.hints import did_you_mean
from newstance.model.codebook import Layer

__all__ = [
    "OWN_FIELDS",
    "Annotation",
    "Span",
    "Unit",
    "differing_field",
    "filled_in",
    "filled_in_of_one",
    "meant",
    "mixed_id",
    "same_sentence",
    "sentence_numbers",
    "translation",
]

#: Half-open code-point offsets.
Span = tuple[int, int]
#: A text that UTF-8 can hold: JSON may give half a character (a lone surrogate), which no file could be written with.
Words = Annotated[str, StringConstraints(min_length=0)]
#: As a codebook names its layers.
LayerName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
#: The layers that have a field of their own.
OWN_FIELDS = ("stance", "frames", "voice")
#: What messages call what an id names.
_CALLED = {"text": "text", "target": "target", "target_spans": "mention"}


class Unit(BaseModel):
    """One sentence with its target and neighbours, as somebody is asked to judge it.

    Offsets are code points into the text that they belong to.

    Attributes:
        id: names the sentence, together with its target, within the corpus (of files without one, within the file).
        text: the sentence.
        target: name of the target that the stance is about.
        target_spans: where `text` mentions it.
        before: text before the sentence in its article.
        after: text after it.
        before_spans: where `before` mentions the target.
        after_spans: where `after` mentions the target.
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
    target: Words | None = None
    target_spans: tuple[Span, ...] = ()
    before: Words = ""
    after: Words = ""
    before_spans: tuple[Span, ...] = ()
    after_spans: tuple[Span, ...] = ()
    article: Words | None = None
    outlet: Words | None = None
    date: Words | None = None
    corpus: Words | None = None
    split: Words | None = None
    version: Literal[1] = 1

    @field_validator("target", "article", "outlet", "date", "corpus", "split", mode="before")
    @classmethod
    def _nothing_is_none(cls, value: Any) -> Any:
        return _none_if_empty(value)

    @model_validator(mode="after")
    def _mentions_lie_in_their_text(self) -> Self:
        _lie_within("target_spans", self.target_spans, self.text)
        _lie_within("before_spans", self.before_spans, self.before)
        _lie_within("after_spans", self.after_spans, self.after)
        return self


class Annotation(Unit):
    """One judgement by one annotator on one sentence; several annotators are several records with the same `id`.

    Only `id`, `text` and one label are required.

    Attributes:
        stance: code of the stance layer, or None when not judged.
        frames: codes of the frame layer; None when not judged, empty when judged to have none.
        speaker: whose view it is, or None.
        voice: outlet, quoted or paraphrased, or None when not judged.
        rationale: the words that decided the stance.
        labels: layers of a codebook of one's own besides stance, frames and voice, by name: a code where the layer
            takes one, a tuple of codes where it takes any number. A layer that is absent was not judged.
        annotator: who judged.
    """

    stance: Words | None = None
    frames: tuple[Words, ...] | None = None
    speaker: Words | None = None
    voice: Literal["outlet", "quoted", "paraphrased"] | None = None
    rationale: tuple[Span, ...] = ()
    labels: dict[LayerName, Words | tuple[Words, ...]] = Field(default_factory=dict)
    annotator: Words | None = None

    @field_validator("stance", "speaker", "voice", "annotator", mode="before")
    @classmethod
    def _no_judgement_is_none(cls, value: Any) -> Any:
        return _none_if_empty(value)

    @model_validator(mode="after")
    def _rationale_lies_in_the_text(self) -> Self:
        _lie_within("rationale", self.rationale, self.text)
        return self

    @model_validator(mode="after")
    def _holds_a_label(self) -> Self:
        if fields := [name for name in OWN_FIELDS if name in self.labels]:
            raise ValueError(f"{fields[0]} has a field of its own and cannot stand in labels")
        if self.stance is None and self.frames is None and self.voice is None and not self.labels:
            raise ValueError("holds no label: give stance, frames, voice or labels")
        return self

    def judged(self, layer: str) -> str | tuple[str, ...] | None:
        """Return what was judged on a layer, by the layer's name, or None; it may be any layer of any codebook."""
        if layer == "stance":
            return self.stance
        if layer == "frames":
            return self.frames
        if layer == "voice":
            return self.voice
        return self.labels.get(layer)

    def only(self, layers: Collection[str]) -> Annotation | None:
        """Return the record with its labels of these layers alone, or None when it has none of them."""
        update: dict[str, Any] = {name: None for name in OWN_FIELDS if name not in layers}
        update["labels"] = {name: value for name, value in self.labels.items() if name in layers}
        if "stance" not in layers:
            update["rationale"] = ()
        kept = self.model_copy(update=update)
        return kept if any(kept.judged(name) is not None for name in layers) else None

    def codes(self, layer: Layer) -> tuple[str, ...] | None:
        """Return the codes given on a layer, each once, or None when it was not judged.

        Raises:
            AnnotationError: a code that the layer lacks, or several codes where it takes one.
        """
        value = self.judged(layer.name)
        if value is None:
            return None
        codes = (value,) if isinstance(value, str) else value
        if layer.kind == "single" and len(codes) != 1:
            raise AnnotationError(f"{self.id}: holds {len(codes)} labels; this layer takes one", field=layer.name)
        for code in codes:
            if code not in layer.codes:
                known = ", ".join(layer.codes)
                raise AnnotationError(
                    f"unknown label {code!r} (id {self.id}){meant(code, layer)}; the codebook has {known}",
                    field=layer.name,
                )
        return tuple(dict.fromkeys(codes))


def meant(code: str, layer: Layer) -> str:
    """Return `, did you mean ...?` with the layer's code that is spelt most like this one, or nothing."""
    return did_you_mean(code.strip().casefold(), layer.codes)


def translation(record: Annotation, layer: Layer, column: str) -> str:
    """Return how a label of a file's own is translated, where the record has one that the layer lacks, or nothing.

    Args:
        record: as it was read from a table.
        layer: one of the codebook.
        column: what column maps call the layer.
    """
    given = record.judged(layer.name)
    strange = [code for code in ((given,) if isinstance(given, str) else given or ()) if code not in layer.codes]
    if not strange:
        return ""
    example = f"{{{column}: {{{json.dumps(strange[0], ensure_ascii=False)}: CODE}}}}"
    return f"; to translate the file's own labels: values: {example}, in the file of --map or under a source's columns"


def sentence_numbers(records: Iterable[Annotation]) -> list[int]:
    """Return for each record the number of its sentence, counted from 0 in the order of their first records.

    Records are about one sentence where they share corpus, id and text, and nothing that they say of the target
    differs: two files may use one id for different sentences, and an annotator's file may leave the target out.
    """
    groups: dict[tuple[str | None, str, str], list[tuple[int, list[Annotation]]]] = {}
    numbers = []
    count = 0
    for record in records:
        alike = groups.setdefault((record.corpus, record.id, record.text), [])
        number, members = next(
            (group for group in alike if all(differing_field(r, record) is None for r in group[1])), (count, [])
        )
        if not members:
            alike.append((number, members))
            count += 1
        members.append(record)
        numbers.append(number)
    return numbers


def filled_in(records: Sequence[Annotation]) -> list[Annotation]:
    """Return the records, each with what it does not say of its sentence as the first other record about it says it.

    That is the target and its mentions, the text around the sentence, and the article with its outlet and date: an
    annotator's file may leave them out, and what is asked of a sentence must not depend on whose file comes first.
    Which records are about one sentence is as `sentence_numbers` says.
    """
    numbers = sentence_numbers(records)
    groups: dict[int, list[Annotation]] = {}
    for record, number in zip(records, numbers, strict=True):
        groups.setdefault(number, []).append(record)
    return [_filled_in(record, groups[number]) for record, number in zip(records, numbers, strict=True)]


def filled_in_of_one(group: Sequence[Annotation]) -> list[Annotation]:
    """Return the records about one sentence as `filled_in` does, of which it is known that they are."""
    return [_filled_in(record, group) for record in group]


def _filled_in(record: Annotation, group: Sequence[Annotation]) -> Annotation:
    if len(group) == 1:
        return record
    update: dict[str, Any] = {}
    for name in ("target", "target_spans", "before", "after", "article", "outlet", "date"):
        if not getattr(record, name):
            update |= next(({name: value} for other in group if (value := getattr(other, name))), {})
    for side in ("before", "after"):
        # Offsets are into the text of their own record.
        text = update.get(side, getattr(record, side))
        if not getattr(record, name := f"{side}_spans"):
            alike = (other for other in group if getattr(other, side) == text)
            update |= next(({name: value} for other in alike if (value := getattr(other, name))), {})
    return record.model_copy(update=update) if update else record


def differing_field(one: Annotation, other: Annotation) -> str | None:
    """Return the field in which two records are about different sentences: text, target or target_spans; or None.

    A target that only one of them gives is no difference. Annotators who mark mentions themselves mark more or less of
    them, so that spans differ only where not one of them overlaps.
    """
    if one.text != other.text:
        return "text"
    if one.target is not None and other.target is not None and one.target != other.target:
        return "target"
    pairs = [(a, b) for a in one.target_spans for b in other.target_spans]
    if pairs and not any(a[0] < b[1] and b[0] < a[1] for a, b in pairs):
        return "target_spans"
    return None


def mixed_id(
    record: Annotation,
    before: Iterable[tuple[Annotation, str]],
    *,
    path: str | Path | None = None,
    line: int | None = None,
) -> AnnotationError | None:
    """Return the error of a record whose id stands for another sentence or target before it, or None.

    Args:
        record: the record.
        before: records with the same id, each with what a message calls its row.
        path: the record's file, for the error.
        line: its row.
    """
    for other, place in before:
        if (field := differing_field(other, record)) is not None:
            message = f"the id {record.id!r} stands for another {_CALLED[field]} in {place}; give every sentence, with "
            message += "its target, an id of its own"
            return AnnotationError(message, path=path, line=line, field=field)
    return None


def same_sentence(records: Sequence[Annotation]) -> None:
    """Raise `AnnotationError` when records that share an id are about different sentences or targets."""
    seen: list[tuple[Annotation, str]] = []
    for record in records:
        if (error := mixed_id(record, seen)) is not None:
            raise error
        seen.append((record, "another row"))


def _none_if_empty(value: Any) -> Any:
    """Return None for "": in free text they mean the same, and a spreadsheet cannot tell them apart."""
    return None if value == "" else value


def _lie_within(name: str, spans: Sequence[Span], text: str) -> None:
    for start, end in spans:
        if not 0 <= start < end <= len(text):
            raise ValueError(f"{name} [{start}, {end}) is empty or lies outside its text of {len(text)} characters")
