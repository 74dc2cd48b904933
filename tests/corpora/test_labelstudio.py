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


def labelstudio(result: list[dict[str, Any]], **annotation: Any) -> str:
    task = {"id": 9, "data": {"text": "🙂 Voss wrecked it.", "id": "a"}, "predictions": [{"result": result}]}
    return json.dumps(
        [task | {"annotations": [{"result": result, "completed_by": {"email": "ada@x.org"}} | annotation]}]
    )


def span(start: int, end: int, text: str = "wrecked") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": ["rationale"]}
    return {"from_name": "spans", "to_name": "text", "type": "labels", "value": value}


@pytest.mark.parametrize("offsets", [(7, 14), (8, 15)])
def test_label_studio_offsets_may_count_code_points_or_utf_16_units(write: Write, offsets: tuple[int, int]) -> None:
    record = open_annotations(write("x.json", labelstudio([CHOICE, span(*offsets)])))[0]
    assert (record.annotator, record.stance, record.rationale) == ("ada@x.org", "against", ((7, 14),))


def test_label_studio_offsets_that_do_not_give_their_words_are_refused(write: Write) -> None:
    with pytest.raises(AnnotationError, match=r"x.json:1: annotations.0.result.1: the offsets 3 to 9"):
        open_annotations(write("x.json", labelstudio([CHOICE, span(3, 9)])))


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
