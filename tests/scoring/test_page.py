"""Pages: self-contained, escaped whatever an article holds, and true to the scores."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from markupsafe import escape

from newstance.articles import Article, article_from_html
from newstance.errors import ArticleError, OutputError, UsageError
from newstance.model import load_codebook
from newstance.scoring import ScoredArticle, summarise
from newstance.scoring.corpus_page import article_row, corpus_page
from newstance.scoring.page import Extras, article_page
from newstance.scoring.page_writer import PageWriter
from newstance.scoring.shares import article_score

STANCE = load_codebook().layer("stance")
HandScored = Callable[..., tuple[Article, ScoredArticle]]


def data_of(page: str) -> list[dict[str, object]]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    return list(json.loads(found[1])["sentences"])


def test_nothing_that_an_article_holds_becomes_markup(scored: HandScored, hostile: str) -> None:
    article, result = scored(f"Headline {hostile}\n\n{hostile} wrecked the harbour. It rained.\n")
    extras = {0: Extras(([hostile], "neutral"), [(hostile, hostile, hostile)])}
    page = article_page(article, result, STANCE, extras=extras)
    assert page.count("<script") == 2 and "<img" not in page and "onerror=alert(2)>" not in page
    assert "49" not in re.sub(r"<style>.*?</style>|<script>.*?</script>", "", page, flags=re.S).split('id="data"')[0]
    assert data_of(page)[0]["flip"] == {"words": [hostile], "stance": "neutral"}
    corpus = corpus_page([article_row(result, "a/1.html")], STANCE.codes)
    assert corpus.count("<script") == 1 and "<img" not in corpus
    assert str(escape(hostile)) in corpus.split("By speaker")[1] and str(escape(hostile)) in page.split("By speaker")[1]


def test_no_page_of_ours_is_read_as_an_article(scored: HandScored) -> None:
    article, result = scored("The council met. It praised the ferry, and everybody who came to the quay heard it.\n")
    for page in (article_page(article, result, STANCE), corpus_page([article_row(result, "x")], STANCE.codes)):
        with pytest.raises(ArticleError, match="newstance wrote"):
            article_from_html(page)


def test_only_the_pages_own_style_and_script_are_allowed(scored: HandScored) -> None:
    article, result = scored("The council met.\n")
    for page in (article_page(article, result, STANCE), corpus_page([article_row(result, "x")], STANCE.codes)):
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
        assert policy and policy[1].startswith("default-src 'none'; ")
        for tag in ("style", "script"):
            inside = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)
            assert inside
            digest = base64.b64encode(hashlib.sha256(inside[1].encode()).digest()).decode()
            assert f"{tag}-src 'sha256-{digest}'" in policy[1]
        assert (
            " style=" not in page
            and not re.search(r"\son\w+=\"", page)
            and "http" not in page.split("<style>")[0][200:]
        )


def test_every_sentence_is_there_in_order_with_its_paragraphs(scored: HandScored) -> None:
    text = "The harbour plan\n\nThe council met. It rained all day.\n\nNobody came.\n"
    article, result = scored(text)
    page = article_page(article, result, STANCE)
    bare = re.sub(r"<[^>]+>", "", page.split('<article id="text">')[1].split("</article>")[0])
    assert " ".join(bare.replace("−", "").replace("+", "").replace("?", "").split()) == " ".join(text.split())
    assert page.count('<div class="block">') == 3
    assert [row["index"] for row in data_of(page)] == [0, 1, 2, 3]


def test_the_shares_sum_to_the_score_exactly_and_abstained_sentences_add_nothing(scored: HandScored) -> None:
    _, result = scored("The harbour plan\n\nThe council met. It rained. Nobody came. The tide rose.\n")
    score, shares = article_score(result.sentences)
    assert score is not None and score == sum(share or 0.0 for share in shares)
    decided = [s for s in result.sentences if not s.abstained]
    mean = sum(s.stance_probability["favor"] - s.stance_probability["against"] for s in decided) / len(decided)
    assert score == pytest.approx(mean)
    assert shares[3] == 0.0 and result.sentences[3].abstained


def test_pages_tell_what_names_the_target_before_all(scored: HandScored) -> None:
    article, result = scored("The harbour plan\n\nThe council met. It rained. Nobody came.\n")
    sentences = [replace(s, target_spans=[(s.start, s.end)] if s.index in (1, 3) else []) for s in result.sentences]
    result = replace(result, sentences=sentences, summary=summarise(sentences, STANCE.codes))
    header = re.sub(r"<[^>]+>", "", article_page(article, result, STANCE).split("<header>")[1].split("</header>")[0])
    assert "2 sentences name the target: 0 favor, 1 against, 0 neutral, 1 abstained" in header
    assert "all 4 of headline and body: 1 favor, 1 against, 1 neutral, 1 abstained" in header
    assert "−0.600 of those that name it, +0.033 of all" in header
    corpus = corpus_page([article_row(result, "x")] * 2, STANCE.codes)
    cells = re.findall(r'<td class="num">(.*?)</td>', corpus.split('id="articles"')[1].split("</table>")[0])
    assert cells[:6] == ["2 (4)", "0 (1)", "1 (1)", "0 (1)", "1 (1)", "−0.600 (+0.033)"]
    outlets = re.findall(r'<td class="num">(.*?)</td>', corpus.split("<h2>By outlet</h2>")[1].split("</table>")[0])
    assert outlets[:5] == ["2", "0 (2)", "2 (2)", "0 (2)", "2 (2)"]


@pytest.mark.parametrize("abstained", [True, False])
def test_only_what_is_never_counted_is_said_not_to_be(scored: HandScored, *, abstained: bool) -> None:
    article, result = scored("The harbour plan\n\nThe council met. It rained.\n\nReporting by Dario Penn\n")
    result = replace(result, sentences=[replace(s, abstained=abstained) for s in result.sentences])
    cards = data_of(article_page(article, result, STANCE))
    assert [s.role for s in result.sentences] == ["headline", "body", "body", "credit"]
    assert [card["notes"] for card in cards] == [[], [], [], ["Not counted in the score: credit."]]


def test_a_codebook_without_favor_and_against_has_no_score(scored: HandScored) -> None:
    _, result = scored("The council met.\n", stance_probability={"yes": 0.6, "no": 0.4}, stance="yes")
    assert article_score(result.sentences) == (None, [None])


def test_a_page_of_three_hundred_sentences_is_under_a_megabyte(scored: HandScored) -> None:
    sentence = (
        "The council of the old harbour town said on Tuesday that the plan for the new bridge had cost too much money. "
    )
    article, result = scored("\n\n".join([sentence * 5] * 60))
    assert len(result.sentences) == 300
    extras = {i: Extras((["bridge"], "neutral"), [("a-01-00", sentence, "favor")] * 3) for i in range(300)}
    assert len(article_page(article, result, STANCE, extras=extras).encode()) < 1_000_000


def test_several_articles_get_a_page_that_leads_to_theirs(scored: HandScored, tmp_path: Path) -> None:
    with PageWriter(tmp_path / "out.html", STANCE, several=True) as writer:
        for text in ("The council met.\n", "Nobody came.\n"):
            writer.write(*scored(text))
    corpus = (tmp_path / "out.html").read_text(encoding="utf-8")
    for link in re.findall(r'href="([^"]+)"', corpus):
        page = (tmp_path / link).read_text(encoding="utf-8")
        assert 'href="../out.html"' in page
    assert len(re.findall(r'href="', corpus)) == 2 and "2031-W07" in corpus


def test_links_lead_to_pages_of_any_name_and_no_older_page_stays(scored: HandScored, tmp_path: Path) -> None:
    for texts in (("The council met.\n", "Nobody came.\n"), ("The council met.\n",)):
        with PageWriter(tmp_path / "my page#1 50%.html", STANCE, several=True) as writer:
            for text in texts:
                writer.write(*scored(text))
    corpus = (tmp_path / "my page#1 50%.html").read_text(encoding="utf-8")
    (link,) = re.findall(r'href="([^"]+)"', corpus)
    assert link == "my%20page%231%2050%25-articles/00001.html"
    assert [path.name for path in (tmp_path / "my page#1 50%-articles").iterdir()] == ["00001.html"]


@pytest.mark.parametrize("name", ["00001.html", "20250101.html"])
def test_a_file_of_another_hand_among_the_pages_is_refused_before_anything_is_written(
    scored: HandScored, tmp_path: Path, name: str
) -> None:
    """What no page is named like is left alone, however many pages there are."""
    own = {"index.html": "<p>Mine", "7.html": "<p>Mine too", "notes.txt": 'content="newstance"'}
    (tmp_path / "out-articles").mkdir()
    for other, text in own.items():
        (tmp_path / "out-articles" / other).write_text(text, encoding="utf-8")
    for texts in (("The council met.\n", "Nobody came.\n"), ("The council met.\n",)):
        with PageWriter(tmp_path / "out.html", STANCE, several=True) as writer:
            for text in texts:
                writer.write(*scored(text))
    found = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "out-articles").iterdir()}
    assert set(found) == {*own, "00001.html"} and found.items() >= own.items()
    (tmp_path / "out-articles" / name).write_text("<p>Mine as well", encoding="utf-8")
    with pytest.raises(UsageError, match=rf"out-articles/{name}: is no page of newstance"):
        PageWriter(tmp_path / "out.html", STANCE, several=True)


def test_a_page_of_one_article_is_never_overwritten_by_another(scored: HandScored, tmp_path: Path) -> None:
    with PageWriter(tmp_path / "out.html", STANCE, several=False) as writer:
        writer.write(*scored("The council met.\n"))
        with pytest.raises(OutputError, match="a second came"):
            writer.write(*scored("Nobody came.\n"))
    assert "Nobody came" not in (tmp_path / "out.html").read_text(encoding="utf-8")


def rows_by_voice(page: str) -> dict[str, list[int]]:
    """Return the numbers of every row in the tables by voice and speaker, in the order of the page."""
    section = page.split('aria-label="Stance by voice">')[1].split("</section>", maxsplit=1)[0]
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', section, re.S)
    return {
        re.sub(r"<[^>]+>", "", name): [int(n) for n in re.findall(r'<td class="num">(\d+)</td>', cells)]
        for name, cells in rows
    }


def test_the_outlets_own_voice_leads_the_table_and_the_corpus_page_adds_the_articles_up(scored: HandScored) -> None:
    own = scored("The harbour plan\n\nThe council met. It rained.\n", voice="outlet", speaker=None)
    said = scored("The band played.\n", voice="quoted", speaker="Ida Brandt", insider=True)
    again = scored("The tide rose.\n", voice="paraphrased", speaker="Ida Brandt", insider=True)
    first = rows_by_voice(article_page(*own, STANCE))
    assert first == {
        "the outlet&#39;s own voice": [3, 1, 1, 1, 0],
        "quoted": [0, 0, 0, 0, 0],
        "paraphrased": [0, 0, 0, 0, 0],
    }
    assert next(iter(first)) == "the outlet&#39;s own voice"
    corpus = rows_by_voice(corpus_page([article_row(result, "x") for _, result in (own, said, again)], STANCE.codes))
    assert list(corpus) == [
        *first,
        "speakers who belong to the target (insiders)",
        "other speakers",
        "Ida Brandt (insider)",
    ]
    for name, numbers in first.items():
        alone = [rows_by_voice(article_page(*one, STANCE))[name] for one in (said, again)]
        assert corpus[name] == [sum(column) for column in zip(numbers, *alone, strict=True)]
    assert corpus["Ida Brandt (insider)"] == [2, 2, 0, 0, 0]


def test_pages_do_not_wait_for_the_disk(scored: HandScored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    with PageWriter(tmp_path / "out.html", STANCE, several=True) as writer:
        for text in ("The council met.\n", "Nobody came.\n"):
            writer.write(*scored(text))
    assert len(list(tmp_path.rglob("*.html"))) == 3 and synced == []


def test_a_page_that_cannot_be_written_is_one_output_error(scored: HandScored, tmp_path: Path) -> None:
    article, result = scored("The council met.\n")
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(OutputError, match=r"out\.html: cannot be written"),
        PageWriter(tmp_path / "file" / "out.html", STANCE, several=False) as writer,
    ):
        writer.write(article, result)


def test_a_page_needs_its_suffix(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.html"):
        PageWriter(tmp_path / "out.txt", STANCE, several=False)
