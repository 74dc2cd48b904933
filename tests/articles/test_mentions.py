"""Mentions: the longest name, with its title, never inside another word, never somebody else."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest

from newstance.articles import (
    MentionFinder,
    Person,
    TargetProfile,
    article_from_text,
    load_profile,
    mark_mentions,
)
from newstance.articles.given_names import is_another

DOE = TargetProfile.model_validate(
    {
        "name": "the Doe administration",
        "aliases": [
            "Doe administration",
            "the administration",
            "this administration",
            "administration officials",
        ],
        "offices": ["the president", "the president of Roeland"],
        "institutions": ["White House", "Ministry of *", "the * Agency"],
        "people": [
            {
                "name": "Jane Doe",
                "short": ["Doe"],
                "role": "President",
                "from": "2030-01-20",
                "to": "2034-01-20",
            },
            {
                "name": "John Roe",
                "short": ["Roe"],
                "role": "Secretary of State",
                "from": "2030-02-01",
                "to": "2031-05-01",
            },
            {
                "name": "Íñigo Núñez-O’Dál",
                "short": ["Núñez-O’Dál"],
                "role": "Press Secretary",
                "from": "2031-01-01",
            },
        ],
        "not": ["Jane Doe Jr.", "Eric Doe", "Doe Tower", "the president of *", "Ministry of Sound"],
    }
)


def found(text: str, day: date | str | None = None, profile: TargetProfile = DOE) -> list[str]:
    mentions = MentionFinder(profile, day).find(text)
    assert all(text[m.start : m.end] == m.text for m in mentions)
    return [m.text for m in mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Doe administration’s order came late.", ["The Doe administration"]),
        ("Doe administration's order", ["Doe administration"]),
        ("the Doe Administration and THE ADMINISTRATION", ["the Doe Administration", "THE ADMINISTRATION"]),
        ("administration officials’ plan", ["administration officials"]),
        ("two Doe administration officials said", ["Doe administration officials"]),
        ("White House aides and the White House said", ["White House aides", "the White House"]),
        (
            "President Jane Doe, Secretary of State John Roe",
            ["President Jane Doe", "Secretary of State John Roe"],
        ),
        (
            "secretary of state John Roe, former President Doe",
            ["secretary of state John Roe", "former President Doe"],
        ),
        ("Mr. Roe met Ms. Doe", ["Mr. Roe", "Ms. Doe"]),
        ("Doe's plan and Doe’s other plan", ["Doe", "Doe"]),
        ("PRESIDENT DOE WEIGHS STRIKES, ROE SAYS", ["PRESIDENT DOE", "ROE"]),
        ("Jane\u00a0Doe and Jane\nDoe and Jane  Doe", ["Jane\u00a0Doe", "Jane\nDoe", "Jane  Doe"]),
        ("Doe-era rules, anti-Doe posters, a Doe–Putin summit", ["Doe", "Doe", "Doe"]),
        ("Doeburg, Does, McDoe, O’Doe, Doe2 and doe", []),
        ("a doe and a roe in the wood; this roe", []),
        ("Sen. Roe and Gov. Doe and Rep. Roe’s aide", []),
        ("Sen. Vint and President Vint", []),
        ("Jane Doe Jr. and Eric Doe near Doe Tower", []),
        # A surname after a given name is somebody else's, unless the person may be called so.
        ("Nancy Roe, Bill D. Roe and Mr. Peter Roe saw Jim Doe", []),
        ("Jack Roe and J. Roe met Janet Doe", ["Roe", "Roe", "Doe"]),
        ("Will Roe sign? In Charlotte Roe did not; Norland Roe", ["Roe", "Roe", "Roe"]),
        ("Nancy, Roe and Peter’s Roe", ["Roe", "Roe"]),
        ("the president of Norland met the president of Roeland", ["the president of Roeland"]),
        ("the Ministry of Sound and the Ministry of Works", ["the Ministry of Works"]),
        ("the Space Agency but the agency", ["the Space Agency"]),
        ("non-administration, the presidential, the presidents", []),
        (
            "Press Secretary Íñigo Núñez-O’Dál; Núñez-O'Dál left",
            ["Press Secretary Íñigo Núñez-O’Dál", "Núñez-O'Dál"],
        ),
    ],
)
def test_what_is_a_mention(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The admin\u00adistra\u00adtion’s order, said Do\u00ade.", ["The admin\u00adistra\u00adtion", "Do\u00ade"]),
        ("Doe\u00adburg and D\u200bo\u200be\u200bv\u200bi\u200bl\u200bl\u200be are towns.", []),
        ("White\u200b House \u200eDoe\u200f", ["White\u200b House", "Doe"]),
        ("_Doe_ left, __the White House__ said; _Doe's order_ stands.", ["Doe", "the White House", "Doe"]),
        ("Doe_2031 and x_Doe are no words of hers.", []),
        ("White House of\ufb01cials and o\ufb03cials", ["White House of\ufb01cials"]),
        ("Doe\u02bcs order", ["Doe"]),
    ],
)
def test_signs_that_nobody_sees_hide_no_mention_and_make_none(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("sign", ["\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u200b\ufeff"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“Doe|said so.” Many thanked|Doe. The administration|fell.", ["Doe", "Doe", "The administration"]),
        ("Jane|Doe and Secretary of State|Roe left.", ["Jane|Doe", "Secretary of State|Roe"]),
        ("Doe left the|White House.", ["Doe", "the|White House"]),
        ("Administration|officials and Doe, Roe|and Doe.", ["Administration|officials", "Doe", "Roe", "Doe"]),
        ("The admin|istration’s order, said Do|e.", ["The admin|istration", "Do|e"]),
        ("Sena|tor Doe, Mich|ael Doe and Press Secre|tary Núñez-O’Dál.", ["Press Secre|tary Núñez-O’Dál"]),
        ("Senator|Doe, Michael|Doe, Eric|Doe and Doe|Tower.", []),
        ("Doe Tower|fell, Eric Doe|sang, Jane Doe|left.", ["Jane Doe"]),
        ("|Doe| met |Roe|.", ["Doe", "Roe"]),
    ],
)  # fmt: skip
def test_a_sign_without_width_may_part_two_words_or_stand_inside_one(text: str, expected: list[str], sign: str) -> None:
    assert found(text.replace("|", sign)) == [mention.replace("|", sign) for mention in expected]


def test_names_with_accents_match_in_either_normal_form() -> None:
    text = unicodedata.normalize("NFD", "Íñigo Núñez-O’Dál left.")
    assert found(text) == [unicodedata.normalize("NFD", "Íñigo Núñez-O’Dál")]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (None, ["Roe", "Doe"]),
        ("2030-01-25", ["Doe"]),
        ("2030-06-01T10:00:00Z", ["Roe", "Doe"]),
        ("2031-05-01", ["Roe", "Doe"]),
        ("2031-05-02", ["Doe"]),
        (date(2031, 5, 2), ["Doe"]),
        (datetime(2031, 5, 2, 23, 30), ["Doe"]),
        (datetime(2031, 5, 1, 23, 30, tzinfo=UTC), ["Roe", "Doe"]),
        ("2029-12-31", []),
        ("some time in May", ["Roe", "Doe"]),
    ],
)
def test_only_people_in_office_on_the_day_count(day: date | str | None, expected: list[str]) -> None:
    assert found("Roe met Doe.", day) == expected


def test_mentions_carry_article_offsets_and_follow_the_articles_date() -> None:
    article = article_from_text("Roe met the press.\n\nThe administration fell. Doe wept.", date="2032-01-01")
    marked = mark_mentions(article, DOE)
    assert [[m.text for m in s.mentions] for s in marked.sentences] == [[], ["The administration"], ["Doe"]]
    for sentence in marked.sentences:
        for mention in sentence.mentions:
            assert marked.text[mention.start : mention.end] == mention.text


def test_a_profile_of_people_alone_and_of_a_wildcard_first() -> None:
    profile = TargetProfile(name="x", people=(Person(name="Ann Dahl"),), aliases=("* cabinet", "*'s government"))
    text = "Ann Dahl saw the Vint cabinet and Halloran’s government on Monday's government day."
    assert found(text, profile=profile) == ["Ann Dahl", "the Vint cabinet", "Halloran’s government"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "government",
            "The finance minister and President Lena Vale blamed the Vale government.",
            ["The finance minister", "President Lena Vale", "the Vale government"],
        ),
        ("government", "The Police Department and the president-elect agreed.", []),
        (
            "us-biden-2021",
            "Hunter Biden left; Mr. Biden and Treasury Secretary Janet L. Yellen stayed.",
            ["Mr. Biden", "Treasury Secretary Janet L. Yellen"],
        ),
        (
            "us-trump-2025",
            "Trump Tower, Donald Trump Jr. and Melania Trump; Trump’s White House.",
            ["Trump", "White House"],
        ),
        (
            "uk-starmer-2024",
            "Sir Keir Starmer and the Scottish Government; Downing Street officials said.",
            ["Sir Keir Starmer", "Downing Street officials"],
        ),
    ],
)
def test_shipped_profiles_find_their_target_and_no_one_else(name: str, text: str, expected: list[str]) -> None:
    assert found(text, profile=load_profile(name)) == expected


def test_the_two_terms_differ_by_who_served() -> None:
    text = "Rubio and Pompeo spoke."
    assert found(text, profile=load_profile("us-trump-2017")) == ["Pompeo"]
    assert found(text, profile=load_profile("us-trump-2025")) == ["Rubio"]


@pytest.mark.parametrize(
    ("name", "own", "another"),
    [
        ("Jim", ["Alexander", "Alex"], True),
        ("Bill", ["William"], False),
        ("Robert", ["Bob"], False),
        ("Raymond", ["H.R."], False),
        ("Peter", ["H.R."], True),
        ("Jill", ["Joe", "Joseph"], True),
        ("Grant", ["Jane"], False),
        ("Norland", ["Jane"], False),
    ],
)
def test_which_given_names_are_another_persons(name: str, own: list[str], another: bool) -> None:
    assert is_another(name, own) is another
