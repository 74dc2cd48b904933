"""Quotations are found whatever their marks, nested or not, closed or not."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newstance.articles.quotations import Quotation, find_quotations

PIECES = st.sampled_from(
    [
        *"“”„‟«»\"‘’‚‹›'`",
        "''",
        "``",
        " ",
        "\n",
        ". ",
        ", ",
        "? ",
        "he said",
        "We go",
        "6'2",
        "workers",
        "'90s",
        "—",
        "(",
        "\ud800",
    ]
)


def quoted(*paragraphs: str) -> list[str]:
    text = "\n\n".join(paragraphs)
    return [text[q.start : q.end] for q in found(*paragraphs)]


def found(*paragraphs: str) -> list[Quotation]:
    spans, at = [], 0
    for paragraph in paragraphs:
        spans.append((at, at + len(paragraph)))
        at += len(paragraph) + 2
    return find_quotations("\n\n".join(paragraphs), spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("“We sail,” she said. “And we sell.”", ["“We sail,”", "“And we sell.”"]),
        ('"We sail," she said.', ['"We sail,"']),
        ("''We sail,'' she said. It was ''the end.''", ["''We sail,''", "''the end.''"]),
        ("'It's on,' said the dockers' leader. 'We aren't done.'", ["'It's on,'", "'We aren't done.'"]),
        ("‘We said “no” to it,’ he said.", ["‘We said “no” to it,’"]),
        ("“‘Sail,’ he said,” Ann recalled.", ["“‘Sail,’ he said,”"]),
        ("«Nous partons,» dit-elle. „Gut“, sagte er. ”Bra”, sa hon.", ["«Nous partons,»", "„Gut“", "”Bra”"]),
        ("He told me “she said “go” and left,” and so on.", ["“she said “go” and left,”"]),
        ('A 6\'2" docker said "no".', ['"no"']),
        ("The dockers' and the masters' claims of the '90s, 'em all.", []),
    ],
)
def test_marks_of_every_style(text: str, expected: list[str]) -> None:
    assert quoted(text) == expected


def test_a_speech_over_paragraphs_goes_on_where_each_opens_with_a_mark() -> None:
    first, second = found("“We sail at noon. The tide is right.", "“And we sell at one,” she said.")
    assert (first.closed, first.continues) == (False, True)
    assert (second.closed, second.paragraph) == (True, 1)


def test_a_forgotten_closing_mark_spoils_one_sentence_and_not_the_next_quotation() -> None:
    assert quoted("She called it “a day. Then he spoke: “We sail.”") == ["“a day.", "“We sail.”"]


def test_a_quotation_that_never_closes_ends_with_its_paragraph() -> None:
    assert quoted("“The fleet stays where it is. It will wait.", "Nobody waited.") == [
        "“The fleet stays where it is. It will wait."
    ]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(PIECES, max_size=30).map("".join), min_size=1, max_size=4))
def test_quotations_lie_in_order_inside_their_paragraphs(paragraphs: list[str]) -> None:
    last = 0
    starts = [sum(len(p) + 2 for p in paragraphs[:n]) for n in range(len(paragraphs))]
    for quotation in found(*paragraphs):
        assert last <= quotation.start < quotation.end
        first = starts[quotation.paragraph]
        assert first <= quotation.start
        assert quotation.end <= first + len(paragraphs[quotation.paragraph])
        last = quotation.end


def lines_run(text: str) -> int:
    """Count the lines of Python that finding quotations executes: the same on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        find_quotations(text, [(0, len(text))])
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("piece", ["“a ", "a” ", '"a ', "'a ", "“a” ", "‘a s’ ", "“ ‘"])
def test_work_grows_in_step_with_the_marks(piece: str) -> None:
    assert lines_run(piece * 2000) < 2.2 * lines_run(piece * 1000)
