"""SEESAW: entity-to-entity stance in US news (Zhang et al., EMNLP 2022; CC BY-NC-SA 4.0: evaluation and research only).

Read from the official folders `annotations/`, `articles/` and `meta/`. The corpus annotates only stances; neutral is
their absence. To keep a three-way set that no model can solve by learning a name, only sentences that name the
sitting administration of the story's date are kept, in all classes: by the president's surname, or as
"<surname> administration". A stance of anybody in the sentence toward the president, the administration or the
White House counts; a sentence with stances of both signs is left out and counted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from newstance.errors import AnnotationError

from .annotation import Annotation

__all__ = ["CITATION", "LICENCE", "SeesawSet", "read_seesaw"]

LICENCE = "CC BY-NC-SA 4.0"
CITATION = (
    "Xinliang Frederick Zhang, Nick Beauchamp and Lu Wang. Generative Entity-to-Entity Stance Detection with "
    "Knowledge Graph Augmentation. EMNLP 2022."
)

#: Sitting president by the last ISO date of the term.
_TERMS = (
    ("2017-01-19", "Barack Obama"),
    ("2021-01-19", "Donald Trump"),
    ("2025-01-19", "Joe Biden"),
)
_SIGN = {"NEG": "against", "POS": "favor"}


@dataclass(frozen=True, slots=True)
class SeesawSet:
    """The records of one split, and how many sentences were left out because they carry both signs."""

    records: list[Annotation]
    both_signs: int


def read_seesaw(folder: str | Path, *, split: str = "valid", context: int = 1) -> SeesawSet:
    """Read the sentences of a split that name the sitting administration, three-way.

    Args:
        folder: the one that holds `annotations`, `articles` and `meta`.
        split: `train` or `valid`, the official split of stories.
        context: how many sentences before and after go into `before` and `after`.

    Raises:
        AnnotationError: a folder or file is missing, or is not what it should be.
    """
    folder = Path(folder)
    records: list[Annotation] = []
    both = 0
    for meta_path in _files(folder / "meta", "TRIPLET_*.json"):
        meta = _load(meta_path)
        if _field(meta, "Split", meta_path) != split:
            continue
        date, story = _field(meta, "story_time", meta_path), _field(meta, "triplet_id", meta_path)
        president = _president(date)
        for path in _files(folder / "annotations", f"TRIPLET_{story}_DOCUMENT_*.json"):
            article = _Article.read(path, folder / "articles" / path.name)
            number = path.stem.rsplit("_", 1)[1]
            source = meta.get(f"Meta info for article {number}", {}).get("source")
            kept, mixed = article.records(president, date=date, outlet=source, split=split, context=context)
            records += kept
            both += mixed
    if not records:
        raise AnnotationError(f"holds no story of the split {split!r}", path=folder, field="Split")
    return SeesawSet(records, both)


@dataclass(frozen=True, slots=True)
class _Article:
    name: str
    sentences: list[str]
    stances: list[list[tuple[str, str]]]

    @classmethod
    def read(cls, annotation_path: Path, article_path: Path) -> _Article:
        annotation, article = _load(annotation_path), _load(article_path)
        rows = _field(article, "text", article_path)
        given = _field(annotation, "sentence-level stances", annotation_path)
        stances = [[(s["object"], s["sentiment"]) for s in given.get(str(row["id"]), [])] for row in rows]
        return cls(annotation_path.stem, [row["text"] for row in rows], stances)

    def records(
        self, president: str, *, date: str, outlet: str | None, split: str, context: int
    ) -> tuple[list[Annotation], int]:
        surname = president.rsplit(maxsplit=1)[-1]
        # Relatives and namesakes are not the administration.
        pattern = re.compile(
            rf"(?:\bPresident\s+)?(?:\b{president.split(maxsplit=1)[0]}\s+(?:[A-Z]\.\s+)?)?\b{surname}\b"
            rf"(?!\s+(?:Jr\b|Tower|Foundation|Organization|University))(?:\s+administration\b)?",
            re.IGNORECASE,
        )
        objects = {name.casefold() for name in (president, f"{surname} administration", "White House")}
        kept, both = [], 0
        for index, text in enumerate(self.sentences):
            spans = tuple(m.span() for m in pattern.finditer(text))
            if not spans:
                continue
            signs = {_SIGN[sign] for name, sign in self.stances[index] if name.casefold() in objects}
            if len(signs) > 1:
                both += 1
                continue
            before = " ".join(self.sentences[max(0, index - context) : index])
            after = " ".join(self.sentences[index + 1 : index + 1 + context])
            kept.append(
                Annotation(
                    id=f"{self.name}_{index}",
                    text=text,
                    target=f"the {surname} administration",
                    target_spans=spans,
                    before=before,
                    after=after,
                    before_spans=tuple(m.span() for m in pattern.finditer(before)),
                    after_spans=tuple(m.span() for m in pattern.finditer(after)),
                    stance=signs.pop() if signs else "neutral",
                    article=self.name,
                    outlet=outlet,
                    date=date,
                    corpus="seesaw",
                    split=split,
                )
            )
        return kept, both


def _president(date: str) -> str:
    for last, name in _TERMS:
        if "2009-01-20" <= date <= last:
            return name
    raise AnnotationError(f"no president is recorded for {date}", field="story_time")


def _files(folder: Path, pattern: str) -> list[Path]:
    found = sorted(folder.glob(pattern))
    if not found:
        raise AnnotationError(f"has no {pattern}; is this the official SEESAW layout?", path=folder)
    return found


def _load(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise AnnotationError(f"cannot be read: {error.strerror}", path=path) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise AnnotationError(f"not JSON: {error}", path=path) from error
    if not isinstance(value, dict):
        raise AnnotationError("not a JSON object", path=path)
    return value


def _field(data: dict[str, Any], name: str, path: Path) -> Any:
    if name not in data:
        raise AnnotationError("missing", path=path, field=name)
    return data[name]
