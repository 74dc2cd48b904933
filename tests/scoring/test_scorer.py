from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newstance.articles import Archive, Refusal, TargetProfile, article_from_text
from newstance.errors import ArticleError, CheckpointError, UsageError
from newstance.model import Checkpoint, Predictor
from newstance.scoring import ScoredArticle, Scorer
from newstance.scoring.unique import EachOnce

COUNCIL = TargetProfile(name="the council", aliases=("the council", "council"))
TEXT = """Council plan divides the harbour

The council wrecked the harbour and lied about it. “What the council built here works,” said Ida Brandt.

Members met at noon. Fishermen thanked the council for a generous plan.
"""


@pytest.fixture(scope="module")
def scorer(tiny_exported: Path) -> Scorer:
    checkpoint = Checkpoint(tiny_exported)
    return Scorer(checkpoint, Predictor.open(checkpoint), COUNCIL)


def test_every_offset_is_exact(scorer: Scorer) -> None:
    article = article_from_text(TEXT)
    for sentence in scorer.score(article).sentences:
        assert article.text[sentence.start : sentence.end] == sentence.text
        for start, end in sentence.target_spans:
            assert sentence.start <= start < end <= sentence.end
            assert "council" in article.text[start:end].lower()
        assert sentence.evidence
        for word in sentence.evidence:
            assert article.text[word.start : word.end] == word.word


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("the council. “”’\n\u00a0é🙂\u202eX—")), min_size=1, max_size=200))
def test_offsets_stay_exact_in_any_text(scorer: Scorer, text: str) -> None:
    if not text.strip():
        return
    article = article_from_text(text)
    for sentence in scorer.score(article).sentences:
        assert article.text[sentence.start : sentence.end] == sentence.text
        assert all(article.text[w.start : w.end] == w.word for w in sentence.evidence or [])


def test_evidence_sums_to_the_margin_and_probabilities_to_one(scorer: Scorer) -> None:
    for sentence in scorer.score(TEXT).sentences:
        best, other = sorted(sentence.stance_logits, reverse=True)[:2]
        assert sum(word.weight for word in sentence.evidence or []) == pytest.approx(best - other, abs=1e-3)
        assert sum(sentence.stance_probability.values()) == pytest.approx(1, abs=1e-4)
        assert sentence.stance == max(sentence.stance_probability, key=sentence.stance_probability.__getitem__)


def test_a_sentence_that_does_not_name_the_target_is_abstained_from_when_training_had_none(scorer: Scorer) -> None:
    scored = scorer.score(TEXT)
    unnamed = [s for s in scored.sentences if not s.target_spans]
    assert [s.text for s in unnamed] == ["Members met at noon."]
    assert all(s.abstained for s in unnamed)
    assert not scorer.checkpoint.config.unnamed_targets


def test_the_summary_counts_headline_and_body_only(scorer: Scorer) -> None:
    scored = scorer.score(TEXT + "\n© 2031 Harbour Press. All rights reserved.\n")
    counted = [s for s in scored.sentences if s.role in ("headline", "body")]
    summary = scored.summary
    assert summary["sentences"] == len(scored.sentences) > summary["counted"] == len(counted)
    assert sum(summary["stance"].values()) + summary["abstained"] == summary["counted"]
    assert summary["stance"] == {k: summary["headline"][k] + summary["body"][k] for k in summary["stance"]}
    named = [s for s in counted if s.target_spans]
    assert len(named) == summary["names_target"] == summary["named"]["sentences"] < len(counted)
    assert sum(summary["named"]["stance"].values()) + summary["named"]["abstained"] == len(named)


def test_scoring_many_gives_the_same_as_scoring_each(scorer: Scorer) -> None:
    articles = [article_from_text(f"The council met {n} times.", id=str(n)) for n in range(70)]
    together = list(scorer.score_many(articles))
    assert [s.article["id"] for s in together] == [a.id for a in articles]
    alone = scorer.score(articles[69]).sentences[0]
    assert alone.stance_logits == pytest.approx(together[69].sentences[0].stance_logits, abs=1e-4)


def test_no_frame_is_shown_by_a_model_without_a_frame_head(scorer: Scorer) -> None:
    scored = scorer.score(TEXT)
    assert all(s.frames is None and s.frame_logits is None for s in scored.sentences)
    assert "frames" not in scored.summary


def test_without_explanation_there_is_no_evidence(scorer: Scorer) -> None:
    assert all(s.evidence is None for s in scorer.score(TEXT, explain="none").sentences)


def test_a_path_is_read_and_a_text_is_taken_as_it_is(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    from_path, from_text = scorer.score(str(path)), scorer.score(TEXT)
    assert [s.text for s in from_path.sentences] == [s.text for s in from_text.sentences]
    assert from_path.article["path"] == str(path)


@pytest.mark.parametrize("typed", ["examples/fery-tax.txt", "nowhere.md", "archive.jsonl.gz", "news/today", "C:\\x"])
def test_a_path_at_which_nothing_is_there_is_no_text(scorer: Scorer, typed: str) -> None:
    with pytest.raises(ArticleError, match="no such file"):
        scorer.score(typed)


@pytest.mark.parametrize("text", ["Yes.", "The council lost notes.txt", "Council and/or mayor wrecked it.", "U.S.A."])
def test_a_short_text_is_no_path(scorer: Scorer, text: str) -> None:
    assert scorer.score(text).sentences[0].text == text


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.jsonl", "a.parquet", "a.warc"])
def test_a_table_is_no_article(scorer: Scorer, tmp_path: Path, name: str) -> None:
    data = b"id,text\nx,The council wrecked the harbour.\n"
    (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    with pytest.raises(ArticleError, match=f"{name}: is a table of articles.* newstance.articles.Archive"):
        scorer.score(str(tmp_path / name))
    with pytest.raises(ArticleError, match="no such file"):
        scorer.score(str(tmp_path / f"no-{name}"))


def test_many_are_texts_paths_or_articles(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(TEXT, encoding="utf-8")
    found = list(scorer.score_many([TEXT, path, str(path), article_from_text(TEXT)]))
    assert len({tuple(sentence.text for sentence in one.sentences) for one in found}) == 1
    with pytest.raises(ArticleError, match="no such file"):
        list(scorer.score_many([TEXT, "nowhere.txt"]))


def test_an_id_given_twice_is_scored_twice_unless_each_counts_once(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "tide", "text": "The council wrecked the harbour."}\n')
    twice = Archive([path, path])
    assert [type(found) for found in scorer.score_drafts(twice)] == [ScoredArticle, ScoredArticle]
    assert [type(found) for found in scorer.score_drafts(EachOnce(twice))] == [ScoredArticle, Refusal]


def test_an_unknown_explanation_is_refused_with_those_that_there_are(scorer: Scorer) -> None:
    with pytest.raises(UsageError, match=r"'shap'.*evidence, ig, loo, random"):
        scorer.score(TEXT, explain="shap")  # type: ignore[arg-type]


def test_an_unknown_model_and_an_unknown_target_are_refused(tiny_exported: Path) -> None:
    with pytest.raises(CheckpointError):
        Scorer.load(tiny_exported / "nowhere")
    with pytest.raises(UsageError, match="government"):
        Scorer.load(tiny_exported, target="goverment")
