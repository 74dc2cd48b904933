"""Whatever the text, offsets are exact, sentences are in order, and no character is lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from newstance.articles import Article, article_from_text, load_profile, mark_mentions

#: Pieces that break naive splitters, beside anything that Unicode has (lone surrogates included).
PIECES = st.sampled_from(
    [
        *(
            " ",
            "\n",
            "\n\n",
            "\r\n",
            "\r",
            "\u00a0",
            "\u2028",
            "\t",
            "\x00",
            "\ud800",
            "\udfff",
            "\u200b",
            "\ufeff",
        ),
        *(
            "“",
            "”",
            "‘",
            "’",
            '"',
            "'",
            "«",
            "»",
            "(",
            ")",
            "[",
            "]",
            ". ",
            "? ",
            "! ",
            "…",
            ".”",
            "?’",
            "?",
            "!",
        ),
        *(
            "The government",
            "the minister’s",
            "Sen. Doe",
            "Jan. 5",
            "9 a.m. Monday",
            "U.S. ",
            "no. ",
            "said",
            "Word",
        ),
        *(
            "By Ann Dahl",
            "(CWN) — ",
            "LONDON, March 3 (CWN) -",
            "two words here",
            "The-CWN-Wire",
            "\U0001f600",
            "é",
        ),
        *("© 2024", "All rights reserved.", "contributed to this report.", "e\u0301", "d’Été", "lower case"),
        *(
            "# ",
            "## ",
            "---",
            "===",
            "- ",
            "1. ",
            "> ",
            "**",
            "_",
            "![a](b)",
            "[a](http://b.c)",
            "```",
            "|--|",
        ),
    ]
)
ANY = st.text(st.characters(), max_size=8)
TEXTS = st.lists(PIECES | ANY, min_size=1, max_size=40).map("".join).filter(lambda text: text.strip() != "")
MARKS = set("#=-*_>`~|!+.:()[]0123456789")


def check(article: Article) -> set[int]:
    """Check offsets, order and roles; return the offsets that no sentence covers."""
    covered: set[int] = set()
    last = 0
    for number, sentence in enumerate(article.sentences):
        assert sentence.index == number
        assert article.text[sentence.start : sentence.end] == sentence.text
        assert last <= sentence.start < sentence.end <= len(article.text)
        assert sentence.text == sentence.text.strip()
        last = sentence.end
        covered.update(range(sentence.start, sentence.end))
        for mention in sentence.mentions:
            assert sentence.start <= mention.start < mention.end <= sentence.end
            assert article.text[mention.start : mention.end] == mention.text
        ends = [mention.end for mention in sentence.mentions]
        assert all(end <= mention.start for end, mention in zip(ends, sentence.mentions[1:], strict=False))
    paragraphs = [sentence.paragraph for sentence in article.sentences]
    assert paragraphs == sorted(paragraphs)
    return {at for at, character in enumerate(article.text) if not character.isspace()} - covered


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_every_character_of_a_plain_text_is_in_exactly_one_sentence(text: str) -> None:
    article = article_from_text(text)
    assert article.text == text.replace("\r\n", "\n").replace("\r", "\n")
    assert check(article) == set()


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_markdown_loses_nothing_but_its_marks(text: str) -> None:
    text = "Text. " + text  # so that there is always something beside marks, and no front matter
    article = article_from_text(text, markdown=True)
    lost = check(article)
    in_links = {c for line in text.splitlines() if "](" in line or "]:" in line or "`" in line for c in line}
    assert {article.text[at] for at in lost} <= MARKS | in_links


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_marking_mentions_changes_nothing_else(text: str) -> None:
    article = article_from_text(text)
    marked = mark_mentions(article, load_profile("government"))
    assert check(marked) == set()
    assert [s.text for s in marked.sentences] == [s.text for s in article.sentences]
