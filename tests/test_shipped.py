"""The model that ships, on the examples that ship: what a user sees first must not change unnoticed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newstance.articles import ROLES, read_article
from newstance.model import Checkpoint
from newstance.scoring import ScoredArticle, Scorer

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests" / "golden" / "examples.json"
EXAMPLES = ["ferry-tax.txt", "water-plan.md", "school-tutors.html"]


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer.load()


@pytest.fixture(scope="module")
def scored(scorer: Scorer) -> dict[str, ScoredArticle]:
    return {name: scorer.score(ROOT / "examples" / name) for name in EXAMPLES}


def as_golden(article: ScoredArticle) -> list[dict[str, object]]:
    return [
        {
            "start": s.start,
            "end": s.end,
            "role": s.role,
            "stance": s.stance,
            "abstained": s.abstained,
            "confidence": round(s.confidence, 2),
            "frames": [frame.code for frame in s.frames or []],
            "carried_by": max(s.evidence or [], key=lambda word: word.weight).word,
        }
        for s in article.sentences
    ]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_score_as_they_did(scored: dict[str, ScoredArticle], name: str) -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))[name]
    found = as_golden(scored[name])
    for one, two in zip(found, golden, strict=True):
        assert one.pop("confidence") == pytest.approx(two.pop("confidence"), abs=0.02)
        assert one == two


def test_every_offset_in_the_examples_is_exact(scored: dict[str, ScoredArticle]) -> None:
    for name, article in scored.items():
        text = read_article(ROOT / "examples" / name).text
        for sentence in article.sentences:
            assert sentence.role in ROLES
            assert text[sentence.start : sentence.end] == sentence.text
            assert all(text[w.start : w.end] == w.word for w in sentence.evidence or [])


def test_the_evidence_is_the_prediction(scored: dict[str, ScoredArticle]) -> None:
    for article in scored.values():
        for sentence in article.sentences:
            best, other = sorted(sentence.stance_logits, reverse=True)[:2]
            assert sum(w.weight for w in sentence.evidence or []) == pytest.approx(best - other, abs=1e-3)


@pytest.mark.parametrize("name", ["default", "marked"])
def test_the_shipped_models_are_small_described_and_reproducible(name: str) -> None:
    checkpoint = Checkpoint.find(name)
    assert sum(path.stat().st_size for path in checkpoint.path.iterdir()) < 30_000_000
    run = checkpoint.config.provenance["config"]
    taught_by = {source["corpus"] for source in run["data"]["train"]}
    assert taught_by <= {"newsmtsc", "newsmtsc-codebook", "newsmtsc-mentions", "newstance"}
    card = (checkpoint.path / "README.md").read_text(encoding="utf-8")
    assert "Not for rating" in card and "temperature" in card


def test_the_default_is_blind_and_marked_is_not() -> None:
    default, twin = (Checkpoint.find(name) for name in (None, "marked"))
    assert (default.config.encoding.target_mode, twin.config.encoding.target_mode) == ("mask", "mark")
    assert default.codebook == twin.codebook
    assert default.config.encoder["hidden_size"] == twin.config.encoder["hidden_size"]


def test_swapping_names_changes_nothing(scorer: Scorer) -> None:
    if scorer.checkpoint.config.encoding.target_mode != "mask":
        pytest.skip("the shipped model sees names")
    text = "President Mara Voss’s order is a gift to the ports, her rivals said, and a burden on everybody else."
    from newstance.articles import TargetProfile
    from newstance.scoring import Scorer as S

    logits = []
    for name in ("Mara Voss", "Otto Quill-Hansen"):
        profile = TargetProfile.model_validate({"name": name, "people": [{"name": name, "role": "president"}]})
        article = S.load(target=profile).score(text.replace("Mara Voss", name))
        assert article.sentences[0].target_spans
        logits.append(article.sentences[0].stance_logits)
    assert logits[0] == pytest.approx(logits[1], abs=1e-5)


def test_the_real_article_is_taken_apart_right(scorer: Scorer, shared: Path) -> None:
    path = shared / "data" / "articles" / "venezuela-strikes.txt"
    text = read_article(path).text
    article = scorer.score(path)
    roles = [s.role for s in article.sentences]
    assert {role: roles.count(role) for role in ("headline", "caption", "byline", "heading", "credit")} == {
        "headline": 1,
        "caption": 1,
        "byline": 1,
        "heading": 5,
        "credit": 4,
    }
    assert all(text[s.start : s.end] == s.text for s in article.sentences)
