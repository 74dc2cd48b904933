"""Files as people and tools make them become records, and what is wrong with them is said in one line."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from newstance.corpora import Annotation, ColumnMap, Format, detect_format, open_annotations, save_annotations
from newstance.errors import AnnotationError, NewstanceError, UsageError
from newstance.model import load_codebook
from newstance.model.codebook import Codebook

OWN = Codebook.model_validate(
    {
        "name": "own",
        "layers": [
            {"name": "position", "kind": "single", "labels": [{"code": c} for c in ("for", "against", "unclear")]},
            {"name": "topics", "kind": "multi", "labels": [{"code": c} for c in ("jobs", "harbour")]},
        ],
    }
)
SURVEY = ColumnMap(
    fields={"text": "Sentence", "position": "Pos", "annotator": "Coder"},
    flags={"topics": {"jobs": "is jobs", "harbour": "is harbour"}},
    values={"position": {"pro": "for", "con": "against"}},
    fill={"target": "the council"},
)
HEADER = "Sentence,Pos,Coder,is jobs,is harbour,remark\n"

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return tmp_path / name

    return written


def test_a_spreadsheet_with_its_own_columns_values_and_flags_is_read(write: Write) -> None:
    path = write("survey.csv", HEADER + "“Jobs, jobs”,pro,Ada,1,0,\n“Jobs, jobs”,con,Bo,yes,x,hm\n")
    path.write_text(path.read_text("utf-8").replace("“Jobs, jobs”", '"Jobs, jobs"'), encoding="utf-8")
    ada, bo = open_annotations(path, columns=SURVEY, codebook=OWN)
    assert ada.labels == {"position": "for", "topics": ("jobs",)}
    assert bo.labels == {"position": "against", "topics": ("jobs", "harbour")}
    assert (ada.text, ada.target, ada.id) == ("Jobs, jobs", "the council", bo.id)


def test_semicolons_several_codes_in_a_cell_and_blank_rows(write: Write) -> None:
    path = write("x.csv", "\ufeffid;text;frames;stance\r\n1;Prices rose.;economic, health;neutral\r\n;;;\r\n")
    records = open_annotations(path, columns=ColumnMap(separator=","), codebook=load_codebook())
    assert [(r.frames, r.stance) for r in records] == [(("economic", "health"), "neutral")]


def test_frames_that_a_value_calls_none_were_judged_and_empty_cells_were_not(write: Write) -> None:
    path = write("x.csv", "id,text,frames,stance\n1,A.,none,neutral\n2,B.,,neutral\n")
    records = open_annotations(path, columns=ColumnMap(values={"frames": {"none": ""}}))
    assert [r.frames for r in records] == [(), None]


def test_one_mention_may_be_given_by_two_offsets_and_is_checked_against_its_words(write: Write) -> None:
    columns = ColumnMap(fields={"target_start": "from", "target_end": "to", "mention": "who"})
    path = write("x.csv", "id,text,stance,from,to,who\n1,Then Voss left.,neutral,5,9,Voss\n")
    assert open_annotations(path, columns=columns)[0].target_spans == ((5, 9),)
    path = write("x.csv", "id,text,stance,from,to,who\n1,Then Voss left.,neutral,4,8,Voss\n")
    with pytest.raises(AnnotationError, match=r"x.csv:2: mention: the offsets give ' Vos', not 'Voss'"):
        open_annotations(path, columns=columns)


@pytest.mark.parametrize(
    ("name", "text", "columns", "problem"),
    [
        ("x.csv", HEADER + "A.,pro,Ada,1\n", SURVEY, "x.csv:2: has 4 cells, the header has 6"),
        ("x.csv", HEADER + "A.,prro,Ada,1,0,\n", SURVEY, r"x.csv:2: position: .*'prro'.* {position: {.prro.: CODE"),
        ("x.csv", HEADER + "A.,pro,Ada,1,maybe,\n", SURVEY, "x.csv:2: topics: 'maybe' in column 'is harbour'"),
        ("x.csv", HEADER + ",pro,Ada,1,0,\n", SURVEY, "x.csv:2: text: Field required"),
        ("x.csv", HEADER + "A.,,Ada,,,\n", SURVEY, "x.csv:2: holds no label"),
        ("x.csv", HEADER.replace("Pos", "P") + "A.,pro,Ada,1,0,\n", SURVEY, "fields.position: no column.*'Pos'"),
        ("x.csv", HEADER + "A.,pro,Ada,1,0,\n", ColumnMap(fields={"stanse": "Pos"}), "no layer 'stanse'.*'stance'"),
        ("x.csv", HEADER + "A.,pro,Ada,1,0,\n", ColumnMap(flags={"topics": {"work": "Pos"}}), "unknown label 'work'"),
        ("x.csv", "a,a\n1,2\n", None, "x.csv:1: a: two columns"),
        ("x.csv", "sentence,position\nA.,for\n", None, r"x.csv: text: no such .*: sentence, position\).*text=sent"),
        ("x.csv", "text,code\nA.,for\n", None, r"x.csv: holds no label: .*or topics .*: text, code\).*=COLUMN"),
        ("x.csv", "", None, "x.csv:1: has no header"),
        ("x.csv", "id,text\n", None, "x.csv: holds no annotation"),
        ("x.csv", 'id,text,position\n1,"A. "B",for\n', None, "x.csv:2: not CSV"),
        ("x.csv", "id,text,position,rationale\n1,A.,for,here\n", None, "x.csv:2: rationale: 'here' gives no spans"),
        ("x.csv", 'id,text,position,rationale\n1,A.,for,"[[0, 9]]"\n', None, r"x.csv:2: rationale \[0, 9\) is"),
        ("x.parquet", "no parquet at all", None, "x.parquet: not a Parquet file"),
        ("x.zip", "no archive", None, "x.zip: not a readable archive"),
        ("x.jsonl", '{"id": 1}\n', ColumnMap(fields={"text": "s"}), "x.jsonl:1: text: Field required"),
        ("x.json", "{", None, "x.json: not JSON"),
        ("x.json", '[{"text": "A."}]', None, "x.json:1: data: .*not JSON-MIN"),
        ("x.json", "{}", None, "x.json: .*list of tasks"),
        ("x.txt", "A.", None, "x.txt: not a kind of annotation file"),
        ("d.jsonl", '{"text": "A.", "cats": ["hopeful"]}', None, "d.jsonl:1: label: no layer of the codebook"),
        ("d.jsonl", '{"text": "A.", "cats": ["for"], "entities": [[1]]}', None, r"d.jsonl:1: entities: \[1\] is no"),
        ("p.jsonl", '{"text": "A.", "accept": ["for"], "spans": [{"start": 1}]}', None, "p.jsonl:1: spans.0: a span"),
        ("p.jsonl", '{"text": "A.", "accept": "for", "answer": "accept"}', None, "p.jsonl:1: accept: is no list"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line_with_file_row_and_field(
    write: Write, name: str, text: str, columns: ColumnMap | None, problem: str
) -> None:
    path = write(name, text)
    with pytest.raises(NewstanceError, match=problem) as caught:
        open_annotations(path, columns=columns, codebook=OWN)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("column", ["date", "text"])
def test_a_cell_of_parquet_that_python_cannot_hold_costs_its_row_alone(tmp_path: Path, column: str) -> None:
    days = pa.array([20_000, 6_600_000 if column == "date" else 20_001, 20_002], pa.date32())  # the year 20040
    bytes_ = pa.array([b"A.", b"\xff" if column == "text" else b"B.", b"C."])
    texts = pa.StringArray.from_buffers(3, *bytes_.buffers()[1:])
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"text": texts, "position": ["for"] * 3, "date": days}), path)
    problem = rf"x\.parquet:2: {column}: holds a value that cannot be read \("
    with pytest.raises(AnnotationError, match=problem):
        open_annotations(path, codebook=OWN)
    problems: list[AnnotationError] = []
    records = open_annotations(path, codebook=OWN, problems=problems)
    assert [(r.text, r.date) for r in records] == [("A.", "2024-10-04"), ("C.", "2024-10-06")]
    assert len(problems) == 1 and re.search(problem, str(problems[0]))


@pytest.mark.parametrize("name", ["x.csv", "x.parquet", "x.json", "x.zip", "x.jsonl"])
def test_a_missing_file_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnnotationError, match=rf"{name}: .*No such file"):
        open_annotations(tmp_path / name)


SHEET = [
    ("Satz", "Position (für)", "Quelle"),
    ("“The café shut; so what?” he said, twice.", "against", "Zoë's Café"),
    ("It rained,\nand nobody came.", "neutral", ""),
    ("The jobs came back.", "favor", "Quay News"),
]


def packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def sheet(separator: str = ",") -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows(SHEET)
    return text.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.csv", sheet().encode("utf-8-sig")),
        ("x.csv", sheet(";").encode("cp1252")),
        ("x.csv", sheet("\t").encode("utf-16")),
        ("x.tsv", sheet("\t").encode("utf-16")),
        ("x.csv", sheet("|").encode()),
        ("x.csv.gz", packed(sheet().encode())),
        ("x.CSV.GZ", packed(sheet(";").encode("cp1252"))),
        ("x.tsv.zst", pa.compress(sheet("\t").encode(), "zstd", asbytes=True)),
    ],
)
def test_a_table_says_the_same_whatever_program_wrote_it(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    columns, lines = ColumnMap(fields={"text": "Satz", "stance": "Position (für)", "outlet": "Quelle"}), list[int]()
    records = open_annotations(tmp_path / name, columns=columns, codebook=load_codebook(), lines=lines)
    assert [(r.text, r.stance, r.outlet or "") for r in records] == SHEET[1:]
    assert [(r.id, line) for r, line in zip(records, lines, strict=True)] == [("x-2", 2), ("x-3", 3), ("x-5", 5)]


def test_packed_lines_of_json_are_records_too(write: Write) -> None:
    plain = write("x.jsonl", '{"id": "1", "text": "The café shut.", "stance": "against"}\n')
    for name, data in (
        ("y.jsonl.gz", packed(plain.read_bytes())),
        ("y.jsonl.zst", pa.compress(plain.read_bytes(), "zstd", asbytes=True)),
    ):
        plain.with_name(name).write_bytes(data)
        assert open_annotations(plain.with_name(name)) == open_annotations(plain)


@pytest.mark.parametrize("name", ["y.jsonl.gz", "y.JSONL.zst", "y.csv.gz", "y.tsv.zst"])
def test_what_is_called_packed_is_packed(write: Write, name: str) -> None:
    records = open_annotations(write("x.jsonl", '{"id": "1", "text": "The café shut.", "stance": "against"}\n' * 2))
    path = write(name, "older")
    save_annotations(path, records)
    assert path.read_bytes()[:2] == {".gz": b"\x1f\x8b", ".zst": b"\x28\xb5"}[path.suffix]
    assert open_annotations(path) == records


@pytest.mark.parametrize(
    ("name", "format", "problem"),
    [
        ("x.parquet.gz", "table", "Parquet, packed already, is not written"),
        ("x.json.gz", "annotations", "what labelstudio imports is not written"),
        ("x.jsonl.zst", "doccano", "what doccano imports is not written"),
    ],
)
def test_what_is_not_read_packed_is_not_written_so(tmp_path: Path, name: str, format: Format, problem: str) -> None:
    records = [Annotation(id="1", text="The mill closed.", stance="against")]
    with pytest.raises(UsageError, match=f"{name}: {problem} as .gz or .zst"):
        save_annotations(tmp_path / name, records, format)
    assert list(tmp_path.iterdir()) == []


def test_an_error_names_the_line_of_the_file_though_cells_go_over_several(write: Write) -> None:
    path = write("x.csv", 'id,text,"stance\n"\n1,"It rained,\nand rained.",neutral\n\n2,It fell.,favour\n3,B.\n')
    problems: list[AnnotationError] = []
    columns = ColumnMap(fields={"stance": "stance\n"})
    assert len(open_annotations(path, columns=columns, codebook=load_codebook(), problems=problems)) == 1
    assert [(problem.line, problem.field) for problem in problems] == [(6, "stance"), (7, None)]


def test_a_quotation_mark_that_is_not_closed_names_the_lines_it_costs(write: Write) -> None:
    path = write("x.csv", 'id,text,stance\n1,A.,neutral\n2,"B.,favor\n3,"C.",against\n4,D.,favor\n')
    problems: list[AnnotationError] = []
    assert [r.id for r in open_annotations(path, problems=problems)] == ["1", "4"]
    assert [str(problem) for problem in problems] == [
        f"{path}:3: not CSV: a quotation mark is not closed, or not doubled inside its cell; lines 3 to 4 are lost"
    ]
    with pytest.raises(AnnotationError, match=r"x.csv:3: not CSV"):
        open_annotations(path)


def test_a_mark_in_the_header_that_is_not_closed_hides_no_row(write: Write) -> None:
    path = write("x.csv", 'id,text,stance,"size\n1,It rained.,neutral,5\n')
    assert [r.text for r in open_annotations(path)] == ["It rained."]


def test_a_cell_may_be_wide(write: Write) -> None:
    path = write("x.csv", f"id,text,stance,page\n1,It rained.,neutral,{'a' * 200_000}\n")
    assert len(open_annotations(path)) == 1


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("x.csv.gz", b"id,text,stance\n", "cannot be read: Not a gzipped file"),
        ("x.csv.gz", packed(b"id,text,stance\n")[:-9], "cannot be read: Compressed file ended"),
        ("x.csv.zst", b"id,text,stance\n", "cannot be read: (?!None)"),
        ("x.jsonl.gz", b"{}", "cannot be read: Not a gzipped file"),
        ("x.jsonl.gz", packed(b'{"id": "1", "text": "A."}\n')[:-9], "cannot be read: Compressed file ended"),
        ("x.parquet.gz", packed(b"PAR1"), "not a Parquet file: "),
    ],
)
def test_a_packed_file_that_is_damaged_is_said_in_one_line(
    tmp_path: Path, name: str, data: bytes, problem: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AnnotationError, match=f"{name}: {problem}") as caught:
        open_annotations(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_all_bad_rows_can_be_collected_and_the_good_ones_kept(write: Write) -> None:
    rows = [{"id": "1", "text": "A.", "stance": "neutral"}, {"id": "2", "text": "B."}, {"id": "3", "text": ""}]
    path = write("x.jsonl", "\n".join(map(json.dumps, rows)) + "\n{\n")
    problems: list[AnnotationError] = []
    assert [r.id for r in open_annotations(path, problems=problems)] == ["1"]
    assert [p.line for p in problems] == [2, 3, 4]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("s1,They met.,,,favor\ns1,They left.,,,favor", "text: the id 's1' stands for another text in row 2"),
        ("s1,They met.,Voss,,favor\ns1,They met.,Orme,,favor", "target: the id 's1' stands for another target in row"),
        ("s1,They met.,,0-4,favor\ns1,They met.,,5-8,favor", "target_spans: the id 's1' stands for another mention in"),
    ],
)
def test_an_id_names_one_sentence_with_its_target(write: Write, rows: str, problem: str) -> None:
    path = write("x.csv", f"id,text,target,target_spans,stance\n{rows}\n")
    with pytest.raises(AnnotationError, match=rf"x.csv:3: {problem}"):
        open_annotations(path)
    problems: list[AnnotationError] = []
    lines: list[int] = []
    assert len(open_annotations(path, problems=problems, lines=lines)) == len(problems) == 1
    assert lines == [2]


def test_annotators_of_one_sentence_may_leave_its_target_out_or_mark_more_of_it(write: Write) -> None:
    rows = "s1,The mayor left.,the mayor,0-9,favor\ns1,The mayor left.,,,favor\ns1,The mayor left.,,4-9,against\n"
    assert len(open_annotations(write("x.csv", "id,text,target,target_spans,stance\n" + rows))) == 3


def labelstudio(result: list[dict[str, Any]], **annotation: Any) -> str:
    task = {"id": 9, "data": {"text": "🙂 Voss wrecked it.", "id": "a"}, "predictions": [{"result": result}]}
    return json.dumps(
        [task | {"annotations": [{"result": result, "completed_by": {"email": "ada@x.org"}} | annotation]}]
    )


def span(start: int, end: int, text: str = "wrecked") -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": ["rationale"]}
    return {"from_name": "spans", "to_name": "text", "type": "labels", "value": value}


CHOICE = {"from_name": "stance", "to_name": "text", "type": "choices", "value": {"choices": ["against"]}}


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


def test_doccano_exports_of_each_kind_of_project_are_read(write: Write) -> None:
    rows = [
        {"id": 1, "text": "It failed.", "label": ["against"]},
        {"id": 2, "text": "It failed.", "label": ["jobs", "topics:harbour", "position:for"]},
    ]
    records = open_annotations(write("x.jsonl", "\n".join(map(json.dumps, rows))), codebook=OWN)
    assert [r.labels for r in records] == [
        {"position": "against"},
        {"topics": ("jobs", "harbour"), "position": "for"},
    ]
    entity = {"label": "rationale", "start_offset": 3, "end_offset": 9}
    spans = {"id": 3, "text": "It failed.", "cats": ["for"], "entities": [entity]}
    assert open_annotations(write("y.jsonl", json.dumps(spans)), codebook=OWN)[0].rationale == ((3, 9),)
    mapped = {"id": 4, "text": "It failed.", "label": ["Bad"]}
    columns = ColumnMap(fields={"position": "label"}, values={"position": {"Bad": "against"}})
    assert open_annotations(write("z.jsonl", json.dumps(mapped)), columns=columns, codebook=OWN)[0].labels == {
        "position": "against"
    }


def prodigy(**row: Any) -> str:
    return json.dumps({"text": "It failed.", "_input_hash": 5, "_task_hash": 6, "_annotator_id": "ada"} | row)


def test_prodigy_choices_spans_and_meta_are_read(write: Write) -> None:
    rows = [
        prodigy(accept=["against"], answer="accept", spans=[{"start": 3, "end": 9, "label": "rationale"}],
                meta={"article": "a-7"}),
        prodigy(accept=["for"], answer="reject"),
        prodigy(accept=["for"], answer="ignore"),
    ]  # fmt: skip
    (record,) = open_annotations(write("x.jsonl", "\n".join(rows)), codebook=OWN)
    assert (record.id, record.annotator, record.article) == ("5", "ada", "a-7")
    assert (record.labels, record.rationale) == ({"position": "against"}, ((3, 9),))


def test_prodigy_yes_or_no_tasks_about_one_sentence_are_put_together(write: Write) -> None:
    def asked(label: str, answer: str, who: str) -> str:
        return prodigy(label=label, answer=answer, _annotator_id=who)

    rows = [
        asked("jobs", "accept", "ada"), asked("harbour", "accept", "ada"),
        asked("jobs", "reject", "bo"), asked("harbour", "reject", "bo"),
        asked("jobs", "reject", "cy"),
    ]  # fmt: skip
    records = open_annotations(write("x.jsonl", "\n".join(rows)), codebook=OWN)
    assert {r.annotator: r.labels for r in records} == {"ada": {"topics": ("jobs", "harbour")}, "bo": {"topics": ()}}


def test_prodigy_choices_of_which_none_was_taken_say_that_none_applies(write: Write) -> None:
    def asked(text: str, accept: list[str], *codes: str) -> str:
        return prodigy(text=text, _input_hash=text, accept=accept, answer="accept", options=[{"id": c} for c in codes])

    rows = [
        asked("One.", ["jobs"], "jobs", "harbour"), asked("Two.", [], "jobs", "harbour"), asked("Three.", [], "jobs"),
        asked("Four.", ["position:for"], "position:for", "position:against", "topics:jobs", "topics:harbour"),
    ]  # fmt: skip
    records = open_annotations(write("x.jsonl", "\n".join(rows)), codebook=OWN)
    assert {r.text: r.labels for r in records} == {
        "One.": {"topics": ("jobs",)}, "Two.": {"topics": ()}, "Four.": {"position": "for", "topics": ()},
    }  # fmt: skip


def test_two_columns_of_parquet_with_one_name_are_refused(tmp_path: Path) -> None:
    cells = [pa.array([cell]) for cell in ("It met.", "favor", "against")]
    pq.write_table(pa.Table.from_arrays(cells, names=["text", "stance", "stance"]), tmp_path / "x.parquet")
    with pytest.raises(AnnotationError, match="two columns") as caught:
        open_annotations(tmp_path / "x.parquet")
    assert caught.value.field == "stance"


@pytest.mark.parametrize("name", ["frac", "newsmtsc", "own", "pstance", "seesaw"])
def test_every_corpus_says_its_licence_and_whom_to_cite(name: str) -> None:
    adapter = import_module(f"newstance.corpora.{name}")
    assert adapter.LICENCE
    assert len(adapter.CITATION) > 40


def test_the_kind_of_file_is_found_out(write: Write, tmp_path: Path) -> None:
    assert detect_format(write("a.jsonl", '{"id": "1", "text": "x", "labels": {"tone": "dry"}}')) == "records"
    assert detect_format(tmp_path / "a.jsonl", mapped=True) == "table"
    with pytest.raises(UsageError, match="is a folder; name its corpus"):
        detect_format(tmp_path)


def test_a_map_for_a_corpus_with_its_own_columns_is_refused() -> None:
    with pytest.raises(UsageError, match="newstance has columns of its own"):
        open_annotations(format="newstance", columns=ColumnMap(separator="|"))


def test_p_stance_rows_become_annotations(write: Write) -> None:
    path = write("raw_val_all.csv", "Tweet,Target,Stance\nGo on!,Mara Voss,FAVOR\n")
    (record,) = open_annotations(path.parent, "pstance", split="dev", codebook=load_codebook())
    assert (record.text, record.target, record.stance, record.split) == ("Go on!", "Mara Voss", "favor", "dev")
    write("raw_val_all.csv", "Tweet,Target,Stance\nGo on!,Mara Voss,NONE\n")
    with pytest.raises(AnnotationError, match=r"raw_val_all.csv:2: Stance: 'NONE' is not FAVOR"):
        open_annotations(path, "pstance")


@pytest.mark.parametrize(
    ("tweet", "mentions"),
    [
        ("Voss, VOSS and Vosses", ["Voss", "VOSS", "Voss"]),
        ("Mara Voss met Mara J. Voss.", ["Mara Voss", "Mara J. Voss"]),
        ("Go on, mara! Marathons bore Maras team.", ["mara", "Maras"]),
        ("#Voss2031 #VoteMara #MaraVossRocks", ["Voss", "Mara", "MaraVoss"]),
        ("@realMaraVoss said so to @MorningMara.", ["@realMaraVoss"]),
        ("@IvankaVoss, Hunter Voss, Mara Voss Jr. and #MaraVossJr", []),
        ("Nobody is named.", []),
    ],
)
def test_p_stance_finds_its_target_by_the_parts_of_the_name(write: Write, tweet: str, mentions: list[str]) -> None:
    path = write("raw_val_all.csv", f'Tweet,Target,Stance\n"{tweet}",Mara Voss,FAVOR\n')
    (record,) = open_annotations(path, "pstance")
    assert [record.text[start:end] for start, end in record.target_spans] == mentions


def test_frac_is_a_corpus_with_a_layer_of_merged_frames(write: Write) -> None:
    path = write("gold.csv", "sentence,label\nThe court ruled.,5\n")
    assert open_annotations(path, "frac") == [
        Annotation(id="frac-2", text="The court ruled.", labels={"merged_frame": "legality+crime"}, corpus="frac")
    ]


def test_a_bad_row_of_frac_is_named_and_the_others_are_kept(write: Write) -> None:
    path = write("gold.csv", "sentence,label\n,1\nThe court ruled.,5\nIt rained.,2\n")
    problems: list[AnnotationError] = []
    assert [record.id for record in open_annotations(path, "frac", problems=problems)] == ["frac-3"]
    assert [str(problem).removeprefix(f"{path}") for problem in problems] == [
        ":2: sentence: missing",
        ":4: label: unknown class '2'",
    ]


def test_frac_has_no_split_to_ask_for(write: Write) -> None:
    path = write("gold.csv", "sentence,label\nThe court ruled.,5\n")
    with pytest.raises(UsageError, match="split: FrAC has no splits"):
        open_annotations(path, "frac", split="dev")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_with_damaged_contents_is_said_in_one_line(tmp_path: Path, method: int) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("all.jsonl", "".join(f'{{"text": "It met {n * n}.", "cats": ["for"]}}\n' for n in range(300)))
    whole = bytearray(path.read_bytes())
    start = 30 + len("all.jsonl")  # where the member's own bytes begin
    whole[start + 12 : start + 400] = bytes(388)
    path.write_bytes(whole)
    with pytest.raises(AnnotationError, match=r"x.zip/all.jsonl: not a readable archive: .") as caught:
        open_annotations(path, codebook=OWN)
    assert "\n" not in str(caught.value)


def test_malformed_exports_of_tools_are_said_in_one_line(write: Write) -> None:
    spans = {"from_name": "spans", "to_name": "text", "value": {"start": 0, "end": 3, "labels": None}}
    paths = {"from_name": "stance", "to_name": "text", "value": {"taxonomy": [3]}}
    binary = {"text": "A.", "label": "favor", "answer": "accept"}
    for name, text, message in (
        ("a.json", labelstudio([spans]), "annotations.0.result.0: a span has no list of labels"),
        ("b.json", labelstudio([paths]), "annotations.0.result.0: a taxonomy is no list of paths"),
        (
            "b2.json",
            '[{"data": {"text": "A."}, "annotations": 5}]',
            "b2.json:1: annotations: is no list of annotations",
        ),
        ("c.jsonl", json.dumps({"text": "A.", "entities": 5, "label": ["favor"]}), "entities: is no list of spans"),
        ("d.jsonl", json.dumps(binary | {"_input_hash": [1]}), "_input_hash: is neither text nor a number"),
        ("e.jsonl", json.dumps(binary | {"_annotator_id": {"id": 1}}), "_annotator_id: is neither text nor a number"),
        ("f.jsonl", json.dumps(binary | {"_input_hash": 1, "spans": 5}), "f.jsonl:1: spans: is no list of spans"),
    ):
        with pytest.raises(AnnotationError, match=message):
            open_annotations(write(name, text))


@pytest.mark.parametrize(
    ("field", "cell"), [("target_spans", "0-{}"), ("version", "{}"), ("target_end", "{}"), ("target_end", "{}.0")]
)
def test_a_number_of_thousands_of_digits_is_one_line(field: str, cell: str, write: Write) -> None:
    digits = "9" * 5000
    path = write("rows.csv", f"text,stance,target_start,{field}\nThey met.,favor,0,{cell.format(digits)}\n")
    with pytest.raises(AnnotationError, match="too long for a number") as caught:
        open_annotations(path, columns=ColumnMap(fields={} if field == "target_end" else {"article": "target_start"}))
    assert (caught.value.line, caught.value.field) == (2, field)
    assert len(str(caught.value)) < 300
