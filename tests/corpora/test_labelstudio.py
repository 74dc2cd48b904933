"""Label Studio: exports of our own interface and of other people's projects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newstance.corpora import ColumnMap, open_annotations
from newstance.errors import AnnotationError
from newstance.model import load_codebook

Write = Callable[[str, str], Path]

CHOICE = {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["against"]}}


DATA = {"text": "🙂 Voss wrecked it.", "id": "a"}


def labelstudio(result: list[dict[str, Any]], data: dict[str, Any] = DATA, **annotation: Any) -> str:
    task = {"id": 9, "data": data, "predictions": [{"result": result}]}
    return json.dumps(
        [task | {"annotations": [{"result": result, "completed_by": {"email": "ada@x.org"}} | annotation]}]
    )


def span(start: int, end: int, text: str | None = "wrecked", to: str = "text", name: str = "spans") -> dict[str, Any]:
    value = {"start": start, "end": end, "labels": ["rationale"]} | ({} if text is None else {"text": text})
    return {"from_name": name, "to_name": to, "type": "labels", "value": value}


@pytest.mark.parametrize("offsets", [(7, 14), (8, 15)])
def test_label_studio_offsets_may_count_code_points_or_utf_16_units(write: Write, offsets: tuple[int, int]) -> None:
    record = open_annotations(write("x.json", labelstudio([CHOICE, span(*offsets)])))[0]
    assert (record.annotator, record.stance, record.rationale) == ("ada@x.org", "against", ((7, 14),))


def test_label_studio_offsets_that_do_not_give_their_words_are_refused(write: Write) -> None:
    with pytest.raises(AnnotationError, match=r"x.json:1: annotations.0.result.1: the offsets 3 to 9"):
        open_annotations(write("x.json", labelstudio([CHOICE, span(3, 9)])))


@pytest.mark.parametrize("words", ["council", None])
def test_a_span_of_another_text_of_the_task_is_refused(write: Write, words: str | None) -> None:
    """Its offsets would underline other words of the sentence."""
    path = write(
        "x.json", labelstudio([CHOICE, span(4, 11, words, to="before")], DATA | {"before": "The council met."})
    )
    problem = "x.json:1: annotations.0.result.1: a span of rationale lies in the task's 'before', not in 'text'"
    with pytest.raises(AnnotationError, match=problem):
        open_annotations(path)


@pytest.mark.parametrize("to", ["text", "body", "sentence"])
@pytest.mark.parametrize("others", [{}, {"text": "A longer article. Voss wrecked it."}])
def test_spans_lie_in_the_text_that_the_map_names(write: Write, to: str, others: dict[str, str]) -> None:
    """An export names the object of the interface, which may be called as nothing in the data, or as something else."""
    data = {"body": "Voss wrecked it.", "id": "a"} | others
    path = write("x.json", labelstudio([CHOICE, span(5, 12, to=to)], data))
    record = open_annotations(path, columns=ColumnMap(fields={"text": "body"}))[0]
    assert [record.text[start:end] for start, end in record.rationale] == ["wrecked"]
    with pytest.raises(AnnotationError, match=r"lies in the task's 'body', not in 'text'; .* --column text=body"):
        open_annotations(path)


def test_a_task_without_the_sentence_says_what_it_has(write: Write) -> None:
    path = write("x.json", labelstudio([CHOICE], {"body": "Voss wrecked it."}))
    with pytest.raises(AnnotationError, match=r"x.json:1: text: .*there are: body\); .* --column text=body"):
        open_annotations(path)


def test_spans_of_the_text_before_are_read_by_their_field_alone(write: Write) -> None:
    data = DATA | {"before": "🙂 The council met."}
    path = write("x.json", labelstudio([CHOICE, span(7, 14, "council", to="before", name="context")], data))
    columns = ColumnMap(fields={"before_spans": "context.rationale"})
    assert open_annotations(path, columns=columns)[0].before_spans == ((6, 13),)
    with pytest.raises(AnnotationError, match="a span of target_spans lies in the task's 'before', not in 'text'"):
        open_annotations(path, columns=ColumnMap(fields={"target_spans": "context.rationale"}))


def test_spans_that_nobody_reads_may_lie_anywhere(write: Write) -> None:
    page = {"start": "/p[1]/text()[1]", "end": "/p[1]/text()[1]", "text": "x", "hypertextlabels": ["Place"]}
    page_span = {"from_name": "places", "to_name": "page", "type": "hypertextlabels", "value": page}
    path = write("x.json", labelstudio([CHOICE, page_span, span(7, 14)], DATA | {"page": "<p>x</p>"}))
    assert open_annotations(path)[0].rationale == ((7, 14),)


def test_skipped_tasks_of_label_studio_hold_no_annotation(write: Write) -> None:
    with pytest.raises(AnnotationError, match="holds no annotation"):
        open_annotations(write("x.json", labelstudio([CHOICE], was_cancelled=True)))


def test_controls_of_an_existing_label_studio_project_are_mapped(write: Write) -> None:
    result = [CHOICE | {"from_name": "sentiment", "value": {"choices": ["Bad"]}}]
    columns = ColumnMap(fields={"stance": "sentiment"}, values={"stance": {"Bad": "against"}})
    record = open_annotations(write("x.json", labelstudio(result)), columns=columns, codebook=load_codebook())[0]
    assert record.stance == "against"


def test_a_malformed_export_of_label_studio_is_said_in_one_line(write: Write) -> None:
    spans = {"from_name": "spans", "to_name": "text", "value": {"start": 0, "end": 3, "labels": None}}
    paths = {"from_name": "stance", "to_name": "text", "value": {"taxonomy": [3]}}
    for name, text, message in (
        ("a.json", labelstudio([spans]), "annotations.0.result.0: a span has no list of labels"),
        ("b.json", labelstudio([paths]), "annotations.0.result.0: a taxonomy is no list of paths"),
        ("c.json", '[{"data": {"text": "A."}, "annotations": 5}]', "c.json:1: annotations: is no list of annotations"),
    ):
        with pytest.raises(AnnotationError, match=message):
            open_annotations(write(name, text))
