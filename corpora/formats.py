"""`open_annotations`: any annotated file or corpus by its format; and `save_annotations`, by the file's extension."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

from newstance.errors import AnnotationError, UsageError
from newstance.files import DAMAGED, inner_suffix, is_packed, open_text
from newstance.model.codebook import Codebook, load_codebook

from .annotation import Annotation, mixed_id
from .codebook_pass import codebook_pass
from .columns import ColumnMap, row_to_annotation
from .doccano import looks_like_doccano, read_doccano, write_doccano
from .frac import frac_annotations
from .jsonl import check_codes, read_annotations, write_annotations
from .labelstudio import Suggestion, read_labelstudio, write_labelstudio
from .mention_pass import mention_pass
from .newsmtsc import read_newsmtsc
from .own import read_corpus
from .problems import Problems, report, unreadable
from .prodigy import looks_like_prodigy, read_prodigy
from .pstance import read_pstance
from .seesaw import read_seesaw
from .tables import read_table, write_table

__all__ = ["FORMATS", "Format", "detect_format", "open_annotations", "save_annotations"]

Format = Literal[
    "annotations",  # whichever of the next five the file is
    "records",
    "table",
    "labelstudio",
    "doccano",
    "prodigy",
    "newstance",
    "newsmtsc",
    "newsmtsc-codebook",
    "newsmtsc-mentions",
    "seesaw",
    "pstance",
    "frac",
]
FORMATS: tuple[Format, ...] = get_args(Format)
_TABLES = (".csv", ".tsv", ".parquet")
_TOOLS = ("labelstudio", "doccano", "prodigy")
_PLAIN = ColumnMap()


def open_annotations(
    path: str | Path = "",
    format: Format = "annotations",
    *,
    split: str | None = None,
    columns: ColumnMap | None = None,
    codebook: Codebook | None = None,
    problems: Problems = None,
    lines: list[int] | None = None,
) -> list[Annotation]:
    """Read annotations from a file or folder of any format that newstance knows.

    Args:
        path: the file, or the folder of a corpus; nothing for `newstance`, the project's own.
        format: `annotations` finds out which kind of file it is; the corpora must be named.
        split: which split to read; of a file, the rows whose `split` it is. `seesaw` and `newstance` default to train.
        columns: which columns hold what, where they are not named as the record's fields and the codebook's layers.
        codebook: the layers and codes that labels must belong to; None takes labels as they are.
        problems: where to put the errors of single rows, which are then left out, instead of raising the first.
        lines: where to put the row of each record as it stands in its file (of Label Studio the number of its task);
            nothing for corpora.

    Raises:
        AnnotationError: the file cannot be read, a row is wrong, an id stands for two sentences or targets, or nothing
            is left; names file, row and field.
        UsageError: no such split, or a map for a corpus that has its own columns.
    """
    if format in FORMATS[: FORMATS.index("newstance")]:
        found: list[int] = []
        read = _file(Path(path), format, columns, codebook, problems, found)
        records, found = _one_sentence_an_id(read, found, path, problems)
        kept = [record for record in records if split in (None, record.split)]
        if lines is not None:
            lines += [line for line, record in zip(found, records, strict=True) if split in (None, record.split)]
        if records and not kept:
            raise AnnotationError(f"no row is of the split {split!r}", path=path, field="split")
        return kept
    if columns not in (None, _PLAIN):
        raise UsageError(f"a column map goes with tables and tools; {format} has columns of its own", field="columns")
    records, _ = _one_sentence_an_id(_corpus(path, format, split, problems), None, path or format, problems)
    return records if codebook is None else _of_codebook(records, codebook, path or format, problems)


def _corpus(path: str | Path, format: Format, split: str | None, problems: Problems) -> list[Annotation]:
    match format:
        case "newstance":
            found = read_corpus(split or "train")
        case "newsmtsc":
            found = read_newsmtsc(path, split=split, problems=problems)
        case "newsmtsc-codebook":
            found = codebook_pass(read_newsmtsc(path, split=split, problems=problems))
        case "newsmtsc-mentions":
            found = mention_pass(read_newsmtsc(path, split=split, problems=problems), path=path, problems=problems)
        case "seesaw":
            found = read_seesaw(path, split=split or "train").records
        case "pstance":
            found = read_pstance(path, split=split, problems=problems)
        case _:
            if split is not None:
                raise UsageError("FrAC has no splits; leave it out", field="split")
            found = frac_annotations(path, problems)
    return found


def _one_sentence_an_id(
    records: Sequence[Annotation], lines: Sequence[int] | None, path: str | Path, problems: Problems
) -> tuple[list[Annotation], list[int]]:
    """Return the records whose id stands for no other sentence or target before them, and their rows.

    Splits are looked at one by one: files whose splits each count from 1 can be trained on.
    """
    seen: dict[tuple[str | None, ...], list[tuple[Annotation, str]]] = {}
    kept, rows = [], []
    numbers: Sequence[int | None] = [None] * len(records) if lines is None else lines
    for record, line in zip(records, numbers, strict=True):
        before = seen.setdefault((record.split, record.corpus, record.id), [])
        if (error := mixed_id(record, before, path=path, line=line)) is not None:
            report(error, problems)
            continue
        before.append((record, "another row" if line is None else f"row {line}"))
        kept.append(record)
        if line is not None:
            rows.append(line)
    return kept, rows


def _of_codebook(
    records: Iterable[Annotation], codebook: Codebook, path: str | Path, problems: Problems
) -> list[Annotation]:
    kept = []
    for record in records:
        try:
            check_codes(record, codebook, path=path, line=None)
        except AnnotationError as error:
            report(error, problems)
            continue
        kept.append(record)
    return kept


def _file(
    path: Path,
    format: Format,
    columns: ColumnMap | None,
    codebook: Codebook | None,
    problems: Problems,
    lines: list[int],
) -> list[Annotation]:
    if format == "annotations":
        format = detect_format(path, mapped=columns not in (None, _PLAIN))
    if format == "records":
        return read_annotations(path, codebook, problems=problems, lines=lines)
    columns = columns or _PLAIN
    if format in _TOOLS:  # a task that nobody has judged yet is nothing unusual there
        columns = columns.model_copy(update={"unlabelled": "skip"})
    before = len(problems or ())
    seen: dict[str, None] = {}
    records = []
    for line, row in _rows(path, format, columns, codebook, problems):
        if not seen and inner_suffix(path) in _TABLES:
            columns.check(codebook, row, path)
            columns.check_header(codebook, row, path)
        seen |= dict.fromkeys(row)
        try:
            record = row_to_annotation(row, columns, codebook, path=path, line=line)
        except AnnotationError as error:
            report(error, problems)
            continue
        if record is not None:
            records.append(record)
            lines.append(line)
    if seen:
        columns.check(codebook, seen, path)
    if not records and len(problems or ()) == before:
        raise AnnotationError("holds no annotation", path=path)
    return records


def _rows(
    path: Path, format: Format, columns: ColumnMap, codebook: Codebook | None, problems: Problems
) -> Iterator[tuple[int, dict[str, Any]]]:
    mapped = tuple(columns.fields.values())
    if format == "labelstudio":
        return read_labelstudio(path, problems, fields=columns.fields)
    if format == "doccano":
        return read_doccano(path, codebook, mapped=mapped, problems=problems)
    if format == "prodigy":
        return read_prodigy(path, codebook, mapped=mapped, problems=problems)
    flags = [column for codes in columns.flags.values() for column in codes.values()]
    return read_table(path, problems, mapped=(*mapped, *flags))


def detect_format(path: str | Path, *, mapped: bool = False) -> Format:
    """Return which kind of annotation file this is, by its extension and, of JSON Lines, by its first row.

    Args:
        path: the file.
        mapped: a column map goes with it, so that JSON Lines of no tool are a table.

    Raises:
        AnnotationError: the file cannot be read.
        UsageError: it is a folder, or of no known kind.
    """
    path = Path(path)
    if os.path.isdir(path):  # noqa: PTH112  # Path.is_dir raises at a name that is too long
        raise UsageError(f"is a folder; name its corpus ({', '.join(FORMATS[FORMATS.index('newsmtsc') :])})", path=path)
    suffix = inner_suffix(path)
    if suffix in _TABLES:
        return "table"
    if path.suffix.lower() == ".json":
        return "labelstudio"
    if path.suffix.lower() == ".zip":
        return "doccano"
    if suffix not in (".jsonl", ".ndjson"):
        raise UsageError("not a kind of annotation file: .jsonl, .csv, .tsv, .parquet, .json or .zip", path=path)
    row = _first_row(path)
    if isinstance(row.get("data"), dict):
        raise UsageError("Label Studio tasks come as .json, a list of tasks", path=path)
    if looks_like_prodigy(row):
        return "prodigy"
    if looks_like_doccano(row):
        return "doccano"
    return "table" if mapped else "records"


def _first_row(path: Path) -> dict[str, Any]:
    try:
        with open_text(path, errors="replace") as file:
            for line in file:
                if line.strip():
                    row = json.loads(line)
                    return row if isinstance(row, dict) else {}
    except DAMAGED as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError):
        pass  # whoever reads the file says what is wrong with which line
    return {}


def save_annotations(
    path: str | Path,
    records: Iterable[Annotation],
    format: Format = "annotations",
    *,
    codebook: Codebook | None = None,
    suggestions: Iterable[Suggestion] = (),
) -> None:
    """Write records, by default in the format of the file's extension: `.jsonl`, `.csv`, `.tsv`, `.parquet`, `.json`.

    What is written for newstance as lines of text is packed where `.gz` or `.zst` follows.

    Args:
        path: the file.
        records: what to write.
        format: `records`, `table`, `labelstudio` or `doccano` where the extension does not say.
        codebook: what an annotation tool offers; None takes the one that ships.
        suggestions: a model's proposals, for an annotation tool.

    Raises:
        AnnotationError: a record has a label that the codebook lacks.
        OutputError: the file cannot be written.
        UsageError: the format cannot be written, or not packed, or cannot hold suggestions.
    """
    suffix = inner_suffix(path)
    if format == "annotations":
        by_suffix: dict[str, Format] = {".jsonl": "records", ".json": "labelstudio"}
        by_suffix |= dict.fromkeys(_TABLES, "table")
        if suffix not in by_suffix:
            raise UsageError("cannot tell the format: .jsonl, .csv, .tsv, .parquet, .json", path=path)
        format = by_suffix[suffix]
    if is_packed(path) and (format in _TOOLS or suffix == ".parquet"):
        reader = "Parquet, packed already," if suffix == ".parquet" else f"what {format} imports"
        raise UsageError(f"{reader} is not written as .gz or .zst: leave that suffix out", path=path)
    suggestions = list(suggestions)
    if format == "labelstudio":
        write_labelstudio(path, records, codebook or load_codebook(), suggestions)
    elif format == "doccano":
        write_doccano(path, records, codebook or load_codebook(), suggestions)
    elif suggestions:
        raise UsageError("only Label Studio and doccano take suggestions", path=path)
    elif format == "table":
        if suffix not in _TABLES:
            raise UsageError("a table is .csv, .tsv or .parquet", path=path)
        write_table(path, records)
    elif format == "records":
        write_annotations(path, records)
    else:
        raise UsageError(f"{format} cannot be written; records, table, labelstudio and doccano can", field="format")
