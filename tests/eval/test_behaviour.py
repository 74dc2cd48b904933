from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.eval import evaluate_model
from newstance.eval.behaviour import run_behaviour
from newstance.eval.behaviour_file import read_behaviour
from newstance.eval.bootstrap import wilson
from newstance.eval.symmetry import party_of, with_mentions_replaced
from newstance.model import Checkpoint, Predictor, SentenceInput

OWN = """
tests:
  - name: praise
    expects: label
    cases:
      - {text: "The council rescued the harbour and deserves every bit of praise.", target: the council, stance: favor}
      - {text: "The council wrecked the harbour and lied about it.", target: the council, stance: favor}
  - name: whichever
    expects: same
    vary: {target: [the council, the ministry, the cabinet]}
    cases:
      - text: "Fishermen thanked {target} for a generous and sensible plan."
parties: {Harbour Party: [council]}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_the_tests_that_ship_name_their_targets_in_every_filling() -> None:
    file = read_behaviour()
    assert len(file.tests) >= 10
    for test in file.tests:
        for case in test.cases:
            for sentence in test.inputs(case):
                assert "{" not in sentence.text
                named = {sentence.text[a:b].casefold() for a, b in sentence.target_spans}
                assert named == {sentence.target.casefold()}


def test_ones_own_tests_are_added_and_run(own: Path, tiny_exported: Path) -> None:
    checkpoint = Checkpoint(tiny_exported)
    file = read_behaviour(own)
    assert len(file.tests) == len(read_behaviour().tests) + 2
    tests = [test for test in file.tests if test.name in ("praise", "whichever")]
    praise, whichever = run_behaviour(checkpoint, Predictor.open(checkpoint), tests, samples=100, seed=0)
    assert (praise.pass_rate.value, praise.pass_rate.n) == (0.5, 2)
    assert [(failure.expected, failure.decided) for failure in praise.worst] == [("favor", "against")]
    assert (whichever.pass_rate.value, whichever.pass_rate.n, whichever.worst) == (1.0, 2, [])
    assert whichever.pass_rate.low < 1.0  # two checks of one case show little


MISTAKES = {
    "unknown key": ("tests: [{name: a, expects: same, casez: []}]", "casez"),
    "a target that is not there": (
        "tests: [{name: a, expects: label, cases: [{text: It met., target: x, stance: favor}]}]",
        "x",
    ),
    "no stance": ("tests: [{name: a, expects: label, cases: [{text: It met.}]}]", "needs a stance"),
    "an unknown slot": ("tests: [{name: a, expects: same, vary: {b: [x]}, cases: [{text: '{c} met.'}]}]", "slot {c}"),
    "no YAML": ("tests: [", "not YAML"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_bad_file_is_one_clear_line(name: str, tmp_path: Path) -> None:
    text, message = MISTAKES[name]
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read_behaviour(path)
    assert message in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_wilson_has_a_width_where_all_pass() -> None:
    low, high = wilson(1.0, 10)
    assert 0.65 < low < 0.75 and high == 1.0
    assert wilson(0.5, 40) == pytest.approx((0.352, 0.648), abs=1e-3)


def test_mentions_are_replaced_with_their_spans() -> None:
    sentence = SentenceInput(
        "Trump met; Trump’s aides left.", ((0, 5), (11, 16)), "Trump", before="Trump!", before_spans=((0, 5),)
    )
    changed = with_mentions_replaced(sentence, "the Vale government")
    assert changed.text == "the Vale government met; the Vale government’s aides left."
    assert [changed.text[a:b] for a, b in changed.target_spans] == ["the Vale government"] * 2
    assert (changed.before, changed.before_spans, changed.target) == (
        "the Vale government!",
        ((0, 19),),
        changed.target,
    )


def test_a_party_is_told_by_one_kind_of_name_only(own: Path) -> None:
    file = read_behaviour(own)

    def about(text: str, target: str) -> str | None:
        start = text.index(target)
        return party_of(
            Annotation(id="1", text=text, target=target, stance="favor"), file, [(start, start + len(target))]
        )

    assert about("Mr. Obama spoke.", "Obama") == "Democratic"
    assert about("The council spoke.", "council") == "Harbour Party"
    assert about("Trump and Obama spoke.", "Trump and Obama") is None
    assert about("It rained on Ada.", "Ada") is None


def test_swapped_names_change_nothing_in_mask_mode(tiny_exported: Path) -> None:
    checkpoint = Checkpoint(tiny_exported)
    assert checkpoint.config.encoding.target_mode == "mask"
    sentence = SentenceInput("The council wrecked the harbour.", ((4, 11),), "the council")
    names = ["the Trump administration", "the Labour government"]
    found = Predictor.open(checkpoint).predict([sentence, *(with_mentions_replaced(sentence, name) for name in names)])
    for other in found[1:]:
        assert np.allclose(other.logits["stance"], found[0].logits["stance"], atol=1e-5)


def test_mentions_that_a_profile_finds_tell_the_party_and_are_swapped(own: Path, tiny_exported: Path) -> None:
    records = [Annotation(id=str(n), text=f"President Biden signed order {n}.", stance="favor") for n in range(20)]
    model, file = Checkpoint(tiny_exported), read_behaviour(own)
    report = evaluate_model(model, records, target="us-biden-2021", behaviour=file, samples=100)
    assert report.symmetry is not None
    assert [party.party for party in report.symmetry.parties] == ["Democratic"]
    assert report.symmetry.swaps
