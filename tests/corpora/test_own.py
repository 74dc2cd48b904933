"""The floors that the corpus must keep, whatever is added to it."""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from newstance.corpora import Annotation, corpus_articles, disagreements, load_corpus, read_corpus, read_newsmtsc
from newstance.corpora.agreement import alpha_of_items
from newstance.corpora.check import check_annotations
from newstance.corpora.duplicates import near_pairs, same_text_key
from newstance.corpora.own import SPLITS, corpus_folder, of_versions
from newstance.corpora.statistics import Coverage, corpus_coverage
from newstance.errors import UsageError
from newstance.model import load_codebook


@pytest.fixture(scope="module")
def splits() -> dict[str, list[Annotation]]:
    # Reading takes over two seconds of processor time, so every test looks at the same records.
    return {split: read_corpus(split) for split in SPLITS}


@pytest.fixture(scope="module")
def records(splits: dict[str, list[Annotation]]) -> list[Annotation]:
    return [record for split in SPLITS for record in splits[split]]


@pytest.fixture(scope="module")
def written(records: list[Annotation]) -> list[Annotation]:
    return [record for record in records if record.annotator == "writer"]


@pytest.fixture(scope="module")
def coverage(records: list[Annotation]) -> Coverage:
    return corpus_coverage(records)


def test_it_is_as_large_and_as_wide_as_it_says(coverage: Coverage) -> None:
    assert sum(coverage.articles.values()) >= 4_750
    assert sum(coverage.sentences.values()) >= 56_000
    assert coverage.administrations >= 940
    assert len(coverage.areas) >= 80
    # An area is a subject of several articles: a name of its own for each would hide what test shares with train.
    assert len(coverage.areas) <= 100
    assert len(coverage.unseen_areas) >= 5
    assert len(coverage.genres) <= 19


def test_every_cell_frame_and_rule_reaches_its_floor(coverage: Coverage) -> None:
    assert len(coverage.cells) == 9 and min(coverage.cells.values()) >= 2_300
    assert len(coverage.frames) == 15 and min(coverage.frames.values()) >= 750
    assert set(coverage.rules) == set(range(1, 9)) and min(coverage.rules.values()) >= 80
    total = sum(coverage.stance.values())
    assert 0.45 <= coverage.stance["neutral"] / total <= 0.55
    # A third, as was asked. Versions from 7 on are nearer to real copy, which names the target more often.
    assert coverage.unnamed >= 1 / 3


def test_two_passes_agree(coverage: Coverage) -> None:
    assert coverage.agreement["stance"] >= 0.90
    assert coverage.agreement["voice"] >= 0.90
    assert coverage.agreement["frames (mean)"] >= 0.80


def test_two_passes_agree_in_what_each_version_added(coverage: Coverage) -> None:
    assert set(coverage.agreement_by_version) == {1, 2, 3, 5, 7, 8, 9, 10}
    for version, found in coverage.agreement_by_version.items():
        assert found["stance"] >= 0.90
        # 0.80 was asked for. Version 10's long sentences mix what the outlet says with what it reports: 0.883.
        assert found["voice"] >= (0.88 if version == 10 else 0.90)
        # Versions 7, 9 and 10 have hardly a sentence of `cultural` and `other`, on which their labellers agree worst.
        assert found["frames (mean)"] >= (0.70 if version in (7, 9, 10) else 0.80)
    assert coverage.agreement_by_version[1]["frames (mean)"] >= 0.85


def test_there_is_no_template_and_no_repeated_sentence(coverage: Coverage, written: list[Annotation]) -> None:
    assert coverage.top_five_gram[1] <= 0.0025
    texts = [same_text_key(record.text) for record in written]
    assert len(texts) == len(set(texts))


def test_administrations_and_articles_stay_in_one_split(splits: dict[str, list[Annotation]]) -> None:
    by_administration: dict[str, set[str]] = {}
    for article in corpus_articles().values():
        by_administration.setdefault(article.administration, set()).add(article.split)
    assert all(len(found) == 1 for found in by_administration.values())
    for split, records in splits.items():
        assert {corpus_articles()[r.article or ""].split for r in records} == {split}


def test_every_sentence_has_its_judgements(splits: dict[str, list[Annotation]]) -> None:
    four = ["writer", "second", "frames-1", "frames-2"]
    for split, records in splits.items():
        judges: dict[str, list[str | None]] = {}
        for record in records:
            judges.setdefault(record.id, []).append(record.annotator)
        expected = four if split == "train" else [*four, "frames-3", "frames-4"]
        assert all(found == expected for found in judges.values())


def test_four_labellers_agree_on_the_frames_that_models_are_judged_by(splits: dict[str, list[Annotation]]) -> None:
    codes = load_codebook().layer("frames").codes
    for split in ("dev", "test"):
        given: dict[str, list[frozenset[str]]] = {}
        for record in splits[split]:
            if record.frames is not None:
                given.setdefault(record.id, []).append(frozenset(record.frames))
        alphas = [alpha_of_items([[code in one for one in votes] for votes in given.values()]) for code in codes]
        assert sum(alphas) / len(alphas) >= 0.75


def test_what_came_to_old_sentences_later_is_not_of_their_version(splits: dict[str, list[Annotation]]) -> None:
    judges = {version: {r.annotator for r in of_versions(splits["dev"], until=version)} for version in (1, 5, 6)}
    assert judges[1] == judges[5] == {"writer", "second", "frames-1", "frames-2"}
    assert judges[6] == judges[5] | {"frames-3", "frames-4"}
    assert {r.annotator for r in of_versions(splits["dev"], since=2)} == {"frames-3", "frames-4"}


def test_a_version_is_what_it_added_to_those_before_it(splits: dict[str, list[Annotation]]) -> None:
    train = splits["train"]
    new = of_versions(train, since=7)
    assert {record.article[:1] for record in new if record.article} == {"z"}
    assert len(new) + len(of_versions(train, until=6)) == len(train)
    newest = of_versions(new, since=8)
    assert min(record.article or "" for record in newest) == "zn-01"
    assert len(newest) + len(of_versions(new, until=7)) == len(new)


def test_articles_have_between_five_and_fifteen_sentences_and_a_role_for_each(written: list[Annotation]) -> None:
    lengths = Counter(record.article or "" for record in written)
    assert set(lengths.values()) <= set(range(5, 16))
    assert {name: len(article.roles) for name, article in corpus_articles().items()} == lengths


def test_a_leader_named_in_a_headline_is_marked_as_the_target(written: list[Annotation]) -> None:
    # With an unmarked name a masked model still learns who is in office.
    for record in written:
        name = (record.target or "").removeprefix("the ").rsplit(" ", 1)[0].split()[-1].casefold()
        if not record.id.endswith("-00") or corpus_articles()[record.article or ""].split != "train":
            continue
        marked = {i for start, end in record.target_spans for i in range(start, end)}
        found = [m.start() for m in re.finditer(rf"\b{re.escape(name)}\b", record.text.casefold())]
        assert set(found) <= marked, record.id


def test_neighbours_come_from_the_same_article(splits: dict[str, list[Annotation]]) -> None:
    records = [r for r in splits["dev"] if r.annotator == "second"]
    for one, two in pairwise(records):
        if one.article == two.article:
            assert (one.after, two.before) == (two.text, one.text)
            assert [two.before[a:b] for a, b in two.before_spans] == [one.text[a:b] for a, b in one.target_spans]
        else:
            assert (one.after, two.before) == ("", "")


def test_rationales_stand_where_a_stance_does(records: list[Annotation]) -> None:
    for record in (r for r in records if r.stance is not None):
        assert bool(record.rationale) == (record.stance != "neutral"), record.id
        assert (record.speaker is None) == (record.voice == "outlet"), record.id


def test_no_two_sentences_are_nearly_the_same_nor_give_their_stance_away_by_one_word(
    written: list[Annotation],
) -> None:
    stances = [(record.split or "", kept) for record in written if (kept := record.only({"stance"})) is not None]
    assert len(stances) == len(written)
    found = {f.kind: f.where for f in check_annotations(stances, similar=0.5).findings}
    assert not [kind for kind in found if "duplicates" in kind and kind != "near_duplicates_within_split"]
    assert not [cue for cue in found.get("single_word_cues", ()) if "stance:" in cue]
    assert "offsets_cut_words" not in found
    # Version 9 has twins on purpose: nearly the same words, and by the writer another stance.
    articles = corpus_articles()
    for pair in near_pairs([record.text for record in written], similar=0.5).pairs:
        one, other = written[pair.first], written[pair.second]
        assert all(articles[record.article or ""].version == 9 for record in (one, other)), (one.id, other.id)
        assert one.stance != other.stance, (one.id, other.id)


def test_no_sentence_stands_nearly_the_same_in_the_shared_public_data(shared: Path, written: list[Annotation]) -> None:
    own = [record.text for record in written]
    files = sorted((shared / "data" / "newsmtsc").rglob("*.jsonl"))
    public = list(dict.fromkeys(record.text for path in files for record in read_newsmtsc(path)))
    # Of three words, two in a row are half: "She is right." is nobody's.
    close = [pair for pair in near_pairs(own + public, similar=0.5).pairs if pair.first < len(own) <= pair.second]
    assert not [own[pair.first] for pair in close if len(own[pair.first].split()) > 4]


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
