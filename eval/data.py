"""What a model can be judged on: files of annotations, or a public corpus in its official layout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from newstance.corpora import (
    Annotation,
    ColumnMap,
    codebook_pass,
    open_annotations,
    read_corpus,
    read_newsmtsc,
    read_pstance,
    read_seesaw,
)
from newstance.corpora.frac import frac_annotations
from newstance.corpora.jsonl import read_jsonl_objects
from newstance.errors import AnnotationError, UsageError
from newstance.model.codebook import Codebook

__all__ = ["CORPORA", "EvaluationCorpus", "choices_of", "read_data"]

Read = Callable[[Path, str], list[Annotation]]


@dataclass(frozen=True, slots=True)
class EvaluationCorpus:
    """A corpus that can be named on the command line.

    Attributes:
        folder: what its folder is called beside others.
        split: the one that is for judging, read when none is asked for.
        read: from its folder and a split to records.
        choices: the only stances that it knows, where it knows fewer than three.
    """

    folder: str
    split: str
    read: Read
    choices: tuple[str, ...] = ()


def _newsmtsc(part: str) -> Read:
    return lambda folder, split: read_newsmtsc(folder / part / f"{split}.jsonl", split=split)


def _codebook_pass(part: str) -> Read:
    return lambda folder, split: codebook_pass(_newsmtsc(part)(folder, split))


CORPORA: dict[str, EvaluationCorpus] = {
    "newstance": EvaluationCorpus("", "test", lambda _, split: read_corpus(split)),
    "newsmtsc-rw": EvaluationCorpus("newsmtsc", "test", _newsmtsc("hf_rw")),
    "newsmtsc-mt": EvaluationCorpus("newsmtsc", "test", _newsmtsc("hf_mt")),
    # Model output: to calibrate on, never to report on; its test split is empty.
    "newsmtsc-codebook-rw": EvaluationCorpus("newsmtsc", "dev", _codebook_pass("hf_rw")),
    "newsmtsc-codebook-mt": EvaluationCorpus("newsmtsc", "dev", _codebook_pass("hf_mt")),
    "seesaw": EvaluationCorpus("seesaw", "valid", lambda folder, split: read_seesaw(folder, split=split).records),
    "frac": EvaluationCorpus(
        "frac", "test", lambda folder, _: frac_annotations(folder / "gold_standard_single_label_all.csv")
    ),
    "pstance": EvaluationCorpus(
        "pstance", "test", lambda folder, split: read_pstance(folder, split=split), ("favor", "against")
    ),
}


def read_data(
    codebook: Codebook,
    *,
    files: Sequence[Path] = (),
    columns: ColumnMap | None = None,
    corpora: Sequence[str] = (),
    data_dir: Path | None = None,
    split: str | None = None,
) -> list[Annotation]:
    """Read annotations from files, from corpora, or from both.

    Args:
        codebook: the labels that files may use.
        files: annotation files of any format that newstance knows.
        columns: which columns of the files hold what, where they are not named as the record's fields.
        corpora: names of `CORPORA`.
        data_dir: the folder of the corpus in its official layout, or the one above it; the own corpus needs none.
        split: only this split; without it all of a file, and of a corpus the split that is for judging.

    Raises:
        UsageError: nothing is asked for, an unknown corpus, a folder that is missing, a column map without a file.
        AnnotationError: a file is wrong, or no row is of that split; names file, row and field.
    """
    if not files and not corpora:
        raise UsageError("give --data FILE or --corpus NAME")
    if columns is not None and not files:
        raise UsageError("a column map goes with --data; corpora have columns of their own", field="--column")
    records: list[Annotation] = []
    for path in files:
        found = open_annotations(path, codebook=codebook, columns=columns)
        _check_judgements(found, path)
        kept = [record for record in found if split in (None, record.split)]
        if not kept:
            raise AnnotationError(f"no row is of the split {split!r}", path=path, field="split")
        records += kept
    for name in corpora:
        records += _read_corpus(name, data_dir, split)
    return records


def choices_of(corpora: Sequence[str]) -> tuple[str, ...] | None:
    """Return the only stances that these corpora know, or None where they know all."""
    found = {CORPORA[name].choices for name in corpora if name in CORPORA}
    return found.pop() or None if len(found) == 1 else None


def _read_corpus(name: str, data_dir: Path | None, split: str | None) -> list[Annotation]:
    if name not in CORPORA:
        raise UsageError(f"unknown corpus {name!r}; known: {', '.join(CORPORA)}", field="--corpus")
    corpus = CORPORA[name]
    split = split or corpus.split
    if not corpus.folder:
        return corpus.read(Path(), split)
    if data_dir is None:
        raise UsageError(
            f"--corpus {name} needs --data-dir, the folder of the corpus in its official layout", field="--data-dir"
        )
    folder = data_dir / corpus.folder
    # SEESAW publishes "valid" where others say "dev".
    records = corpus.read(
        folder if folder.is_dir() else data_dir, "valid" if (name, split) == ("seesaw", "dev") else split
    )
    if not records:
        raise AnnotationError(f"no row is of the split {split!r}", path=data_dir, field="split")
    return records


def _check_judgements(records: Sequence[Annotation], path: Path) -> None:
    """Refuse a second judgement by the same annotator, and one id for two texts; name the row."""
    first: dict[tuple[str | None, str], int] = {}
    seen: dict[tuple[object, ...], int] = {}
    for number, record in enumerate(records):
        start = first.setdefault((record.corpus, record.id), number)
        if record.text != records[start].text:
            raise AnnotationError(
                f"the id {record.id!r} stands for another text in row {_row(path, start)}",
                path=path,
                line=_row(path, number),
                field="text",
            )
        if record.annotator is None:
            continue
        layers = [name for name in ("stance", "frames", "voice", *record.labels) if record.judged(name) is not None]
        for layer in layers:
            before = seen.setdefault((record.corpus, record.id, record.annotator, layer), number)
            if before != number:
                raise AnnotationError(
                    f"{record.annotator!r} judged the {layer} of {record.id!r} already in row {_row(path, before)}",
                    path=path,
                    line=_row(path, number),
                    field="annotator",
                )


def _row(path: Path, number: int) -> int:
    """Return the row of the file that holds a record, as its readers count; of a tool's export the record's number."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        return next((line for i, (line, _) in enumerate(read_jsonl_objects(path)) if i == number), number + 1)
    return number + (2 if path.suffix.lower() in (".csv", ".tsv") else 1)
