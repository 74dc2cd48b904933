"""The page in a real browser: no request, nothing run, and everything within reach of mouse and keyboard.

Needs the package `playwright`, a Chromium, and axe-core from npm (`npm install axe-core` beside this checkout, or its
`axe.min.js` named by the variable AXE); skipped where one is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from newstance.articles import Article
from newstance.model import load_codebook
from newstance.scoring import ScoredArticle
from newstance.scoring.corpus_page import article_row, corpus_page
from newstance.scoring.page import Extras, article_page

STANCE = load_codebook().layer("stance")
HandScored = Callable[..., tuple[Article, ScoredArticle]]
TEXT = "The harbour plan\n\nThe council met. It rained all day. Nobody came.\n\nThe tide rose. The band played.\n"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no Chromium is installed")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def axe() -> str:
    beside = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    path = Path(os.environ.get("AXE", beside))
    if not path.is_file():
        pytest.skip("axe-core is not installed")
    return path.read_text(encoding="utf-8")


class Opened:
    """A page opened from its file, with all that it asked for and said."""

    def __init__(self, browser: Any, path: Path, html: str) -> None:
        path.write_text(html, encoding="utf-8")
        self.page = browser.new_page()
        self.requests: list[str] = []
        self.said: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(path.as_uri())

    def violations(self, axe: str) -> list[str]:
        """Return the serious violations, light and dark; the debugger may do what the page's policy forbids."""
        debugger = self.page.context.new_cdp_session(self.page)
        debugger.send("Runtime.evaluate", {"expression": axe})
        found = []
        for theme in ("light", "dark"):
            run = (
                f"document.documentElement.dataset.theme = '{theme}'; axe.run().then(r => JSON.stringify(r.violations))"
            )
            answer = debugger.send("Runtime.evaluate", {"expression": run, "awaitPromise": True})
            for one in json.loads(answer["result"]["value"]):
                if one["impact"] in ("serious", "critical"):
                    found.append(f"{theme} {one['id']}: {one['nodes'][0]['html']}")
        return found


@pytest.fixture
def opened(browser: Any, scored: HandScored, tmp_path: Path) -> Opened:
    article, result = scored(TEXT)
    extras = {1: Extras((["met"], "neutral"), [("a-01-00", "The ferry sank.", "against")])}
    return Opened(browser, tmp_path / "page.html", article_page(article, result, STANCE, extras=extras))


def test_opening_asks_for_nothing_but_the_file(opened: Opened) -> None:
    assert [url.split("/")[-1] for url in opened.requests] == ["page.html"]
    assert opened.said == []


def test_a_sentence_opens_by_mouse_and_by_keyboard(opened: Opened) -> None:
    page = opened.page
    page.locator("#s1").click()
    assert "Sentence 2" in page.locator("#card").inner_text()
    assert "Without “met” it would say neutral" in page.locator("#card").inner_text()
    assert "The ferry sank." in page.locator("#card").inner_text()
    assert page.locator("#s1").get_attribute("aria-pressed") == "true"
    page.keyboard.press("Escape")
    assert page.locator("#s1").get_attribute("aria-pressed") == "false"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert "Sentence 4" in page.locator("#card").inner_text()
    page.keyboard.press("Enter")
    page.locator("#s0").hover()
    assert "Sentence 4" in page.locator("#card").inner_text()  # pinned


def test_filters_narrow_the_article_and_the_arrow_keys_skip_what_is_filtered(opened: Opened) -> None:
    page = opened.page
    assert page.locator("#count").inner_text() == "6 of 6 sentences"
    page.locator("input[value=against]").uncheck()
    page.locator("input[value='?']").uncheck()
    assert page.locator("#count").inner_text() == "3 of 6 sentences"
    page.locator("#s0").click()
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    assert "Sentence 3" in page.locator("#card").inner_text()
    page.locator("select[name=frame]").select_option("economic")
    assert page.locator("#count").inner_text() == "3 of 6 sentences"
    page.locator("button[type=reset]").click()
    page.wait_for_function("document.getElementById('count').textContent === '6 of 6 sentences'")


def test_the_strip_leads_to_its_sentence(opened: Opened) -> None:
    opened.page.locator("#strip rect").nth(2).click()
    assert "Sentence 3" in opened.page.locator("#card").inner_text()


def test_an_address_with_a_sentence_opens_the_page_at_it(opened: Opened) -> None:
    page, address = opened.page, opened.page.url
    page.goto("about:blank")
    page.goto(f"{address}#s3")
    assert "Sentence 4" in page.locator("#card").inner_text()
    assert page.locator("#s3").get_attribute("aria-pressed") == "true"
    page.evaluate("location.hash = '#s1'")
    page.wait_for_function("document.getElementById('s1').getAttribute('aria-pressed') === 'true'")
    assert page.locator("#s3").get_attribute("aria-pressed") == "false"
    page.goto("about:blank")
    page.goto(f"{address}#s99")
    assert page.locator("[aria-pressed=true]").count() == 0
    assert opened.said == []


def test_axe_finds_no_serious_violation(opened: Opened, axe: str) -> None:
    opened.page.locator("#s1").click()
    opened.page.locator(".voices summary").press("Enter")
    assert opened.page.locator(".voices details table").is_visible()
    assert opened.violations(axe) == []


def test_the_corpus_page_sorts_and_axe_is_content(browser: Any, scored: HandScored, axe: str, tmp_path: Path) -> None:
    texts = ("B came.\n", "A met. It rained.\n")
    rows = [article_row(scored(text, target_spans=[(0, 1)])[1], f"{i}.html") for i, text in enumerate(texts)]
    opened = Opened(browser, tmp_path / "corpus.html", corpus_page(rows, STANCE.codes))
    opened.page.locator(".voices summary").press("Enter")
    head = opened.page.locator("th button", has_text="sentences")
    first = opened.page.locator("#articles tbody tr").first.locator("td").nth(3)
    head.click()
    assert first.inner_text() == "1 (1)"
    head.press("Enter")
    assert first.inner_text() == "2 (2)"
    assert opened.violations(axe) == [] and opened.said == []


def test_a_hostile_article_does_nothing(browser: Any, scored: HandScored, hostile: str, tmp_path: Path) -> None:
    article, result = scored(f"Headline {hostile}\n\n{hostile} wrecked the harbour. It rained.\n")
    extras = {0: Extras(([hostile], "neutral"), [(hostile, hostile, hostile)])}
    page = Opened(browser, tmp_path / "page.html", article_page(article, result, STANCE, extras=extras))
    for sentence in range(len(result.sentences)):
        page.page.locator(f"#s{sentence}").click()
    assert len(page.requests) == 1 and page.said == []
    assert page.page.locator("img").count() == 0
    assert page.page.locator("#text").inner_text().count("<script>alert(1)</script>") == 2


def test_a_page_of_three_hundred_sentences_opens(browser: Any, scored: HandScored, tmp_path: Path) -> None:
    sentence = (
        "The council of the old harbour town said on Tuesday that the plan for the bridge had cost too much money. "
    )
    article, result = scored("\n\n".join([sentence * 5] * 60))
    extras = {i: Extras((["bridge"], "neutral"), [("a-01-00", sentence, "favor")] * 3) for i in range(300)}
    html = article_page(article, result, STANCE, extras=extras)
    page = Opened(browser, tmp_path / "long.html", html).page
    assert page.locator("#count").inner_text() == "300 of 300 sentences"
    debugger = page.context.new_cdp_session(page)
    debugger.send("Performance.enable")
    metrics = {one["name"]: one["value"] for one in debugger.send("Performance.getMetrics")["metrics"]}
    took = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    sys.stdout.write(
        f"300 sentences: {len(html.encode()) / 1000:.0f} kB, loaded after {took:.0f} ms; the page's process has used "
        f"{1000 * metrics['ProcessTime']:.0f} ms of the processor\n"
    )
