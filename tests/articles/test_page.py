"""A page gives its main text, title first, and what it says of itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from newstance.articles import article_from_html, read_article
from newstance.errors import ArticleError

PAGE = """<!DOCTYPE html><html><head><meta charset="{charset}">
<title>Cabinet drops ferry tax | Daily Example</title>
<meta property="og:title" content="Cabinet drops ferry tax">
<meta property="og:site_name" content="Daily Example">
<meta property="article:published_time" content="2023-05-06T10:00:00Z"></head>
<body><nav><a href="/">Home</a> <a href="/news">News</a></nav><article><h1>Cabinet drops ferry tax</h1>
<p>The cabinet on Tuesday dropped a tax on ferry tickets
that had angered islanders all year.</p>
<p>“We listened,” the transport minister said. “The islands told us it was <em>wrong</em>.”</p>
<h2>A costly retreat</h2>
<p>Economists said that the government had lost about 40 million, and that this hurt its budget.</p>
<ul><li>Tickets fall by a tenth.</li><li>Season tickets are refunded.</li></ul>
<p>The opposition called the retreat overdue.</p></article>
<footer>© Daily Example</footer></body></html>
"""


def test_a_page_becomes_title_headings_and_paragraphs() -> None:
    article = article_from_html(PAGE.format(charset="utf-8"))
    assert [(s.role, s.text) for s in article.sentences] == [
        ("headline", "Cabinet drops ferry tax"),
        (
            "body",
            "The cabinet on Tuesday dropped a tax on ferry tickets that had angered islanders all year.",
        ),
        ("body", "“We listened,” the transport minister said."),
        ("body", "“The islands told us it was wrong.”"),
        ("heading", "A costly retreat"),
        (
            "body",
            "Economists said that the government had lost about 40 million, and that this hurt its budget.",
        ),
        ("body", "Tickets fall by a tenth."),
        ("body", "Season tickets are refunded."),
        ("body", "The opposition called the retreat overdue."),
    ]
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)
    assert (article.title, article.outlet, article.date) == (
        "Cabinet drops ferry tax",
        "Daily Example",
        "2023-05-06",
    )
    assert article.sentences[-1].section == "A costly retreat"


def test_a_pages_declared_encoding_counts(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(PAGE.format(charset="windows-1252").encode("cp1252"))
    article = read_article(file)
    assert "“We listened,”" in article.text
    assert article.encoding == "windows-1252"


@pytest.mark.parametrize(
    "html",
    [
        "<html><body></body></html>",
        "<html><head><title>Only a title</title></head><body><script>let a = 1;</script></body></html>",
        "<",
        "<!-- nothing -->",
    ],
)
def test_a_page_without_text_is_refused(html: str) -> None:
    with pytest.raises(ArticleError, match="no article text"):
        article_from_html(html)


def test_broken_markup_and_odd_characters_do_no_harm() -> None:
    body = "<p>The \ud83d cabinet\x00 fell on Monday night, and nobody in the harbour was surprised by it.</p>" * 5
    article = article_from_html(f"<html><body><div><article>{body}<p>Unclosed <b>text")
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys, newstance.articles as a; a.article_from_text('A b. C d.');"
        "heavy = {'trafilatura', 'lxml', 'charset_normalizer', 'pydantic', 'numpy'} & set(sys.modules);"
        "sys.exit(', '.join(sorted(heavy)) or 0)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr.strip()) == (0, "")
