"""`newstance mentions` and `newstance targets FILE`, as a user calls them."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROFILE = """
name: the Roeland government
aliases: [the government]
people:
  - {name: Edda Lorne, short: [Lorne], role: Premier, from: 2031-01-01, to: 2031-12-31}
"""
ARTICLES = """url,published,body
a,2031-02-01,"The government met on Monday. On Tuesday Premier Edda Lorne spoke to Ann Roe. Nobody saw Ann Roe in Tarn."
b,2033-02-01,"Premier Edda Lorne left long ago. Lorne wrote to Tarn."
c,in spring,"Here Lorne wrote to the government, and then to the government."
"""
COLUMNS = ("--text-column", "body", "--id-column", "url", "--date-column", "published")


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


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "roeland.yaml").write_text(PROFILE, encoding="utf-8")
    path = tmp_path / "articles.csv"
    path.write_text(ARTICLES, encoding="utf-8")
    return path


def mentions(table: Path, *options: str | Path, columns: tuple[str, ...] = COLUMNS) -> subprocess.CompletedProcess[str]:
    return run("mentions", table, "--target", table.with_name("roeland.yaml"), *columns, *options)


def test_the_tables_show_what_was_found_and_what_may_be_missing(table: Path) -> None:
    done = mentions(table)
    assert done.returncode == 0
    assert "2 of 3 (66.7%) articles name the target, and 3 of 6 (50.0%) sentences" in done.stdout
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "The government 1 1 The government met on Monday." in rows
    assert "Tarn 2 2" in rows and "Ann Roe 1 1" in rows
    assert rows.index("Tarn 2 2") < rows.index("Ann Roe 1 1")
    assert "under `not`" in done.stdout and "under `aliases`" in done.stdout
    assert done.stderr == (
        "newstance: 1 articles have a date that was not understood (write 2025-01-21); "
        "there everybody in the profile counts, in office or not\n"
    )


def test_json_is_one_object_and_people_count_in_office_alone(table: Path) -> None:
    done = mentions(table, "--json", "--top", "3")
    found = json.loads(done.stdout)
    assert found["articles"] == 3 and found["articles_named"] == 2
    assert (found["sentences"], found["sentences_named"], found["mentions"]) == (6, 3, 5)
    assert found["dates"] == {"missing": 0, "not_understood": 1} and found["refused"] == 0
    assert found["forms"]["kept"] == 4 and len(found["forms"]["top"]) == 3
    assert found["forms"]["top"][0] == {
        "mention": "Lorne",
        "sentences": 1,
        "articles": 1,
        "example": "Here Lorne wrote to the government, and then to the government.",
    }
    # Article b is of a day on which she was out of office: her name is one that the profile did not find.
    assert {"name": "Premier Edda Lorne", "sentences": 1, "articles": 1} in found["names"]["top"]


def test_what_is_counted_is_what_score_marks(table: Path, tiny_exported: Path) -> None:
    found = json.loads(mentions(table, "--json").stdout)
    target = ("--target", table.with_name("roeland.yaml"), "--model", tiny_exported, "--explain", "none")
    scored = [json.loads(line) for line in run("score", table, *COLUMNS, *target, "--json").stdout.splitlines()]
    assert found["sentences"] == sum(article["summary"]["counted"] for article in scored)
    assert found["sentences_named"] == sum(article["summary"]["named"]["sentences"] for article in scored)
    assert found["mentions"] == sum(len(s["target_spans"]) for article in scored for s in article["sentences"])


def test_no_model_is_loaded(table: Path) -> None:
    code = (
        "import sys, contextlib\n"
        f"sys.argv = {['newstance', 'mentions', str(table), '--text-column', 'body', '--json']!r}\n"
        "from newstance.cli.app import main\nwith contextlib.suppress(SystemExit):\n    main()\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"onnxruntime", "torch"} & set(done.stdout.splitlines()[-1].split())


def test_mentions_go_to_a_sheet_all_or_a_sample_and_the_user_is_told_how_many_to_mark(table: Path) -> None:
    out = table.with_name("check.csv")
    done = mentions(table, "--out", out)
    assert "5 mentions to mark, all that were found" in done.stderr and "under `right`" in done.stderr
    with out.open(encoding="utf-8-sig", newline="") as file:
        every = list(csv.DictReader(file))
    assert [row["article"] for row in every] == ["a", "a", "c", "c", "c"]
    done = mentions(table, "--out", out, "--sample", "2", "--seed", "5", "--json")
    assert "2 mentions to mark, drawn at random of 5" in done.stderr
    assert json.loads(done.stdout)["mentions"] == 5
    with out.open(encoding="utf-8-sig", newline="") as file:
        drawn = list(csv.DictReader(file))
    assert len(drawn) == 2 and all(row in every for row in drawn)
    assert list(drawn[0]) == [
        *("article", "date", "index", "mention", "start", "end", "before", "sentence", "after", "right"),
    ]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--sample", "3"], "--sample is about the mentions that --out writes"),
        (["--out", "x.csv", "--seed", "3"], "--seed goes with --sample"),
        (["--out", "x.txt"], "x.txt: --out takes a file that ends in .csv"),
        (["--out", "{table}"], "is an input"),
        (["--target", "goverment"], "given more than once"),
    ],
)
def test_options_that_do_nothing_or_harm_are_one_line(table: Path, options: list[str], problem: str) -> None:
    done = mentions(table, *(option.format(table=table) for option in options))
    assert done.returncode == 2 and done.stdout == ""
    assert problem in done.stderr and len(done.stderr.splitlines()) == 1
    assert table.read_text(encoding="utf-8") == ARTICLES


def test_a_bad_profile_is_one_line_with_its_place(table: Path) -> None:
    table.with_name("roeland.yaml").write_text("name: x\naliases: the government\n", encoding="utf-8")
    done = mentions(table)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert "roeland.yaml: aliases: must be a list" in done.stderr


def test_what_cannot_be_read_is_named_as_score_names_it(table: Path, tiny_exported: Path, tmp_path: Path) -> None:
    missing, out = tmp_path / "missing.txt", tmp_path / "check.csv"
    done = run("mentions", missing)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == run("score", missing, "--model", tiny_exported).stderr
    done = run("mentions", missing, "--out", out)
    assert done.returncode == 1 and "nothing was written" in done.stderr and not out.exists()
    done = mentions(table, missing, table)
    assert done.returncode == 1 and "of 3 (66.7%) articles" in done.stdout
    assert "missing.txt" in done.stderr and done.stderr.count("was given before") == 3
    empty = tmp_path / "empty.csv"
    empty.write_text("id,text\n", encoding="utf-8")
    done = run("mentions", empty)
    assert done.returncode == 1 and done.stderr == "newstance: no article could be read\n"


def test_standard_input_and_a_target_that_is_never_named(table: Path) -> None:
    done = run("mentions", "-", "--target", table.with_name("roeland.yaml"), stdin=b"Nobody came to Tarn.")
    assert done.returncode == 0
    assert "0 of 1 (0.0%) articles name the target" in done.stdout and "is it the right profile" in done.stdout


def test_a_profile_is_checked_and_shown(table: Path) -> None:
    done = run("targets", table.with_name("roeland.yaml"))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "the Roeland government, 2031-01-01 to 2031-12-31"
    assert "aliases (1): the government" in lines and "offices (0)" in lines and "not (0)" in lines
    assert "  Edda Lorne (short: Lorne), Premier, from 2031-01-01 to 2031-12-31" in lines
    done = run("targets", "us-trump-2025")
    path = done.stdout.splitlines()[2].rsplit(" · ", 1)[1]
    assert Path(path).is_file() and path.endswith("us-trump-2025.yaml")
    done = run("targets", "us-trump-2026")
    assert done.returncode == 2 and "did you mean" in done.stderr
