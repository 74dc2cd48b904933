from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newstance.model import word_spans

TEXTS = st.text(alphabet=st.sampled_from(list("abÉ .,’“”—–\u00a0\n-'\u200b\U0001f600")), max_size=60)


@given(TEXTS)
def test_every_visible_character_lies_in_exactly_one_word(text: str) -> None:
    full, shown = word_spans(text)
    covered = [i for start, end in full for i in range(start, end)]
    assert covered == [i for i, char in enumerate(text) if not char.isspace()]
    assert len(full) == len(shown)
    assert all(a <= c <= d <= b for (a, b), (c, d) in zip(full, shown, strict=True))


@given(TEXTS, st.integers(0, 60), st.integers(1, 20))
def test_a_unit_lies_inside_one_word(text: str, start: int, length: int) -> None:
    end = min(len(text), start + length)
    if start >= end or text[start].isspace() or text[end - 1].isspace():
        return
    full, _ = word_spans(text, [(start, end)])
    assert sum(a <= start and end <= b for a, b in full) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("He said “no.”", ["He", "said", "no"]),
        ("the U.S. plan—and more", ["the", "U.S.", "plan", "and", "more"]),
        ("don’t – stop", ["don’t", "–", "stop"]),
        ("", []),
    ],
)
def test_punctuation_is_trimmed_for_display(text: str, shown: list[str]) -> None:
    assert [text[a:b] for a, b in word_spans(text)[1]] == shown


def test_a_unit_takes_along_what_clings_to_it() -> None:
    text = "“President Mara Voss’s order” stands"
    _, shown = word_spans(text, [(1, 20)])
    assert [text[a:b] for a, b in shown] == ["President Mara Voss’s", "order", "stands"]
