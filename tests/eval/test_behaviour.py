from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.eval import evaluate_model
from newstance.eval.behaviour import SAME_INPUT, behaviour_warnings, run_behaviour
from newstance.eval.behaviour_file import BehaviourTest, Case, read_behaviour
from newstance.eval.bootstrap import wilson
from newstance.eval.report import render_report
from newstance.eval.results import Row, document
from newstance.eval.swaps import with_mentions_replaced
from newstance.eval.symmetry import party_of
from newstance.model import Checkpoint, Codebook, Label, Layer, Predictor, SentenceInput

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
    praise, whichever = run_behaviour(checkpoint, Predictor.open(checkpoint), tests)
    assert (praise.pass_rate.value, praise.pass_rate.n, praise.few) == (0.5, 2, True)
    assert (praise.pass_rate.low, praise.pass_rate.high) == pytest.approx(wilson(0.5, 2))
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
    "an unknown slot before": (
        "tests: [{name: a, expects: same, cases: [{text: It met., before: '{c}.', variants: [{text: It meets.}]}]}]",
        "slot {c}",
    ),
    "an unknown slot in a variant": (
        "tests: [{name: a, expects: same, cases: [{text: It met., variants: [{after: '{c} met.'}]}]}]",
        "slot {c}",
    ),
    "a slot that no text has": (
        "tests: [{name: a, expects: same, vary: {b: [x, y]}, cases: [{text: It met.}]}]",
        "case 1 of a has no slot {b}",
    ),
    "one filling": (
        "tests: [{name: a, expects: same, vary: {b: [x]}, cases: [{text: '{b} met.'}]}]",
        "two fillings or more",
    ),
    "no filling": ("tests: [{name: a, expects: same, vary: {b: []}, cases: [{text: '{b} met.'}]}]", "nothing to be"),
    "the same filling twice": (
        "tests: [{name: a, expects: same, vary: {b: [x, x]}, cases: [{text: '{b} met.'}]}]",
        "the same text twice: x met.",
    ),
    "a variant that changes nothing": (
        "tests: [{name: a, expects: same, cases: [{text: It met., variants: [{text: It met.}]}]}]",
        "the same text twice",
    ),
    "a label that no layer knows": (
        "tests: [{name: a, expects: label, cases: [{text: It met., stance: Against}]}]",
        "tests.0.cases.0.stance: no layer has a label 'Against', did you mean 'against'?",
    ),
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


def test_slots_are_filled_in_neighbours_too(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        """
tests:
  - name: mayors
    expects: same
    vary: {mayor: [Ida Brandt, Omar Petit]}
    cases:
      - {text: "It met.", before: "{mayor} spoke.", after: "So {mayor} left.", variants: [{after: "{mayor} stayed."}]}
  - name: whoever
    expects: same
    vary: {target: [the council, the ministry]}
    cases:
      - {text: "{target} met.", before: "Nobody likes {target}."}
""",
        encoding="utf-8",
    )
    mayors, whoever = read_behaviour(path).tests[-2:]
    assert [(s.before, s.after) for s in mayors.inputs(mayors.cases[0])] == [
        ("Ida Brandt spoke.", "So Ida Brandt left."),
        ("Omar Petit spoke.", "So Omar Petit left."),
        ("Ida Brandt spoke.", "Ida Brandt stayed."),
    ]
    first, second = whoever.inputs(whoever.cases[0])
    assert [s.before[a:b] for s in (first, second) for a, b in s.before_spans] == ["the council", "the ministry"]


def test_a_label_of_ones_own_codebook_may_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("tests: [{name: a, expects: label, cases: [{text: It met., stance: for}]}]", encoding="utf-8")
    layer = Layer(name="stance", kind="single", labels=(Label(code="for"), Label(code="against")))
    assert read_behaviour(path, Codebook(name="own", layers=(layer,))).tests[-1].cases[0].stance == "for"
    with pytest.raises(UsageError, match="'for'"):
        read_behaviour(path)


def test_a_test_that_asks_for_a_label_that_the_model_lacks_is_said_to_be_left_out(tiny_exported: Path) -> None:
    checkpoint = Checkpoint(tiny_exported)
    case = Case(text="The council met.", stance="economic")
    tests = [BehaviourTest(name="of_frames", expects="label", cases=(case,))]
    found = run_behaviour(checkpoint, Predictor.open(checkpoint), tests)
    assert found == []
    (warning,) = behaviour_warnings(checkpoint, tests, found)
    assert "not run" in warning and "of_frames ('economic')" in warning


def test_a_test_whose_inputs_are_the_same_to_the_model_is_marked(tiny_exported: Path) -> None:
    checkpoint = Checkpoint(tiny_exported)
    encoding = checkpoint.config.encoding
    assert (encoding.target_mode, encoding.context) == ("mask", "none")
    tests = read_behaviour().tests
    found = run_behaviour(checkpoint, Predictor.open(checkpoint), tests)
    assert [test.name for test in found if test.same_input] == ["swap_administrations", "neighbour_order"]
    assert behaviour_warnings(checkpoint, tests, found) == [
        f"behaviour: swap_administrations, neighbour_order: {SAME_INPUT}"
    ]


def test_checks_of_one_case_are_not_independent(tiny_exported: Path) -> None:
    checkpoint = Checkpoint(tiny_exported)
    fillings = tuple(f"Mayor {name}" for name in "ABCDEFGHIJKLMNOPQRST")
    cases = (
        Case(text="{mayor} thanked the council for the ferry."),
        Case(text="{mayor} lied about the ferry, and the council wrecked it."),
    )
    test = BehaviourTest(name="mayors", expects="same", vary={"mayor": fillings}, cases=cases)
    (found,) = run_behaviour(checkpoint, Predictor.open(checkpoint), [test])
    assert (found.cases, found.few, found.pass_rate.n) == (2, True, 38)
    assert (found.pass_rate.low, found.pass_rate.high) == pytest.approx(wilson(found.pass_rate.value, 2))


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
    assert all(swap.same_input and swap.lean.low == swap.lean.high == 0 for swap in report.symmetry.swaps)


def test_a_party_with_few_articles_is_not_certain(tiny_exported: Path) -> None:
    def about(name: str, n: int, article: str) -> Annotation:
        text = f"The {name} administration lied about dam number {n}."
        target = f"The {name} administration"
        spans = ((0, len(target)),)
        return Annotation(
            id=f"{name} {n}", text=text, target=target, target_spans=spans, stance="against", article=article
        )

    one_article = [about("Biden", n, "one") for n in range(25)]
    records = [*one_article, *(about("Trump", n, str(n % 20)) for n in range(60))]
    report = evaluate_model(Checkpoint(tiny_exported), records, samples=100)
    assert report.symmetry is not None
    many, few = report.symmetry.parties
    assert (few.party, few.articles, few.few) == ("Democratic", 1, True)
    assert (many.party, many.articles, many.few) == ("Republican", 20, False)
    for figure in (few.accuracy, few.lean, many.accuracy, many.lean):
        assert figure.low < figure.high
    assert few.accuracy.high - few.accuracy.low > 0.75
    metrics = ["standardised_lean", "accuracy", "false_against", "false_favor", "lean"]
    assert [d.metric for d in report.symmetry.differences] == metrics
    assert all(d.few for d in report.symmetry.differences)
    lean = report.symmetry.differences[-1].figure
    assert lean.low < -1 and lean.high > 1
    assert any("only 1 article about Democratic" in warning for warning in report.run["warnings"])
    page = render_report(report)
    assert "few: says little" in page and page.count(SAME_INPUT) > 3 and "wrongly against" in page
    table = document([(Row("newstance", "stance", "tiny", report.layers["stance"]), report)], "")
    assert f"| neighbour order ({SAME_INPUT}) |" in table
    assert table.splitlines()[-1].endswith(f"({SAME_INPUT}).")
    assert "| Democratic (few) |" in table and "| Democratic minus Republican |" in table
