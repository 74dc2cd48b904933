"""The floors that the corpus must keep, whatever is added to it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from newstance.corpora import corpus_articles, disagreements, load_corpus, read_corpus, read_newsmtsc
from newstance.corpora.check import check_annotations
from newstance.corpora.duplicates import near_pairs
from newstance.corpora.own import SPLITS, corpus_folder
from newstance.corpora.statistics import Coverage, corpus_coverage
from newstance.errors import UsageError


@pytest.fixture(scope="module")
def coverage() -> Coverage:
    return corpus_coverage()


def test_it_is_as_large_and_as_wide_as_it_says(coverage: Coverage) -> None:
    assert sum(coverage.articles.values()) >= 300
    assert sum(coverage.sentences.values()) >= 3000
    assert coverage.administrations >= 25
    assert len(coverage.areas) >= 30
    assert len(coverage.unseen_areas) >= 3


def test_every_cell_frame_and_rule_reaches_its_floor(coverage: Coverage) -> None:
    assert len(coverage.cells) == 9 and min(coverage.cells.values()) >= 180
    assert len(coverage.frames) == 15 and min(coverage.frames.values()) >= 120
    assert set(coverage.rules) == set(range(1, 9)) and min(coverage.rules.values()) >= 40
    total = sum(coverage.stance.values())
    assert 0.45 <= coverage.stance["neutral"] / total <= 0.55
    assert coverage.unnamed >= 1 / 3


def test_two_passes_agree(coverage: Coverage) -> None:
    assert coverage.agreement["stance"] >= 0.75
    assert coverage.agreement["voice"] >= 0.80
    assert coverage.agreement["frames (mean)"] >= 0.70


def test_there_is_no_template_and_no_repeated_sentence(coverage: Coverage) -> None:
    assert coverage.top_five_gram[1] <= 0.005
    texts = [" ".join(r.text.casefold().split()) for s in SPLITS for r in read_corpus(s) if r.annotator == "writer"]
    assert len(texts) == len(set(texts))


def test_administrations_and_articles_stay_in_one_split() -> None:
    by_administration: dict[str, set[str]] = {}
    for article in corpus_articles().values():
        by_administration.setdefault(article.administration, set()).add(article.split)
    assert all(len(splits) == 1 for splits in by_administration.values())
    for split in SPLITS:
        assert {corpus_articles()[r.article or ""].split for r in read_corpus(split)} == {split}


def test_articles_have_between_five_and_fourteen_sentences_and_a_role_for_each() -> None:
    lengths: dict[str, int] = {}
    for split in SPLITS:
        for record in read_corpus(split):
            if record.annotator == "writer":
                lengths[record.article or ""] = lengths.get(record.article or "", 0) + 1
    assert set(lengths.values()) <= set(range(5, 16))
    assert all(len(corpus_articles()[name].roles) == length for name, length in lengths.items())


def test_neighbours_come_from_the_same_article() -> None:
    records = [r for r in read_corpus("dev") if r.annotator == "second"]
    for one, two in pairwise(records):
        if one.article == two.article:
            assert (one.after, two.before) == (two.text, one.text)
            assert [two.before[a:b] for a, b in two.before_spans] == [one.text[a:b] for a, b in one.target_spans]
        else:
            assert (one.after, two.before) == ("", "")


def test_rationales_stand_where_a_stance_does() -> None:
    for record in (r for s in SPLITS for r in read_corpus(s) if r.stance is not None):
        assert bool(record.rationale) == (record.stance != "neutral"), record.id
        assert (record.speaker is None) == (record.voice == "outlet"), record.id


def test_no_two_sentences_are_nearly_the_same_nor_give_their_stance_away_by_one_word() -> None:
    records = [(split, record) for split in SPLITS for record in read_corpus(split) if record.annotator == "writer"]
    found = {f.kind: f.where for f in check_annotations(records, similar=0.5).findings}
    assert not [kind for kind in found if "duplicates" in kind]
    assert not [cue for cue in found.get("single_word_cues", ()) if "stance:" in cue]


def test_no_sentence_stands_nearly_the_same_in_the_shared_public_data(shared: Path) -> None:
    own = list(dict.fromkeys(r.text for split in SPLITS for r in read_corpus(split)))
    files = sorted((shared / "data" / "newsmtsc").rglob("*.jsonl"))
    public = list(dict.fromkeys(record.text for path in files for record in read_newsmtsc(path)))
    assert not [pair for pair in near_pairs(own + public).pairs if pair.first < len(own)]


def test_the_loader_gives_a_dataset_dict() -> None:
    pytest.importorskip("datasets")
    loaded = load_corpus()
    assert set(loaded) == set(SPLITS)
    assert loaded["dev"][0]["corpus"] == "newstance"


def test_an_unknown_split_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="train, dev, test"):
        read_corpus("validation")


def test_disagreements_are_kept_as_two_records() -> None:
    found = disagreements("stance")
    assert len(found) >= 20
    assert all(a.id == b.id and a.stance != b.stance for a, b in found)


def test_administrations_are_described() -> None:
    described = {entry["id"] for entry in json.loads((corpus_folder() / "administrations.json").read_text())}
    assert described == {article.administration for article in corpus_articles().values()}
