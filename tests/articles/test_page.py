"""A page gives its main text, title first, and what it says of itself."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from trafilatura import load_html

from newstance.articles import Draft, article_from_draft, article_from_html, read_article
from newstance.articles import published as dates_of_pages
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


BODY = "<p>The council met on Monday to discuss the harbour plan and its long and costly consequences for all.</p>"


def page(*, head: str = "", body: str = "") -> str:
    return f"<html><head><title>Tides</title>{head}</head><body><article>{body}{3 * BODY}</article></body></html>"


@pytest.mark.parametrize(
    "html",
    [
        page().replace("</body>", "<footer>© 2019 Quay News</footer></body>"),
        page(body="<p>The old harbour was closed on 12 March 2003, and nobody missed it.</p>"),
        page(body='<img src="/uploads/2011/02/a.jpg"><p>The harbour.</p>'),
        page(body='<p class="date">03/04/2025</p>'),
        page(body="<h1>What changed on 12 March 2003</h1>"),
        page(head='<link rel="alternate" href="https://quay.example/2011/02/03/tides">'),
        page(head='<link rel="canonical" href="https://quay.example/2011/02/tides">'),
        page(head='<link rel="canonical" href="https://quay.example/03/02/2011/tides">'),
        page(head='<link rel="canonical" href="https://quay.example/2011/02/31/tides">'),
        page(head='<link rel="canonical" href="https://quay.example/2011/02/12-tides-to-see">'),
        page(head='<link rel="canonical" href="https://quay.example/tides-of-2011-02-03">'),
        page(head='<link rel="canonical" href="https://quay.example/tides?like=/2011/02/03/ebb#/2011/02/03/ebb">'),
        page(head='<link rel="canonical" href="https://quay.example/2011/02/03/tides/2011/02/04/ebb">'),
        page(head='<link rel="canonical" href="https://quay.example/2011/02/03/tides">'
             '<meta property="og:url" content="https://quay.example/2011/02/04/tides">'),
        page(head='<link rel="canonical" href="https://quay.example/fairs/2011-02-03-2011-02-05">'),
        page(head='<link rel="canonical" href="https://quay.example/2011/02/03/open-until-2011-02-05">'),
        page(head='<link rel="canonical" href="https://[quay/2011/02/03/tides">'),
        page(body='<a href="https://quay.example/2011/02/03/tides">The tides</a>'),
        page(head='<meta property="article:modified_time" content="2031-03-04">'),
        page(body='<p>It closed on <time datetime="2003-03-12">12 March</time>, and nobody missed it.</p>'),
        page(body='<aside><time datetime="2003-03-12">12 March</time></aside>'),
        page(body='<a href="/other">Another tide <time datetime="2003-03-12">12 March</time></a>'),
        page(body='<time datetime="10:30">10:30</time>'),
        page(head='<meta name="date" content="1741082400">'),
        page(head='<meta name="date" content="1741082400.5">'),
        page(head='<meta name="date" content="1970-01-01T00:00:00Z">'),
        page(head='<meta name="date" content="0001-01-01T00:00:00">'),
        page(head='<script type="application/ld+json">{"@type": "List", "a": {"datePublished": "20030312"}}</script>'),
        page(head='<script type="application/ld+json">{"datePublished": </script>'),
    ],
)  # fmt: skip
def test_only_metadata_and_a_whole_day_in_its_own_address_date_a_page(html: str) -> None:
    assert article_from_html(html).date is None


@pytest.mark.parametrize(
    "html",
    [
        page(head='<meta name="date" content="20310304">'),
        page(head='<meta itemprop="datePublished" content="2031-03-04T23:30:00-05:00">'),
        page(head='<meta name="pubdate" content="Tue, 04 Mar 2031 10:00:00 GMT">'),
        page(head='<meta name="citation_publication_date" content="2031/03/04">'),
        page(head='<meta name="date" content="2031-3-4">'),
        page(head='<meta name="date" content="March 4, 2031">'),
        page(head='<meta name="date" content="Tuesday, 4th Mar. 2031, 10:00">'),
        page(head='<meta name="date" content=""><meta name="date" content="2031-03-04">'),
        page(head='<meta name="pubdate" content="1741082400"><meta name="date" content="2031-03-04">'),
        page(head='<meta property="article:published_time" content="1970-01-01T00:00:00Z">'
             '<meta name="date" content="2031-03-04">'),
        page(head='<meta name="date" content="04/03/2031"><meta name="dc.date" content="2031-03-04">'),
        page(head='<script type="application/ld+json">{"@graph": [{"@type": "WebPage", "datePublished": "2030-01-01"},'
             '{"@type": "NewsArticle", "datePublished": "2031-03-04T10:00:00Z"}]}</script>'),
        page(head='<script type="application/ld+json">[{"@type": "Article", "datePublished": "2031-03-04"}]</script>'),
        page(head='<script type="application/ld+json">{"datePublished": ["2031-03-04", "2031-03-05"]}</script>'),
        page(head='<script type="application/ld+json">\n//<![CDATA[\n{"datePublished": "2031-03-04"}\n//]]></script>'),
        page(head='<script type="application/ld+json"><!-- {"datePublished": "2031-03-04"} //--></script>'),
        page(head='<script type="application/ld+json">{"@type": "WebPage", "datePublished": "2030-01-01", '
             '"mainEntity": {"@type": "NewsArticle", "datePublished": "2031-03-04"}}</script>'),
        page(body='<p>Published on <time datetime="2031-03-04T10:00">4 March</time></p>'),
        page(body='<time datetime="2031-03-05">5 March</time><a href="/tides"><time class="entry-date published" '
             'datetime="2031-03-04">4 March</time></a>'),
        page(head='<link rel="canonical" href="https://quay.example/2031/03/04/tides">'),
        page(head='<link rel="canonical" href="https://quay.example/2031/03/04/tides-2031-03-04">'),
        page(head='<link rel="shortlink Canonical" href="/news/2031-03-04-tides">'
             '<meta property="og:url" content="https://quay.example/2031/03/04/">'),
        page(head='<meta property="og:url" content="https://quay.example/2031-03-04/tides?day=2031-03-05">'),
        page(head='<link rel="canonical" href="https://quay.example/2031/03/05/tides">'
             '<meta name="date" content="2031-03-04">'),
        page(head='<link rel="canonical" href="https://quay.example/2031/03/04/tides">'
             '<meta name="date" content="04/03/2031">'),
    ],
)  # fmt: skip
def test_what_a_page_says_of_its_day_counts(html: str) -> None:
    assert article_from_html(html).date == "2031-03-04"
    assert article_from_html(html, date="2031-03-09").date == "2031-03-09"


class Counted:
    def __init__(self) -> None:
        self.calls = 0

    def search(self, text: str) -> bool:
        self.calls += 1
        return True


def test_the_text_around_many_times_is_looked_at_once_and_only_where_nothing_else_tells(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dates_of_pages, "_PROSE", counted := Counted())
    times = "<blockquote>" + 50 * '<time datetime="2031-03-05">5 March</time>' + "</blockquote>"
    assert dates_of_pages.published(load_html(page(body=times))) is None
    assert counted.calls == 1
    head = '<meta name="date" content="2031-03-04">'
    assert dates_of_pages.published(load_html(page(head=head, body=times))) == "2031-03-04"
    assert counted.calls == 1


def test_a_date_of_metadata_that_can_be_read_in_two_ways_stays_as_it_is() -> None:
    assert article_from_html(page(head='<meta name="date" content=" 03/04/2025 ">')).date == "03/04/2025"


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        ("The federal<br>government fell.", ["The federal government fell."]),
        ("The <b>federal</b><br/>\ngovernment fell.", ["The federal government fell."]),
        ("The tide rose.<br>The council fled.", ["The tide rose.", "The council fled."]),
        ("The harbour<br>The tide rose.", ["The harbour", "The tide rose."]),
    ],
)
def test_a_line_break_is_a_blank_in_a_sentence_and_ends_a_line_elsewhere(body: str, texts: list[str]) -> None:
    article = article_from_html(page(body=f"<p>{body}</p>"))
    assert [s.text for s in article.sentences[1:] if not s.text.startswith("The council met on Monday")] == texts


def test_a_byline_above_a_line_break_is_one() -> None:
    article = article_from_html(page(body="<p>By Jane Doe<br>The tide rose and the council fled.</p>"))
    assert [(s.role, s.text) for s in article.sentences[:3]] == [
        ("headline", "Tides"),
        ("byline", "By Jane Doe"),
        ("body", "The tide rose and the council fled."),
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        (
            "<h2>Harbour plan falls</h2><p>The old<br>council fell. &#8220;We lost,&#8221; she said.</p><p>Yes.</p>",
            [
                ("headline", "Harbour plan falls"),
                ("body", "The old council fell."),
                ("body", "“We lost,” she said."),
                ("body", "Yes."),
            ],
        ),
        (
            "The council <em>met</em>.\r\n\r\nIt fell\non Monday, <a href='/a'>it</a> said.<script>a()</script>",
            [("body", "The council met."), ("body", "It fell on Monday, it said.")],
        ),
        (
            "<div>One, said the <code>council</code>.\n\n<!-- no -->Two.<ul><li>Three.</li><li>Four.</li></ul></div>",
            [("body", "One, said the council."), ("body", "Two."), ("body", "Three."), ("body", "Four.")],
        ),
        (
            '<h2\nclass="x">Harbour plan</h2>\n<script\n type="text/javascript">var government = 1;</script>\n'
            "The government failed.",
            [("headline", "Harbour plan"), ("body", "The government failed.")],
        ),
        (
            '<p\n\nclass="x">One.\n\nTwo.</p><script\n\n type="text/javascript">var government = 1;</script>',
            [("body", "One."), ("body", "Two.")],
        ),
        ('<?xml version="1.0" encoding="latin-1"?><p>Café.</p>', [("body", "Café.")]),
        ("AT&amp;T is <5 dollars; a < b, said <b> it.", [("body", "AT&amp;T is <5 dollars; a < b, said <b> it.")]),
    ],
)
def test_a_cell_of_html_gives_all_its_text_and_no_tags(cell: str, expected: list[tuple[str, str]]) -> None:
    article = article_from_draft(Draft("a", text=cell, date="2031-03-04"))
    assert [(s.role, s.text) for s in article.sentences] == expected
    assert all(article.text[s.start : s.end] == s.text for s in article.sentences)
    assert (article.id, article.date) == ("a", "2031-03-04")


def test_a_whole_page_in_a_cell_is_read_as_a_page() -> None:
    article = article_from_draft(Draft("a", text=PAGE.format(charset="utf-8"), title="Ferries"))
    assert (article.id, article.title, article.date) == ("a", "Ferries", "2023-05-06")
    assert "Home" not in article.text and article.sentences[0].text == "Cabinet drops ferry tax"


@pytest.mark.parametrize(
    "above",
    [
        '<?xml version="1.0" encoding="iso-8859-1"?>\n',
        "<!-- kept: 3 > 2 -->",
        '<?xml version="1.0"?><!-- a --> <!-- b -->',
    ],
)
def test_a_page_is_one_under_a_declaration_or_comments(above: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = above + PAGE.format(charset="utf-8").replace("Cabinet drops", "Café drops")
    cell = article_from_draft(Draft("a", text=page))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.encode())))
    for article in (cell, read_article("-")):
        assert (article.date, article.sentences[0].text) == ("2023-05-06", "Café drops ferry tax")
        assert "Home" not in article.text


@pytest.mark.parametrize(
    "cell",
    [
        "<body><p>It fell.</p></body>",
        "<head><title></title></head><p>It fell.</p>",
        "<html><body><table><tr><td>It fell.</td></tr></table></body></html>",
        "<html><body><footer>It fell.</footer></body></html>",
        "<html><body><h1>It fell.</h1></body></html>",
    ],
)
def test_a_page_in_a_cell_on_which_no_article_stands_out_gives_all_its_text(cell: str) -> None:
    assert article_from_draft(Draft("a", text=cell)).text == "It fell."


def test_a_cell_that_newstance_wrote_is_refused_all_the_same() -> None:
    with pytest.raises(ArticleError, match="a page that newstance wrote"):
        article_from_draft(Draft("a", text='<html><head><meta name="generator" content="newstance"></head>It fell.'))


def test_a_page_may_begin_with_its_body() -> None:
    article = article_from_html(f"<body>{BODY}</body>")
    assert {s.text for s in article.sentences} == {BODY[3:-4]}


def test_a_cell_of_tags_alone_is_refused_with_its_place() -> None:
    with pytest.raises(ArticleError, match=r"a\.csv:3: the text holds nothing but tags"):
        article_from_draft(Draft("a", path="a.csv", line=3, text="<p> </p><br>"))


@pytest.mark.parametrize("charset", ["utf-8", "windows-1252", "iso-8859-1"])
def test_a_bad_byte_in_a_page_of_utf_8_costs_only_itself(tmp_path: Path, charset: str) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(PAGE.format(charset=charset).encode().replace(b"overdue", b"overdue at the Caf\xe9"))
    article = read_article(file)
    assert "“We listened,”" in article.text and "at the Caf\ufffd." in article.text
    assert article.encoding == "utf-8"


def test_a_page_that_only_says_it_is_utf_8_is_read_as_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_bytes(PAGE.format(charset="utf-8").encode("cp1252"))
    assert "“We listened,”" in read_article(file).text


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
