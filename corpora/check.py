"""`check_annotations`: what is wrong or doubtful about annotated data, before anything is trained on them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook, load_codebook

from .annotation import Annotation, Span, mixed_id
from .check_labels import (
    agreement_of,
    cue_findings,
    cues_of,
    label_counts,
    label_findings,
    low_agreement,
    strange_codes,
)
from .check_repeats import repeat_findings
from .cues import Cue
from .duplicates import SIMILAR
from .findings import Finding, found
from .items import Item, group_items, judged_layers

__all__ = ["CheckReport", "check_annotations"]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What the data hold, and what was found.

    Attributes:
        records: judgements by split.
        sentences: sentences, each with its target, by split.
        labels: layer to split to code to sentences; what most annotators gave or, of many codes, at least half.
        annotators: number of annotators to sentences judged by so many.
        agreement: Krippendorff's alpha by layer, over sentences with two judgements; the mean over codes where a
            layer takes many.
        tokens: median, 95th percentile and maximum of tokens a sentence, and the limit; empty when not counted.
        cues: words that give a label away.
        findings: errors first.
    """

    records: dict[str, int]
    sentences: dict[str, int]
    labels: dict[str, dict[str, dict[str, int]]]
    annotators: dict[int, int]
    agreement: dict[str, float]
    tokens: dict[str, int]
    cues: list[Cue]
    findings: list[Finding] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Return whether there is an error among the findings."""
        return any(finding.severity == "error" for finding in self.findings)


def check_annotations(
    records: Sequence[tuple[str, Annotation]],
    *,
    codebook: Codebook | None = None,
    files: Sequence[str] = (),
    problems: Sequence[AnnotationError] = (),
    count_tokens: Callable[[list[str]], list[int]] | None = None,
    token_limit: int = 0,
    limit_of: str = "a model",
    similar: float = SIMILAR,
    places: Sequence[str] = (),
    step: Callable[[], None] | None = None,
) -> CheckReport:
    """Check the records of one or several splits.

    Args:
        records: name of the split and record; what is learnt from must be called `train`, and what is only kept out
            of training `held_out`.
        codebook: layers and codes; None takes the layers that occur, and warns of codes that the shipped one lacks.
        files: the file of each record: an id may stand for different sentences in different files. Without them all
            records are of one.
        problems: rows that could not be read, from `open_annotations`.
        count_tokens: gives the number of tokens of each text, special ones included; None leaves lengths unchecked.
        token_limit: how many tokens a model sees at once.
        limit_of: which model that is.
        similar: from which similarity two texts are nearly the same.
        places: file and row of each record, for messages about single rows; without them split and id.
        step: called after each of the texts compared, for a progress bar.
    """
    items = group_items(records)
    layers = judged_layers(items, codebook)
    counts = label_counts(items, layers)
    annotators = Counter(len({record.annotator or str(n) for n, record in enumerate(i.records)}) for i in items)
    agreement = {name: agreement_of(items, name, many=many) for name, many in layers.items()}
    lengths = [] if count_tokens is None else count_tokens([item.text for item in items])
    cues = cues_of(items, layers)
    findings = [
        *_bad_rows(problems),
        *_mixed_ids(records, files),
        *_identity(items, layers),
        *(strange_codes(records, places, load_codebook()) if codebook is None else ()),
        *label_findings(counts, codebook, layers, trains=any(item.split == "train" for item in items)),
        *repeat_findings(items, layers, similar, step),
        *_articles(items),
        *_spans(items),
        *_lengths(items, lengths, token_limit, limit_of),
        *low_agreement(agreement),
        *cue_findings(cues),
    ]
    order = ("error", "warning", "note")
    return CheckReport(
        records=dict(Counter(split for split, _ in records)),
        sentences=dict(Counter(item.split for item in items)),
        labels=counts,
        annotators=dict(sorted(annotators.items())),
        agreement={name: value for name, value in agreement.items() if not math.isnan(value)},
        tokens=_length_summary(lengths, token_limit),
        cues=cues,
        findings=sorted(findings, key=lambda finding: order.index(finding.severity)),
    )


def _bad_rows(problems: Sequence[AnnotationError]) -> Iterable[Finding]:
    if problems:
        yield Finding(
            "error",
            "bad_rows",
            f"{len(problems)} rows cannot be read",
            "Nothing below counts them. Correct the rows, or the column map.",
            len(problems),
            tuple(map(str, problems)),
        )


def _mixed_ids(records: Sequence[tuple[str, Annotation]], files: Sequence[str]) -> Iterable[Finding]:
    """Find ids of one split and file that stand for different texts or targets."""
    seen: dict[tuple[str | None, ...], list[tuple[Annotation, str]]] = {}
    mixed: dict[str, None] = {}
    for (split, record), file in zip(records, files or [""] * len(records), strict=True):
        before = seen.setdefault((file, split, record.corpus, record.id), [])
        if mixed_id(record, before) is not None:
            mixed[f"{split}/{record.id}"] = None
        before.append((record, split))
    if mixed:
        yield Finding(
            "error",
            "id_with_two_texts",
            f"{len(mixed)} ids stand for more than one text or target",
            "Judgements with one id are those of several annotators; give every sentence, with its target, an id of "
            "its own.",
            len(mixed),
            tuple(mixed),
        )


def _identity(items: Sequence[Item], layers: dict[str, bool]) -> Iterable[Finding]:
    contradicted, repeated = [], []
    for item in items:
        given: dict[tuple[str, str], object] = {}
        for record in item.records:
            for layer in layers if record.annotator is not None else ():
                value, key = record.judged(layer), (record.annotator or "", layer)
                if value is None:
                    continue
                if key not in given:
                    given[key] = value
                elif given[key] != value:
                    contradicted.append(f"{item.place} {layer} by {record.annotator}: {given[key]} and {value}")
                else:
                    repeated.append(f"{item.place} {layer} by {record.annotator}")
    if contradicted:
        yield Finding(
            "error",
            "annotator_contradicts_self",
            f"{len(contradicted)} times one annotator gave one sentence two different labels",
            "Files were mixed up, or a correction stands beside what it corrects; keep one of the two.",
            len(contradicted),
            tuple(contradicted),
        )
    if repeated:
        yield Finding(
            "error",
            "judged_twice",
            f"{len(repeated)} times one annotator gave one sentence the same label twice",
            "A judgement counts once; `evaluate` and `agreement` refuse the second. Keep one of the two.",
            len(repeated),
            tuple(repeated),
        )


def _articles(items: Sequence[Item]) -> Iterable[Finding]:
    splits: defaultdict[str, set[str]] = defaultdict(set)
    for item in items:
        first = item.records[0]
        if first.article is not None:
            splits[f"{first.corpus}/{first.article}" if first.corpus else first.article].add(item.split)
    spread = [f"{name}: {', '.join(sorted(found))}" for name, found in splits.items() if len(found) > 1]
    yield from found(
        "warning", "article_in_several_splits", spread, "articles have sentences in more than one split",
        "Sentences of one article resemble each other, so figures come out too good. Split by article.",
    )  # fmt: skip
    if items and not splits:
        yield Finding(
            "note", "no_articles", "no record names its article",
            "Intervals then take every sentence for independent, and come out too narrow.", 1,
        )  # fmt: skip


def _spans(items: Sequence[Item]) -> Iterable[Finding]:
    cut = [
        f"{item.place} {name} [{start}, {end}) {record_text[start:end]!r}"
        for item in items
        for record in item.records
        for name, spans, record_text in (
            ("target_spans", record.target_spans, record.text),
            ("rationale", record.rationale, record.text),
            ("before_spans", record.before_spans, record.before),
            ("after_spans", record.after_spans, record.after),
        )
        for start, end in spans
        if _cuts(record_text, (start, end))
    ]
    yield from found(
        "warning", "offsets_cut_words", list(dict.fromkeys(cut)), "spans begin or end inside a word or with a blank",
        "Offsets are probably shifted: counted in bytes or UTF-16 units, or before the text was cleaned. "
        "They must be code points into the text as it stands.",
    )  # fmt: skip


def _cuts(text: str, span: Span) -> bool:
    start, end = span
    return (
        text[start].isspace()
        or text[end - 1].isspace()
        or (start > 0 and text[start - 1].isalnum() and text[start].isalnum())
        or (end < len(text) and text[end - 1].isalnum() and text[end].isalnum())
    )


def _lengths(items: Sequence[Item], lengths: Sequence[int], limit: int, limit_of: str) -> Iterable[Finding]:
    long = [f"{item.place}: {n} tokens" for item, n in zip(items, lengths, strict=False) if n > limit]
    yield from found(
        "warning", "too_long", long, f"texts are longer than the {limit} tokens that {limit_of} sees at once",
        "Training sees only their first part (scoring reads on in windows). Split them into sentences.",
    )  # fmt: skip


def _length_summary(lengths: Sequence[int], limit: int) -> dict[str, int]:
    if not lengths:
        return {}
    ordered = sorted(lengths)
    at = {"median": 0.5, "p95": 0.95, "max": 1.0}
    return {name: ordered[min(len(ordered) - 1, int(q * len(ordered)))] for name, q in at.items()} | {"limit": limit}
