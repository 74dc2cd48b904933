from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from newstance.articles import article_from_text, load_profile, mark_mentions
from newstance.corpora import Annotation, filled_in, read_annotations
from newstance.errors import AnnotationError
from newstance.eval import annotator_agreement, evaluate_model, gold, judgements
from newstance.eval.bootstrap import cluster_sums, interval, wilson
from newstance.eval.evaluate import counted, evaluate_judged
from newstance.eval.figures import better, few_behind, layer_figures, probability_figures
from newstance.eval.gold import gold_labels, gold_of_layers
from newstance.eval.inputs import sentence_inputs
from newstance.eval.judged import judge
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
from newstance.eval.report import render_report
from newstance.eval.slices import slices_of
from newstance.model import Checkpoint, load_codebook


@pytest.fixture
def filled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many records were filled in by what others say of their sentences, each time that it was done."""
    counts: list[int] = []
    for module in (gold, judgements):
        monkeypatch.setattr(module, "filled_in", lambda records: (counts.append(len(records)), filled_in(records))[1])
    return counts


def test_what_records_leave_out_is_looked_for_once_however_many_layers_there_are(
    annotations_file: Path, filled: list[int]
) -> None:
    rows = [r.model_copy(update={"frames": ("economic",)}) for r in read_annotations(annotations_file)]
    records = [r.model_copy(update={"annotator": name}) for r in rows for name in ("one", "two")]
    annotator_agreement(records, load_codebook(), samples=100)
    assert filled == [len(records)]
    filled.clear()
    layers = load_codebook().layers
    assert [len(g.sentences) for g in gold_of_layers(records, layers)] == [
        len(rows) if layer.name in ("stance", "frames") else 0 for layer in layers
    ]
    assert filled == [len(records)]


PAIRS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60)


@given(PAIRS)
def test_every_metric_agrees_with_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    gold, predicted = (np.array(x) for x in zip(*pairs, strict=True))
    matrix = confusions(gold, predicted, 3).sum(axis=0)
    options = {"labels": [0, 1, 2], "average": None, "zero_division": np.nan}
    assert float(accuracy(matrix)) == pytest.approx(accuracy_score(gold, predicted))
    for ours, theirs in ((class_f1, f1_score), (class_precision, precision_score), (class_recall, recall_score)):
        assert ours(matrix) == pytest.approx(theirs(gold, predicted, **options), nan_ok=True)
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
    micro = f1_score(gold, predicted, average="micro", zero_division=np.nan)
    assert float(label_micro_f1(matrix)) == pytest.approx(micro, nan_ok=True)
    present = np.flatnonzero((gold | predicted).any(axis=0))  # the labels that a single-label macro-F1 is over
    each = f1_score(gold, predicted, average=None, zero_division=0.0)
    assert float(label_macro_f1(matrix)) == pytest.approx(
        each[present].mean() if len(present) else math.nan, nan_ok=True
    )
    if len(present) == 3:
        macro = f1_score(gold, predicted, average="macro", zero_division=0.0)
        assert float(label_macro_f1(matrix)) == pytest.approx(macro)


def test_figures_of_a_label_are_over_the_sentences_that_they_divide_by() -> None:
    # Five sentences of one article are in favor, four of them found; the other 295 are right.
    gold = np.array([0] * 5 + [1, 2] * 147 + [1])
    predicted = np.array([0, 0, 0, 1, 0, *gold[5:]])
    layer = load_codebook().layer("stance")
    assert layer.codes[0] == "favor"
    found = layer_figures(layer, gold, predicted, [str(i // 5) for i in range(300)], samples=300, seed=0)
    recall, precision, f1 = (found[f"{name}_favor"] for name in ("recall", "precision", "f1"))
    assert (recall.value, recall.n) == (0.8, 5)
    assert 0 < recall.low < 0.8 < recall.high <= 1, "no draw is without the label"
    assert (precision.value, precision.n) == (1.0, 4)
    assert 0 < precision.low < precision.high == 1
    assert f1.value == pytest.approx(8 / 9) and f1.n == 5
    assert found["accuracy"].n == 300


def _sixty_in_favor(articles: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return gold, decisions and articles: the 60 in favor, 42 of them right, are all right or all wrong in each."""
    gold = np.array([0] * 60 + [1, 2] * 120)
    predicted = np.array([0] * 42 + [1] * 18 + [1, 2] * 120)
    lengths = [21, 21, 9, 9] if articles == 4 else [14, 14, 14, 9, 9]
    names = [f"a{i}" for i, length in enumerate(lengths) for _ in range(length)]
    return gold, predicted, [*names, *(f"b{i // 6}" for i in range(240))]


@pytest.mark.parametrize("articles", [4, 5])
def test_a_label_of_few_articles_is_no_surer_than_one_of_more(articles: int) -> None:
    layer = load_codebook().layer("stance")
    gold, predicted, names = _sixty_in_favor(articles)
    found = layer_figures(layer, gold, predicted, names, samples=300, seed=0)
    recall, f1 = found["recall_favor"], found["f1_favor"]
    assert (recall.value, recall.n) == (0.7, 60)
    assert recall.high - recall.low > 0.6, "articles, and not sentences, stand behind it"
    few = few_behind(layer, gold, predicted, names)
    assert math.isnan(f1.low) == (articles == 4)
    assert few == (
        {"recall_favor": 4, "f1_favor": 4, "precision_favor": 2} if articles == 4 else {"precision_favor": 3}
    )


def test_labels_of_few_articles_are_warned_of_by_name_and_marked(tiny_exported: Path, annotations_file: Path) -> None:
    rows = [
        row.model_copy(update={"article": f"a{i % 2}" if row.stance == "favor" else f"b{i}"})
        for i, row in enumerate(read_annotations(annotations_file))
    ]
    report = evaluate_model(Checkpoint(tiny_exported), rows, samples=100, only_figures=True)
    assert report.run["resampled"] == {"stance": "articles"}
    assert report.to_dict()["few"]["stance"]["recall_favor"] == 2
    (warning,) = (warning for warning in report.run["warnings"] if "behind" in warning)
    assert warning.startswith("stance: fewer than 5 articles behind favor (") and "recall 2" in warning
    page = render_report(report)
    assert "few: says little" in page and warning in page


def test_an_f1_that_no_draw_changes_has_no_interval() -> None:
    frames = load_codebook().layer("frames")
    gold = np.zeros((300, len(frames.codes)), dtype=bool)
    gold[:, 0] = True
    articles = [str(i) for i in range(300)]
    found = layer_figures(frames, gold, np.zeros_like(gold), articles, samples=100, seed=0)
    name = f"f1_{frames.codes[0]}"
    for figure in (found["macro_f1"], found["micro_f1"], found[name]):
        assert figure.value == 0.0 and math.isnan(figure.low) and math.isnan(figure.high)
    recall = found[f"recall_{frames.codes[0]}"]
    assert (recall.low, recall.high) == pytest.approx(wilson(0.0, 300))


def test_an_average_precision_that_no_draw_changes_has_no_interval() -> None:
    model = Checkpoint.shipped()
    records = [Annotation(id=str(i), text=f"It paid {i}.", frames=("economic",), article=f"f{i}") for i in range(9)]
    (judged,) = (found for found in judge(model, records) if found.layer.name == "frames")
    sure = replace(judged, probability=np.where(judged.gold, 0.9, 0.1))
    found = probability_figures(sure, model.calibration.layer("frames"), samples=100, seed=0)
    for name in ("mean_average_precision", "average_precision_economic"):
        assert found[name].value == 1.0 and math.isnan(found[name].low) and math.isnan(found[name].high)


@pytest.mark.parametrize("kind", ["single", "multi"])
def test_a_label_that_does_not_occur_has_no_figures(kind: str) -> None:
    layer = load_codebook().layer("stance" if kind == "single" else "frames")
    gold = np.zeros(30, dtype=int) if kind == "single" else np.eye(len(layer.codes), dtype=bool)[[0] * 30]
    found = layer_figures(layer, gold, gold, [str(i) for i in range(30)], samples=100, seed=0)
    for name in ("precision", "recall", "f1"):
        absent, present = (found[f"{name}_{code}"] for code in (layer.codes[1], layer.codes[0]))
        assert math.isnan(absent.value) and absent.n == 0
        assert (present.value, present.n) == (1.0, 30)
    assert found["macro_f1"].value == 1.0


def test_where_no_label_of_a_multi_label_layer_occurs_it_has_no_f1() -> None:
    frames = load_codebook().layer("frames")
    nothing = np.zeros((30, len(frames.codes)), dtype=bool)
    articles = [str(i) for i in range(30)]
    found = layer_figures(frames, nothing, nothing, articles, samples=100, seed=0)
    for name, figure in found.items():
        assert math.isnan(figure.value) and (figure.shown(), figure.within()) == ("–", "–")
        assert figure.n == (30 if name in ("macro_f1", "micro_f1") else 0)
    given = nothing.copy()
    given[0, 0] = True
    assert layer_figures(frames, nothing, given, articles, samples=100, seed=0)["macro_f1"].value == 0.0


def test_draws_in_which_no_label_occurs_do_not_count_as_0() -> None:
    # One label in one of five articles, always found: a third of the draws are without that article.
    frames = load_codebook().layer("frames")
    gold = np.zeros((5, len(frames.codes)), dtype=bool)
    gold[0, 0] = True
    found = layer_figures(frames, gold, gold, list("abcde"), samples=200, seed=0)
    for figure in (found["macro_f1"], found["micro_f1"]):
        assert figure.value == 1.0 and math.isnan(figure.low), "no draw that says anything of it differs"


def test_no_figure_over_probabilities_has_an_interval_without_width(
    tiny_exported: Path, annotations_file: Path
) -> None:
    model = Checkpoint(tiny_exported)
    (judged,) = judge(model, read_annotations(annotations_file))
    right = replace(judged, predicted=judged.gold)
    found = probability_figures(right, model.calibration.layer("stance"), samples=100, seed=0)
    assert found["area_under_risk_coverage"].value == 0.0 and math.isnan(found["area_under_risk_coverage"].low)
    assert all(math.isnan(figure.low) or figure.low < figure.high for figure in found.values())
    assert found["risk_at_100_coverage"].high == pytest.approx(wilson(0.0, 12)[1])


def test_labels_that_are_never_annotated_are_named(tiny_exported: Path, annotations_file: Path) -> None:
    def warnings(rows: list[Annotation]) -> list[str]:
        run = evaluate_model(Checkpoint(tiny_exported), rows, samples=100, only_figures=True).run
        return [warning for warning in run["warnings"] if "annotated" in warning or "fewer than 20" in warning]

    rows = read_annotations(annotations_file)
    rare, absent = warnings([row for row in rows if row.stance != "favor"])
    assert rare == "stance: fewer than 20 sentences of against 12, neutral 12"
    assert absent.startswith("stance: never annotated, nor decided: favor; macro-F1")
    renamed = [row.model_copy(update={"stance": "neutral"}) if row.stance == "favor" else row for row in rows]
    _, wrong = warnings(renamed)
    assert wrong == "stance: never annotated, but decided: favor 12; an F1 of 0, which counts in macro-F1"


def test_where_no_label_occurs_the_warning_speaks_of_no_rest() -> None:
    model = Checkpoint.shipped()
    records = [Annotation(id=str(i), text=f"It rained {i}.", frames=(), article=f"a{i}") for i in range(9)]
    (judged,) = judge(model, records)
    nothing = replace(judged, predicted=np.zeros_like(judged.gold))
    warnings = evaluate_judged(model, records, [nothing], samples=100, only_figures=True).run["warnings"]
    assert [warning for warning in warnings if "label" in warning] == ["frames: no label occurs: no F1"]


def test_labels_that_cannot_be_decided_for_are_not_warned_of(tiny_exported: Path, annotations_file: Path) -> None:
    rows = [row for row in read_annotations(annotations_file) if row.stance != "neutral"]
    for choices, named in ((None, True), (("favor", "against"), False)):
        report = evaluate_model(Checkpoint(tiny_exported), rows, choices=choices, samples=100, only_figures=True)
        assert any("neutral" in warning for warning in report.run["warnings"]) == named


def test_the_mean_of_favor_and_against_is_over_those_that_occur() -> None:
    layer = load_codebook().layer("stance")
    for code, value in (("favor", 1.0), ("neutral", math.nan)):
        gold = np.full(30, layer.codes.index(code))
        found = layer_figures(layer, gold, gold, [str(i) for i in range(30)], samples=100, seed=0)
        assert found["favor_against_f1"].value == pytest.approx(value, nan_ok=True)


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
    share = report["layers"]["stance"]["accuracy"]
    assert share["low"] <= share["value"] <= share["high"]
    assert report["run"]["clusters"] == 12


def test_annotators_are_merged_by_majority_and_ties_left_out(tiny_exported: Path) -> None:
    def vote(identifier: str, stance: str, who: str) -> Annotation:
        return Annotation(id=identifier, text="The council met.", target="the council", stance=stance, annotator=who)

    votes = [vote("1", "neutral", "a"), vote("1", "neutral", "b"), vote("1", "favor", "c")]
    report = evaluate_model(
        Checkpoint(tiny_exported), [*votes, vote("2", "favor", "a"), vote("2", "against", "b")], samples=100
    )
    assert (report.run["sentences"], report.run["ties"], report.run["records"]) == (1, {"stance": 1}, 5)
    assert any("stance: left out, as annotators tie: 1 sentence" in warning for warning in report.run["warnings"])
    with pytest.raises(AnnotationError, match="the only sentence is tied between the annotators"):
        evaluate_model(Checkpoint(tiny_exported), [vote("2", "favor", "a"), vote("2", "against", "b")], samples=100)


@pytest.mark.parametrize("first", ["anna", "ben"])
def test_what_the_model_sees_hangs_on_no_order_of_the_annotators(first: str) -> None:
    anna = Annotation(id="1", text="Doe wrecked it.", before="Doe met.", stance="against", annotator="anna")
    said = {"target": "Doe", "target_spans": ((0, 3),), "before_spans": ((0, 3),), "after": "Doe left.", "article": "a"}
    ben = anna.model_copy(update=said | {"frames": ("economic",), "annotator": "ben"})
    # Spans of another text around the sentence are of no use to hers.
    carl = anna.model_copy(update={"before": "So Doe met.", "before_spans": ((3, 6),), "annotator": "carl"})
    records = sorted([anna, ben, carl], key=lambda record: (record.annotator != first, record.annotator))
    (sentence,) = gold_labels(records, load_codebook().layer("stance")).sentences
    (asked,) = sentence_inputs([sentence])
    assert (asked.target, asked.target_spans, sentence.article) == ("Doe", ((0, 3),), "a")
    assert (asked.before, asked.before_spans, asked.after) == ("Doe met.", ((0, 3),), "Doe left.")


def test_a_layer_of_which_all_sentences_are_tied_is_told(tiny_exported: Path) -> None:
    rows = [Annotation(id=str(n), text=f"It met {n}.", frames=("health",), stance=None) for n in range(6)]
    split = [Annotation(id="0", text="It met 0.", stance=stance, annotator=stance) for stance in ("favor", "against")]
    report = evaluate_model(Checkpoint.shipped(), [*rows, *split], samples=100, only_figures=True)
    assert "stance" not in report.layers and report.run["ties"]["stance"] == 1
    assert any("stance: left out, as annotators tie: 1 sentence" in warning for warning in report.run["warnings"])


def test_sentences_without_an_article_are_told_from_articles(tiny_exported: Path) -> None:
    rows = [
        Annotation(id=str(n), text=f"The council met {n} times.", target="the council", stance="neutral")
        for n in range(24)
    ]
    named = [row.model_copy(update={"article": f"a{int(row.id) % 6}"}) for row in rows]
    half = [*named[:12], *rows[12:]]
    runs = [
        evaluate_model(Checkpoint(tiny_exported), r, samples=100, only_figures=True).run for r in (rows, named, half)
    ]
    assert [run["without_article"] for run in runs] == [24, 0, 12]
    assert [run["resampled"]["stance"] for run in runs] == ["sentences", "articles", "articles"]
    assert counted(runs[0]) == "24 sentences, no articles given: taken as independent"
    assert counted(runs[1]) == "24 sentences of 6 articles"
    assert counted(runs[2]) == "24 sentences of 6 articles, 12 of no given article: taken as independent"
    said = [[warning for warning in run["warnings"] if "taken as independent" in warning] for run in runs]
    assert [len(found) for found in said] == [1, 0, 1]
    few = evaluate_model(Checkpoint(tiny_exported), rows[:3], samples=100, only_figures=True)
    assert any("only 3 sentences" in warning for warning in few.run["warnings"])


def test_sentences_in_which_no_mention_was_found_are_told(tiny_exported: Path) -> None:
    texts = ("The council met.", "The mayor met.", "Nurses met.")
    rows = [Annotation(id=t, text=t, target="the council", stance="neutral", article=t) for t in texts]
    report = evaluate_model(Checkpoint(tiny_exported), rows, samples=100, only_figures=True)
    (told,) = report.run["before_figures"]
    assert told.startswith("stance: no mention of the target was found in 2 of 3 sentences, so these figures are of")
    assert "no profile was given: name the one" in told and report.run["warnings"][0] == told
    given = evaluate_model(Checkpoint(tiny_exported), rows, target="us-biden-2021", samples=100, only_figures=True)
    (told,) = given.run["before_figures"]
    assert "3 of 3" in told and "us-biden-2021 does not find them" in told and "no profile" not in told
    fewer = [*rows[:2], rows[0].model_copy(update={"id": "again"})]
    half = evaluate_model(Checkpoint(tiny_exported), fewer, samples=100, only_figures=True)
    assert half.run["before_figures"] == []
    assert any("no mention of the target was found in 1 of 3 sentences; no profile" in w for w in half.run["warnings"])


def test_nameless_rows_that_stand_twice_are_told(tiny_exported: Path) -> None:
    row = Annotation(id="1", text="The council met.", stance="neutral", article="a")
    for other, words in ((row, "id and all"), (row.model_copy(update={"id": "2"}), "an id of their own")):
        report = evaluate_model(Checkpoint(tiny_exported), [row, other], samples=100, only_figures=True)
        assert any(words in warning for warning in report.run["warnings"])
    different = [row, row.model_copy(update={"stance": "favor"}), row.model_copy(update={"annotator": "b"})]
    report = evaluate_model(Checkpoint(tiny_exported), different, samples=100, only_figures=True)
    assert not any("repeat another row" in warning for warning in report.run["warnings"])


def test_a_very_long_sentence_has_a_length(tiny_exported: Path) -> None:
    rows = [
        Annotation(id=str(n), text=f"It met {n}. " + "word " * (10_001 if n == 0 else 40), stance="neutral")
        for n in range(11)
    ]
    rows += [Annotation(id=f"short {n}", text=f"It met {n} times.", stance="neutral") for n in range(11)]
    (judged,) = judge(Checkpoint(tiny_exported), rows)
    parts = {part.part: int(part.mask.sum()) for part in slices_of(judged, rows) if part.by == "length"}
    assert parts == {"30 words or more": 11, "00 to 14 words": 11}


@pytest.mark.parametrize("last", ["ann", "bea", "cy"])
def test_a_sentence_has_the_voice_that_most_annotators_heard(last: str, tiny_exported: Path) -> None:
    heard = {"ann": ("quoted", "outlet"), "bea": ("quoted", "outlet"), "cy": ("outlet", "quoted")}
    rows = [
        Annotation(id=f"s{n}", text="It met.", stance="favor", annotator=who, voice=voices[n % 3 > 0])
        for who, voices in sorted(heard.items(), key=lambda item: item[0] == last)
        for n in range(36)
    ]
    (judged,) = judge(Checkpoint(tiny_exported), rows)
    parts = {part.part: int(part.mask.sum()) for part in slices_of(judged, rows) if part.by == "voice"}
    assert parts == {"outlet": 24, "quoted": 12}


def test_without_spans_the_target_is_found_by_profile_or_by_name() -> None:
    record = Annotation(id="1", text="The government met. Ida Brandt left.", target="Ida Brandt", stance="neutral")
    by_name, by_profile = (sentence_inputs([record], target)[0] for target in (None, "government"))
    assert [record.text[a:b] for a, b in by_name.target_spans] == ["Ida Brandt"]
    assert [record.text[a:b].lower() for a, b in by_profile.target_spans] == ["the government"]


@pytest.mark.parametrize("day", ["2016-05-01", "2022-05-01T10:00:00Z", "spring of 2016", None])
def test_a_profile_finds_in_a_row_whom_it_finds_in_an_article_of_that_day(day: str | None, tmp_path: Path) -> None:
    file = tmp_path / "doe.yaml"
    file.write_text(
        "name: the Doe team\naliases: [Doe team]\npeople: [{name: Jo Doe, short: [Doe], from: 2021-01-20}]\n"
    )
    text = "Doe wrecked the harbour."
    row = Annotation(id="1", text=text, before=text, after=text, date=day, target="the Doe team", stance="against")
    (asked,) = sentence_inputs([row], str(file))
    (sentence,) = mark_mentions(article_from_text(text, date=day), load_profile(file)).sentences
    expected = tuple((mention.start, mention.end) for mention in sentence.mentions)
    assert asked.target_spans == asked.before_spans == asked.after_spans == expected
    assert bool(expected) is (day != "2016-05-01")


def test_nothing_to_measure_is_an_error_not_a_zero(tiny_exported: Path) -> None:
    with pytest.raises(AnnotationError, match="no record has a label"):
        evaluate_model(Checkpoint(tiny_exported), [Annotation(id="1", text="x", frames=())])


def test_few_articles_are_counted_for_each_layer() -> None:
    stances = [Annotation(id=f"s{n}", text=f"It met {n} times.", stance="neutral", article=f"s{n}") for n in range(30)]
    frames = [Annotation(id=f"f{n}", text=f"It paid {n}.", frames=("economic",), article=f"f{n % 2}") for n in range(9)]
    report = evaluate_model(Checkpoint.shipped(), [*stances, *frames], samples=100, only_figures=True)
    warnings = [warning for warning in report.run["warnings"] if "only" in warning]
    assert len(warnings) == 1 and warnings[0].startswith("frames: only 2 articles")


def test_rows_that_call_themselves_the_own_corpus_have_no_roles(tiny_exported: Path) -> None:
    rows = [
        Annotation(id=f"mine {n}", text=f"It met {n}.", stance="neutral", corpus="newstance", article=f"x{n}")
        for n in range(12)
    ]
    report = evaluate_model(Checkpoint(tiny_exported), rows, samples=100)
    assert "role" not in {part.by for part in report.slices["stance"]}


def test_what_the_commonest_label_alone_would_come_to(tiny_exported: Path, annotations_file: Path) -> None:
    rows = read_annotations(annotations_file)
    found = evaluate_model(Checkpoint(tiny_exported), rows, samples=100, only_figures=True).layers["stance"]
    gold = [row.stance for row in rows]
    commonest = max(
        set(gold), key=lambda label: (gold.count(label), -["favor", "against", "neutral"].index(str(label)))
    )
    always = [commonest] * len(gold)
    assert found["accuracy_majority"].value == pytest.approx(accuracy_score(gold, always))
    expected = f1_score(gold, always, average="macro", zero_division=0)
    assert found["macro_f1_majority"].value == pytest.approx(expected)
    assert better("accuracy_majority") == better("macro_f1_majority") == "neither"
