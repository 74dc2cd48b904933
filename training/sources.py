"""`read_sources`: the annotations that a configuration names."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

from newstance.corpora import Annotation, codebook_pass, read_annotations, read_corpus, read_newsmtsc, read_seesaw
from newstance.eval.inputs import sentence_inputs
from newstance.model.codebook import Codebook

from .sections import Source

__all__ = ["read_sources"]


def read_sources(
    sources: Sequence[Source], root: str | Path, codebook: Codebook | None
) -> list[tuple[Annotation, float]]:
    """Read every source and pair each record with its source's weight.

    Raises:
        AnnotationError: a file is missing or wrong.
        UsageError: a corpus has no such split, or there is no such target profile.
    """
    pairs: list[tuple[Annotation, float]] = []
    for source in sources:
        path = Path(root) / source.path
        if source.corpus == "newsmtsc":
            records = read_newsmtsc(path, split=source.split)
        elif source.corpus == "newsmtsc-codebook":
            records = codebook_pass(read_newsmtsc(path, split=source.split))
        elif source.corpus == "seesaw":
            records = read_seesaw(path, split=source.split or "train").records
        elif source.corpus == "newstance":
            records = read_corpus(source.split or "train")
        else:
            records = read_annotations(path, codebook)
            if source.split is not None:
                records = [record for record in records if record.split == source.split]
        drawn = [record for record in records if _drawn(record.id, source.share)]
        if source.target is not None:
            drawn = [_with_mentions(record, source.target) for record in drawn]
        if source.layers is not None:
            drawn = [kept for record in drawn if (kept := record.only(source.layers)) is not None]
        pairs += [(record, source.weight) for record in drawn]
    return pairs


def _with_mentions(record: Annotation, profile: str) -> Annotation:
    """Return the record with the mentions that a profile finds where it gives none itself."""
    found = sentence_inputs([record], profile)[0]
    spans = {name: getattr(found, name) for name in ("target_spans", "before_spans", "after_spans")}
    return record.model_copy(update=spans)


def _drawn(identifier: str, share: float) -> bool:
    """Return whether a row is among the share: by the hash of its id, so that order and platform do not matter."""
    return share >= 1.0 or zlib.crc32(identifier.encode("utf-8", "replace")) < share * 2**32
