"""Training sentences are asked about the other names in them, and the target's own words stay the target's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from newstance.corpora import Annotation
from newstance.model import SentenceInput
from newstance.training.data import Item
from newstance.training.other_mentions import asked_of_others, other_mentions


def sentence(text: str, target: str = "") -> SentenceInput:
    start = text.index(target) if target else 0
    return SentenceInput(text, target_spans=((start, start + len(target)),) if target else (), target=target)


def item(text: str, target: str = "", number: int = 0) -> Item:
    record = Annotation(id=f"row-{number}", text=text, target=target or None, stance="favor")
    return Item(record, sentence(text, target), {"stance": np.array([1.0, 0.0, 0.0])})


def names(text: str, target: str = "") -> list[list[str]]:
    return [[text[a:b] for a, b in other.target_spans] for other in other_mentions(sentence(text, target))]


def test_every_mention_of_another_name_is_masked_and_the_target_is_not() -> None:
    text = "Orla Finch said the Harbour Board failed Finch’s town; the Harbour Board said nothing of Velm."
    assert names(text, "Velm") == [["Orla Finch"], ["Harbour Board", "Harbour Board"], ["Finch"]]


def test_the_first_word_is_no_name_and_neither_is_a_single_letter() -> None:
    assert names("Nobody asked what I thought.") == []
    assert names("“Nobody asked.”") == []
    assert names("Orla Finch was asked.") == [["Orla Finch"]]


def test_a_name_that_overlaps_the_target_is_left_alone() -> None:
    assert names("What did President Ruiz tell Velm?", "Ruiz") == [["Velm"]]


def test_each_sentence_is_asked_once_more_and_never_the_same_question_twice() -> None:
    text = "The ministry told Velm and Orla Finch to wait."
    items = [item(text, "ministry", 1), item(text, "Velm", 2), item(text, "ministry", 3), item("It rained.", number=4)]
    more = asked_of_others(items, seed=1)
    assert [[text[a:b] for a, b in other.input.target_spans] for other in more] == [["Orla Finch"]]
    assert all(labels is None for other in more for labels in other.labels.values())
    assert asked_of_others(items, seed=1) == more


def test_the_draw_depends_on_the_seed_alone() -> None:
    items = [replace(item(f"Row {n} names Velm, Orla Finch and Tam Roe.", number=n)) for n in range(20)]
    first, again, other = (asked_of_others(items, seed) for seed in (1, 1, 2))
    assert [i.input for i in first] == [i.input for i in again] != [i.input for i in other]
