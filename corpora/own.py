"""The project's own corpus: invented articles, written and labelled for newstance (CC BY 4.0).

Its files hold one Annotation record for each labeller and sentence: `writer` and `second` judged stance, voice, speaker
and rationale, `frames-1` and `frames-2` the frames; of dev and test `frames-3` and `frames-4` too. What the data are,
and are not, stands in `newstance_corpus/DATASHEET.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from newstance.errors import UsageError

from .annotation import Annotation
from .jsonl import read_annotations

if TYPE_CHECKING:
    from datasets import DatasetDict

__all__ = [
    "SPLITS",
    "CorpusArticle",
    "Split",
    "administration_parties",
    "corpus_articles",
    "disagreements",
    "load_corpus",
    "of_versions",
    "read_corpus",
]

LICENCE = "CC BY 4.0"
CITATION = "The newstance developers. The newstance corpus: invented news articles with stance, voice and frames."
Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)
#: Labellers who came to sentences that were there already, and the version that added what they say.
_LATER = {"frames-3": 6, "frames-4": 6}


@dataclass(frozen=True, slots=True)
class CorpusArticle:
    """What is known of an article besides its sentences.

    Attributes:
        article: its id.
        event: id of the event that it tells; up to three articles tell the same one.
        administration: id of its administration.
        outlet: invented publisher.
        genre: kind of text.
        area: policy area.
        date: invented ISO date.
        telling: which way the writer was asked to lean: favourable, critical or neutral.
        split: train, dev or test.
        roles: role of each sentence.
        rules: numbers of the codebook's hard cases, by sentence number.
    """

    article: str
    event: str
    administration: str
    outlet: str
    genre: str
    area: str
    date: str
    telling: str
    split: Split
    roles: tuple[str, ...]
    rules: dict[str, list[int]]

    @property
    def version(self) -> int:
        """Return the version of the corpus that added it, which its first letters tell; versions 4 and 6 added none."""
        firsts = ((10, "zx"), (9, "zw"), (8, "zn"), (7, "za"), (5, "p"), (3, "j"), (2, "h"), (1, "a"))
        return next(version for version, first in firsts if self.article >= first)


def corpus_folder() -> Path:
    """Return the folder of the corpus in this installation."""
    return Path(str(resources.files("newstance.corpora") / "newstance_corpus"))


@cache
def corpus_articles() -> dict[str, CorpusArticle]:
    """Return every article's description by its id."""
    found = {}
    for line in (corpus_folder() / "articles.jsonl").read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        found[data["article"]] = CorpusArticle(**data | {"roles": tuple(data["roles"])})
    return found


@cache
def administration_parties() -> dict[str, str]:
    """Return the party of each administration by the target's name."""
    given = json.loads((corpus_folder() / "administrations.json").read_text(encoding="utf-8"))
    # The writers wrote the same party in several ways.
    spelling = {"Democrat": "Democratic"}
    parties = {row["name"]: row["party"].removesuffix(" Party") for row in given}
    parties = {name: spelling.get(party, party) for name, party in parties.items()}
    return {name: party for name, party in parties.items() if party != "none"}


def read_corpus(split: str) -> list[Annotation]:
    """Return the Annotation records of a split, each with its neighbouring sentences as `before` and `after`.

    Raises:
        UsageError: no such split.
    """
    if split not in SPLITS:
        raise UsageError(f"the corpus has no split {split!r}; it has {', '.join(SPLITS)}")
    return list(_with_neighbours([record for path in _files(split) for record in read_annotations(path)], split))


def _files(split: str) -> list[Path]:
    """Return a split's files in the order of the versions that added them: train has one for each of these."""
    one = corpus_folder() / f"{split}.jsonl"
    parts = corpus_folder().glob(f"{split}-[0-9]*.jsonl")
    return sorted(parts, key=lambda path: int(path.stem.partition("-")[2])) or [one]


def of_versions(records: Iterable[Annotation], *, since: int = 1, until: int | None = None) -> list[Annotation]:
    """Return those of the corpus's records that its versions from `since` to `until` added, both included."""
    articles = corpus_articles()
    found = []
    for record in records:
        added = max(articles[record.article or ""].version, _LATER.get(record.annotator or "", 1))
        if since <= added and (until is None or added <= until):
            found.append(record)
    return found


def _with_neighbours(records: list[Annotation], split: str) -> Iterator[Annotation]:
    by_sentence = {record.id: record for record in records}
    order = list(by_sentence.values())
    position = {record.id: i for i, record in enumerate(order)}
    for record in records:
        i = position[record.id]
        update: dict[str, Any] = {"corpus": "newstance", "split": split}
        for side, j in (("before", i - 1), ("after", i + 1)):
            if 0 <= j < len(order) and order[j].article == record.article:
                update |= {side: order[j].text, f"{side}_spans": order[j].target_spans}
        yield record.model_copy(update=update)


def load_corpus() -> DatasetDict:
    """Return the corpus as a `datasets.DatasetDict` with a row for each record.

    Raises:
        UsageError: the package `datasets` is not installed.
    """
    try:
        from datasets import Dataset, DatasetDict
    except ImportError as error:
        raise UsageError("load_corpus needs the package datasets: pip install 'newstance[train]'") from error
    return DatasetDict(
        {split: Dataset.from_list([record.model_dump() for record in read_corpus(split)]) for split in SPLITS}
    )


def disagreements(layer: Literal["stance", "voice"]) -> list[tuple[Annotation, Annotation]]:
    """Return the pairs of records in which the writer and the second labeller differ on a layer."""
    found = []
    for split in SPLITS:
        records = read_corpus(split)
        second = {record.id: record for record in records if record.annotator == "second"}
        for record in records:
            if record.annotator == "writer" and getattr(record, layer) != getattr(second[record.id], layer):
                found.append((record, second[record.id]))
    return found
