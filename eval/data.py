"""What a model can be judged on: files of annotations, or a public corpus in its official layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newstance.corpora import Annotation, open_annotations, read_corpus, read_newsmtsc, read_seesaw
from newstance.errors import UsageError
from newstance.model.codebook import Codebook

__all__ = ["CORPORA", "read_data"]

#: Corpora by the name on the command line, with the split that is read when none is asked for.
CORPORA = {"newstance": "test", "newsmtsc-rw": "test", "newsmtsc-mt": "test", "seesaw": "valid"}
_NEWSMTSC = {"newsmtsc-rw": "hf_rw", "newsmtsc-mt": "hf_mt"}


def read_data(
    codebook: Codebook,
    *,
    files: Sequence[Path] = (),
    corpora: Sequence[str] = (),
    data_dir: Path | None = None,
    split: str | None = None,
) -> list[Annotation]:
    """Read annotations from files, from corpora, or from both.

    Args:
        codebook: the labels that files may use.
        files: annotation files, of any format that is found out by itself.
        corpora: names of `CORPORA`.
        data_dir: the folder of the corpus in its official layout, or the one above it; the own corpus needs none.
        split: only this split; without it all of a file, and of a corpus the split that is for judging.

    Raises:
        UsageError: nothing is asked for, an unknown corpus, a folder that is missing.
        AnnotationError: a file is wrong, or no row is of that split.
    """
    if not files and not corpora:
        raise UsageError("give --data FILE or --corpus NAME")
    records: list[Annotation] = []
    for path in files:
        records += open_annotations(path, codebook=codebook, split=split)
    for name in corpora:
        records += _read_corpus(name, data_dir, split)
    return records


def _read_corpus(name: str, data_dir: Path | None, split: str | None) -> list[Annotation]:
    if name not in CORPORA:
        raise UsageError(f"unknown corpus {name!r}; known: {', '.join(CORPORA)}", field="--corpus")
    split = split or CORPORA[name]
    if name == "newstance":
        return read_corpus(split)
    if data_dir is None:
        raise UsageError(
            f"--corpus {name} needs --data-dir, the folder of the corpus in its official layout", field="--data-dir"
        )
    own = data_dir / name.partition("-")[0]
    folder = own if own.is_dir() else data_dir
    if name in _NEWSMTSC:
        return read_newsmtsc(folder / _NEWSMTSC[name] / f"{split}.jsonl", split=split)
    # SEESAW publishes "valid" where others say "dev".
    return read_seesaw(folder, split="valid" if split == "dev" else split).records
