"""What a model can be judged on: files of annotations, or a public corpus in its official layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from newstance.corpora import (
    Annotation,
    ColumnMap,
    codebook_pass,
    mixed_id,
    open_annotations,
    read_corpus,
    read_newsmtsc,
    read_pstance,
    read_seesaw,
)
from newstance.corpora.division import Part, part_of, refuse_splits
from newstance.corpora.frac import frac_annotations
from newstance.errors import AnnotationError, UsageError
from newstance.model.codebook import Codebook

__all__ = ["CORPORA", "EvaluationCorpus", "choices_of", "is_reported", "read_data"]

Read = Callable[[Path, str], list[Annotation]]


@dataclass(frozen=True, slots=True)
class EvaluationCorpus:
    """A corpus that can be named on the command line.

    Attributes:
        folder: what its folder is called beside others.
        split: the one that is for judging, read when none is asked for.
        read: from its folder and a split to records.
        choices: the only stances that it knows, where it knows fewer than three.
        reported: whether figures are reported on `split`.
    """

    folder: str
    split: str
    read: Read
    choices: tuple[str, ...] = ()
    reported: bool = True


def _newsmtsc(part: str) -> Read:
    return lambda folder, split: read_newsmtsc(folder / part / f"{split}.jsonl", split=split)


def _codebook_pass(part: str) -> Read:
    return lambda folder, split: codebook_pass(_newsmtsc(part)(folder, split))


CORPORA: dict[str, EvaluationCorpus] = {
    "newstance": EvaluationCorpus("", "test", lambda _, split: read_corpus(split)),
    "newsmtsc-rw": EvaluationCorpus("newsmtsc", "test", _newsmtsc("hf_rw")),
    "newsmtsc-mt": EvaluationCorpus("newsmtsc", "test", _newsmtsc("hf_mt")),
    # Model output: to calibrate on, never to report on; its test split is empty.
    "newsmtsc-codebook-rw": EvaluationCorpus("newsmtsc", "dev", _codebook_pass("hf_rw"), reported=False),
    "newsmtsc-codebook-mt": EvaluationCorpus("newsmtsc", "dev", _codebook_pass("hf_mt"), reported=False),
    "seesaw": EvaluationCorpus("seesaw", "valid", lambda folder, split: read_seesaw(folder, split=split).records),
    "frac": EvaluationCorpus(
        "frac", "test", lambda folder, _: frac_annotations(folder / "gold_standard_single_label_all.csv")
    ),
    "pstance": EvaluationCorpus(
        "pstance", "test", lambda folder, split: read_pstance(folder, split=split), ("favor", "against")
    ),
}

#: Corpora of one split, whose readers are not told which.
_UNDIVIDED = ("frac",)


@dataclass(frozen=True, slots=True)
class _Row:
    """A record with its place: the file, and the row as its reader counts."""

    path: Path
    line: int
    record: Annotation


def read_data(
    codebook: Codebook,
    *,
    files: Sequence[Path] = (),
    columns: ColumnMap | None = None,
    corpora: Sequence[str] = (),
    data_dir: Path | None = None,
    split: str | None = None,
    corpus_split: str | None = None,
    part: Part | None = None,
    name_annotators: bool = False,
) -> list[Annotation]:
    """Read annotations from files, from corpora, or from both.

    Args:
        codebook: the labels that files may use.
        files: annotation files of any format that newstance knows.
        columns: which columns of the files hold what, where they are not named as the record's fields.
        corpora: names of `CORPORA`.
        data_dir: the folder of the corpus in its official layout, or the one above it; the own corpus needs none.
        split: only this split; without it all of a file, and of a corpus `corpus_split`.
        corpus_split: the split of corpora where none is asked for; without it the one that is for judging.
        part: of files without splits (or of their rows of `split`) this part of the articles, divided as training does.
        name_annotators: call nameless annotators of several files by their files, so that each is somebody else. A file
            that judges a sentence twice without names is by more than one, who stay nameless.

    Raises:
        UsageError: nothing is asked for, an unknown corpus or split of one, a folder that is missing or not needed, a
            column map or part without a file.
        AnnotationError: a file is wrong, or no row is of that split or part; names file, row and field.
    """
    if not files and not corpora:
        raise UsageError("give --data FILE or --corpus NAME")
    if columns is not None and not files:
        raise UsageError("a column map goes with --data; corpora have columns of their own", field="--column")
    if part is not None and not files:
        raise UsageError("divides files; corpora have splits of their own", field="--part")
    if data_dir is not None and all(name in CORPORA and not CORPORA[name].folder for name in corpora):
        raise UsageError("--data-dir goes with a --corpus that does not ship")
    rows: list[_Row] = []
    for path in files:
        found = _read_rows(path, codebook, columns, split)
        rows += _with_annotators(found, files) if name_annotators and len(files) > 1 else found
    # Of the rows that are read alone: ids may begin anew in each split.
    _check_judgements(rows)
    records = _of_part(rows, part, by_split=split is not None)
    for name in corpora:
        records += _read_corpus(name, data_dir, split or corpus_split)
    return records


def choices_of(corpora: Sequence[str]) -> tuple[str, ...] | None:
    """Return the only stances that these corpora know, or None where they know all."""
    found = {CORPORA[name].choices for name in corpora if name in CORPORA}
    return found.pop() or None if len(found) == 1 else None


def is_reported(name: str, split: str) -> bool:
    """Return whether a split of a corpus is the one that figures are reported on, which nothing may be fitted to."""
    return name in CORPORA and CORPORA[name].reported and _own_name(name, split) == CORPORA[name].split


def _own_name(corpus: str, split: str) -> str:
    """Return what a corpus calls a split: SEESAW publishes "valid" where others say "dev"."""
    return "valid" if (corpus, split) == ("seesaw", "dev") else split


def _read_corpus(name: str, data_dir: Path | None, split: str | None) -> list[Annotation]:
    if name not in CORPORA:
        raise UsageError(f"unknown corpus {name!r}; known: {', '.join(CORPORA)}", field="--corpus")
    corpus = CORPORA[name]
    if name in _UNDIVIDED and split not in (None, corpus.split):
        raise UsageError(f"{name} has no split {split!r}, only its {corpus.split}", field="--split")
    split = split or corpus.split
    if not corpus.folder:
        return corpus.read(Path(), split)
    if data_dir is None:
        raise UsageError(
            f"--corpus {name} needs --data-dir, the folder of the corpus in its official layout", field="--data-dir"
        )
    folder = data_dir / corpus.folder
    records = corpus.read(folder if folder.is_dir() else data_dir, _own_name(name, split))
    if not records:
        raise AnnotationError(f"no row is of the split {split!r}", path=data_dir, field="split")
    return records


def _read_rows(path: Path, codebook: Codebook, columns: ColumnMap | None, split: str | None) -> list[_Row]:
    lines: list[int] = []
    found = open_annotations(path, split=split, codebook=codebook, columns=columns, lines=lines)
    return [_Row(path, line, record) for line, record in zip(lines, found, strict=True)]


def _of_part(rows: Sequence[_Row], part: Part | None, *, by_split: bool) -> list[Annotation]:
    """Return the records of a part, or of all rows; which part a row is of must not depend on the row's own split."""
    if part is None:
        return [row.record for row in rows]
    for row in () if by_split else rows:
        refuse_splits([row.record], row.path)
    kept = [row.record for row in rows if part_of(row.record) == part]
    if not kept:
        raise AnnotationError(f"no article falls into the part {part!r}: too few rows", path=rows[0].path, field="part")
    return kept


def _with_annotators(rows: Sequence[_Row], files: Sequence[Path]) -> list[_Row]:
    """Return the rows of a file with its name for a nameless annotator, if those rows can be one annotator's."""
    nameless = [row.record for row in rows if row.record.annotator is None]
    judged = Counter((r.corpus, r.id, layer) for r in nameless for layer in _judged_layers(r))
    if not judged or max(judged.values()) > 1:
        return list(rows)
    file = rows[0].path
    name = file.stem if sum(file.stem == other.stem for other in files) == 1 else str(file)
    return [
        row if row.record.annotator else replace(row, record=row.record.model_copy(update={"annotator": name}))
        for row in rows
    ]


def _judged_layers(record: Annotation) -> list[str]:
    return [name for name in ("stance", "frames", "voice", *record.labels) if record.judged(name) is not None]


def _check_judgements(rows: Sequence[_Row]) -> None:
    """Refuse a second judgement by the same annotator, and one id for two texts or targets; name file and row."""
    first: dict[tuple[str | None, str], _Row] = {}
    seen: dict[tuple[object, ...], _Row] = {}
    for row in rows:
        record = row.record
        start = first.setdefault((record.corpus, record.id), row)
        error = mixed_id(record, [(start.record, _place(start, row))], path=row.path, line=row.line)
        if error is not None:
            raise error
        if record.annotator is None:
            continue
        for layer in _judged_layers(record):
            before = seen.setdefault((record.corpus, record.id, record.annotator, layer), row)
            if before is not row:
                raise AnnotationError(
                    f"{record.annotator!r} judged the {layer} of {record.id!r} already in {_place(before, row)}",
                    path=row.path,
                    line=row.line,
                    field="annotator",
                )


def _place(row: _Row, beside: _Row) -> str:
    """Return what a message about another row calls this one."""
    return f"row {row.line}" if row.path == beside.path else f"row {row.line} of {row.path}"
