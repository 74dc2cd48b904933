from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from newstance.corpora import Annotation
from newstance.eval import evaluate_model
from newstance.eval.behaviour_file import BehaviourFile
from newstance.eval.judged import Judged
from newstance.eval.report import render_report
from newstance.eval.results import Row, document
from newstance.eval.symmetry import STANDARDISED, Difference, Symmetry, symmetry, symmetry_warnings
from newstance.model import Checkpoint, Label, Layer, Predictor, SentenceInput

CODES = ("favor", "against", "neutral")
LAYER = Layer(name="stance", kind="single", labels=tuple(Label(code=code) for code in CODES))
FILE = BehaviourFile(parties={"Harbour": ("Brandt",), "Hill": ("Petit",)})
#: What a classifier that errs toward the middle decides of favor, against and neutral, whoever is named.
BLIND = np.array([[0.35, 0.20, 0.45], [0.05, 0.65, 0.30], [0.10, 0.25, 0.65]])
#: Shares of the three among sentences about a party that is mostly criticised, and about one that is often praised.
CRITICISED, PRAISED = (0.09, 0.67, 0.24), (0.40, 0.45, 0.15)


@pytest.fixture(scope="module")
def model() -> tuple[Checkpoint, Predictor]:
    checkpoint = Checkpoint.shipped()
    return checkpoint, Predictor.open(checkpoint)


def judged(
    names: list[str], gold: npt.NDArray[np.int64], predicted: npt.NDArray[np.int64], articles: list[str]
) -> Judged:
    by_name = {name: Annotation(id=name, text=f"{name} met.", target=name, stance="neutral") for name in set(names)}
    nothing = np.zeros((len(names), len(CODES)))
    return Judged(
        layer=LAYER,
        sentences=[by_name[name] for name in names],
        gold=gold,
        probability=nothing,
        uncalibrated=nothing,
        predicted=predicted,
        groups=np.array(articles),
        inputs=[SentenceInput(f"{name} met.") for name in names],
        logits={},
        tied=[],
        tied_probability=nothing[:0],
    )


def drawn(seed: int, decides: dict[str, npt.NDArray[np.float64]], articles: int = 20) -> Judged:
    """Return sentences about both parties, ten an article, decided by the party's matrix."""
    generator = np.random.default_rng(seed)
    names, golds, predictions, groups = [], [], [], []
    for (name, matrix), mix in zip(decides.items(), (CRITICISED, PRAISED), strict=True):
        for article in range(articles):
            gold = generator.choice(3, 10, p=generator.dirichlet(np.array(mix) * 12))
            golds.append(gold)
            predictions.append((generator.random((10, 1)) > matrix[gold].cumsum(axis=1)[:, :2]).sum(axis=1))
            names += [name] * 10
            groups += [f"{name} {article}"] * 10
    return judged(names, np.concatenate(golds), np.concatenate(predictions), groups)


def found(model: tuple[Checkpoint, Predictor], data: Judged) -> Symmetry:
    symmetric = symmetry(*model, data, FILE, seed=0)
    assert symmetric is not None
    return symmetric


def between(found: Symmetry, metric: str) -> Difference:
    """Return the difference between the only two parties in one figure, Harbour's minus Hill's."""
    (one,) = [difference for difference in found.differences if difference.metric == metric]
    return one


def leaves_out_0(difference: Difference) -> bool:
    return not difference.figure.low <= 0 <= difference.figure.high


def test_a_party_blind_classifier_has_a_raw_difference_and_no_standardised_one(
    model: tuple[Checkpoint, Predictor],
) -> None:
    runs = [found(model, drawn(seed, {"Brandt": BLIND, "Petit": BLIND})) for seed in range(200)]
    raw, standardised = ([between(run, metric) for run in runs] for metric in ("lean", STANDARDISED))
    assert np.mean([leaves_out_0(d) for d in raw]) > 0.8
    assert 0.005 <= np.mean([leaves_out_0(d) for d in standardised]) <= 0.075
    assert np.mean([abs(d.figure.value) for d in raw]) > 0.2
    assert abs(np.mean([d.figure.value for d in standardised])) < 0.02


def test_a_true_difference_of_the_detectable_size_is_found_in_four_of_five(model: tuple[Checkpoint, Predictor]) -> None:
    # A quarter of each label's decisions goes from neutral to favor, so that every lean rises by so much.
    friendly = BLIND + np.array([0.25, 0.0, -0.25])
    runs = [between(found(model, drawn(s, {"Brandt": BLIND, "Petit": friendly})), STANDARDISED) for s in range(200)]
    assert np.mean([d.detectable for d in runs]) == pytest.approx(0.25, abs=0.02)
    assert 0.72 <= np.mean([leaves_out_0(d) for d in runs]) <= 0.9
    figure = runs[0].figure
    assert runs[0].detectable == pytest.approx(1.4294 * (figure.high - figure.low) / 2, rel=1e-3)


def test_the_standardised_lean_is_the_mean_over_one_mix(model: tuple[Checkpoint, Predictor]) -> None:
    # Harbour: 10 favor of which 5 are called neutral, 30 against of which 6; Hill: 40 favor of which 10, 20 against.
    gold = np.repeat([0, 1, 0, 1], [10, 30, 40, 20])
    predicted = gold.copy()
    predicted[[*range(5), *range(10, 16), *range(40, 50)]] = 2
    names = ["Brandt"] * 40 + ["Petit"] * 60
    data = judged(names, gold, predicted, [str(i) for i in range(100)])
    symmetric = found(model, data)
    assert symmetric.mix == {"favor": 0.5, "against": 0.5}
    hill, harbour = symmetric.parties
    assert {code: figure.value for code, figure in harbour.lean_by_gold.items()} == {"favor": -0.5, "against": 0.2}
    assert {code: figure.value for code, figure in hill.lean_by_gold.items()} == {"favor": -0.25, "against": 0.0}
    one = between(symmetric, STANDARDISED)
    assert one.figure.value == pytest.approx((-0.5 + 0.2) / 2 - (-0.25 + 0.0) / 2)
    assert one.figure.low < one.figure.value < one.figure.high and one.figure.n == 100 and not one.few
    assert between(symmetric, "lean").figure.value == pytest.approx((-5 + 6) / 40 + 10 / 60)


def test_a_label_of_one_party_alone_is_left_out_and_told(model: tuple[Checkpoint, Predictor]) -> None:
    gold = np.repeat([0, 1, 1], [10, 20, 25])
    names = ["Brandt"] * 30 + ["Petit"] * 25
    data = judged(names, gold, np.ones(55, dtype=np.int64), [str(i) for i in range(55)])
    one = between(symmetric := found(model, data), STANDARDISED)
    assert one.figure.value == 0.0 and one.figure.n == 45 and one.figure.low < 0 < one.figure.high
    assert symmetry_warnings(symmetric) == [
        "partisan symmetry: no sentence about Hill is annotated favor: its standardised lean is compared over the "
        "other labels"
    ]
    apart = judged(names, np.repeat([0, 1], [30, 25]), np.ones(55, dtype=np.int64), [str(i) for i in range(55)])
    nothing = between(symmetric := found(model, apart), STANDARDISED)
    assert math.isnan(nothing.figure.value) and math.isnan(nothing.detectable) and nothing.few
    assert symmetry_warnings(symmetric) == [
        "partisan symmetry: Harbour and Hill have no annotated label in common: not compared"
    ]


def test_labels_lacking_of_parties_that_are_not_compared_are_not_told(model: tuple[Checkpoint, Predictor]) -> None:
    names = [name for name, n in (("Ash", 40), ("Birch", 39), ("Cedar", 38), ("Dogwood", 37)) for _ in range(n)]
    gold = np.arange(len(names)) % 2
    names, gold = [*names, *["Elm"] * 30], np.concatenate([gold, np.zeros(30, dtype=np.int64)])
    file = BehaviourFile(parties={name: (name,) for name in dict.fromkeys(names)})
    data = judged(names, gold, gold, [str(i) for i in range(len(names))])
    symmetric = symmetry(*model, data, file, seed=0)
    assert symmetric is not None and len(symmetric.parties) == 5
    assert symmetry_warnings(symmetric) == []


def test_a_multi_label_layer_called_sentiment_is_not_compared(model: tuple[Checkpoint, Predictor]) -> None:
    data = drawn(0, {"Brandt": BLIND, "Petit": BLIND})
    labels = tuple(Label(code=code) for code in ("positive", "negative", "neutral"))
    several = np.eye(3, dtype=bool)[data.gold]
    many = replace(
        data, layer=Layer(name="sentiment", kind="multi", labels=labels), gold=several, predicted=several.copy()
    )
    symmetric = symmetry(*model, data, FILE, sentiment=many, seed=0)
    assert symmetric is not None and symmetric.differences and symmetric.sentiment is None


def test_what_sentiment_lacks_is_warned_of_as_sentiments(model: tuple[Checkpoint, Predictor]) -> None:
    names = ["Brandt"] * 30 + ["Petit"] * 25
    stance = judged(names, np.arange(55) % 3, np.arange(55) % 3, [str(i) for i in range(55)])
    layer = Layer(
        name="sentiment", kind="single", labels=tuple(Label(code=code) for code in ("positive", "negative", "neutral"))
    )
    # All of Hill's come from two articles, and nobody praises it.
    groups = np.array([str(i) if i < 30 else f"two {i % 2}" for i in range(55)])
    gold = np.where(np.arange(55) < 30, np.arange(55) % 3, 1)
    lacking = replace(stance, layer=layer, gold=gold, predicted=gold, groups=groups)
    symmetric = symmetry(*model, stance, FILE, sentiment=lacking, seed=0)
    assert symmetric is not None
    assert symmetry_warnings(symmetric) == [
        "partisan symmetry of sentiment: only 2 articles about Hill: its figures, and differences from it, are wide "
        "and say little",
        "partisan symmetry of sentiment: no sentence about Hill is annotated positive or neutral: its standardised "
        "lean is compared over the other labels",
    ]


def test_a_label_with_few_articles_is_marked_and_widens_the_comparison(model: tuple[Checkpoint, Predictor]) -> None:
    gold = np.tile([0, 0, 1, 1, 2], 20)
    predicted = np.where(np.arange(100) % 7, gold, 2)
    names = ["Brandt"] * 50 + ["Petit"] * 50
    articles = [str(i) for i in range(100)]
    spread = between(found(model, judged(names, gold, predicted, articles)), STANDARDISED)
    # All of Harbour's praise comes from two articles.
    bunched = [f"two {i % 2}" if i < 50 and gold[i] == 0 else str(i) for i in range(100)]
    few = between(found(model, judged(names, gold, predicted, bunched)), STANDARDISED)
    assert (spread.few, few.few) == (False, True)
    assert few.figure.value == spread.figure.value
    assert few.figure.high - few.figure.low > 1.5 * (spread.figure.high - spread.figure.low)


def about(name: str, n: int, verb: str, sentiment: str, stance: str | None = None) -> Annotation:
    return Annotation(
        id=f"{name} {n}",
        text=f"{name} {verb} the harbour in year {n}.",
        target=name,
        target_spans=((0, len(name)),),
        stance=stance,
        labels={"sentiment": sentiment},
    )


def about_two_presidents(*kinds: tuple[str, ...]) -> list[Annotation]:
    """Return 30 sentences about one and 24 about the other, of each kind in turn: verb, sentiment and stance."""
    sizes = (("Trump", 30), ("Obama", 24))
    return [about(name, n, *kinds[n % len(kinds)]) for name, size in sizes for n in range(size)]


def test_data_with_sentiment_alone_are_compared_by_it_and_names_are_swapped_in_them() -> None:
    records = about_two_presidents(("wrecked", "negative"), ("visited", "neutral"), ("rescued", "positive"))
    report = evaluate_model(Checkpoint.shipped(), records, samples=100)
    found = report.symmetry
    assert "stance" not in report.layers and found is not None and not found.of_stance
    assert not found.differences and not found.parties
    assert found.sentiment is not None and found.sentiment.differences
    assert found.swap_unchanged is not None and found.swap_unchanged.value == 1  # it masks its target
    page = render_report(report)
    assert page.count("difference in standardised lean</th>") == 1
    assert "errors are compared by sentiment's alone.</p>" in page and "Not measured" not in page


def test_sentiment_is_compared_by_its_own_labels_and_both_stand_in_the_reports() -> None:
    records = about_two_presidents(
        ("wrecked", "negative", "against"), ("visited", "neutral", "neutral"), ("rescued", "positive", "favor")
    )
    report = evaluate_model(Checkpoint.shipped(), records, samples=100)
    assert report.symmetry is not None and report.symmetry.sentiment is not None
    assert list(report.symmetry.sentiment.mix) == ["positive", "negative", "neutral"]
    metrics = [STANDARDISED, "accuracy", "false_against", "false_favor", "lean"]
    assert [d.metric for d in report.symmetry.sentiment.differences] == metrics
    page = render_report(report)
    assert page.count("difference in standardised lean</th>") == 2 and "Sentiment, against its own labels" in page
    rows = [(Row("newsmtsc-rw", layer, "mine", report.layers[layer]), report) for layer in ("stance", "sentiment")]
    text = document([*rows], "")
    for layer in ("stance", "sentiment"):
        assert text.count(f"| NewsMTSC `hf_rw`, test | {layer} | mine | Democratic minus Republican |") == 1
    assert "judged sentiment toward a mention, not stance" in text and "## Behaviour" not in text
