"""What is doubtful about texts that stand twice, word for word or nearly, in one split or across splits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from .duplicates import NearPair, near_pairs, same_text_key
from .findings import Finding, found, some
from .items import Item

__all__ = ["repeat_findings"]


def repeat_findings(
    items: Sequence[Item], layers: dict[str, bool], similar: float, step: Callable[[], None] | None
) -> Iterable[Finding]:
    """Find equal and nearly equal texts, within a split and across splits, and labels in which they differ."""
    by_text: dict[str, list[Item]] = {}
    for item in items:
        by_text.setdefault(same_text_key(item.text), []).append(item)
    within, across, contradicting = [], [], []
    for group in by_text.values():
        if len(group) == 1:
            continue
        splits = {item.split: item.place for item in reversed(group)}  # each with its first
        if len(splits) > 1:
            firsts = [item.place for item in group if item.place == splits[item.split]]
            across.append(some(list(dict.fromkeys([*firsts, *(item.place for item in group)])), " = "))
        seen: dict[tuple[str, str | None], Item] = {}
        for item in group:
            first = seen.setdefault((item.split, item.records[0].target), item)
            if first is item:
                continue
            within.append(f"{first.place} = {item.place}")
            for name, many in layers.items():
                one, two = first.codes(name, many=many), item.codes(name, many=many)
                if one is not None and two is not None and set(one) != set(two):
                    contradicting.append(f"{first.place} {name} {', '.join(one)}; {item.place} {', '.join(two)}")
    yield from found(
        "warning", "duplicates_across_splits", across, "texts stand in more than one split",
        "A model is tested on what it has learnt by heart. Training drops such rows by itself "
        "(`drop_repeated_texts`); other tools do not.",
    )  # fmt: skip
    yield from found(
        "warning", "duplicates_within_split", within, "texts stand twice in a split, about the same target",
        "They count double. If several annotators judged one sentence, give their rows one id.",
    )  # fmt: skip
    yield from found(
        "warning", "contradicting_duplicates", contradicting, "repeated texts have different labels",
        "Look at both: one is mistaken, or the label depends on what stands around the sentence.",
    )  # fmt: skip
    groups = list(by_text.values())
    near = near_pairs([group[0].text for group in groups], similar=similar, step=step)
    inside: list[str] = []
    between: list[str] = []
    for pair in near.pairs:
        here, there = groups[pair.first], groups[pair.second]
        left, right = _first_of_each_split(here), _first_of_each_split(there)
        inside += [_line(left[split], right[split], pair) for split in left if split in right]
        # Where either stands in several splits, one pair of them that lies across tells enough.
        across_splits = (
            _line(one, two, pair) for one in left.values() for two in right.values() if one.split != two.split
        )
        between += islice(across_splits, 1)
    yield from found(
        "warning", "near_duplicates_across_splits", between, "pairs of nearly the same text lie across splits",
        "Wire copy and edited repeats leak from train into test almost as exact repeats do. Split by article or story.",
    )  # fmt: skip
    yield from found(
        "warning", "near_duplicates_within_split", inside, "pairs of nearly the same text lie within a split",
        "They count nearly double; drop one of each pair, unless the small difference is what you study.",
    )  # fmt: skip
    if near.crowded:
        yield Finding(
            "note", "template",
            f"{near.crowded} texts share their rarest word pairs with over a hundred others; not all were compared",
            "The texts come from a template; the pairs above are true, but there are more.", near.crowded,
        )  # fmt: skip


def _first_of_each_split(group: Sequence[Item]) -> dict[str, Item]:
    """Return the first item of each split that a text stands in."""
    first: dict[str, Item] = {}
    for item in group:
        first.setdefault(item.split, item)
    return first


def _line(one: Item, two: Item, pair: NearPair) -> str:
    return f"{one.place} ~ {two.place} ({pair.similarity:.2f})"
