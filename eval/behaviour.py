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
from .bootstrap import Bootstrap, Figure, wilson
from .inputs import layer_logits

__all__ = ["Failure", "TestResult", "run_behaviour"]

Floats = npt.NDArray[np.floating]

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
        worst: failures, those first that the model is surest about.
    """

    name: str
    description: str
    expects: str
    pass_rate: Figure
    cases: int
    worst: list[Failure]


def run_behaviour(
    checkpoint: Checkpoint, predictor: Predictor, tests: Sequence[BehaviourTest], *, samples: int, seed: int
) -> list[TestResult]:
    """Run tests on the stance layer; those that want a label which the model does not know are left out.

    Args:
        checkpoint: the model.
        predictor: the model, opened.
        tests: the tests.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    if "stance" not in checkpoint.codebook:
        return []
    layer = checkpoint.codebook.layer("stance")
    tests = [test for test in tests if all(case.stance in (None, *layer.codes) for case in test.cases)]
    inputs = [(test, case, test.inputs(case)) for test in tests for case in test.cases]
    flat = [sentence for _, _, group in inputs for sentence in group]
    if not flat:
        return []
    logits = layer_logits(predictor.predict(flat), layer)
    p = iter(probabilities(logits, layer, checkpoint.calibration.layer("stance").temperature))
    results = []
    for test in tests:
        passed: list[bool] = []
        cases: list[str] = []
        failures: list[Failure] = []
        for number, case in enumerate(test.cases):
            group = test.inputs(case)
            own = np.stack([next(p) for _ in group])
            for ok, failure in _checks(layer, case.stance, group, own):
                passed.append(ok)
                cases.append(str(number))
                failures += [failure] if failure else []
        worst = sorted(failures, key=lambda f: -f.probability)[:_WORST]
        rate = pass_rate(np.array(passed), cases, samples=samples, seed=seed)
        results.append(TestResult(test.name, test.description, test.expects, rate, len(test.cases), worst))
    return results


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


def pass_rate(passed: npt.NDArray[np.bool_], cases: Sequence[str], *, samples: int, seed: int) -> Figure:
    """Return the share passed with an interval over cases; where no draw differs, Wilson's over as many cases."""
    found = Bootstrap(cases, samples=samples, seed=seed).mean(passed.astype(float))
    if found.low < found.high:
        return Figure(found.value, max(0.0, found.low), min(1.0, found.high), len(passed))
    low, high = wilson(found.value, len(set(cases)))
    return Figure(found.value, low, high, len(passed))
