from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score

from newstance.model import (
    Calibration,
    Label,
    Layer,
    best_threshold,
    fit_layer,
    fit_scale,
    fit_temperature,
    fitting,
    probabilities,
    surprise,
    threshold_for_risk,
)

SINGLE = Layer(name="stance", kind="single", labels=(Label(code="a"), Label(code="b"), Label(code="c")))
MULTI = Layer(name="frames", kind="multi", labels=(Label(code="x"), Label(code="y")))


def test_the_fitted_temperature_undoes_overconfidence() -> None:
    generator = np.random.default_rng(0)
    true = generator.normal(size=(4000, 3)) * 2
    labels = np.array([generator.choice(3, p=row) for row in probabilities(true, SINGLE)])
    assert fit_temperature(true * 3, labels, SINGLE) == pytest.approx(3.0, rel=0.1)


def test_the_fitted_temperature_works_for_many_labels_at_once() -> None:
    generator = np.random.default_rng(1)
    true = generator.normal(size=(4000, 2)) * 2
    labels = (generator.random((4000, 2)) < probabilities(true, MULTI)).astype(int)
    assert fit_temperature(true * 2, labels, MULTI) == pytest.approx(2.0, rel=0.1)


def log_losses(p: np.ndarray, gold: np.ndarray, layer: Layer) -> np.ndarray:
    """What a label costs, from probabilities that are neither 0 nor 1."""
    p = np.clip(p, 1e-12, 1 - 1e-12)
    if layer.kind == "multi":
        return -(gold * np.log(p) + (1 - gold) * np.log(1 - p)).mean(axis=1)
    return -np.log(p[np.arange(len(p)), gold])


@pytest.mark.parametrize("layer", [SINGLE, MULTI])
def test_what_a_label_costs_is_the_logarithm_of_its_probability_also_at_both_ends(layer: Layer) -> None:
    generator = np.random.default_rng(5)
    p = probabilities(generator.normal(size=(200, len(layer.codes))) * 9, layer)
    p[0], p[1] = [0.0, 1.0, 0.0][: len(layer.codes)], [1.0, 0.0, 0.0][: len(layer.codes)]
    gold = generator.integers(0, 3, 200) if layer.kind == "single" else generator.random((200, 2)) < 0.4
    found = surprise(p, gold, layer)
    assert found == pytest.approx(log_losses(p, gold, layer), abs=1e-9)
    assert np.isfinite(found).all() and found.max() < 28


@pytest.mark.parametrize("layer", [SINGLE, MULTI])
def test_the_search_for_a_temperature_finds_the_lowest_loss_and_asks_once_a_step(
    layer: Layer, monkeypatch: pytest.MonkeyPatch
) -> None:
    generator = np.random.default_rng(6)
    asked: list[int] = []
    monkeypatch.setattr(fitting, "probabilities", lambda *args: (asked.append(1), probabilities(*args))[1])
    for scale in (0.3, 1.0, 4.0):
        logits = generator.normal(size=(500, len(layer.codes)))
        p = probabilities(logits * scale, layer)
        labels = (
            np.array([generator.choice(3, p=row) for row in p])
            if layer.kind == "single"
            else (generator.random(p.shape) < p).astype(int)
        )
        asked.clear()
        best = fit_temperature(logits, labels, layer)
        assert len(asked) < 70  # sixty steps, the first point, and what lies at the ends
        lowest = log_losses(probabilities(logits / best, layer), labels, layer).mean()
        for other in (best * 0.999, best * 1.001):
            assert log_losses(probabilities(logits / other, layer), labels, layer).mean() > lowest


def test_a_scale_alone_is_that_of_the_whole_calibration() -> None:
    generator = np.random.default_rng(7)
    logits, labels = generator.normal(size=(90, 3)), generator.integers(0, 3, 90)
    for offsets in (False, True):
        whole = fit_layer(logits, labels, SINGLE, target_risk=0.1, offsets=offsets)
        alone = fit_scale(logits, labels, SINGLE, offsets=offsets)
        assert (alone.temperature, alone.offsets) == (whole.temperature, whole.offsets)
        assert alone.target_risk is None


def test_probabilities_survive_huge_logits() -> None:
    for layer, width in ((SINGLE, 3), (MULTI, 2)):
        found = probabilities(np.full((1, width), 1e6), layer)
        assert np.isfinite(found).all()


def test_the_threshold_keeps_the_risk_and_as_many_as_it_can() -> None:
    probability = np.array([0.9, 0.9, 0.8, 0.7, 0.6, 0.5])
    right = np.array([True, True, True, False, True, False])
    threshold = threshold_for_risk(probability, right, 0.2)
    kept = probability >= threshold
    assert threshold == 0.6
    assert (~right[kept]).mean() <= 0.2


def test_equal_probabilities_are_kept_or_dropped_together() -> None:
    assert threshold_for_risk(np.array([0.9, 0.5, 0.5]), np.array([True, True, False]), 0.1) == 0.9


def test_an_unreachable_risk_abstains_from_everything() -> None:
    assert threshold_for_risk(np.array([0.9, 0.8]), np.array([False, False]), 0.1) == 1.0


def test_weights_count_like_repetitions() -> None:
    generator = np.random.default_rng(2)
    logits, labels = generator.normal(size=(60, 3)), generator.integers(0, 3, 60)
    counts = generator.integers(0, 4, 60)
    repeated = np.repeat(np.arange(60), counts)
    assert fit_temperature(logits, labels, SINGLE, counts) == pytest.approx(
        fit_temperature(logits[repeated], labels[repeated], SINGLE)
    )
    p, right = generator.random(60), generator.random(60) < 0.6
    assert threshold_for_risk(p, right, 0.3, counts) == threshold_for_risk(p[repeated], right[repeated], 0.3)


def test_the_threshold_for_showing_labels_has_the_best_macro_f1() -> None:
    generator = np.random.default_rng(3)
    gold = generator.random((300, 4)) < 0.3
    p = np.clip(gold * 0.25 + generator.random((300, 4)) * 0.5, 0, 1)
    threshold, score = best_threshold(gold, p)
    assert score == pytest.approx(f1_score(gold, p >= threshold, average="macro"))
    assert all(score >= f1_score(gold, p >= t, average="macro") - 1e-12 for t in np.arange(0.15, 0.61, 0.01))


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_sentences_that_are_all_right_do_not_sharpen_the_probabilities(scale: float) -> None:
    labels = np.array([0, 1, 2, 0, 1])
    logits = np.eye(3)[labels] * scale
    found = fit_layer(logits, labels, SINGLE, target_risk=0.1)
    assert (found.temperature, "too few" in found.warning) == (1.0, True)
    assert "Not to be relied on" in Calibration(layers={"stance": found}).describe()


def test_logits_that_say_nothing_are_flattened_with_a_warning() -> None:
    labels = np.array([0, 1, 2, 0, 1])
    found = fit_layer(-np.eye(3)[labels], labels, SINGLE, target_risk=0.1)
    assert found.temperature == pytest.approx(20.0) and found.warning


def test_a_temperature_inside_the_search_has_no_warning() -> None:
    labels = np.array([0, 1, 2, 0, 1, 2, 2])
    logits = np.eye(3)[[0, 1, 2, 0, 1, 2, 0]] * 4
    assert fit_layer(logits, labels, SINGLE, target_risk=0.2).warning == ""


def test_a_model_that_abstains_from_everything_says_so_and_what_to_do() -> None:
    labels = np.array([0, 1, 2, 0, 1, 2, 2, 0, 1, 0])
    logits = np.eye(3)[[1, 1, 0, 0, 2, 2, 0, 2, 1, 0]] * np.linspace(9, 1, 10)[:, None]  # the surest one is wrong
    found = fit_layer(logits, labels, SINGLE, target_risk=0.15)
    assert (found.abstain_below, found.kept) == (1.0, 0.0)
    assert "abstains from all of these sentences, since 50% of its decisions are wrong" in found.warning
    card = Calibration(layers={"stance": found}).describe()
    assert "it abstains from everything" in card and "allow a higher risk" in card
    assert "so that at most" not in card
    often = fit_layer(logits, labels, SINGLE, target_risk=0.5)
    assert (often.kept, often.warning) == (1.0, "")
    assert "of the decisions kept, which are 100% of all, were wrong" in often.thresholds()


def test_hardly_anything_kept_is_a_warning_too_and_weights_count() -> None:
    labels = np.zeros(20, dtype=int)
    logits = np.eye(3)[[0] + [1] * 19] * np.linspace(9, 1, 20)[:, None]
    found = fit_layer(logits, labels, SINGLE, target_risk=0.1)
    assert found.kept == pytest.approx(0.05) and "all but 5%" in found.warning
    heavy = fit_layer(logits, labels, SINGLE, target_risk=0.1, weights=np.array([19.0] + [1.0] * 19))
    assert heavy.kept == pytest.approx(21 / 38) and "abstains" not in heavy.warning


def test_a_calibration_of_before_the_share_was_kept_still_reads(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text('{"layers": {"stance": {"abstain_below": 0.6, "target_risk": 0.15, "fitted_on": "9 sentences"}}}')
    line = Calibration.read(path).describe()
    assert "below a probability of 0.60 it abstains, so that at most 15% of the decisions kept were wrong" in line


def test_the_threshold_for_showing_labels_counts_weights_like_repetitions() -> None:
    generator = np.random.default_rng(4)
    gold, p = generator.random((40, 3)) < 0.4, generator.random((40, 3))
    counts = generator.integers(0, 5, 40)
    repeated = np.repeat(np.arange(40), counts)
    assert best_threshold(gold, p, counts) == pytest.approx(best_threshold(gold[repeated], p[repeated]))


def test_a_label_that_does_not_occur_does_not_lower_the_macro_f1() -> None:
    gold = np.array([[True, False], [False, False]])
    assert best_threshold(gold, np.array([[0.9, 0.01], [0.02, 0.01]]))[1] == 1.0


def commoner(shift: list[float], n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Return logits of a model that thinks all labels are as common as it learnt, and labels that are not."""
    generator = np.random.default_rng(2)
    logits = generator.normal(size=(n, 3)) * 2
    return logits, np.array([generator.choice(3, p=row) for row in probabilities(logits + shift, SINGLE)])


def test_offsets_are_how_much_commoner_the_labels_are() -> None:
    logits, labels = commoner([-1.5, 0.0, 1.5])
    found = fit_layer(2 * logits, labels, SINGLE, target_risk=0.3, offsets=True)
    assert found.temperature == pytest.approx(2.0, rel=0.1)
    assert [found.offsets[code] for code in SINGLE.codes] == pytest.approx([-3.0, 0.0, 3.0], abs=0.35)
    p = found.probabilities(2 * logits, SINGLE)
    assert p.mean(axis=0) == pytest.approx(np.bincount(labels) / len(labels), abs=0.005)
    plain = fit_layer(2 * logits, labels, SINGLE, target_risk=0.3)
    assert not plain.offsets
    assert (p.argmax(1) == labels).mean() > (plain.probabilities(2 * logits, SINGLE).argmax(1) == labels).mean() + 0.02
    assert found.kept is not None and plain.kept is not None and found.kept > plain.kept


def test_sentences_count_by_their_weights_in_offsets_too() -> None:
    logits, labels = commoner([0.0, 0.0, 0.0])
    weights = np.where(labels == 2, 3.0, 1.0)
    found = fit_layer(logits, labels, SINGLE, target_risk=0.3, weights=weights, offsets=True)
    shares = np.bincount(labels, weights) / weights.sum()
    mean = np.average(found.probabilities(logits, SINGLE), axis=0, weights=weights)
    assert mean == pytest.approx(shares, abs=0.005)


def test_few_sentences_move_offsets_little_and_a_label_without_any_is_told() -> None:
    logits = np.array([[0.4, 0.0, 0.2], [0.0, 0.3, 0.2], [0.1, 0.0, 0.3], [0.2, 0.1, 0.0]])
    found = fit_layer(logits, np.array([2, 2, 2, 1]), SINGLE, target_risk=0.5, offsets=True)
    assert max(abs(x) for x in found.offsets.values()) / found.temperature < 1.5
    assert sum(found.offsets.values()) == pytest.approx(0.0, abs=1e-3)
    assert "no sentence is labelled a: its offset rests on that alone" in found.warning
    sure = fit_layer(np.eye(3) * 9, np.arange(3), SINGLE, target_risk=0.5, offsets=True)
    assert not sure.offsets and sure.warning.endswith("it is left at 1; no offsets are fitted")


def test_a_layer_of_many_labels_gets_no_offsets() -> None:
    logits = np.array([[1.0, -1.0], [-1.0, 0.5], [0.5, 0.2]])
    gold = np.array([[1, 0], [1, 1], [0, 0]], dtype=bool)
    assert not fit_layer(logits, gold, MULTI, target_risk=0.2, offsets=True).offsets
