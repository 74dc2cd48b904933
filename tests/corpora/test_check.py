"""Each thing that can be wrong with data is found, and sound data give no finding of that kind."""

from __future__ import annotations

from typing import Any

import pytest

from newstance.corpora import Annotation
from newstance.corpora.check import CheckReport, check_annotations
from newstance.corpora.cues import single_word_cues
from newstance.errors import AnnotationError
from newstance.model import load_codebook

Row = tuple[str, Annotation]


def row(identifier: str, text: str, stance: str = "neutral", split: str = "train", **more: Any) -> Row:
    return split, Annotation(id=identifier, text=text, stance=stance, **more)


def kinds(report: CheckReport) -> dict[str, str]:
    return {finding.kind: finding.severity for finding in report.findings}


TRAIN = [
    row(f"{stance}{n}", f"{stance} sentence {n} of {word} about {word}{n}", stance, article=f"{stance}{n}")
    for stance, word in (("favor", "hills"), ("against", "rivers"), ("neutral", "roads"))
    for n in range(20)
]
WRONG: list[tuple[str, str, list[Row]]] = [
    ("id_with_two_texts", "error", [row("x", "One text."), row("x", "Quite another.")]),
    (
        "id_with_two_texts", "error",
        [row("x", "They met.", target="the council"), row("x", "They met.", "favor", target="the mayor")],
    ),
    (
        "annotator_contradicts_self", "error",
        [row("x", "One text.", annotator="Ada"), row("x", "One text.", "favor", annotator="Ada")],
    ),
    ("label_not_in_train", "error", [row("x", "One text.", "mixed", "dev")]),
    ("label_not_in_train", "error", [row("x", "One text.", split="dev", frames=("economic",))]),
    ("duplicates_across_splits", "warning", [row("x", "One  TEXT."), row("y", "One text.", split="test")]),
    ("duplicates_within_split", "warning", [row("x", "One text."), row("y", "one text.")]),
    ("contradicting_duplicates", "warning", [row("x", "One text."), row("y", "One text.", "favor")]),
    (
        "near_duplicates_across_splits", "warning",
        [row("x", "They met again on Monday at noon by the old harbour wall."),
         row("y", "They met again on Tuesday at noon by the old harbour wall.", split="dev")],
    ),
    (
        "near_duplicates_within_split", "warning",
        [row("x", "They met again on Monday at noon by the old harbour wall."),
         row("y", "They met again on Tuesday at noon by the old harbour wall.")],
    ),
    ("article_in_several_splits", "warning", [row("x", "A.", article="a1"), row("y", "B.", split="dev", article="a1")]),
    ("offsets_cut_words", "warning", [row("x", "Then Voss left.", target_spans=((4, 8),))]),
    ("too_long", "warning", [row("x", "word " * 40)]),
    (
        "low_agreement", "warning",
        [row(f"x{n}", f"Text {n * 7919}.", s, annotator=a) for n in range(6)
         for a, s in (("Ada", "favor"), ("Bo", "against"))],
    ),
    ("few_of_a_label", "warning", [row("x", "One text.", "mixed")]),
    ("imbalance", "warning", [row(f"x{n}", f"Sentence number {n * 7919} on fog.") for n in range(200)]),
]  # fmt: skip


def check(records: list[Row], **more: Any) -> CheckReport:
    return check_annotations(
        records, count_tokens=lambda texts: [len(t.split()) for t in texts], token_limit=30, **more
    )


@pytest.mark.parametrize(("kind", "severity", "records"), WRONG, ids=[kind for kind, _, _ in WRONG])
def test_what_is_wrong_is_found(kind: str, severity: str, records: list[Row]) -> None:
    assert kind not in kinds(check(TRAIN))
    report = check([*TRAIN, *records])
    assert kinds(report)[kind] == severity
    assert report.failed == any(severity == "error" for severity in kinds(report).values())
    assert all(finding.advice and finding.count for finding in report.findings)


def test_near_repeats_stand_under_the_splits_that_they_lie_in() -> None:
    """A text that stands in train and again in dev resembles one in train there, and across splits from dev."""
    monday, tuesday = (f"They met again on {day} at noon by the old harbour wall." for day in ("Monday", "Tuesday"))
    rows = [row("1", monday), row("2", tuesday), row("9", monday, split="dev")]
    found = {finding.kind: finding.where for finding in check(rows).findings}
    assert found["near_duplicates_within_split"] == ("train/1 ~ train/2 (0.73)",)
    assert found["near_duplicates_across_splits"] == ("dev/9 ~ train/2 (0.73)",)
    again = {f.kind: f.where for f in check([*rows, row("8", tuesday, split="dev")]).findings}
    assert again["near_duplicates_within_split"] == ("train/1 ~ train/2 (0.73)", "dev/9 ~ dev/8 (0.73)")
    assert again["near_duplicates_across_splits"] == ("train/1 ~ dev/8 (0.73)",)


def test_labels_of_texts_that_are_only_held_out_of_training_do_not_matter() -> None:
    assert "label_not_in_train" not in kinds(check([*TRAIN, row("x", "One text.", "mixed", "held_out")]))


def test_one_id_may_name_different_sentences_in_different_files() -> None:
    rows = [row("a-2", "One text."), row("a-2", "Quite another."), row("a-2", "One text.", "favor")]
    report = check(rows, files=["one/a.csv", "two/a.csv", "three/a.csv"])
    assert "id_with_two_texts" not in kinds(report)
    assert (report.sentences, report.annotators) == ({"train": 2}, {1: 1, 2: 1})


def test_rows_that_could_not_be_read_are_errors_with_their_place() -> None:
    report = check(TRAIN, problems=[AnnotationError("holds no label", path="x.csv", line=3)])
    assert report.failed
    assert report.findings[0].where == ("x.csv:3: holds no label",)


def test_a_label_of_the_codebook_that_nobody_gave_is_rare() -> None:
    found = {f.kind: f for f in check(TRAIN[:40], codebook=load_codebook()).findings}
    assert found["few_of_a_label"].where == ("neutral",)


def test_several_judgements_count_as_one_sentence_by_their_majority() -> None:
    votes = [row("v", "A vote.", s, annotator=a) for a, s in (("a", "favor"), ("b", "favor"), ("c", "against"))]
    report = check([*votes, row("t", "A tie.", "favor", annotator="a"), row("t", "A tie.", "against", annotator="b")])
    assert report.labels["stance"]["train"] == {"favor": 1, "(tie)": 1}
    assert report.annotators == {2: 1, 3: 1}


def test_a_word_that_gives_the_label_away_is_named_with_its_interval_and_a_common_word_is_not() -> None:
    texts = [f"{'Krell' if n % 4 == 0 else 'Somebody'} spoke about matter {'abcdefgh'[n % 7]}{n}" for n in range(200)]
    labels = [["against" if n % 4 == 0 else "neutral" if n % 2 else "favor"] for n in range(200)]
    found = {(cue.word, cue.label): cue for cue in single_word_cues(texts, labels)}
    assert set(found) == {("krell", "against")}
    cue = found["krell", "against"]
    assert (cue.texts, cue.share, cue.base, cue.pmi) == (50, 1.0, 0.25, 2.0)
    assert 0 < cue.pmi_low < cue.pmi <= cue.pmi_high


def test_words_in_few_texts_prove_nothing() -> None:
    assert single_word_cues(["krell spoke"] * 5 + ["others spoke"] * 20, [["a"]] * 5 + [["b"]] * 20) == []


def test_codes_that_nobody_could_disagree_on_do_not_raise_the_agreement() -> None:
    def frames(identifier: str, who: str, *codes: str) -> Row:
        return "train", Annotation(id=identifier, text=f"Text {identifier}.", frames=codes, annotator=who)

    both = [frames(str(n), who, "jobs", *(["harbour"] if (n + shift) % 2 else [])) for n in range(8)
            for shift, who in enumerate("ab")]  # fmt: skip
    alone = frames("single", "a", "schools")
    assert check([*both, alone]).agreement == check(both).agreement == {"frames": pytest.approx(-0.875)}


def test_a_judgement_that_stands_twice_is_an_error_and_counts_once() -> None:
    rows = [row("x", "One text.", "favor", annotator="Ada"), row("x", "One text.", "against", annotator="Bo")]
    report = check([*TRAIN, *rows, rows[0]])
    assert kinds(report)["judged_twice"] == "error"
    assert report.agreement == check([*TRAIN, *rows]).agreement


def test_of_a_text_that_stands_everywhere_the_first_places_are_named() -> None:
    records = [row(f"x{n}", "One text.", split="train" if n < 40 else "dev") for n in range(45)]
    found = {finding.kind: finding for finding in check(records).findings}
    (where,) = found["duplicates_across_splits"].where
    assert where == "train/x0 = dev/x40 = train/x1 = train/x2 = train/x3 and 40 more"


def test_an_article_that_only_the_second_annotator_names_is_known() -> None:
    records = [
        row(name, f"Text of {name}.", split=split, annotator=who, article="a1" if who == "Bo" else None)
        for name, split in (("hills", "train"), ("rivers", "dev"))
        for who in ("Ada", "Bo")
    ]
    found = kinds(check(records))
    assert "article_in_several_splits" in found
    assert "no_articles" not in found
