from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newstance.corpora import duplicates
from newstance.corpora.duplicates import near_pairs

WORDS = st.sampled_from(
    [
        "the",
        "a",
        "council",
        "minister",
        "said",
        "that",
        "harbour",
        "tax",
        "rose",
        "fell",
        "again",
        "never",
        "on",
        "Monday",
    ]
)
TEXTS = st.lists(st.lists(WORDS, max_size=12).map(" ".join), max_size=12)


def similarity(one: str, two: str) -> float:
    a, b = (set(duplicates._word_pairs(text)) for text in (one, two))
    return len(a & b) / len(a | b) if a and b else 0.0


@settings(max_examples=200, deadline=None)
@given(texts=TEXTS, similar=st.sampled_from([0.3, 0.5, 0.7, 0.8, 1.0]))
def test_it_finds_exactly_the_pairs_that_comparing_everything_finds(texts: list[str], similar: float) -> None:
    found = {(p.first, p.second): p.similarity for p in near_pairs(texts, similar=similar).pairs}
    wanted = {(i, j): similarity(texts[i], texts[j]) for i, j in combinations(range(len(texts)), 2)}
    assert found == pytest.approx({pair: value for pair, value in wanted.items() if value >= similar})


def test_one_word_replaced_in_twelve_is_nearly_the_same_and_another_sentence_is_not() -> None:
    texts = [
        "The harbour minister said on Monday that the ferry tax would stay.",
        "The harbour minister said on Tuesday that the ferry tax would stay.",
        "Nobody on the island believed a word of it.",
        "…",
        "!",
    ]
    assert [(p.first, p.second) for p in near_pairs(texts).pairs] == [(0, 1)]


def test_texts_from_a_template_are_counted_where_not_all_of_them_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_MOST_PER_PAIR", 3)
    texts = [f"the council of town {n} met" for n in range(9)]
    found = near_pairs(texts, similar=0.4)
    assert 0 < len(found.pairs) < 36
    assert found.crowded > 0
