from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from newstance.model import Checkpoint, Predictor, SentenceInput, margin_weights, plan_batches


@pytest.fixture(scope="module")
def predictor(tiny_exported: Path) -> Predictor:
    return Predictor.open(Checkpoint(tiny_exported))


@pytest.mark.parametrize(
    "text", ["The council wrecked the harbour.", "council", "…", "plan " * 700, "the “council’s” plan—praised"]
)
def test_evidence_sums_to_the_logits_and_its_margin_to_the_margin(predictor: Predictor, text: str) -> None:
    start = text.find("council")
    spans = ((start, start + 7),) if start >= 0 else ()
    prediction = predictor.predict([SentenceInput(text, spans)])[0]
    logits = prediction.logits["stance"]
    assert prediction.evidence["stance"].sum(axis=0) == pytest.approx(logits, abs=1e-4)
    best, other = np.sort(logits)[::-1][:2]
    assert margin_weights(prediction, "stance").sum() == pytest.approx(best - other, abs=1e-4)


def test_the_answer_does_not_depend_on_what_is_scored_beside_it(predictor: Predictor) -> None:
    inputs = [SentenceInput("plan " * n) for n in (1, 40, 3, 200, 8)]
    together = predictor.predict(inputs)
    for item, prediction in zip(inputs, together, strict=True):
        alone = predictor.predict([item])[0]
        assert alone.logits["stance"] == pytest.approx(prediction.logits["stance"], abs=1e-4)


def test_a_model_that_masks_cannot_tell_one_target_from_another(predictor: Predictor) -> None:
    one, two = predictor.predict(
        [
            SentenceInput("Fishermen blamed the council for it.", ((17, 24),)),
            SentenceInput("Fishermen blamed the Zemblan ministry for it.", ((17, 33),)),
        ]
    )
    assert one.logits["stance"] == pytest.approx(two.logits["stance"], abs=1e-6)


def test_the_tiny_model_has_learnt_what_it_was_taught(predictor: Predictor) -> None:
    texts = ["The council wrecked the harbour and lied about it.", "What the council built here works, and works well."]
    codes = ("favor", "against", "neutral")
    inputs = [SentenceInput(t, ((t.index("council"), t.index("council") + 7),)) for t in texts]
    found = [codes[p.logits["stance"].argmax()] for p in predictor.predict(inputs)]
    assert found == ["against", "favor"]


@given(st.lists(st.integers(1, 300), max_size=80), st.integers(1, 40), st.integers(1, 600))
def test_every_row_is_planned_once_within_the_budget(lengths: list[int], rows: int, tokens: int) -> None:
    batches = plan_batches(lengths, rows, tokens)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) <= rows
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= tokens
