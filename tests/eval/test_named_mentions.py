"""Marked mentions that hold a name are counted, and those that the finder misses are listed."""

from __future__ import annotations

from newstance.articles import Person, TargetProfile
from newstance.corpora import Annotation
from newstance.eval.named_mentions import named_mentions


def record(number: int, text: str, mention: str) -> Annotation:
    start = text.index(mention)
    spans = ((start, start + len(mention)),)
    return Annotation(id=str(number), text=text, target=mention, target_spans=spans, stance="neutral")


def test_a_relatives_mention_is_listed_and_others_are_found() -> None:
    profile = TargetProfile(name="the Doe government", people=(Person(name="Ann Doe", short=("Doe",)),))
    records = [
        record(1, "Doe closed the harbour.", "Doe"),
        record(2, "Everybody saw Peter Doe leave.", "Peter Doe"),
        record(3, "The harbour was closed by Roe.", "Roe"),
    ]
    result = named_mentions(records, profile, "Doe")
    assert (result.marked, result.found) == (2, 1)
    assert list(result.missed) == ["erybody saw Peter Doe leave."]
