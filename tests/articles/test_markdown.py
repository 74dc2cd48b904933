"""Markdown keeps its offsets into the original text; its marks are no part of headings and items."""

from __future__ import annotations

import pytest

from newstance.articles import Article, article_from_text

MARKDOWN = """\
---
title: The plan in the front matter
publisher: The Valley Examiner
date: 2024-09-18
---

# Who wins from the *water* plan #

*By Dario Penn, The Valley Examiner*

![Pumps at dusk](img/pumps.png "Pumps")

The **cabinet** calls its [water plan](https://example.org/a.b?c=d "A. Title") fair. Critics
disagree. "It is theft," said
Bo Roe.

Who pays?
---------

- The state pays half. Farmers pay the rest.
- Cities pay nothing

> "We were never asked," the
> mayor wrote. "Never."

***

**What comes next**

The vote is on Jan. 5. [Read the plan.](https://example.org/more)

[1]: https://example.org

Reporting by Dario Penn
"""


def shown(article: Article) -> list[tuple[str, str]]:
    for sentence in article.sentences:
        assert article.text[sentence.start : sentence.end] == sentence.text
    return [(sentence.role, sentence.text) for sentence in article.sentences]


def test_markdown_is_read_by_its_marks() -> None:
    article = article_from_text(MARKDOWN, markdown=True)
    assert shown(article) == [
        ("headline", "Who wins from the *water* plan"),
        ("byline", "*By Dario Penn, The Valley Examiner*"),
        ("caption", "Pumps at dusk"),
        ("body", 'The **cabinet** calls its [water plan](https://example.org/a.b?c=d "A. Title") fair.'),
        ("body", "Critics\ndisagree."),
        ("body", '"It is theft," said\nBo Roe.'),
        ("heading", "Who pays?"),
        ("body", "The state pays half."),
        ("body", "Farmers pay the rest."),
        ("body", "Cities pay nothing"),
        ("body", '"We were never asked," the\n> mayor wrote.'),
        ("body", '"Never."'),
        ("heading", "What comes next"),
        ("body", "The vote is on Jan. 5."),
        ("body", "[Read the plan.](https://example.org/more)"),
        ("credit", "Reporting by Dario Penn"),
    ]
    assert article.text == MARKDOWN
    assert (article.title, article.outlet, article.date) == (
        "Who wins from the *water* plan",
        "The Valley Examiner",
        "2024-09-18",
    )


def test_front_matter_gives_what_the_text_does_not() -> None:
    article = article_from_text(
        "---\ntitle: A title\ndate: 2024-01-02T10:00:00Z\n---\nThe cabinet fell.", markdown=True
    )
    assert (article.title, article.date, len(article.sentences)) == ("A title", "2024-01-02", 1)
    given = article_from_text("---\noutlet: A\n---\nThe cabinet fell.", markdown=True, outlet="B")
    assert given.outlet == "B"


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ('"May 1, 2016"', "2016-05-01"),
        ("Tue, 21 Jan 2025 10:00:00 GMT", "2025-01-21"),
        ("20250121", "2025-01-21"),
        ("2025-1-21", "2025-01-21"),
        ("2025-01-21 23:30:00 -05:00", "2025-01-21"),
        ("21/01/2025", "21/01/2025"),
        ("2025", "2025"),
        ("last  week", "last week"),
        ("2025-02-30", "2025-02-30"),
        ("0001-01-01T00:00:00Z", None),
        ("", None),
        ("[2025-01-21]", None),
        ("true", None),
        ("12:30:45", None),
        ("1.5", None),
    ],
)
def test_a_date_in_front_matter_is_understood_as_a_pages_is_or_kept_as_it_stands(
    written: str, date: str | None
) -> None:
    article = article_from_text(f"---\ndate: {written}\ntitle: A title\n---\nThe cabinet fell.", markdown=True)
    assert (article.title, article.date) == ("A title", date)


def test_front_matter_that_is_none_is_text() -> None:
    for text in ("---\n- No mapping\n---\nText.", "---\n- [broken\n---\nText.", "---\nopen: for ever\n"):
        article = article_from_text(text, markdown=True)
        assert article.title is None
        assert article.sentences


def test_one_long_line_per_paragraph_also_works() -> None:
    line = "The cabinet explained " + "why the harbour tax would stay in force " * 3 + "until June. It will."
    article = article_from_text(f"# Tax\n{line}\n{line}\n", markdown=True)
    assert [s.paragraph for s in article.sentences] == [0, 1, 1, 2, 2]


def test_plain_text_has_no_markdown() -> None:
    assert article_from_text("# Tax stays\n\nThe cabinet explained why.").sentences[0].text == "# Tax stays"


@pytest.mark.parametrize(
    "front",
    [
        '---\ntitle: "Harbour: plan\ndate: 2031-03-01\nsource: Quay: News\n---\n',  # a quotation never closed
        "---\ntitle: Harbour: plan\ndate: 2031-03-01\nsource: Quay: News\n\n",  # nor the block itself
    ],
)
def test_broken_front_matter_is_no_text(front: str) -> None:
    article = article_from_text(front + "\nThe council met at noon. It met again.\n", markdown=True)
    assert [s.text for s in article.sentences] == ["The council met at noon.", "It met again."]
    assert (article.title, article.outlet, article.date) == ("Harbour: plan", "Quay: News", "2031-03-01")


def test_a_text_between_two_rules_is_text() -> None:
    article = article_from_text("---\nThe council met at noon.\n---\nIt met again.\n", markdown=True)
    assert "The council met at noon." in [s.text for s in article.sentences]
