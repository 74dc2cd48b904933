from __future__ import annotations

from newstance.eval.habits import HABITS, habit_shares


def test_a_habit_is_counted_once_a_sentence() -> None:
    texts = [
        "“It rained,” said Ada Quill, who keeps goats, and the goats agreed.",
        "The minister slammed the plan and slammed it again in Halden.",
        "She left.",
        "Of the nine coats; nobody took one.",
    ]
    shares = habit_shares(texts)
    assert set(shares) == set(HABITS)
    assert {name: share for name, share in shares.items() if share} == {
        "ends on a short afterthought (, and ...)": 0.25,
        "said Somebody, who ...": 0.25,
        "an animal": 0.25,
        "a strong verb of saying (slammed, hailed ...)": 0.25,
        "six words or fewer": 0.25,
        "a semicolon": 0.25,
        "nobody, no one, none, not one": 0.25,
    }


def test_an_age_after_a_name_is_told_from_another_figure() -> None:
    shares = habit_shares(["“Enough,” said Ada Quill, 88.", "Eighty were there, said Ada Quill, and 12 stayed."])
    assert (shares["said Somebody, 88"], shares["a figure"]) == (0.5, 1.0)
