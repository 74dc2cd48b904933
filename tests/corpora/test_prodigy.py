"""Prodigy: choice, yes-or-no and span tasks as `db-out` writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newstance.corpora import open_annotations
from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

Write = Callable[[str, str], Path]


def prodigy(**row: Any) -> str:
    return json.dumps({"text": "It failed.", "_input_hash": 5, "_task_hash": 6, "_annotator_id": "ada"} | row)


def test_prodigy_choices_spans_and_meta_are_read(write: Write, own: Codebook) -> None:
    rows = [
        prodigy(accept=["against"], answer="accept", spans=[{"start": 3, "end": 9, "label": "rationale"}],
                meta={"article": "a-7"}),
        prodigy(accept=["for"], answer="reject"),
        prodigy(accept=["for"], answer="ignore"),
    ]  # fmt: skip
    (record,) = open_annotations(write("x.jsonl", "\n".join(rows)), codebook=own)
    assert (record.id, record.annotator, record.article) == ("5", "ada", "a-7")
    assert (record.labels, record.rationale) == ({"position": "against"}, ((3, 9),))


def test_prodigy_yes_or_no_tasks_about_one_sentence_are_put_together(write: Write, own: Codebook) -> None:
    def asked(label: str, answer: str, who: str) -> str:
        return prodigy(label=label, answer=answer, _annotator_id=who)

    rows = [
        asked("jobs", "accept", "ada"), asked("harbour", "accept", "ada"),
        asked("jobs", "reject", "bo"), asked("harbour", "reject", "bo"),
        asked("jobs", "reject", "cy"),
    ]  # fmt: skip
    records = open_annotations(write("x.jsonl", "\n".join(rows)), codebook=own)
    assert {r.annotator: r.labels for r in records} == {"ada": {"topics": ("jobs", "harbour")}, "bo": {"topics": ()}}


def test_prodigy_choices_of_which_none_was_taken_say_that_none_applies(write: Write, own: Codebook) -> None:
    def asked(text: str, accept: list[str], *codes: str) -> str:
        return prodigy(text=text, _input_hash=text, accept=accept, answer="accept", options=[{"id": c} for c in codes])

    rows = [
        asked("One.", ["jobs"], "jobs", "harbour"), asked("Two.", [], "jobs", "harbour"), asked("Three.", [], "jobs"),
        asked("Four.", ["position:for"], "position:for", "position:against", "topics:jobs", "topics:harbour"),
    ]  # fmt: skip
    records = open_annotations(write("x.jsonl", "\n".join(rows)), codebook=own)
    assert {r.text: r.labels for r in records} == {
        "One.": {"topics": ("jobs",)}, "Two.": {"topics": ()}, "Four.": {"position": "for", "topics": ()},
    }  # fmt: skip


def test_a_malformed_export_of_prodigy_is_said_in_one_line(write: Write) -> None:
    binary = {"text": "A.", "label": "favor", "answer": "accept"}
    for name, text, message in (
        ("a.jsonl", json.dumps(binary | {"_input_hash": [1]}), "_input_hash: is neither text nor a number"),
        ("b.jsonl", json.dumps(binary | {"_annotator_id": {"id": 1}}), "_annotator_id: is neither text nor a number"),
        ("c.jsonl", json.dumps(binary | {"_input_hash": 1, "spans": 5}), "c.jsonl:1: spans: is no list of spans"),
    ):
        with pytest.raises(AnnotationError, match=message):
            open_annotations(write(name, text))
