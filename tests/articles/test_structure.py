"""Headline, caption, byline, headings and credits are told by their shape, in any house style."""

from __future__ import annotations

import pytest

from newstance.articles import Article, article_from_text


def shown(article: Article) -> list[tuple[str, str]]:
    for sentence in article.sentences:
        assert article.text[sentence.start : sentence.end] == sentence.text
    return [(sentence.role, sentence.text) for sentence in article.sentences]


def roles(article: Article) -> list[str]:
    return [sentence.role for sentence in article.sentences]


WIRE = """\
Harbour tax splits coalition as ministers trade blame, officials say

Dock workers wave flags outside the customs house on Sunday.
By Lena Fossum, Rui Castel, Odile Brandt, CWN
(CWN) — The government defended its harbour tax on Monday. Sen. Karl Vint called it a “tax on fish,” and left.
“We had no choice,” the minister said. “The pier was falling into the sea. And it will fall again.”
‘Green light’ for the pier
Earlier this year the cabinet gave the pier its blessing. The U.S. Navy had asked for it in Jan. 2023.
“It is not possible to say what it will cost,” the letter read. “The ministry will carry on.
Who pays for the pier?
Nobody knows, the minister said at 5 a.m. Monday.
‘Are we going to sink?’
“Are we going to sink with it?” asked Bo Ulm, a fisherman. “Other than that, fine. So that’s that,” he added.
CWN’s Per Holt and Ada Quist contributed to this report.
The-CWN-Wire
™ & © 2024 Coastal Wire Network, Inc., a Brandt Bros. Company. All rights reserved.2
"""


def test_wire_copy_with_one_newline_between_paragraphs() -> None:
    article = article_from_text(WIRE)
    assert shown(article) == [
        ("headline", "Harbour tax splits coalition as ministers trade blame, officials say"),
        ("caption", "Dock workers wave flags outside the customs house on Sunday."),
        ("byline", "By Lena Fossum, Rui Castel, Odile Brandt, CWN"),
        ("body", "(CWN) — The government defended its harbour tax on Monday."),
        ("body", "Sen. Karl Vint called it a “tax on fish,” and left."),
        ("body", "“We had no choice,” the minister said."),
        ("body", "“The pier was falling into the sea."),
        ("body", "And it will fall again.”"),
        ("heading", "‘Green light’ for the pier"),
        ("body", "Earlier this year the cabinet gave the pier its blessing."),
        ("body", "The U.S. Navy had asked for it in Jan. 2023."),
        ("body", "“It is not possible to say what it will cost,” the letter read."),
        ("body", "“The ministry will carry on."),
        ("heading", "Who pays for the pier?"),
        ("body", "Nobody knows, the minister said at 5 a.m. Monday."),
        ("heading", "‘Are we going to sink?’"),
        ("body", "“Are we going to sink with it?” asked Bo Ulm, a fisherman."),
        ("body", "“Other than that, fine."),
        ("body", "So that’s that,” he added."),
        ("credit", "CWN’s Per Holt and Ada Quist contributed to this report."),
        ("credit", "The-CWN-Wire"),
        ("credit", "™ & © 2024 Coastal Wire Network, Inc., a Brandt Bros. Company."),
        ("credit", "All rights reserved.2"),
    ]
    assert article.title == "Harbour tax splits coalition as ministers trade blame, officials say"


def test_a_section_runs_from_its_heading_to_the_next() -> None:
    sections = {s.text[:12]: s.section for s in article_from_text(WIRE).sentences}
    assert sections["(CWN) — The "] is None
    assert sections["Earlier this"] == "‘Green light’ for the pier"
    assert sections["Nobody knows"] == "Who pays for the pier?"
    assert sections["CWN’s Per Ho"] is None


def test_hard_wrapped_text_is_joined_into_paragraphs() -> None:
    article = article_from_text("""\
Storm relief held up as ministry
weighs new rules for claims

By Ann Dahl and Bo Roe

PORT ELLERY, March 3 (Example Wire) - The interior ministry has held up
storm relief for some 4,000 families, officials said on Tuesday, saying
that Sen. Cal Poe's office had asked for new rules. Mayors on the coast
called the delay cruel.

"They promised us money in a week," said Dee Loe, whose house lost its
roof. "It has been two months. Nobody calls."

A minister under fire

Minister Eve Noe defended the pause on Friday at 9 a.m. in a statement.
The rules would stop fraud, she said.

(Reporting by Ann Dahl; editing by Bo Roe)
""")
    assert roles(article) == ["headline", "byline", *["body"] * 5, "heading", "body", "body", "credit"]
    texts = [s.text for s in article.sentences]
    assert article.title == "Storm relief held up as ministry weighs new rules for claims"
    assert texts[0] == "Storm relief held up as ministry\nweighs new rules for claims"
    assert texts[2].startswith("PORT ELLERY, March 3 (Example Wire) - The interior")
    assert texts[2].endswith("asked for new rules.")
    assert texts[3] == "Mayors on the coast\ncalled the delay cruel."
    assert len({s.paragraph for s in article.sentences}) == 7


def test_a_local_paper_with_photo_credit_and_writer_line() -> None:
    article = article_from_text("""\
COUNCIL

Town halts road works after the ministry cuts its grant

Nia Orr, Staff Writer
Updated 4:15 p.m., Friday

Road signs stand idle on Mill Lane. (Photo by Jon Abel)

The town halted work on Mill Lane on Friday after the transport ministry cut its grant by half.

Mayor Ida Kron said she learned of it from the radio.

Nia Orr can be reached at 555 0100.
""")
    assert roles(article) == [
        "caption",
        "headline",
        "byline",
        "byline",
        "caption",
        "caption",
        "body",
        "body",
        "credit",
    ]


def test_a_broadcast_transcript_has_neither_headline_nor_headings() -> None:
    article = article_from_text(
        "ANCHOR: Good evening.\nThe government has fallen tonight. We go live to the capital.\n"
        "ROE: Thank you. It is quiet here.\n(BEGIN VIDEO CLIP)\n"
        "UNIDENTIFIED FEMALE: We are afraid. We want answers!\n(END VIDEO CLIP)\nANCHOR: And that is it.\n"
    )
    assert [text for role, text in shown(article) if role == "caption"] == [
        "(BEGIN VIDEO CLIP)",
        "(END VIDEO CLIP)",
    ]
    assert set(roles(article)) == {"body", "caption"}
    assert article.title is None


def test_a_foreign_outlet_with_a_question_for_a_headline() -> None:
    article = article_from_text("""\
Will the chancellor fall over a bridge?

Critics speak of a farce; the chancellery speaks of a misunderstanding

From Jörg Östlund in Kørsund

KØRSUND, 3 March 2024 – The bridge is closed. « Nous attendons. » The chancellor is silent.

»Das ist absurd«, a deputy said. The vote was put off.
""")
    assert shown(article) == [
        ("headline", "Will the chancellor fall over a bridge?"),
        ("caption", "Critics speak of a farce; the chancellery speaks of a misunderstanding"),
        ("byline", "From Jörg Östlund in Kørsund"),
        ("body", "KØRSUND, 3 March 2024 – The bridge is closed."),
        ("body", "« Nous attendons. »"),
        ("body", "The chancellor is silent."),
        ("body", "»Das ist absurd«, a deputy said."),
        ("body", "The vote was put off."),
    ]


@pytest.mark.parametrize(
    "dateline",
    [
        "(CWN) —",
        "WASHINGTON (AP) —",
        "LONDON, March 3 (Reuters) -",
        "ST. PAUL, Minn. (AP) —",
        "WASHINGTON, D.C. —",
        "Geneva, 3 March –",
        "KYIV, Ukraine --",
        "NEW YORK, Sept. 12, 2023 (AFP) —",
        "(CWN) —\n",
    ],
)
def test_a_dateline_opens_the_first_sentence(dateline: str) -> None:
    text = f"Cabinet drops tax\n{dateline} The cabinet fell on Monday. It will not return.\nMore text follows."
    article = article_from_text(text)
    assert roles(article) == ["headline", "body", "body", "body"]
    assert article.sentences[1].text == f"{dateline} The cabinet fell on Monday."


@pytest.mark.parametrize(
    "byline",
    [
        "By Ann Dahl",
        "BY ANN DAHL AND BO ROE",
        "By Ann Dahl, Bo Roe and Cy de la Cruz, Outlet",
        "Analysis by Ann Dahl",
        "By Ann Dahl | The Daily Example",
        "Ann Dahl, Senior Political Correspondent",
    ],
)
def test_bylines_in_many_styles(byline: str) -> None:
    article = article_from_text(f"Cabinet drops the ferry tax\n{byline}\nThe cabinet dropped it on Monday.\n")
    assert roles(article) == ["headline", "byline", "body"]


def test_a_sentence_that_begins_with_by_is_no_byline() -> None:
    article = article_from_text("Cabinet falls\nBy Friday, the cabinet had fallen.\nNobody was surprised.")
    assert roles(article) == ["headline", "body", "body"]


def test_a_text_that_begins_with_a_paragraph_has_no_headline() -> None:
    article = article_from_text("The cabinet fell on Monday.\nNobody was surprised by that.\n")
    assert roles(article) == ["body", "body"]
    assert article.title is None


def test_a_single_line_is_body_whatever_it_looks_like() -> None:
    assert roles(article_from_text("Cabinet falls")) == ["body"]
    assert roles(article_from_text("© 2024")) == ["body"]


def test_short_paragraphs_and_lists_are_no_headings() -> None:
    article = article_from_text("""\
Cabinet publishes its list

The cabinet published the list of closed harbours on Monday.

Port Ellery
Outer Sound
Kingsmouth

The list is not complete, the ministry said. But why?

And then?

Nobody knew what to say to the fishermen.
""")
    assert roles(article) == ["headline", *["body"] * 8]


def test_credits_on_the_last_paragraphs_own_line() -> None:
    article = article_from_text(
        "Cabinet falls\nThe cabinet fell on Monday.\nIt is gone. (Reporting by Ann Dahl; editing by Bo Roe)"
    )
    assert roles(article) == ["headline", "body", "body", "credit"]


def test_credit_words_in_the_story_stay_body() -> None:
    article = article_from_text(
        "Archive opens\nA report said the ministry contributed to this story of failure.\n"
        "Copyright law was not the point, the minister said.\nThe archive opens in May.\n"
    )
    assert roles(article) == ["headline", "body", "body", "body"]
