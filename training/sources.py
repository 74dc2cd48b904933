"""`read_sources`: the annotations that a configuration names."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

from newstance.corpora import Annotation, filled_in, of_versions, open_annotations
from newstance.corpora.division import part_of, refuse_splits
from newstance.errors import AnnotationError
from newstance.eval.inputs import sentence_inputs
from newstance.model.codebook import Codebook

from .sections import Source

__all__ = ["ALL_REPEATED", "HELD_OUT", "drawn_from", "open_source", "read_sources"]

#: The sources whose texts are left out of training.
HELD_OUT = "dev, test or held_out"
ALL_REPEATED = f"all rows also stand in {HELD_OUT}; data.drop_repeated_texts leaves them out of training"


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
        records = drawn_from(source, open_source(source, root, codebook))
        pairs += [(record, source.weight) for record in records]
    return pairs


def open_source(
    source: Source, root: str | Path, codebook: Codebook | None, *, problems: list[AnnotationError] | None = None
) -> list[Annotation]:
    """Read the file or corpus of one source, all of its rows and layers.

    Args:
        source: the source.
        root: folder that its path starts from.
        codebook: labels of the layers that the source is used for must be its codes; None takes any.
        problems: where to put the errors of single rows, which are then left out, instead of raising the first.

    Raises:
        AnnotationError: the file is missing or wrong.
        UsageError: the corpus has no such split.
    """
    if codebook is not None and source.layers is not None:
        used = tuple(name for name in source.layers if name in codebook)
        codebook = codebook.only(used) if used else None
    records = open_annotations(
        Path(root) / source.path,
        source.corpus,
        split=source.split,
        columns=source.columns,
        codebook=codebook,
        problems=problems,
    )
    if source.version is None and source.since is None:
        return records
    return of_versions(records, since=source.since or 1, until=source.version)


def drawn_from(source: Source, records: Sequence[Annotation]) -> list[Annotation]:
    """Return what a source gives of its rows: its share and part of them, with mentions found, and its layers alone.

    Raises:
        AnnotationError: the source wants a part of rows of several splits, or the part is empty.
        UsageError: there is no such target profile.
    """
    drawn = [record for record in records if _drawn(record.id, source.share)]
    if source.part is not None:
        if source.split is None:
            refuse_splits(records, source.path or source.name)
        drawn = [record for record in drawn if part_of(record) == source.part]
        if records and not drawn:
            raise AnnotationError(f"no article falls into the part {source.part!r}: too few rows", path=source.path)
    if source.target is not None:
        drawn = [_with_mentions(record, source.target) for record in filled_in(drawn)]
    if source.layers is not None:
        drawn = [kept for record in drawn if (kept := record.only(source.layers)) is not None]
    return drawn


def _with_mentions(record: Annotation, profile: str) -> Annotation:
    """Return the record with the mentions that a profile finds where it gives none itself."""
    found = sentence_inputs([record], profile)[0]
    spans = {name: getattr(found, name) for name in ("target_spans", "before_spans", "after_spans")}
    return record.model_copy(update=spans)


def _drawn(identifier: str, share: float) -> bool:
    """Return whether a row is among the share: by the hash of its id, so that order and platform do not matter."""
    return share >= 1.0 or zlib.crc32(identifier.encode("utf-8", "replace")) < share * 2**32
