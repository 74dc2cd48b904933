"""Shares of an archive: the estimates by hand, and how often their intervals hold what is true."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2

from newstance.eval.bootstrap import wilson
from newstance.eval.share_widths import simulated_widths
from newstance.eval.shares import ESTIMATES, corrected_shares, raw_shares
from newstance.eval.survey_cells import _chance

#: P(annotator says t), and P(model says k | annotator says t): it finds half of the favor and misjudges some neutral.
TRUE = np.array([0.15, 0.25, 0.60])
ERRORS = np.array([[0.50, 0.10, 0.40], [0.05, 0.75, 0.20], [0.08, 0.14, 0.78]])


def archive(seed: int, articles: int, sentences: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return true labels, model's labels and articles; the stances of an article have something in common."""
    rng = np.random.default_rng(seed)
    mix = rng.dirichlet(TRUE * 8, size=articles)
    truth = np.concatenate([rng.choice(3, size=sentences, p=one) for one in mix])
    called = np.array([rng.choice(3, p=ERRORS[t]) for t in truth])
    return truth, called, np.repeat(np.arange(articles), sentences)


def test_the_estimates_are_those_of_their_formulas() -> None:
    truth, called, articles = archive(1, 60)
    sampled = np.random.default_rng(2).permutation(len(truth))[:120]
    pairs = [(int(truth[i]), int(called[i])) for i in sampled]
    found = corrected_shares(
        called,
        articles,
        pairs,
        [str(articles[i]) for i in sampled],
        np.ones(len(sampled)),
        3,
        estimates=("plain", "post-stratified", "inverted"),
    )
    table = np.zeros((3, 3))
    for gold, label in pairs:
        table[gold, label] += 1
    q = np.bincount(called, minlength=3) / len(called)
    expected = {
        "plain": table.sum(axis=1) / table.sum(),
        "post-stratified": (table / table.sum(axis=0)) @ q,
        "inverted": np.linalg.solve((table / table.sum(axis=1, keepdims=True)).T, q),
    }
    for shares in found:
        values = [figure.value for figure in shares.figures]
        np.testing.assert_allclose(values, expected[shares.estimate], atol=1e-12)
        assert all(figure.low < figure.value < figure.high for figure in shares.figures)
    widths = {one.estimate: one.figures[2].high - one.figures[2].low for one in found}
    assert widths["inverted"] > 1.5 * widths["plain"]
    np.testing.assert_allclose([one.value for one in raw_shares(called, articles, 3).figures], q)


def test_what_is_true_lies_within_the_intervals_about_as_often_as_they_say() -> None:
    held: dict[str, list[bool]] = {"raw": [], "plain": [], "post-stratified": [], "inverted": []}
    for seed in range(150):
        truth, called, articles = archive(seed, 400)
        sampled = np.random.default_rng(seed).permutation(len(truth))[:300]
        shares = corrected_shares(
            called,
            articles,
            [(int(truth[i]), int(called[i])) for i in sampled],
            [str(articles[i]) for i in sampled],
            np.ones(300),
            3,
            estimates=("plain", "post-stratified", "inverted"),
            samples=200,
            seed=seed,
        )
        shares.append(raw_shares(called, articles, 3, samples=200, seed=seed))
        for one in shares:
            held[one.estimate] += [f.low <= p <= f.high for f, p in zip(one.figures, TRUE, strict=True)]
    for name in ("plain", "post-stratified", "inverted"):
        assert 0.91 <= np.mean(held[name]) <= 0.985, name
    assert np.mean(held["raw"]) < 0.5, "the model's own shares would need no correction"


def test_a_stance_that_nobody_gave_has_an_upper_end_and_one_that_the_model_never_gave_borrows_the_plain_share() -> None:
    called = np.array([1, 2] * 30)
    articles = np.repeat(np.arange(20), 3)
    pairs = [(1, 1), (2, 2)] * 15
    plain, stratified, inverted = corrected_shares(
        called,
        articles,
        pairs,
        [str(i) for i in range(30)],
        np.ones(30),
        3,
        estimates=("plain", "post-stratified", "inverted"),
    )
    assert plain.figures[0].value == stratified.figures[0].value == 0.0
    assert 0.05 < plain.figures[0].high < 0.2
    assert all(math.isnan(figure.value) and math.isnan(figure.low) for figure in inverted.figures)


def test_sentences_that_stand_for_more_count_for_more() -> None:
    # Of a small outlet as many were drawn as of a large one, nine times its size.
    pairs, weights = [(0, 0)] * 50 + [(2, 2)] * 50, np.repeat([1.0, 9.0], 50)
    called = np.repeat([0, 2], [100, 900])
    (plain,) = corrected_shares(
        called, np.arange(1000), pairs, [str(i) for i in range(100)], weights, 3, estimates=("plain",)
    )
    assert plain.figures[0].value == pytest.approx(0.1)


def test_a_few_articles_say_nothing_of_others() -> None:
    for n in (1, 4):
        shares = raw_shares(np.array([0, 1, 2, 2] * n), np.repeat(np.arange(n), 4), 3)
        assert [figure.value for figure in shares.figures] == [0.25, 0.25, 0.5]
        assert all(math.isnan(figure.low) for figure in shares.figures)


def test_the_inverse_costs_the_most_width() -> None:
    found = simulated_widths((TRUE[:, None] * ERRORS) * 1000, 300, draws=500)
    assert (found["post-stratified"] < found["plain"] * 1.2).all()
    assert (found["inverted"] > 1.3 * found["plain"]).all()


def test_borrowed_errors_hold_under_the_assumption_of_each_estimate() -> None:
    """Of a cell that favors more than the sample: exact where the assumed part of the errors is the same."""
    said = np.array([[40.0, 10, 10], [5, 60, 35], [15, 50, 175]])
    true = np.array([0.5, 0.2, 0.3])
    as_annotated = said / said.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(ESTIMATES["inverted"](true @ as_annotated, said), true)
    called = np.array([0.6, 0.1, 0.3])
    np.testing.assert_allclose(ESTIMATES["post-stratified"](called, said), (said / said.sum(axis=0)) @ called)
    # A label of which nothing was annotated gets the sample's plain share.
    unseen = np.array([[4.0, 0, 0], [0, 0, 0], [4, 0, 0]])
    np.testing.assert_allclose(ESTIMATES["post-stratified"](called, unseen), [0.5, 0.0, 0.5])


def test_a_cell_of_few_articles_that_borrows_errors_has_intervals_as_wide_as_its_articles_are_few() -> None:
    held: dict[str, list[bool]] = {"post-stratified": [], "inverted": []}
    for seed in range(150):
        truth, called, articles = archive(seed, 400)
        sampled = np.random.default_rng(seed).permutation(len(truth))[:300]
        _, of_cell, articles_of_cell = archive(1000 + seed, 5)
        for one in corrected_shares(
            of_cell,
            articles_of_cell,
            [(int(truth[i]), int(called[i])) for i in sampled],
            [str(articles[i]) for i in sampled],
            np.ones(300),
            3,
            estimates=("post-stratified", "inverted"),
            borrowed=True,
            samples=200,
            seed=seed,
        ):
            held[one.estimate] += [f.low <= p <= f.high for f, p in zip(one.figures, TRUE, strict=True)]
    for name, inside in held.items():
        assert np.mean(inside) >= 0.89, name  # 0.86 and 0.83 where the quantiles are those of hundreds of articles


def test_nothing_is_said_of_other_articles_by_a_few_on_either_side() -> None:
    called = np.array([0, 1, 2, 2, 1] * 40)
    many, few = np.repeat(np.arange(40), 5), np.repeat(np.arange(4), 50)
    pairs = [(0, 0), (1, 1), (2, 2), (1, 2)] * 10
    for articles, clusters in ((few, [str(i) for i in range(40)]), (many, [str(i % 4) for i in range(40)])):
        for one in corrected_shares(called, articles, pairs, clusters, np.ones(40), 3, estimates=tuple(ESTIMATES)):
            assert all(math.isnan(f.low) and math.isnan(f.high) for f in one.figures), one.estimate
            assert sum(f.value for f in one.figures) == pytest.approx(1.0)


def test_the_upper_end_of_a_share_of_0_is_by_articles_that_count_alike() -> None:
    called, articles = np.repeat([1, 2], 10_000), np.arange(20_000)
    assert raw_shares(called, articles, 3).figures[0].high == pytest.approx(wilson(0, 20_000)[1])
    # Nine tenths of the archive rest on 50 of the 100, which say little more than 50 alone.
    weights = np.repeat([1.0, 9.0], 50)
    names = [str(i) for i in range(100)]
    found = corrected_shares(called, articles, [(1, 1), (2, 2)] * 50, names, weights, 3)
    assert [one.figures[0].high for one in found] == pytest.approx([wilson(0, 61)[1]] * 2)
    # A cell of 8 articles says no more than 8 do, however large the sample that it borrows from.
    small = corrected_shares(
        called[:8], articles[:8], [(0, 0), (1, 1)] * 50, names, weights, 3, estimates=tuple(ESTIMATES), borrowed=True
    )
    assert small[1].figures[0].high == pytest.approx(wilson(0, 8)[1])
    # A matrix of no error hands on what the cell's labels do not vary: nothing, and no certainty.
    sure = corrected_shares(
        called[:8], articles[:8], [(0, 0), (1, 1), (2, 2)] * 33, names[:99], weights[:99], 3, estimates=("inverted",)
    )
    assert all(math.isnan(f.low) for f in sure[0].figures)


def test_the_chance_of_chi_square_is_scipys() -> None:
    for freedom in (1, 2, 5):
        for value in (3.0, 6.0, 9.0, 14.0):
            assert _chance(value, freedom) == pytest.approx(chi2.sf(value, freedom), abs=0.004)
