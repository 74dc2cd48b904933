"""Behaviour tests: does the model do what it should on sentences made for one purpose (CheckList)?

After Ribeiro, Wu, Guestrin and Singh, "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList", ACL 2020.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newstance.model import Checkpoint, Predictor, SentenceInput, probabilities
from newstance.model.codebook import Layer

from .behaviour_file import BehaviourTest
from .bootstrap import Figure
from .inputs import layer_logits, token_keys
from .parts import part_of

__all__ = ["SAME_INPUT", "Failure", "TestResult", "behaviour_warnings", "run_behaviour"]

Floats = npt.NDArray[np.floating]

#: What pages say of a test that the model cannot fail.
SAME_INPUT = "same input: holds by construction"
#: How many of a test's failures are shown, the worst first.
_WORST = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that failed: what was read, what was expected and decided, and how sure the model was."""

    text: str
    expected: str
    decided: str
    probability: float
    against: str = ""


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test's outcome.

    Attributes:
        name: of the test.
        description: what it asks for.
        expects: label or same.
        pass_rate: share of checks passed, with its interval over cases; `n` checks.
        cases: how many cases the checks come from.
        few: whether they are too few to say much of others.
        same_input: whether the model reads the same tokens in all that must get the same label, case by case: then the
            test holds by construction.
        worst: failures, those first that the model is surest about.
    """

    name: str
    description: str
    expects: str
    pass_rate: Figure
    cases: int
    few: bool
    same_input: bool
    worst: list[Failure]


def run_behaviour(checkpoint: Checkpoint, predictor: Predictor, tests: Sequence[BehaviourTest]) -> list[TestResult]:
    """Run tests on the stance layer; those that want a label which the model does not know are left out.

    Args:
        checkpoint: the model.
        predictor: the model, opened.
        tests: the tests.
    """
    if "stance" not in checkpoint.codebook:
        return []
    layer = checkpoint.codebook.layer("stance")
    tests = [test for test in tests if not _unknown(test, layer)]
    flat = [sentence for test in tests for case in test.cases for sentence in test.inputs(case)]
    if not flat:
        return []
    logits = layer_logits(predictor.predict(flat), layer)
    p = iter(probabilities(logits, layer, checkpoint.calibration.layer("stance").temperature))
    keys = iter(token_keys(predictor, flat))
    results = []
    for test in tests:
        passed: list[bool] = []
        cases: list[str] = []
        failures: list[Failure] = []
        same_input = test.expects == "same"
        for number, case in enumerate(test.cases):
            group = test.inputs(case)
            own = np.stack([next(p) for _ in group])
            same_input &= len({next(keys) for _ in group}) == 1 and case.stance is None
            for ok, failure in _checks(layer, case.stance, group, own):
                passed.append(ok)
                cases.append(str(number))
                failures += [failure] if failure else []
        worst = sorted(failures, key=lambda f: -f.probability)[:_WORST]
        rate = part_of(np.array(passed, dtype=float), np.ones(len(passed)), cases)
        results.append(
            TestResult(
                name=test.name,
                description=test.description,
                expects=test.expects,
                pass_rate=rate.figure,
                cases=len(test.cases),
                few=rate.few,
                same_input=same_input,
                worst=worst,
            )
        )
    return results


def behaviour_warnings(
    checkpoint: Checkpoint, tests: Sequence[BehaviourTest], results: Sequence[TestResult]
) -> list[str]:
    """Return what to beware of: tests that were not run, and tests that the model cannot fail.

    Args:
        checkpoint: the model.
        tests: the tests that were asked for.
        results: what `run_behaviour` made of them.
    """
    if "stance" not in checkpoint.codebook:
        return ["behaviour: no test was run, as the model has no layer called stance"] if tests else []
    layer = checkpoint.codebook.layer("stance")
    found = []
    skipped = {test.name: unknown for test in tests if (unknown := _unknown(test, layer))}
    if skipped:
        named = ", ".join(f"{name} ({', '.join(map(repr, unknown))})" for name, unknown in skipped.items())
        found.append(f"behaviour: not run, as the model's stance lacks a label that is asked for: {named}")
    if held := [result.name for result in results if result.same_input]:
        found.append(f"behaviour: {', '.join(held)}: {SAME_INPUT}")
    return found


def _unknown(test: BehaviourTest, layer: Layer) -> list[str]:
    """Return the labels that a test asks for and the layer does not have."""
    return sorted({case.stance for case in test.cases if case.stance is not None} - set(layer.codes))


def _checks(
    layer: Layer, stance: str | None, group: Sequence[SentenceInput], p: Floats
) -> Iterator[tuple[bool, Failure | None]]:
    """Yield whether each check passed, and the failure where it did not."""
    decided = [layer.codes[i] for i in p.argmax(axis=1)]
    if stance is not None:
        pairs = [(i, stance, "") for i in range(len(group))]
    else:
        pairs = [(i, decided[0], group[0].text) for i in range(1, len(group))]
    for i, expected, beside in pairs:
        ok = decided[i] == expected
        sure = round(float(p[i].max()), 3)
        yield ok, None if ok else Failure(_shown(group[i]), expected, decided[i], sure, beside)


def _shown(sentence: SentenceInput) -> str:
    return " ".join(part for part in (sentence.before, sentence.text, sentence.after) if part)
