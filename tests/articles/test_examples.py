"""The shipped examples read well, and a real article is split as a reader would split it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from newstance.articles import article_from_text, expand_paths, load_profile, mark_mentions, read_article

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "data" / "articles" / "venezuela-strikes.txt"


@pytest.mark.parametrize("name", ["ferry-tax.txt", "water-plan.md", "school-tutors.html"])
def test_examples_have_a_headline_headings_and_mentions(name: str) -> None:
    article = mark_mentions(read_article(ROOT / "examples" / name), load_profile("government"))
    roles = Counter(sentence.role for sentence in article.sentences)
    assert roles["headline"] == 1
    assert roles["heading"] >= 2
    assert 8 <= roles["body"] <= 14
    body = [sentence for sentence in article.sentences if sentence.role == "body"]
    assert sum(bool(sentence.mentions) for sentence in body) >= 0.4 * len(body)


def test_the_examples_folder_expands_to_the_three() -> None:
    assert [p.suffix for p in expand_paths([ROOT / "examples"])] == [".txt", ".html", ".md"]


@pytest.mark.skipif(not REAL.exists(), reason="the real article is not part of the repository")
def test_the_real_article() -> None:
    article = mark_mentions(read_article(REAL), load_profile("us-trump-2025"))
    roles = Counter(sentence.role for sentence in article.sentences)
    assert roles == {"headline": 1, "caption": 1, "byline": 1, "heading": 5, "credit": 4, "body": 69}
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)
    assert sum(bool(s.mentions) for s in article.sentences if s.role == "body") > 40
    stray = article_from_text(article.text.rstrip() + "2")
    assert len(stray.sentences) == len(article.sentences)
    assert stray.sentences[-1].role == "credit"
    assert stray.sentences[-1].text.endswith(".2")
