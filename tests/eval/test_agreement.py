from __future__ import annotations

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from newstance.corpora import Annotation
from newstance.errors import AnnotationError
from newstance.eval import annotator_agreement
from newstance.eval.alpha import MISSING, alpha_of, coincidences
from newstance.eval.bootstrap import wilson
from newstance.model import load_codebook

#: Krippendorff's own example: four observers, twelve units, missing judgements; nominal alpha 0.743.
PUBLISHED = """
1 2 3 3 2 1 4 1 2 * * *
1 2 3 3 2 2 4 1 2 5 * 3
* 3 3 3 2 3 4 2 2 5 1 *
1 2 3 3 2 4 4 1 2 5 1 *
"""


def alpha(judgements: np.ndarray, labels: int) -> float:
    return float(alpha_of(coincidences(judgements, labels).sum(axis=0)))


def test_alpha_is_that_of_the_published_example() -> None:
    rows = [
        [MISSING if cell == "*" else int(cell) - 1 for cell in line.split()] for line in PUBLISHED.split("\n") if line
    ]
    found = alpha(np.array(rows).T, 5)
    reliability = [[np.nan if cell == MISSING else cell for cell in row] for row in rows]
    assert found == pytest.approx(0.743, abs=5e-4)
    assert found == pytest.approx(krippendorff.alpha(reliability, level_of_measurement="nominal"))


@given(st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=2, max_size=40))
def test_alpha_agrees_with_the_package_where_it_is_defined(rows: list[list[int]]) -> None:
    judgements = np.array(rows)
    several = judgements[(judgements != MISSING).sum(axis=1) >= 2]
    if len(np.unique(several[several != MISSING])) < 2:
        return
    reliability = np.where(judgements == MISSING, np.nan, judgements).T
    expected = krippendorff.alpha(reliability, level_of_measurement="nominal", value_domain=[0, 1, 2, 3])
    assert alpha(judgements, 4) == pytest.approx(expected)


def judged(
    identifier: str, who: str | None, stance: str | None = None, frames: tuple[str, ...] | None = None
) -> Annotation:
    return Annotation(
        id=identifier, text=f"Sentence {identifier}.", annotator=who, stance=stance, frames=frames, article=identifier
    )


def test_each_annotator_stands_against_the_others_majority() -> None:
    labels = {
        "a": "favor favor against neutral",
        "b": "favor against against neutral",
        "c": "favor favor neutral neutral",
    }
    records = [judged(str(i), who, stance) for who, given_ in labels.items() for i, stance in enumerate(given_.split())]
    found = annotator_agreement(records, load_codebook().only(("stance",)), samples=100)["stance"]
    assert (found.sentences, found.split) == (4, 2)
    # c's others, a and b, agree on sentences 0, 2 and 3 only
    expected = f1_score(
        ["favor", "against", "neutral"], ["favor", "neutral", "neutral"], average="macro", zero_division=0
    )
    assert found.annotators["c"].value == pytest.approx(expected)
    assert found.annotators["c"].n == 3


def test_frames_agree_label_by_label() -> None:
    first = [("economic",), ("economic", "health"), (), ("health",), ("economic",)]
    second = [("economic",), ("economic",), (), ("health",), ("health",)]
    records = [judged(str(i), who, frames=f) for who, all_ in (("a", first), ("b", second)) for i, f in enumerate(all_)]
    found = annotator_agreement(records, load_codebook().only(("frames",)), samples=100)["frames"]
    for code in ("economic", "health"):
        reliability = [[float(code in f) for f in given_] for given_ in (first, second)]
        expected = krippendorff.alpha(reliability, level_of_measurement="nominal")
        assert found.by_label[code].value == pytest.approx(expected)
    assert found.alpha is not None
    assert found.alpha.value == pytest.approx(np.mean([f.value for f in found.by_label.values()]))
    assert set(found.by_label) == {"economic", "health"}


def test_nobody_to_agree_with_is_an_error() -> None:
    with pytest.raises(AnnotationError, match="two annotators"):
        annotator_agreement([judged("1", "a", "favor")], load_codebook())


def test_an_annotator_who_judged_twice_is_named() -> None:
    with pytest.raises(AnnotationError, match="a judged this sentence twice"):
        annotator_agreement([judged("1", "a", "favor"), judged("1", "a", "against")], load_codebook())


def test_agreement_that_no_draw_changes_is_not_certain() -> None:
    labels = ("favor", "against", "neutral")
    records = [
        judged(str(n), who, labels[n % 3], (("health",), ("economic",))[n % 2]) for n in range(6) for who in "ab"
    ]
    found = annotator_agreement(records, load_codebook(), samples=100)
    for layer in ("stance", "frames"):
        alpha = found[layer].alpha
        assert alpha is not None and (alpha.value, alpha.high) == (1.0, 1.0)
        assert 0 < alpha.low < 0.9
    # Wilson's lower end of six of six, against the disagreement that 4 + 4 + 4 judgements have by chance.
    assert found["stance"].alpha is not None
    assert found["stance"].alpha.low == pytest.approx(1 - (1 - wilson(1.0, 6)[0]) / (1 - 3 * 4 * 3 / (12 * 11)))


def test_nameless_rows_that_repeat_each_other_are_told() -> None:
    records = [judged(str(n), None, ("favor", "against")[n % 2]) for n in range(20) for _ in range(2)]
    found = annotator_agreement(records, load_codebook(), samples=100)["stance"]
    assert "20 nameless rows repeat another row" in (found.warning or "")
    assert found.annotators == {}, "nobody in particular"


def test_agreement_on_few_articles_is_said_to_hold_for_them_alone() -> None:
    records = [
        judged(str(n), who, ("favor", "against")[(n * shift) % 2]).model_copy(update={"article": f"a{n % 2}"})
        for n in range(12)
        for shift, who in enumerate(("Ada", "Bo"))
    ]
    found = annotator_agreement(records, load_codebook(), samples=100)["stance"]
    assert (found.warning or "").startswith("only 2 articles")


@pytest.mark.parametrize("first", ["Ada", "Bo"])
def test_intervals_resample_the_articles_that_any_annotator_names(first: str) -> None:
    # Bo's file names the articles, Ada's does not; in half of them they disagree on every sentence.
    records = [
        Annotation(
            id=f"s{n}",
            text=f"Sentence {n}.",
            stance=("favor", "against")[(n + (n // 10 % 2 and who == "Bo")) % 2],
            annotator=who,
            article=f"article {n // 10}" if who == "Bo" else None,
        )
        for n in range(100)
        for who in ("Ada", "Bo")
    ]
    records.sort(key=lambda record: record.annotator != first)
    found = annotator_agreement(records, load_codebook())["stance"]
    assert found.alpha is not None and found.alpha.high - found.alpha.low > 0.8
    assert found.warning == "only 10 articles: intervals are wide, and rest on few of them"


def test_the_voice_is_asked_for_with_the_stance() -> None:
    voices = {"a": ("outlet", "quoted", "outlet"), "b": ("outlet", "quoted", "quoted")}
    records = [
        judged(str(n), who, "favor").model_copy(update={"voice": voice})
        for who, given_ in voices.items()
        for n, voice in enumerate(given_)
    ]
    found = annotator_agreement(records, load_codebook(), samples=100)["voice"]
    assert (found.sentences, found.split) == (3, 1)


def test_layers_that_the_codebook_lacks_are_not_said_to_lack_annotators() -> None:
    records = [judged("1", who, "favor").model_copy(update={"stance": None, "labels": {"tone": "dry"}}) for who in "ab"]
    with pytest.raises(AnnotationError, match=r"on a layer of the codebook \(stance, .*--codebook"):
        annotator_agreement(records, load_codebook())
