"""Whatever is written reads back equal, through every format that can be written."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newstance.corpora import Annotation, Format, Suggestion, open_annotations, save_annotations
from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

#: Codes as unkind as they may be: what separates codes, looks like JSON or like "nothing", begins with a blank.
CODEBOOK = Codebook.model_validate(
    {
        "name": "own",
        "layers": [
            {"name": "stance", "kind": "single", "labels": [{"code": c} for c in ("favor", "against", "[odd]", "1")]},
            {"name": "frames", "kind": "multi", "labels": [{"code": c} for c in ("economic", "a;b", '"q"', "x: y")]},
            {
                "name": "voice",
                "kind": "single",
                "labels": [{"code": c} for c in ("outlet", "quoted", "paraphrased")],
            },
            {"name": "text", "kind": "multi", "labels": [{"code": c} for c in ("ports", "rail, road")]},
            {"name": "urgency", "kind": "single", "labels": [{"code": c} for c in ("high", "low")]},
        ],
    }
)
TEXT = st.text(min_size=1, max_size=40)
NAME = st.one_of(st.none(), TEXT)


def spans(text: str) -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    one = st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))).filter(lambda s: s[0] < s[1])
    return st.lists(one, max_size=3, unique=True).map(tuple) if text else st.just(())


def codes(layer: str) -> st.SearchStrategy[Any]:
    found = CODEBOOK.layer(layer)
    one = st.sampled_from(found.codes)
    return one if found.kind == "single" else st.lists(one, max_size=3, unique=True).map(tuple)


@st.composite
def units(draw: st.DrawFn) -> dict[str, Any]:
    text, before = draw(TEXT), draw(st.text(max_size=20))
    return {
        "id": draw(TEXT),
        "text": text,
        "target": draw(NAME),
        "target_spans": draw(spans(text)),
        "before": before,
        "before_spans": draw(spans(before)),
        "after": draw(st.text(max_size=20)),
        "article": draw(NAME),
        "outlet": draw(NAME),
        "date": draw(st.sampled_from([None, "2031-05-22"])),
        "corpus": draw(NAME),
        "split": draw(st.sampled_from([None, "train"])),
    }


@st.composite
def annotations(draw: st.DrawFn) -> list[Annotation]:
    """Draw a few sentences, each judged by up to three annotators."""
    records = []
    for unit in draw(st.lists(units(), min_size=1, max_size=3, unique_by=lambda u: u["id"])):
        for _ in range(draw(st.integers(1, 3))):
            labels = {name: draw(codes(name)) for name in ("text", "urgency") if draw(st.booleans())}
            judged = {name: draw(codes(name)) for name in ("stance", "frames", "voice") if draw(st.booleans())}
            if not labels and not judged:
                judged = {"stance": "favor"}
            who = {"annotator": draw(NAME), "speaker": draw(NAME), "rationale": draw(spans(unit["text"]))}
            records.append(Annotation(**unit, **judged, **who, labels=labels))
    return records


def key(record: Annotation) -> str:
    return record.model_dump_json()


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("x.jsonl", "records"),
        ("x.csv", "table"),
        ("x.tsv", "table"),
        ("x.parquet", "table"),
        ("x.json", "labelstudio"),
        ("doccano.jsonl", "doccano"),
    ],
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=annotations())
def test_a_round_trip_loses_nothing(tmp_path: Path, name: str, format: Format, records: list[Annotation]) -> None:
    path = tmp_path / name
    save_annotations(path, records, format, codebook=CODEBOOK)
    again = open_annotations(path, codebook=CODEBOOK)  # the format is found out, not told
    assert sorted(map(key, again)) == sorted(map(key, records))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=annotations())
def test_what_doccano_exports_is_what_was_imported(tmp_path: Path, records: list[Annotation]) -> None:
    """It gives ids of its own, sorts labels, writes null for what other rows have, and packs a file per person."""
    save_annotations(tmp_path / "in.jsonl", records, "doccano", codebook=CODEBOOK)
    rows = [json.loads(line) for line in (tmp_path / "in.jsonl").read_text(encoding="utf-8").split("\n") if line]
    columns = dict.fromkeys(name for row in rows for name in row)
    exported = [
        {"id": n}
        | {name: row.get(name) for name in columns}
        | {"cats": sorted(row["cats"]), "entities": sorted(row["entities"]), "Comments": []}
        for n, row in enumerate(rows, start=1)
    ]
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as archive:
        archive.writestr("all.jsonl", "".join(json.dumps(row) + "\n" for row in exported))
    again = open_annotations(tmp_path / "out.zip", codebook=CODEBOOK)

    def unordered(record: Annotation) -> dict[str, Any]:
        data = record.model_dump() | {"rationale": sorted(record.rationale), "frames": sorted(record.frames or ())}
        return data | {"labels": {n: v if isinstance(v, str) else sorted(v) for n, v in record.labels.items()}}

    assert sorted(map(str, map(unordered, again))) == sorted(map(str, map(unordered, records)))


def suggestion(**labels: Any) -> Suggestion:
    return Suggestion(Annotation(id="s1", text="The mill closed.", annotator="model 12ab", **labels), 0.8)


def test_suggestions_reach_label_studio_as_predictions_and_are_never_read_as_annotations(tmp_path: Path) -> None:
    judged = Annotation(id="s2", text="It reopened.", stance="favor", annotator="Ada")
    path = tmp_path / "tasks.json"
    save_annotations(path, [judged], codebook=CODEBOOK, suggestions=[suggestion(stance="against", frames=())])
    tasks = {task["data"]["id"]: task for task in json.loads(path.read_text(encoding="utf-8"))}
    prediction = tasks["s1"]["predictions"][0]
    assert (prediction["model_version"], prediction["score"]) == ("model 12ab", 0.8)
    assert {r["from_name"]: r["value"] for r in prediction["result"]} == {
        "stance": {"choices": ["against"]},
        "frames": {"choices": ["(none)"]},
    }
    assert open_annotations(path, codebook=CODEBOOK) == [judged]


def test_suggestions_in_a_doccano_file_are_refused_until_doccano_has_exported_them(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    save_annotations(path, [], "doccano", codebook=CODEBOOK, suggestions=[suggestion(stance="against")])
    with pytest.raises(AnnotationError, match="suggestions, not annotations"):
        open_annotations(path, codebook=CODEBOOK)
    row = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({"id": 7} | row | {"cats": ["stance:favor"]}) + "\n", encoding="utf-8")
    assert [(r.id, r.stance) for r in open_annotations(path, codebook=CODEBOOK)] == [("s1", "favor")]


def test_a_label_that_a_tool_could_not_show_is_refused(tmp_path: Path) -> None:
    record = Annotation(id="1", text="x", labels={"tone": "dry"})
    for name, format in (("x.json", "labelstudio"), ("x.jsonl", "doccano")):
        with pytest.raises(AnnotationError, match="tone"):
            save_annotations(tmp_path / name, [record], format, codebook=CODEBOOK)  # type: ignore[arg-type]
