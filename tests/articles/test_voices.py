"""Whose voice: quotations, indirect speech, and who spoke, resolved over the article."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newstance.articles import TargetProfile, article_from_text, load_profile, mark_mentions, mark_voices, read_article

ARTICLE = """Harbour tax divides Port Ellery

PORT ELLERY (CNA) — The cabinet will keep the harbour tax, Transport Minister Petra Lindqvist said on Tuesday.

“We promised safe crossings and delivered them,” she told reporters. “Nobody before us had the courage.”

Marta Oyelaran, who leads the Outer Isles council, accused the minister of robbing the islands.

“They took our money first. They made their excuses later,” Oyelaran said.

“They will do it again.

“And we shall be there,” she added.

According to two port officials, fares have risen by a third. The rise is the third since March.

The tax, in the view of a ferry captain, is a fine for living offshore.

A spokesman for the transport ministry declined to comment. The "free" crossing costs nine crowns.
"""


def marked(text: str) -> list[tuple[str | None, str | None]]:
    return [(s.voice, s.speaker) for s in mark_voices(article_from_text(text)).sentences]


def test_an_article_is_parted_into_its_voices() -> None:
    lindqvist, oyelaran = "Petra Lindqvist", "Marta Oyelaran"
    assert marked(ARTICLE) == [
        ("outlet", None),
        ("paraphrased", lindqvist),
        ("quoted", lindqvist),
        ("quoted", lindqvist),
        ("paraphrased", oyelaran),
        ("quoted", oyelaran),
        ("quoted", oyelaran),
        ("quoted", oyelaran),
        ("quoted", oyelaran),
        ("paraphrased", "two port officials"),
        ("outlet", None),
        ("paraphrased", "a ferry captain"),
        ("outlet", None),
        ("outlet", None),
    ]


@pytest.mark.parametrize(
    ("sentence", "voice", "speaker"),
    [
        (
            "The plan would sink the fleet, warned Ida Brandt, a pilot, because nobody had asked a sailor.",
            "p",
            "Ida Brandt",
        ),
        (
            "Ida Brandt, a pilot of 44 who has sailed since 2001, told the council that the plan would fail.",
            "p",
            "Ida Brandt",
        ),
        ("In a call with reporters Ida Brandt, the chief pilot, said the plan would fail.", "p", "Ida Brandt"),
        ("The plan was attacked by Ida Brandt as a fraud.", "o", None),
        ("Fishermen say the plan is dead.", "p", "fishermen"),
        ("Ida Brandt said at noon: “The plan is dead, and we all know it.”", "q", "Ida Brandt"),
        ("“The plan is dead,” countered Ida Brandt, a pilot.", "q", "Ida Brandt"),
        ("“The plan,” said Ida Brandt, “is dead as a doornail.”", "q", "Ida Brandt"),
        ("Ida Brandt said the plan was “dead”.", "p", "Ida Brandt"),
        ("The council wants a ‘green harbour’ by March.", "o", None),
        ("The council did not say why the plan failed.", "o", None),
        ("The council has made clear that the plan is dead.", "p", "the council"),
        ("Two pilots in speaking to reporters left open the possibility of a strike.", "p", "two pilots"),
        ("“The plan is dead,” said skipper Ida Brandt of Port Ellery.", "q", "Ida Brandt"),
        ("The chief pilot, Ida Brandt, described the plan as “a lid on a pot that nobody had lit.”", "q", "Ida Brandt"),
        ("Brandt’s lawyers say the plan is dead.", "p", "Brandt’s lawyers"),
        ("On that point the council has kept its word.", "o", None),
        ("In the pilots’ view, the plan is dead.", "p", "the pilots"),
        ("Official figures show that the plan is dead.", "o", None),
        ("Official figures have shown that the plan is dead.", "o", None),
        ("Official estimates suggest that the plan is dead.", "p", "Official estimates"),
        ("Ida Brandt figures that the plan is dead.", "p", "Ida Brandt"),
        ("Ida Brandt claims report after report was wrong.", "p", "Ida Brandt"),
        ("Ida Brandt walked to the quay and looked at the ships.", "o", None),
        ("The alleged plan was on the table for a week.", "o", None),
    ],
)
def test_one_sentence(sentence: str, voice: str, speaker: str | None) -> None:
    found_voice, found_speaker = marked(sentence)[0]
    assert (str(found_voice)[0], found_speaker) == (voice, speaker)


def test_a_transcript_is_read_by_its_labels() -> None:
    text = (
        "The debate\n\nModerators asked about Brandt.\n\nBRANDT: We shall sail.\n\nROE: You shall not. I forbid it.\n"
    )
    assert marked(text)[2:] == [("quoted", "Brandt"), ("quoted", "Roe"), ("quoted", "Roe")]


def test_insiders_are_those_whom_the_profile_has_in_office_on_the_day() -> None:
    profile = TargetProfile.model_validate(
        {
            "name": "the Doe administration",
            "aliases": ["the administration"],
            "institutions": ["Harbour Ministry"],
            "people": [{"name": "Jane Doe", "short": ["Doe"], "role": "President", "from": "2031-01-01"}],
        }
    )
    text = (
        "President Jane Doe said the tax would stay. Two Harbour Ministry officials said it was fair. A spokesman for "
        "the Harbour Ministry said so too. A former Harbour Ministry official said it was not. Critics of the "
        "administration said it would fail. It rained."
    )

    def insiders(date: str | None) -> list[bool | None]:
        article = replace(article_from_text(text), date=date)
        return [s.insider for s in mark_voices(article, profile).sentences]

    assert insiders("2032-05-01") == [True, True, True, False, False, None]
    assert insiders("2030-05-01") == [False, True, True, False, False, None]
    assert insiders(None)[0] is True
    assert [s.insider for s in mark_voices(article_from_text(text)).sentences] == [None] * 6


PIECES = st.sampled_from(
    [
        *"“”‘’\"'«»,.:;—()",
        " ",
        " ",
        "\n\n",
        "said",
        "Doe",
        "Ms. Doe",
        "he",
        "told",
        "that",
        "who",
        "the minister",
        "according to",
        "of",
        "and",
        "by",
        "her account",
        "'s",
        "President",
        "was accused by",
        "ROE: ",
        "saying",
        "to say",
        "é",
        "\ud800",
        "\x00",
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=60).map(" ".join))
def test_no_text_fails_and_only_voices_are_changed(text: str) -> None:
    if not text.strip():
        return
    profile = load_profile("government")
    article = mark_mentions(article_from_text(text), profile)
    voiced = mark_voices(article, profile)
    assert [replace(s, voice=None, speaker=None, insider=None) for s in voiced.sentences] == list(article.sentences)
    for sentence in voiced.sentences:
        assert (sentence.voice is None) == (sentence.role in ("byline", "credit"))
        assert sentence.voice != "outlet" or sentence.speaker is None


@pytest.mark.parametrize(
    "piece", ["“a ", "a” ", '"a" ', "said ", "who said, ", "Doe, said, ", "x", "by his account, ", "(", "of Doe "]
)
def test_long_paragraphs_of_one_thing_come_to_an_end(piece: str) -> None:
    article = article_from_text(piece * (25_000 if piece == '"a" ' else 500))
    assert len(mark_voices(article).sentences) == len(article.sentences)


def test_the_real_article_is_read_but_for_a_few_sentences() -> None:
    real = Path(__file__).parents[3] / "shared" / "data" / "articles" / "venezuela-strikes.txt"
    if not real.exists():
        pytest.skip("the real article is not part of the repository")
    profile = load_profile("us-trump-2025")
    sentences = mark_voices(read_article(real), profile).sentences
    body = [s for s in sentences if s.role in ("headline", "body")]
    assert Counter(s.voice for s in body) == {"outlet": 17, "quoted": 29, "paraphrased": 24}
    assert all(s.speaker for s in body if s.voice != "outlet")
    insiders = {s.speaker for s in body if s.insider}
    assert {"Donald Trump", "Marco Rubio", "Karoline Leavitt", "the White House"} <= insiders
    assert not insiders & {"Benjamin Gedan", "Luis Moreno", "the UN", "experts"}


def test_an_office_is_not_another_office_of_the_same_noun() -> None:
    text = (
        "PORT ELLERY (CNA) — Prime Minister Jonas Halloran opened the pier. The transport minister said it was late. "
        "The prime minister said it was early. The minister said both were right."
    )
    assert [speaker for _, speaker in marked(text)] == [
        None,
        "the transport minister",
        "Jonas Halloran",
        "Jonas Halloran",
    ]
