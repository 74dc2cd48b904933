"""The figures of docs/voices.md: what counts as the same speaker, and floors on the own corpus's dev."""

from __future__ import annotations

import pytest

from newstance.articles import mark_voices
from newstance.eval.voices import mark_by_marks, own_articles, own_figures, same_speaker


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("the union", "The union", True),
        ("Sheriff Tom Lassiter", "Tom Lassiter", True),
        ("a pilot", "pilot", True),
        ("Lassiter", "Tom Lassiter", False),
        (None, "Tom Lassiter", False),
    ],
)
def test_speakers_are_the_same_but_for_case_article_and_title(one: str | None, other: str, same: bool) -> None:
    assert same_speaker(one, other) is same


def test_rules_keep_their_floor_and_leave_the_baseline_behind() -> None:
    own = own_articles("dev")
    rules, baseline = own_figures(own, mark_voices), own_figures(own, mark_by_marks)
    assert rules.macro_f1 >= 0.87 > baseline.macro_f1
    assert rules.speakers.right / rules.speakers.of >= 0.78
    assert baseline.speakers.of == rules.speakers.of
