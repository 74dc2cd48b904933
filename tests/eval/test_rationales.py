"""Rationales are described by what was marked, and two labellers are compared only where they gave one stance."""

from __future__ import annotations

import pytest

from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.eval.rationales import rationale_habits

TEXT = "The council wrecked the harbour and lied."


def record(annotator: str, stance: str, *rationale: tuple[int, int]) -> Annotation:
    return Annotation(
        id="one", text=TEXT, target_spans=((4, 11),), stance=stance, annotator=annotator, rationale=rationale
    )


def test_share_runs_and_target_are_means_over_rationales() -> None:
    found = rationale_habits([record("a", "against", (12, 19), (36, 40)), record("b", "favor", (0, 19))])
    assert (found.rationales, found.sentences, found.pairs) == (2, 1, 0)
    assert found.share == pytest.approx((2 / 7 + 3 / 7) / 2)
    assert (found.runs, found.target) == (1.5, 0.5)


def test_two_labellers_of_one_stance_are_held_against_chance() -> None:
    found = rationale_habits([record("a", "against", (12, 31)), record("b", "against", (12, 19))])
    assert found.pairs == 1
    assert found.pair_f1 == pytest.approx(2 * 1 / (3 + 1))
    assert found.chance_f1 == pytest.approx(2 * (3 / 7) * (1 / 7) / (4 / 7))


def test_records_without_a_rationale_are_refused() -> None:
    with pytest.raises(AnnotationError, match="rationale"):
        rationale_habits([record("a", "against")])
