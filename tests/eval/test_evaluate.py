from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from newstance.corpora import Annotation, read_annotations
from newstance.errors import AnnotationError
from newstance.eval import evaluate_model
from newstance.eval.bootstrap import cluster_sums, interval
from newstance.eval.gold import gold_labels
from newstance.eval.inputs import sentence_inputs
from newstance.eval.metrics import (
    accuracy,
    class_f1,
    class_precision,
    class_recall,
    confusions,
    label_confusions,
    label_macro_f1,
    label_micro_f1,
    macro_f1,
)
from newstance.model import Checkpoint, load_codebook

PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


@given(PAIRS)
def test_every_metric_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    gold, predicted = (np.array(x) for x in zip(*pairs, strict=True))
    matrix = confusions(gold, predicted, 3).sum(axis=0)
    options = {"labels": [0, 1, 2], "average": None, "zero_division": 0.0}
    assert float(accuracy(matrix)) == pytest.approx(accuracy_score(gold, predicted))
    assert class_f1(matrix) == pytest.approx(f1_score(gold, predicted, **options))
    assert class_precision(matrix) == pytest.approx(precision_score(gold, predicted, **options))
    assert class_recall(matrix) == pytest.approx(recall_score(gold, predicted, **options))
    assert float(macro_f1(matrix)) == pytest.approx(f1_score(gold, predicted, average="macro", zero_division=0.0))


@given(
    st.lists(
        st.tuples(st.lists(st.booleans(), min_size=3, max_size=3), st.lists(st.booleans(), min_size=3, max_size=3)),
        min_size=1,
    )
)
def test_multi_label_metrics_agree_with_scikit_learn(pairs: list[tuple[list[bool], list[bool]]]) -> None:
    gold, predicted = (np.array(x, dtype=bool) for x in zip(*pairs, strict=True))
    matrix = label_confusions(gold, predicted).sum(axis=0)
    micro = f1_score(gold, predicted, average="micro", zero_division=0.0)
    assert float(label_micro_f1(matrix)) == pytest.approx(micro)
    present = np.flatnonzero((gold | predicted).any(axis=0))  # the labels that a single-label macro-F1 is over
    each = f1_score(gold, predicted, average=None, zero_division=0.0)
    assert float(label_macro_f1(matrix)) == pytest.approx(each[present].mean() if len(present) else 0.0)
    if len(present) == 3:
        macro = f1_score(gold, predicted, average="macro", zero_division=0.0)
        assert float(label_macro_f1(matrix)) == pytest.approx(macro)


def test_a_code_that_an_annotator_gave_twice_is_one_vote() -> None:
    frames = load_codebook().layer("frames")
    votes = [("economic", "economic"), ("morality",), ("morality",), ("economic",), ("morality",)]
    records = [Annotation(id="1", text="It met.", frames=codes, annotator=str(i)) for i, codes in enumerate(votes)]
    found = gold_labels(records, frames).labels[0]
    assert [code for code, given in zip(frames.codes, found, strict=True) if given] == ["morality"]


def test_clusters_widen_the_interval() -> None:
    generator = np.random.default_rng(0)
    right = np.repeat(generator.random(40) < 0.7, 10)  # ten sentences an article, all right or all wrong
    gold = np.zeros(400, dtype=int)
    cells = confusions(gold, np.where(right, 0, 1), 2)
    by_article = interval(accuracy, cluster_sums(cells, [str(i // 10) for i in range(400)]), n=400, samples=500, seed=0)
    by_sentence = interval(accuracy, cluster_sums(cells, [str(i) for i in range(400)]), n=400, samples=500, seed=0)
    assert by_article.value == by_sentence.value
    assert by_article.high - by_article.low > 2 * (by_sentence.high - by_sentence.low)
    assert by_article.n == 400


def test_a_model_is_measured_on_a_file_of_annotations(tiny_exported: Path, annotations_file: Path) -> None:
    report = evaluate_model(Checkpoint(tiny_exported), read_annotations(annotations_file), samples=200).to_dict()
    figure = report["layers"]["stance"]["macro_f1"]
    assert set(figure) == {"value", "low", "high", "n"}
    assert figure["n"] == 36
    assert figure["value"] > 0.8  # it was trained on these very rows
    assert figure["low"] <= figure["value"] <= figure["high"]
    assert report["run"]["clusters"] == 12


def test_annotators_are_merged_by_majority_and_ties_left_out(tiny_exported: Path) -> None:
    def vote(identifier: str, stance: str, who: str) -> Annotation:
        return Annotation(id=identifier, text="The council met.", target="the council", stance=stance, annotator=who)

    votes = [vote("1", "neutral", "a"), vote("1", "neutral", "b"), vote("1", "favor", "c")]
    report = evaluate_model(
        Checkpoint(tiny_exported), [*votes, vote("2", "favor", "a"), vote("2", "against", "b")], samples=100
    )
    assert (report.run["sentences"], report.run["ties"], report.run["records"]) == (1, {"stance": 1}, 5)


def test_without_spans_the_target_is_found_by_profile_or_by_name() -> None:
    record = Annotation(id="1", text="The government met. Ida Brandt left.", target="Ida Brandt", stance="neutral")
    by_name, by_profile = (sentence_inputs([record], target)[0] for target in (None, "government"))
    assert [record.text[a:b] for a, b in by_name.target_spans] == ["Ida Brandt"]
    assert [record.text[a:b].lower() for a, b in by_profile.target_spans] == ["the government"]


def test_nothing_to_measure_is_an_error_not_a_zero(tiny_exported: Path) -> None:
    with pytest.raises(AnnotationError, match="no record has a label"):
        evaluate_model(Checkpoint(tiny_exported), [Annotation(id="1", text="x", frames=())])


def test_few_articles_are_counted_for_each_layer() -> None:
    stances = [Annotation(id=f"s{n}", text=f"It met {n} times.", stance="neutral", article=f"s{n}") for n in range(30)]
    frames = [Annotation(id=f"f{n}", text=f"It paid {n}.", frames=("economic",), article=f"f{n % 2}") for n in range(9)]
    report = evaluate_model(Checkpoint.shipped(), [*stances, *frames], samples=100, only_figures=True)
    warnings = [warning for warning in report.run["warnings"] if "articles" in warning]
    assert len(warnings) == 1 and warnings[0].startswith("frames: only 2 articles")


def test_rows_that_call_themselves_the_own_corpus_have_no_roles(tiny_exported: Path) -> None:
    rows = [
        Annotation(id=f"mine {n}", text=f"It met {n}.", stance="neutral", corpus="newstance", article=f"x{n}")
        for n in range(12)
    ]
    report = evaluate_model(Checkpoint(tiny_exported), rows, samples=100)
    assert "role" not in {part.by for part in report.slices["stance"]}
