"""Sentences end where a careful reader ends them."""

from __future__ import annotations

import pytest

from newstance.articles import article_from_text

#: Each list is one paragraph, already split.
PARAGRAPHS = [
    ["“We will stay.", "We will not pay,” Ms. Dahl said.", "“Not now.", "Not ever.”", "She left."],
    ['"We will stay.', 'We will not pay," Ms. Dahl said.', '"Not ever."', "She left."],
    ["‘We will stay.", "We will not pay,’ the minister’s aide said.", "Nobody moved."],
    ["“And the message is ‘Do you want it easy or do you want it hard?’”", "He paused."],
    [
        "“Who pays?” asked Bo Roe of Kingsmouth.",
        "“You do!” Mr. Dahl of the ministry shouted.",
        "He sat down.",
    ],
    ["“Is it over?” she asked.", "“Yes!”", "He nodded."],
    ["“It goes on.", "We remain."],
    ["Sen. Karl Vint and Gov. Ada Quist met Lt. Col. Bo Roe.", "Reps. Lee Moss and Ty Orr came too."],
    ["Sen. Karl Vint (D-N.Y.) voted no.", "Rep. Lee Moss (R-Wis.) has doubts."],
    [
        "The bill fell in May.",
        "The cabinet of Roe met in Jan.",
        "“Nobody came,” said Ann May.",
        "Parliament rose on Sept. 5 and Jan. 6.",
    ],
    [
        "The U.S. Senate met on Jan. 5 at 9 a.m. Monday.",
        "It met at 3 p.m. EST on Capitol Hill.",
        "Nobody came.",
    ],
    ["He lives in the U.S.", "He said so on Oct. 3."],
    ["(The ministry did not reply.", "It never does.)", "The court ruled."],
    ["The cost rose by 3.5 percent to $4.2 million.", "No. 10 declined to comment."],
    ["J.R. Dahl paid.", "The others did not."],
    ["« Nous attendons. »", "The chancellor is silent."],
    ["3. The cabinet fell.", "It was late."],
    ["The minister … said nothing.", "Wait.", "What?!", "No one knew."],
    ["The\u00a0minister fell.", "He\u00a0left."],
    ["He said: \U0001f600 fine.", "\U0001f600 Then he left."],
]


@pytest.mark.parametrize("space", [" ", "  ", "\u00a0"])
@pytest.mark.parametrize("sentences", PARAGRAPHS, ids=lambda s: s[0][:24])
def test_a_paragraph_is_split_where_it_should_be(sentences: list[str], space: str) -> None:
    text = space.join(sentences)
    assert [s.text for s in article_from_text(text).sentences] == sentences
