"""Sentences as they are counted: all judgements on one of them together, and what they come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newstance.model.codebook import Codebook

from .annotation import OWN_FIELDS, Annotation, filled_in_of_one, sentence_numbers

__all__ = ["HELD_OUT", "NONE", "TIE", "Item", "group_items", "judged_layers"]

#: What annotators come to who are split evenly on a layer that takes one label.
TIE = "(tie)"
#: The split whose texts are only kept out of training; nobody asks for its labels.
HELD_OUT = "held_out"
#: What is counted where a layer that takes any number of codes got none.
NONE = "(none)"


@dataclass(frozen=True, slots=True)
class Item:
    """All judgements on one sentence and target within one split."""

    split: str
    records: tuple[Annotation, ...]

    @property
    def text(self) -> str:
        """Return the sentence."""
        return self.records[0].text

    @property
    def place(self) -> str:
        """Return what messages call it."""
        return f"{self.split}/{self.records[0].id}"

    def votes(self, layer: str) -> list[tuple[str, ...]]:
        """Return what each annotator of the layer gave, the first time; each nameless record is another annotator's."""
        given: dict[str | int, tuple[str, ...]] = {}
        for number, record in enumerate(self.records):
            value = record.judged(layer)
            if value is not None:
                given.setdefault(record.annotator or number, (value,) if isinstance(value, str) else value)
        return list(given.values())

    def codes(self, layer: str, *, many: bool) -> tuple[str, ...] | None:
        """Return the code most annotators gave or, where a layer takes many, those that at least half gave."""
        votes = self.votes(layer)
        if not votes:
            return None
        counts = Counter(code for vote in votes for code in dict.fromkeys(vote))
        if many:
            return tuple(code for code, count in counts.items() if 2 * count >= len(votes))
        best = counts.most_common(2)
        if not best or (len(best) == 2 and best[0][1] == best[1][1]):
            return (TIE,)
        return (best[0][0],)


def group_items(splits: Iterable[tuple[str, Annotation]]) -> list[Item]:
    """Return the records of each split by sentence and target, in the order of their first record.

    Each record has what only others of its sentence say of it, as `filled_in` gives it.
    """
    groups: dict[tuple[str, int], list[Annotation]] = {}
    splits = list(splits)
    for (split, record), number in zip(splits, sentence_numbers(record for _, record in splits), strict=True):
        groups.setdefault((split, number), []).append(record)
    return [Item(key[0], tuple(filled_in_of_one(group))) for key, group in groups.items()]


def judged_layers(items: Sequence[Item], codebook: Codebook | None) -> dict[str, bool]:
    """Return the layers that somebody judged, each with whether it takes any number of codes."""
    if codebook is not None:
        kinds = {layer.name: layer.kind == "multi" for layer in codebook.layers}
    else:
        kinds = {name: name == "frames" for name in OWN_FIELDS}
        for item in items:
            for record in item.records:
                kinds |= {name: not isinstance(value, str) for name, value in record.labels.items()}
    used = {name for item in items for record in item.records for name in kinds if record.judged(name) is not None}
    return {name: many for name, many in kinds.items() if name in used}
