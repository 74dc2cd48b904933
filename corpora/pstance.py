"""P-Stance: stance of tweets toward Donald Trump, Joe Biden and Bernie Sanders (Li et al., Findings of ACL 2021; MIT).

The official `raw_{train,val,test}_all.csv`: `Tweet`, `Target`, `Stance` (FAVOR, AGAINST). There is no neutral, and a
tweet is no news sentence: auxiliary data at best.

The files do not say where a tweet mentions its target, whose full name it seldom gives. Mentions are found by the two
ends of the target's own name, whatever their case: the surname anywhere in a word ("Trump", "Trumps", "DonaldTrump"),
with the first name and an initial before it; the first name as a word ("Bernie", "Bernies"); either as a part of a
hashtag, of which the rest stays in sight ("Trump" in "#Trump2020"); a whole handle that holds the surname
("@realDonaldTrump"). Members of the family ("@IvankaTrump", "Trump Jr.") are somebody else. Not found: nicknames and
pronouns. Wrongly found: other people who are called by the same first name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError, UsageError
from newstance.files import inner_stem

from .annotation import Annotation, Span
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
#: What stands before the surname of others who bear it, among those that tweets of the training split name most.
_FAMILY = "ivanka|eric|melania|lara|hunter|jill|dr|jane|janeo|sarah"


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
        "id": f"{inner_stem(path)}-{number}",
        "text": row["Tweet"],
        "target": row["Target"],
        "target_spans": _mentions(str(row["Tweet"]), str(row["Target"])),
        "stance": stance,
        "corpus": "pstance",
        "split": split,
    }
    return as_annotation(value, path=path, line=number)


def _mentions(text: str, target: str) -> tuple[Span, ...]:
    """Return where a tweet mentions its target, as the module says."""
    whole, inside = _patterns(target)
    spans: list[Span] = []
    for match in whole.finditer(text):
        if match.lastgroup in ("handle", "name"):
            spans.append(match.span())
        elif match.lastgroup == "hashtag":
            spans += (part.span() for part in inside.finditer(text, *match.span()))
    return tuple(spans)


@lru_cache
def _patterns(target: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what is looked for in a text, and in each of its hashtags; what is somebody else's name is passed over."""
    names = target.split() or [target]
    first, last = re.escape(names[0]), re.escape(names[-1])
    full = rf"(?:{first}\s*(?:\w\.?\s*)?)?{last}"
    family = rf"[@#]?\b\w*(?:{_FAMILY})\s?{last}\w*|[@#]?{full}\s?jr\b"
    whole = rf"(?:{family})|(?P<handle>@\w*{last}\w*)|@\w+|(?P<hashtag>#\w+)|(?P<name>{full}|\b{first}s?\b)"
    return re.compile(whole, re.IGNORECASE), re.compile(rf"{full}|{first}", re.IGNORECASE)
