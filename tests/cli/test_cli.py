"""The command as a user runs it: a process of its own, its streams and its exit code."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer.testing

from newstance.cli.app import app, only_what_is_asked_for
from newstance.errors import UsageError
from newstance.scoring.writers import Writer

ARTICLE = "Council plan divides harbour\n\nThe council wrecked the harbour. Members of the council met at noon.\n"


@pytest.fixture
def article(tmp_path: Path) -> Path:
    path = tmp_path / "article.txt"
    path.write_text(ARTICLE, encoding="utf-8")
    return path


def run(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", "from newstance.cli.app import main; main()", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=os.environ | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    result = subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    assert "Traceback" not in result.stderr
    return result


def test_the_table_shows_every_sentence_with_sign_confidence_and_summary(article: Path, tiny_exported: Path) -> None:
    done = run("score", article, "--model", tiny_exported)
    assert done.returncode == 0
    assert "Council plan divides harbour" in done.stdout
    assert "%" in done.stdout
    assert "0 of 3 sentences counted (headline and body) name the target" in done.stdout and "\nall 3: " in done.stdout
    assert [line.split()[:2] for line in done.stdout.splitlines() if line.strip()[:1].isdigit()][:3] == [
        ["0", "headline"],
        ["1", "body"],
        ["2", "body"],
    ]


@pytest.mark.parametrize(("model", "said"), [("default", 0), ("marked", 1)])
def test_scoring_with_a_model_that_reads_names_says_so_once(article: Path, model: str, said: int) -> None:
    for output in ((), ("--json",), ("--out", article.with_name(f"{model}-run"))):
        done = run("score", article, "--model", model, *output)
        assert done.returncode == 0
        assert done.stderr.count("reads the target's name") == said
    manifest = json.loads((article.with_name(f"{model}-run") / "newstance-run.json").read_text(encoding="utf-8"))
    assert manifest["notes"]["reads_names"] is bool(said)


@pytest.fixture
def second(article: Path) -> Path:
    return Path(shutil.copyfile(article, article.with_name("second.txt")))


def test_json_is_one_object_per_article_and_nothing_else(article: Path, second: Path, tiny_exported: Path) -> None:
    done = run("score", article, second, "--model", tiny_exported, "--json")
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(objects) == 2
    assert set(objects[0]) == {"article", "sentences", "summary"}
    assert [s["text"] for s in objects[0]["sentences"]][1] == "The council wrecked the harbour."


def test_an_article_given_twice_is_scored_once_and_named(article: Path, tiny_exported: Path) -> None:
    done = run("score", article, article, "--model", tiny_exported, "--json")
    assert done.returncode == 1 and len(done.stdout.splitlines()) == 1
    assert "was given before" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_takes_a_run_that_can_be_called_again(article: Path, tiny_exported: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("key,body\na,The council met.\nb,\n", encoding="utf-8")
    options = ("--text-column", "body", "--id-column", "key", "--model", tiny_exported, "--out", tmp_path / "run")
    done = run("score", article, rows, *options)
    assert done.returncode == 1 and "2 articles, 4 sentences" in done.stderr and "1 refused" in done.stderr
    (error,) = (tmp_path / "run" / "errors.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(error)["line"] == 3
    again = run("score", article, rows, *options)
    assert "2 articles scored by earlier runs" in again.stderr
    assert "explain" in run("score", article, rows, *options, "--explain", "none").stderr


def test_rows_on_standard_input_are_articles(tiny_exported: Path) -> None:
    rows = b'{"id": "a", "text": "The council met."}\n{"id": "b", "text": "It met again."}\n'
    done = run("score", "-", "--model", tiny_exported, "--json", stdin=rows)
    assert [json.loads(line)["article"]["id"] for line in done.stdout.splitlines()] == ["a", "b"]


def test_standard_input_is_scored(tiny_exported: Path) -> None:
    done = run("score", "-", "--model", tiny_exported, "--json", stdin=ARTICLE.encode())
    assert json.loads(done.stdout)["article"]["id"] == "-"


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.parquet"])
def test_results_go_to_a_file(article: Path, tiny_exported: Path, tmp_path: Path, name: str) -> None:
    done = run("score", article, "--model", tiny_exported, "--out", tmp_path / name)
    assert (done.returncode, done.stdout) == (0, "")
    assert "3 sentences of 1 articles" in done.stderr
    assert (tmp_path / name).stat().st_size > 0


BAD_FILES: dict[str, bytes | None] = {
    "missing.txt": None,
    "empty.txt": b"",
    "blank.txt": b" \n\t\n",
    "binary.txt": bytes(range(256)) * 20,
    "page.html": b"<html><head><title></title></head><body><script>1</script></body></html>",
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_one_bad_file_is_named_in_one_line_and_the_others_are_scored(
    article: Path, second: Path, tiny_exported: Path, tmp_path: Path, name: str
) -> None:
    content = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    out = tmp_path / "out.jsonl"
    done = run("score", article, tmp_path / name, second, "--model", tiny_exported, "--out", out)
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("newstance:")]
    assert len(errors) == 1 and name in errors[0]
    assert len(out.read_text(encoding="utf-8").splitlines()) == 6


def test_a_folder_without_articles_is_named(article: Path, tiny_exported: Path, tmp_path: Path) -> None:
    (tmp_path / "void").mkdir()
    done = run("score", tmp_path / "void", article, "--model", tiny_exported, "--json")
    assert done.returncode == 1
    assert "void" in done.stderr and len(done.stdout.splitlines()) == 1


def test_another_encoding_is_read(tiny_exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "latin.txt"
    text = "The council’s café plan — “reckless”, said the ministry’s naïve señor Muñoz. The council met.\n"
    path.write_bytes(text.encode("cp1252"))
    done = run("score", path, "--model", tiny_exported, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["sentences"][0]["text"].startswith("The council’s café plan — “reckless”")


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["--target", "goverment"], 2, "government"),
        (["--target", "nowhere.yaml"], 2, "nowhere.yaml"),
        (["--explain", "shap"], 2, "shap"),
        (["--format", "xlsx", "--out", "x"], 2, "xlsx"),
        (["--format", "csv"], 2, "--out"),
        (["--format", "csv", "--out", "run"], 2, "parquet"),
        (["--stdin", "xml"], 2, "xml"),
        (["--engine", "ray"], 2, "--out"),
        (["--engine", "spark", "--out", "run"], 2, "local"),
        (["--out", "/dev/null/out.jsonl"], 1, "/dev/null/out.jsonl"),
    ],
)
def test_a_wrong_call_ends_in_one_line(
    article: Path, tiny_exported: Path, arguments: list[str], code: int, problem: str
) -> None:
    done = run("score", article, "--model", tiny_exported, *arguments)
    assert done.returncode == code
    assert problem in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_model_that_is_not_there_is_named(article: Path) -> None:
    done = run("score", article, "--model", "nowhere")
    assert done.returncode == 1 and "nowhere" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def refusal(*arguments: str | Path) -> str:
    """Return why a call is refused, in this process."""
    error = typer.testing.CliRunner().invoke(app, list(map(str, arguments))).exception
    assert isinstance(error, UsageError)
    return str(error)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--json", "--out", "run"], "--json prints nothing"),
        (["--json", "--wrap"], "--wrap is for the table"),
        (["--wrap", "--out", "out.csv"], "--wrap is for the table"),
        (["--stdin", "csv"], "--stdin is about standard input"),
        (["--part-articles", "5"], "--part-articles goes with"),
        (["--part-articles", "5", "--out", "out.csv"], "--part-articles goes with"),
        (["--text-column", "body"], "--text-column is about tables"),
        (["--target", "government", "-t", "government"], "--target: is given more than once"),
        (["--html", "."], "this is a folder"),
    ],
)
def test_options_that_would_do_nothing_are_refused(
    article: Path, tiny_exported: Path, arguments: list[str], problem: str
) -> None:
    assert problem in refusal("score", article, "--model", tiny_exported, *arguments)


def test_an_input_is_never_overwritten(article: Path, tiny_exported: Path) -> None:
    rows, page = article.with_name("self.jsonl"), article.with_name("self.html")
    pages = article.with_name("self-articles")
    pages.mkdir()
    for path in (rows, page, pages / "1.html"):
        path.write_text("older")
    for given, option, place in ((rows, "--out", rows), (page, "--html", page), (pages / "1.html", "--html", page)):
        assert f"{given}: is an input" in refusal("score", article, given, "--model", tiny_exported, option, place)
        assert given.read_text() == "older"


def test_a_name_that_is_too_long_is_told_by_itself_and_the_rest_goes_on(
    article: Path, tiny_exported: Path, tmp_path: Path
) -> None:
    long = ("The council met. " * 20).strip()
    for options in ((), ("--out", tmp_path / "rows.csv"), ("--text-column", "body"), ("--out", f"{tmp_path}/run/")):
        done = run("score", article, long, "--model", tiny_exported, *options)
        assert done.returncode == 1
        assert f"{long}: cannot be read (File name too long)" in done.stderr
        assert "3 sentences" in done.stdout + done.stderr or options[:1] == ("--text-column",)
        assert "be written" not in done.stderr and "cannot write" not in done.stderr
    for arguments, problem in (
        (("score", article, "--model", long), "no such model folder"),
        (("evaluate", tiny_exported, "--data", long), "not a kind of annotation file"),
        (("evaluate", tiny_exported, "--data", f"{long}.csv"), "File name too long"),
        (("config", "show", long), "cannot read the configuration: File name too long"),
        (("score", article, "--model", tiny_exported, "--out", f"{long}.csv"), "File name too long"),
    ):
        assert long in (told := run(*arguments).stderr) and problem in told
        assert "cannot write" not in told


def test_a_path_that_ends_in_a_slash_is_a_runs_folder(article: Path, tiny_exported: Path, tmp_path: Path) -> None:
    options = ("--model", tiny_exported, "--out", f"{tmp_path}/run.v2/", "--max-characters", "1000000000")
    assert run("score", article, *options).returncode == 0
    assert (tmp_path / "run.v2" / "summary.json").exists()
    assert run("score", article, "--model", tiny_exported, "--max-characters", "9" * 20).returncode == 2


def test_a_terminated_call_leaves_no_half_file(
    article: Path, tiny_exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(Writer, "write", lambda *_: signal.raise_signal(signal.SIGTERM))
    arguments = ["score", str(article), "--model", str(tiny_exported), "--out", str(tmp_path / "out" / "a.csv")]
    assert typer.testing.CliRunner().invoke(app, arguments).exit_code == 143
    assert list((tmp_path / "out").iterdir()) == [] and signal.getsignal(signal.SIGTERM) is before


def test_a_damaged_model_is_refused(article: Path, tiny_exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_exported, tmp_path / "model"))
    (folder / "model.onnx").write_bytes(b"\0" * 1000)
    done = run("score", article, "--model", folder)
    assert done.returncode == 1 and "SHA-256" in done.stderr


def test_evaluate_prints_one_object(tiny_exported: Path, annotations_file: Path) -> None:
    done = run("evaluate", tiny_exported, "--data", annotations_file, "--json", "--samples", "100")
    report = json.loads(done.stdout)
    assert report["layers"]["stance"]["macro_f1"]["n"] == 36
    assert report["run"]["model"]


def test_evaluate_names_the_bad_row(tiny_exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"id": "1", "text": "x", "stance": "maybe"}\n')
    done = run("evaluate", tiny_exported, "--data", path)
    assert done.returncode == 1
    assert "rows.jsonl:1: stance: unknown label 'maybe'" in done.stderr


def test_evaluate_needs_data_or_a_corpus(tiny_exported: Path) -> None:
    assert run("evaluate", tiny_exported).returncode == 2
    assert run("evaluate", tiny_exported, "--corpus", "newsmtsc-rw").returncode == 2


def test_targets_lists_what_ships() -> None:
    done = run("targets")
    assert "government" in done.stdout and "us-biden-2021" in done.stdout
    assert "the Trump administration, 2017-01-20 to 2021-01-20\n" in done.stdout
    assert "the Trump administration, since 2025-01-20\n" in done.stdout


def test_a_forgotten_column_is_told_at_once_and_the_folder_is_free_for_the_corrected_command(
    tiny_exported: Path, tmp_path: Path
) -> None:
    table, out = tmp_path / "articles.csv", tmp_path / "run"
    table.write_text("url,published,body\na,03/02/2031,The government met.\n", encoding="utf-8")
    done = run("score", table, "--out", out, "--model", tiny_exported)
    assert done.returncode == 1
    assert "no such column (there are: url, published, body)" in done.stderr and "--text-column" in done.stderr
    columns = ("--text-column", "body", "--id-column", "url", "--date-column", "published")
    done = run("score", table, "--out", out, "--model", tiny_exported, *columns)
    assert done.returncode == 0 and "1 articles, 1 sentences" in done.stderr
    assert "sentences that name the target: " in done.stderr and "; all of headline and body: " in done.stderr
    assert "1 articles have a date that was not understood" in done.stderr
    done = run("score", table, "--json", "--model", tiny_exported, *columns)
    assert "1 articles have a date that was not understood" in done.stderr
    done = run("score", table, "--out", tmp_path / "again", "--model", tiny_exported, *columns)
    assert "0 of them repeats, not computed again" in done.stderr
    table.write_text("url,published,body\na,,The government met.\n", encoding="utf-8")
    done = run("score", table, "--json", "--model", tiny_exported, *columns)
    assert "newstance: 1 articles have no date; there everybody" in done.stderr


def test_articles_with_bad_bytes_are_counted_at_the_end(tiny_exported: Path, tmp_path: Path) -> None:
    table = tmp_path / "articles.csv"
    table.write_bytes("id,text\na,“The government met”; it said at the Caf".encode() + b"\xe9\nb,It met again.\n")
    for out in (("--json",), ("--out", tmp_path / "run")):
        done = run("score", table, "--model", tiny_exported, *out)
        assert done.returncode == 0 and "1 articles hold characters that could not be read" in done.stderr


def test_what_was_not_read_is_told_at_the_end(tiny_exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    (folder / "a.csv").write_text("id,text,Date\na,The government met.,2031-02-03\n", encoding="utf-8")
    (folder / "b.docx").touch()
    for output in (("--json",), ("--out", tmp_path / "run")):
        done = run("score", folder, "--model", tiny_exported, *output)
        assert done.returncode == 0 and "--date-column Date" in done.stderr
        assert "1 files of other kinds passed over (.docx)" in done.stderr


def test_an_array_of_json_on_standard_input_is_named_with_what_to_do(tiny_exported: Path) -> None:
    done = run("score", "-", "--model", tiny_exported, stdin=b'[{"text": "The government met."}]')
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("newstance: standard input: is JSON, not a text")
    assert ".jsonl" in line and "one JSON object a line" in line and "--text-column" in line


def test_marks_of_voices_are_explained_where_they_stand(tiny_exported: Path, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("“The dike holds,” said the mayor of Tarn.\n\nThe council met.\n", encoding="utf-8")
    assert "voice: “ quoted" in (printed := run("score", article, "--model", tiny_exported).stdout)
    assert "~ paraphrased" not in printed
    article.write_text("The mayor of Tarn said that the dike holds.\n\nThe council met.\n", encoding="utf-8")
    assert "voice: ~ paraphrased" in run("score", article, "--model", tiny_exported).stdout
    article.write_text("The council met.\n", encoding="utf-8")
    assert "voice: " not in run("score", article, "--model", tiny_exported).stdout


def test_exit_codes_are_told_by_help() -> None:
    told = " ".join(run("score", "--help").stdout.split())
    assert "Exit codes" in told
    assert all(f"{code} " in told.split("Exit codes", 1)[1] for code in (0, 1, 2, 130))


def test_help_and_version_answer() -> None:
    assert "score" in run("--help").stdout
    assert run("--version").stdout.startswith("newstance ")


def test_a_run_in_which_every_article_fails_leaves_the_older_result_alone(tiny_exported: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("older")
    done = run("score", tmp_path / "nowhere.txt", "--model", tiny_exported, "--out", out)
    assert done.returncode == 1 and f"nothing was scored: {out} is left as it was" in done.stderr
    assert out.read_text() == "older"


def test_evaluate_keeps_to_the_split_it_was_asked_for(tiny_exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"id": "1", "text": "The council met.", "target": "the council", "stance": "neutral", "split": "dev"}
    path.write_text(
        "".join(json.dumps(row | {"id": str(i), "split": s}) + "\n" for i, s in enumerate(["dev", "test", "dev"]))
    )
    done = run("evaluate", tiny_exported, "--data", path, "--split", "dev", "--json")
    assert json.loads(done.stdout)["run"]["sentences"] == 2
    assert run("evaluate", tiny_exported, "--data", path, "--split", "train").returncode == 1


def test_one_id_for_two_texts_is_refused(tiny_exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [{"id": "1", "text": text, "stance": "neutral"} for text in ("One.", "Two.")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("evaluate", tiny_exported, "--data", path)
    assert done.returncode == 1 and "rows.jsonl:2: text: the id '1' stands for another text in row 1" in done.stderr


def test_an_impossible_date_in_a_profile_is_a_usage_error(tiny_exported: Path, article: Path, tmp_path: Path) -> None:
    (tmp_path / "doe.yaml").write_text("name: Doe\npeople:\n - name: Jane\n   from: 2030-99-99\n")
    done = run("score", article, "--model", tiny_exported, "--target", tmp_path / "doe.yaml")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", ["score", "fit-evidence", "data", "scroe"])
def test_building_one_command_alone_changes_no_help(command: str) -> None:
    alone, among_all = (
        typer.testing.CliRunner().invoke(built, [command, "--help"], prog_name="newstance")
        for built in (only_what_is_asked_for([command]), app)
    )
    assert (alone.output, alone.exit_code) == (among_all.output, among_all.exit_code)
    assert (alone.exit_code == 0) == (command != "scroe")


def test_a_commands_name_leaves_the_others_unbuilt() -> None:
    assert len(only_what_is_asked_for(["score"]).registered_commands) == 1
    assert only_what_is_asked_for(["data"]) is only_what_is_asked_for([]) is app
