"""P-Stance: stance of tweets toward Donald Trump, Joe Biden and Bernie Sanders (Li et al., Findings of ACL 2021; MIT).

The official `raw_{train,val,test}_all.csv`: `Tweet`, `Target`, `Stance` (FAVOR, AGAINST). There is no neutral, and a
tweet is no news sentence: auxiliary data at best.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError, UsageError

from .annotation import Annotation
from .jsonl import as_annotation
from .problems import Problems, gather
from .tables import read_table

__all__ = ["CITATION", "LICENCE", "read_pstance"]

LICENCE = "MIT"
CITATION = (
    "Yingjie Li, Tiberiu Sosea, Aditya Sawant, Ajith Jayaraman Nair, Diana Inkpen and Cornelia Caragea. P-Stance: "
    "A Large Dataset for Stance Detection in Political Domain. Findings of ACL-IJCNLP 2021."
)

_STANCE = {"FAVOR": "favor", "AGAINST": "against"}
_FILES = {"train": "train", "dev": "val", "val": "val", "test": "test"}


def read_pstance(path: str | Path, *, split: str | None = None, problems: Problems = None) -> list[Annotation]:
    """Read one official file, or the file of a split in the official folder.

    Args:
        path: the file or folder.
        split: `train`, `dev` or `test`; recorded with each row, and needed for a folder.
        problems: where to put the errors of single rows instead of raising the first.

    Raises:
        AnnotationError: the file cannot be read, or a row lacks a text or has another stance.
        UsageError: the folder has no such split.
    """
    path = Path(path)
    if path.is_dir():
        if split not in _FILES:
            raise UsageError(f"P-Stance has the splits train, dev and test, not {split!r}", field="split")
        path /= f"raw_{_FILES[split]}_all.csv"
    return gather(
        read_table(path, problems), lambda number, row: _record(row, path, number, split), path=path, problems=problems
    )


def _record(row: dict[str, Any], path: Path, number: int, split: str | None) -> Annotation:
    for field in ("Tweet", "Target", "Stance"):
        if not row.get(field):
            raise AnnotationError("missing", path=path, line=number, field=field)
    stance = _STANCE.get(str(row["Stance"]))
    if stance is None:
        raise AnnotationError(f"{row['Stance']!r} is not FAVOR or AGAINST", path=path, line=number, field="Stance")
    value = {
        "id": f"{path.stem}-{number}",
        "text": row["Tweet"],
        "target": row["Target"],
        "stance": stance,
        "corpus": "pstance",
        "split": split,
    }
    return as_annotation(value, path=path, line=number)
