"""`newstance data check`, `convert` and `suggest`, as a user calls them."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from newstance.cli.app import main
from newstance.cli.check import split_of
from newstance.corpora import open_annotations
from newstance.model import load_codebook

Run = Callable[..., tuple[int, str, str]]
SURVEY = "Sentence,Pos\nThe mill closed in spring.,pro\nNobody came to see it.,con\n"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["newstance", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return int(str(code or 0)), captured.out, captured.err

    return call


def test_sound_files_pass_and_a_bad_row_fails_with_its_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text(SURVEY)
    options = ("--column", "text=Sentence", "--column", "stance=Pos")
    code, out, _ = run("data", "check", "train.csv", *options)
    assert (code, "few_of_a_label" in out, "fewer than 20 sentences in train of pro (1), con (1)" in out) == (
        0,
        False,
        True,
    )
    (tmp_path / "train.csv").write_text(SURVEY + "Rain fell.,\n")
    code, out, _ = run("data", "check", "train.csv", *options, "--json")
    report = json.loads(out)
    assert (code, report["failed"], report["sentences"]) == (1, True, {"train": 2})
    assert report["findings"][0]["where"][0].startswith("train.csv:4: holds no label")


def test_the_data_of_a_configuration_are_checked_with_its_codebook(run: Run, tiny_config: Path) -> None:
    code, out, _ = run("data", "check", "--config", str(tiny_config), "--json")
    report = json.loads(out)
    assert (code, report["sentences"]) == (0, {"train": 36, "dev": 36})
    assert "duplicates_across_splits" in [finding["kind"] for finding in report["findings"]]


def test_lengths_are_measured_against_the_model_of_the_configuration(
    run: Run, tmp_path: Path, tiny_config: Path
) -> None:
    def too_long(*settings: str) -> list[str]:
        out = run("data", "check", "--config", str(tiny_config), "--json", *settings)[1]
        report = json.loads(out)
        assert report["tokens"]["limit"] == 16
        return [finding["message"] for finding in report["findings"] if finding["kind"] == "too_long"]

    (tmp_path / "train.csv").write_text("text,stance\n" + "It rained on and on and " * 3 + "on.,neutral\n")
    rows = f"[{{corpus: annotations, path: {tmp_path / 'train.csv'}}}]"
    settings = ("--set", "encoding.max_length=16", "--set", f"data.train={rows}")
    (own,) = too_long(*settings)
    assert own.endswith("longer than the 16 tokens that the configuration's model sees at once")
    (other,) = too_long(*settings, "--set", "encoder=some/hub-model")
    assert "the configuration's model (counted by the shipped model's tokenizer) sees" in other


def test_a_configuration_that_divides_one_file_is_checked_by_its_parts(run: Run, tmp_path: Path) -> None:
    rows = [f"Sentence {n} on the mill.,{('for', 'against', 'unclear')[n % 3]},1,0,a{n}" for n in range(60)]
    (tmp_path / "annotations.csv").write_text(
        "\n".join(["sentence,label,about_cost,about_safety,article", *rows]), encoding="utf-8"
    )
    run("config", "copy", "your-codebook", "mine.yaml")
    report = json.loads(run("data", "check", "--config", "mine.yaml", "--json")[1])
    assert set(report["sentences"]) == {"train", "dev", "test"}
    assert sum(report["sentences"].values()) == 60
    assert "article_in_several_splits" not in [finding["kind"] for finding in report["findings"]]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["check"], "give annotation files, or --config"),
        (["check", "x.csv", "--format", "excel"], "no format 'excel'"),
        (["check", "x.csv", "--column", "text"], "--column: takes FIELD=COLUMN"),
        (
            ["check", "x.csv", "--column", "text=a", "--column", "text=b"],
            "--column: text cannot be in both 'a' and 'b'",
        ),
        (["check", "x.csv", "--map", "nowhere.yaml"], "nowhere.yaml: cannot be read"),
        (["check", "x.csv", "--config", "default"], "give either it or them"),
        (["check", "--config", "default", "--split", "dev"], "give either it or --split and --format"),
        (["check", "--config", "default", "--format", "table"], "give either it or --split and --format"),
        (["check", "x.csv", "--set", "seed=1"], "--set: overrides settings of a configuration: give --config"),
        (["check", "x.csv", "--format", "newstance"], "the project's own corpus and takes no file"),
        (["suggest", "a.txt", "o.json", "--to", "records"], "takes labelstudio or doccano"),
    ],
)
def test_a_wrong_call_is_said_in_one_line(run: Run, arguments: list[str], problem: str) -> None:
    code, _, err = run("data", *arguments)
    assert (code, err.count("\n")) == (2, 1)
    assert problem in err


def test_convert_carries_a_table_to_label_studio_and_back(run: Run, tmp_path: Path) -> None:
    (tmp_path / "survey.csv").write_text(SURVEY)
    (tmp_path / "map.yaml").write_text(
        "fields: {text: Sentence, stance: Pos}\nvalues: {stance: {pro: favor, con: against}}"
    )
    assert run("data", "convert", "survey.csv", "tasks.json", "--map", "map.yaml")[0] == 0
    assert "<Choices" in (tmp_path / "tasks.xml").read_text()
    assert run("data", "convert", "tasks.json", "again.jsonl")[0] == 0
    found = open_annotations(tmp_path / "again.jsonl")
    assert [(r.id, r.stance) for r in found] == [("survey-2", "favor"), ("survey-3", "against")]


@pytest.mark.parametrize(
    ("header", "options", "problem"),
    [
        ("id,text,stance", ["o.json"], "x.csv:2: stance: unknown label 'Favor' (id 7), did you mean 'favor'?"),
        ("id,text,stance", ["o.jsonl", "--to", "doccano"], "x.csv:2: stance: unknown label 'Favor' (id 7)"),
        ("id,text,labels.tone", ["o.json"], "x.csv: tone: 7: the codebook has no such layer"),
    ],
)
def test_a_label_that_a_tool_could_not_show_names_its_file(
    run: Run, tmp_path: Path, header: str, options: list[str], problem: str
) -> None:
    (tmp_path / "x.csv").write_text(f"{header}\n7,A.,Favor\n")
    code, _, err = run("data", "convert", "x.csv", *options)
    assert (code, err.startswith(f"newstance: {problem}")) == (1, True), err


def test_suggestions_of_a_model_become_tasks_without_annotations(run: Run, tmp_path: Path, tiny_exported: Path) -> None:
    (tmp_path / "a.txt").write_text("Harbour news\n\nThe government wrecked the harbour. It said so.\n")
    assert run("data", "suggest", "a.txt", "tasks.json", "--model", str(tiny_exported))[0] == 0
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert [task["data"]["text"] for task in tasks] == [
        "Harbour news",
        "The government wrecked the harbour.",
        "It said so.",
    ]
    assert all(len(task["predictions"]) == 1 and "annotations" not in task for task in tasks)
    spans = tasks[1]["data"]["target_spans"]
    assert [tasks[1]["data"]["text"][a:b] for a, b in spans] == ["The government"]


def test_half_a_character_in_an_article_becomes_a_question_mark_in_its_tasks(
    run: Run, tmp_path: Path, tiny_exported: Path
) -> None:
    row = '{"text": "The mill \\ud83d closed. The government \\ud83d lied.", "outlet": "Post \\ude00"}'
    (tmp_path / "a.jsonl").write_text(row + "\n")
    for call in (["tasks.json"], ["lines.jsonl", "--to", "doccano"]):
        assert run("data", "suggest", "a.jsonl", *call, "--model", str(tiny_exported))[0] == 0
    found = [task["data"] for task in json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))]
    assert [data["text"] for data in found] == ["The mill ? closed.", "The government ? lied."]
    assert (found[0]["after"], found[1]["target_spans"], found[1]["outlet"]) == (found[1]["text"], [[0, 14]], "Post ?")


def test_a_table_of_articles_becomes_tasks_and_a_row_without_a_text_is_named(
    run: Run, tmp_path: Path, tiny_exported: Path
) -> None:
    (tmp_path / "a.csv").write_text("url,body\nh/1,The government wrecked the harbour. It said so.\nh/2,\n")
    call = ["a.csv", "tasks.json", "--text-column", "body", "--id-column", "url", "--model", str(tiny_exported)]
    code, _, err = run("data", "suggest", *call)
    assert code == 1
    assert "a.csv:3" in err and "2 sentences of 1 articles" in err
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    assert [(task["data"]["id"], task["data"]["article"]) for task in tasks] == [("h/1#0", "h/1"), ("h/1#1", "h/1")]
    call[1] = "named.json"
    assert run("data", "suggest", *call, "--named")[0] == 1
    assert [task["data"]["id"] for task in json.loads((tmp_path / "named.json").read_text())] == ["h/1#0"]


ROW = '{"id": "1", "text": "The mill closed.", "stance": "against"}\n'


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["a.txt", "b.txt"], "b.txt: the last word is the file to write, and must end in .json"),
        (["a.txt", "rows.jsonl"], "rows.jsonl: the last word is the file to write, and must end in .json"),
        (["a.txt", "rows.json", "--to", "doccano"], "rows.json: the last word is the file to write, and must end in"),
        (
            ["a.txt", "rows.jsonl", "--to", "doccano"],
            "rows.jsonl: the last word is the file to write, and this is there",
        ),
        (["rows.jsonl", "rows.jsonl", "--to", "doccano"], "rows.jsonl: is an input, and rows.jsonl is to be written"),
        (["rows.jsonl", "link.jsonl", "--to", "doccano"], "rows.jsonl: is an input, and link.jsonl is to be written"),
        (["a.txt", "theirs.json"], "theirs.xml: is there already and is not the labelling interface of these tasks"),
        (["a.txt", "new.json", "--stdin", "csv"], "--stdin is about standard input; give - for it"),
        (["-", "new.json", "--stdin", "xml"], "--stdin takes auto, article, jsonl, csv, tsv, not 'xml'"),
        (["a.txt", "new.json", "--text-column", "body"], "--text-column is about tables of articles"),
    ],
)
def test_suggest_writes_over_nothing(
    run: Run, tmp_path: Path, tiny_exported: Path, arguments: list[str], problem: str
) -> None:
    for name in ("a.txt", "b.txt", "theirs.xml"):
        (tmp_path / name).write_text("The mayor spoke.\n")
    (tmp_path / "rows.jsonl").write_text(ROW)
    (tmp_path / "link.jsonl").symlink_to("rows.jsonl")
    before = {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()}
    code, _, err = run("data", "suggest", *arguments, "--model", str(tiny_exported))
    assert (code, err.count("\n")) == (2, 1) and problem in err
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path.is_file()} == before


def test_suggest_reads_standard_input_and_refuses_articles_that_are_too_long(
    run: Run, tmp_path: Path, tiny_exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "id,text\n1,The government met.\n2," + "It rained. " * 200 + "\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(rows.encode())))
    options = ("--stdin", "csv", "--max-characters", "1000", "--to", "doccano", "--model", str(tiny_exported))
    code, _, err = run("data", "suggest", "-", "lines.jsonl", *options)
    assert (code, "1 sentences of 1 articles" in err) == (1, True), err
    assert json.loads((tmp_path / "lines.jsonl").read_text())["sentence_id"] == "1#0"


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["rows.jsonl", "rows.jsonl"], "rows.jsonl: is an input, and rows.jsonl is to be written"),
        (["rows.jsonl", "./link.jsonl"], "rows.jsonl: is an input, and link.jsonl is to be written"),
        (["rows.jsonl", "theirs.json"], "theirs.xml: is there already and is not the labelling interface of these"),
        (["rows.jsonl", "tasks.xml", "--to", "labelstudio"], "tasks.xml: Label Studio imports tasks from .json"),
        (
            ["corpus", "corpus/raw_val_all.csv", "--format", "pstance", "--split", "dev"],
            "corpus/raw_val_all.csv: is a file of the folder corpus, which is read; give another place",
        ),
    ],
)
def test_convert_writes_over_no_input_and_no_interface(
    run: Run, tmp_path: Path, arguments: list[str], problem: str
) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "raw_val_all.csv").write_text("Tweet,Target,Stance\nGo on!,Mara Voss,FAVOR\n")
    (tmp_path / "rows.jsonl").write_text(ROW)
    (tmp_path / "theirs.xml").write_text("<View/>")
    (tmp_path / "link.jsonl").symlink_to("rows.jsonl")
    before = {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    code, _, err = run("data", "convert", *arguments)
    assert (code, err.count("\n")) == (2, 1) and problem in err
    assert {path: path.read_text() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_convert_replaces_what_it_wrote_before(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(ROW)
    assert run("data", "convert", "rows.jsonl", "new/tasks.json")[0] == 0
    (tmp_path / "rows.jsonl").write_text(ROW.replace("mill", "port"))
    assert run("data", "convert", "rows.jsonl", "new/tasks.json")[0] == 0
    assert "The port closed." in (tmp_path / "new" / "tasks.json").read_text()
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["tasks.json", "tasks.xml"]


def test_no_tasks_are_written_where_no_article_can_be_read(run: Run, tmp_path: Path, tiny_exported: Path) -> None:
    code, _, err = run("data", "suggest", "nowhere.csv", "tasks.json", "--model", str(tiny_exported))
    assert code in (1, 2) and "nowhere.csv" in err and "nothing was written" in err
    assert not (tmp_path / "tasks.json").exists()


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("survey-dev.csv", "dev"),
        ("valid.jsonl", "dev"),
        ("constrain.csv", "constrain"),
        ("my_test.json", "test"),
        ("survey.csv.gz", "survey"),
    ],
)
def test_a_file_name_tells_its_split(name: str, split: str) -> None:
    assert split_of(name) == split


def test_misspelt_labels_are_named_with_their_rows_and_what_was_meant(run: Run, tmp_path: Path) -> None:
    rows = ["agianst", "Favor", "neutral ", "favor", "agianst"]
    table = "".join(f"Sentence {n}.,{stance},\n" for n, stance in enumerate(rows))
    (tmp_path / "x.csv").write_text("text,stance,frames\n" + table + "Last.,,econmic;health\n")
    code, out, _ = run("data", "check", "x.csv", "--json")
    found = {finding["kind"]: finding for finding in json.loads(out)["findings"]}["label_not_in_codebook"]
    assert (code, found["severity"]) == (0, "warning")
    assert found["where"] == [
        "stance: 'agianst', did you mean 'against'? x.csv:2, x.csv:6",
        "stance: 'Favor', did you mean 'favor'? x.csv:3",
        "stance: 'neutral ', did you mean 'neutral'? x.csv:4",
        "frames: 'econmic', did you mean 'economic'? x.csv:7",
    ]
    (tmp_path / "codes.yaml").write_text(load_codebook().to_yaml())
    code, out, _ = run("data", "check", "x.csv", "--codebook", "codes.yaml", "--json")
    (bad,) = [finding for finding in json.loads(out)["findings"] if finding["kind"] == "bad_rows"]
    assert (code, bad["count"]) == (1, 4)
    assert "did you mean 'against'?" in bad["where"][0]


def test_help_shows_one_default_of_what_to_write(run: Run) -> None:
    said = run("data", "convert", "--help")[1]
    assert "by OUT's extension" in said and said.count("[default: annotations]") == 1, "that of --format"


def test_a_map_may_name_numbers_and_days_as_they_stand(run: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("text,stance,is 1\nA.,1,1\nB.,-1,0\nC.,0,\n")
    (tmp_path / "map.yaml").write_text(
        "values: {stance: {1: favor, -1: against, 0: neutral}}\nflags: {tone: {1: is 1}}\nfill: {date: 2031-05-22}\n"
    )
    assert run("data", "convert", "x.csv", "y.jsonl", "--map", "map.yaml")[0] == 0
    records = open_annotations("y.jsonl")
    assert [r.stance for r in records] == ["favor", "against", "neutral"]
    assert (records[0].labels, {r.date for r in records}) == ({"tone": ("1",)}, {"2031-05-22"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "values: {stance: {yes: favor}}",
            "map.yaml: not a column map: values.stance.*: yes, no, on, .*quotation marks",
        ),
        ("fill: {date: 2031-13-01}", "map.yaml: not YAML: month must be in 1..12"),
        ("a: " + "[" * 3000, "map.yaml: not YAML: maximum recursion depth"),
    ],
)
def test_a_map_that_yaml_reads_otherwise_is_one_line(run: Run, tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "x.csv").write_text("text,stance\nA.,yes\n")
    (tmp_path / "map.yaml").write_text(text)
    code, _, err = run("data", "check", "x.csv", "--map", "map.yaml")
    assert code == 2 and re.match(f"newstance: {problem}", err) and err.count("\n") == 1
