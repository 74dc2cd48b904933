"""What a profile finds in an archive is counted, with names where it found nothing, in bounded memory."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newstance.articles import Article, Draft, Refusal, TargetProfile, article_from_text, mark_mentions
from newstance.articles.capitalised import capitalised_names
from newstance.articles.drafts import article_or_refusal
from newstance.articles.mention_counts import Excerpt, MentionCounts, mentions_in_context
from newstance.articles.mention_sheet import open_sheet
from newstance.articles.reservoir import Reservoir
from newstance.articles.tally import Tally
from newstance.errors import OutputError

PROFILE = TargetProfile.model_validate(
    {"name": "the Roeland government", "aliases": ["the government"], "people": [{"name": "Edda Lorne"}]}
)
TEXT = """Quay Plan of Edda Lorne Divides Guild

By Edda Lorne

The government met on Monday, and the
government slept. Ann Roe left Tarn.

A guild of the government thanked Edda Lorne. Nobody saw Ann Roe.
"""


def marked(text: str = TEXT, id: str = "a") -> Article:
    return mark_mentions(article_from_text(text, id=id, date="2031-02-01"), PROFILE)


def test_sentences_and_articles_are_counted_by_what_was_taken_for_the_target() -> None:
    counts = MentionCounts()
    counts.add(marked())
    counts.add(marked("The government met. Nobody came.", "b"))
    counts.add(marked("Nobody came.", "c"))
    assert (counts.articles, counts.articles_named, counts.mentions) == (3, 2, 6)
    body = [s for s in marked().sentences if s.role in ("headline", "body")]
    assert counts.sentences == len(body) + 3 and counts.sentences_named == 4
    found = {form: (tallied.sentences, tallied.articles) for form, tallied in counts.forms.top(9)}
    assert found == {
        "The government": (2, 2),
        "Edda Lorne": (2, 1),
        "the government": (2, 1),  # over two lines, too
    }
    assert [form for form, _ in counts.forms.top(1)] == ["The government"]


def test_names_are_those_of_sentences_that_do_not_name_the_target_and_no_headline() -> None:
    counts = MentionCounts()
    counts.add(marked())
    names = {name: (tallied.sentences, tallied.articles) for name, tallied in counts.names.top(9)}
    assert names == {"Ann Roe": (2, 1), "Tarn": (1, 1)}


@pytest.mark.parametrize(
    ("sentence", "names"),
    [
        ("The Harbour Board’s plan failed Tarn's Guild.", {"Harbour Board", "Tarn", "Guild"}),
        ("On Tuesday the Department of the Quays met in May.", {"Department of the Quays"}),
        ("Sailors left.", set()),
        ("“Sailors left,” said Mr. Roe and Sen. Doe of U.S. Tarn.", {"Roe", "Doe of U.S. Tarn"}),
        ("But I think that I'm with Ana de la Cruz and J. B. Roe.", {"Ana de la Cruz", "J. B. Roe"}),
        ("In Tarn it rained: Nobody came to The Mill.", {"Tarn", "The Mill"}),
        ("SAILORS LEFT TARN.", set()),
        ("They read Seven Short Songs About One Cold Quay.", set()),
        ("Anti-Doe rules bind NQA and Saint-Roe.", {"NQA", "Saint-Roe"}),
        ("", set()),
    ],
)
def test_names_are_told_by_their_capitals(sentence: str, names: set[str]) -> None:
    assert capitalised_names(sentence) == names


@given(st.text(max_size=200))
def test_any_text_has_names_that_stand_in_it(text: str) -> None:
    flat = " ".join(text.split())
    assert all(name in flat for name in capitalised_names(text))


@given(st.text(max_size=300), st.data())
def test_an_excerpt_keeps_its_mention_and_its_room(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    room = data.draw(st.integers(0, 60))
    found = Excerpt.around(text, start, end, room=room)
    mention = " ".join(text[start:end].split())
    assert found.text[found.start : found.end] == mention
    assert len(found.text) <= len(mention) + room + 2  # an ellipsis on either side, where there is no room at all


def test_an_excerpt_shows_what_stands_around_the_mention() -> None:
    text = "A long sentence that begins far away says that the  government\nmet in a hall that nobody had ever seen."
    start = text.index("the  gov")
    found = Excerpt.around(text, start, start + len("the  government"), room=24)
    assert found.text == "…says that the government met in a h…"


def test_a_tally_keeps_to_its_bound_and_says_how_much_it_may_lack() -> None:
    texts = [f"rare {n}" if n % 2 else "common" for n in range(4000)]
    tally: Tally[int] = Tally(most=50)
    for n, text in enumerate(texts):
        tally.add(text, n // 3, lambda n=n: n)
    true = Counter(texts)
    assert len(tally) <= 50 and tally.short > 0
    ((first, found),) = tally.top(1)
    assert (first, found.sentences, found.example) == ("common", 2000, 0)
    assert all(t.sentences <= true[text] <= t.sentences + tally.short for text, t in tally.top(50))


@given(st.lists(st.sampled_from("abcdefghij"), max_size=300), st.integers(2, 12))
def test_no_count_lacks_more_than_the_tally_says(texts: list[str], most: int) -> None:
    tally: Tally[None] = Tally(most=most)
    for text in texts:
        tally.add(text, 0, lambda: None)
    kept = {text: found.sentences for text, found in tally.top(most)}
    assert all(kept.get(text, 0) <= n <= kept.get(text, 0) + tally.short for text, n in Counter(texts).items())


def test_a_reservoir_is_a_fair_sample_in_order_and_the_same_for_the_same_seed() -> None:
    def sample(seed: int, size: int = 5) -> list[int]:
        reservoir: Reservoir[int] = Reservoir(size, seed)
        for item in range(20):
            reservoir.offer(item)
        return reservoir.items()

    assert sample(1) == sample(1) != sample(2)
    assert sample(3) == sorted(set(sample(3))) and len(sample(3)) == 5
    assert sample(0, size=50) == list(range(20))
    often = Counter(item for seed in range(2000) for item in sample(seed))
    assert set(often) == set(range(20)) and all(400 < n < 600 for n in often.values())  # 500 each, by chance 19 off


def test_a_mention_comes_with_its_neighbours_and_offsets_into_its_sentence() -> None:
    rows = list(mentions_in_context(marked("Nobody came. Then Edda Lorne left. It rained.")))
    (row,) = rows
    assert (row.before, row.after) == ("Nobody came.", "It rained.")
    assert row.sentence[row.start : row.end] == row.mention == "Edda Lorne"
    assert (row.article, row.date, row.index) == ("a", "2031-02-01", 1)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sheet_holds_every_mention_or_a_sample_and_an_empty_column(tmp_path: Path) -> None:
    article = marked()
    for sample, rows in ((None, 5), (3, 3), (90, 5)):
        path = tmp_path / f"{sample}.csv"
        with open_sheet(path, sample=sample, seed=1) as sheet:
            sheet.add(article)
        found = rows_of(path)
        assert len(found) == sheet.rows == rows
        assert all(row["sentence"][int(row["start"]) : int(row["end"])] == row["mention"] for row in found)
        assert {row["right"] for row in found} == {""}


def test_a_sheet_that_fails_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    path.write_text("marked")
    with pytest.raises(RuntimeError), open_sheet(path, sample=None, seed=0) as sheet:
        sheet.add(marked())
        raise RuntimeError
    assert path.read_text() == "marked" and list(tmp_path.iterdir()) == [path]
    with pytest.raises(OutputError), open_sheet(path / "in" / "it.csv", sample=None, seed=0):
        pass


def test_an_article_that_cannot_be_taken_apart_is_refused_and_others_go_on() -> None:
    def fail(article: Article) -> Article:
        raise KeyError(article.id)

    found = article_or_refusal(Draft("a", path="a.csv", line=2, text="Nobody came."), mark=fail)
    assert isinstance(found, Refusal) and str(found.error).startswith("a.csv:2: cannot be taken apart (KeyError")
    assert isinstance(article_or_refusal(Draft("a", text=" ")), Refusal)
