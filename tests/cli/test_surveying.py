"""From a scored archive to a sample, and from its annotations to shares, by the commands."""

from __future__ import annotations

import csv
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from newstance.cli.app import app
from newstance.errors import InputError, UsageError
from newstance.eval import surveyed

SAID = (
    "The Marlow government {verb} its plan for the ferries of {place} in the spring.",
    "Critics said the Marlow government had {verb} {place} to pay for its own mistakes.",
    "The Marlow government's new road has brought the market of {place} back to life, the mayor said.",
    "Rain fell on {place} for most of the week.",
    "Nobody in {place} has forgotten what the Marlow government {verb} last year.",
)
VERBS = ("published", "withdrew", "defended", "left", "promised")
PLACES = ("Orrin", "Velby", "Tasker Bay", "Lower Finch", "Quarry Hill", "Dunmoor")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("survey")
    draw = random.Random(5)
    with (folder / "articles.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["url", "site", "published", "body"])
        for number in range(40):
            said = draw.sample(SAID, 4)
            body = " ".join(one.format(verb=draw.choice(VERBS), place=draw.choice(PLACES)) for one in said)
            outlet = "Orrin Echo" if number % 4 else "Velby Post"
            day = "" if number == 7 else f"2031-0{1 + number % 3}-{10 + number % 7}"
            writer.writerow([f"a{number}", outlet, day, body])
    (folder / "marlow.yaml").write_text("name: the Marlow government\naliases: [Marlow government]\n", encoding="utf-8")
    columns = "--text-column body --id-column url --outlet-column site --date-column published --explain none"
    for out, extra in (("run", []), ("lines", ["--format", "jsonl"])):
        asked = ["score", str(folder / "articles.csv"), "--target", str(folder / "marlow.yaml"), *columns.split()]
        done = CliRunner().invoke(app, [*asked, "--out", str(folder / out), "--part-articles", "15", *extra])
        assert done.exit_code == 0, done.output
    return folder / "run"


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=True)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def annotate(sheet: Path, out: Path, stance: dict[str, str]) -> None:
    """Fill a sheet in by what its sentences say; what is not told there is neutral."""
    rows = rows_of(sheet)
    for row in rows:
        row["stance"] = next((label for words, label in stance.items() if words in row["text"]), "neutral")
        row["annotator"] = "anna"
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


TOLD = {"Critics said": "against", "back to life": "favor", "forgotten": "against"}


def test_a_sheet_holds_random_counted_sentences_and_nothing_of_the_models(run: Path, tmp_path: Path) -> None:
    sheet, again, more = (tmp_path / name for name in ("sheet.csv", "again.csv", "more.csv"))
    assert call("sample", run, "--n", 30, "--out", sheet).exit_code == 0
    rows = rows_of(sheet)
    assert len({row["id"] for row in rows}) == len(rows) == 30
    columns = ["id", "article", "target", "target_spans", "before", "text", "after", "stance", "annotator", "split"]
    assert list(rows[0]) == columns
    assert {row["stance"] for row in rows} == {""}
    for row in rows:
        assert all("Marlow government" in row["text"][a:b] for a, b in json.loads(row["target_spans"]))
        assert row["article"] == row["id"].split("#")[0]
        assert row["before"] or row["id"].endswith("#0")
    halves = {split: {row["article"] for row in rows if row["split"] == split} for split in ("dev", "test")}
    assert min(len(halves["dev"]), len(halves["test"])) > 5
    assert not halves["dev"] & halves["test"]
    call("sample", run.parent / "lines", "--n", 30, "--out", again)
    assert [row["id"] for row in rows_of(again)] == [row["id"] for row in rows]
    told = call("sample", run, "--n", 1000, "--exclude", sheet, "--show", "outlet,voice", "--out", more)
    assert "30 left out as already drawn" in told.output
    rest = rows_of(more)
    split = {row["article"]: row["split"] for row in rows}
    assert {row["article"] for row in rest} & set(split)
    assert all(split.get(row["article"], row["split"]) == row["split"] for row in rest)
    assert not {row["id"] for row in rest} & {row["id"] for row in rows}
    assert {row["outlet"] for row in rest} == {"Orrin Echo", "Velby Post"}
    assert "Rain fell" not in "".join(row["text"] for row in rest)
    every = call("sample", run, "--n", 1000, "--unnamed", "--out", tmp_path / "every.csv")
    assert "160 of 160" in every.output


def test_shares_are_corrected_by_what_people_say_of_a_sample(run: Path, tmp_path: Path) -> None:
    sheet, annotated, table = (tmp_path / name for name in ("sheet.csv", "annotated.csv", "shares.csv"))
    call("sample", run, "--n", 1000, "--out", sheet)
    annotate(sheet, annotated, TOLD)
    truth = [row["stance"] for row in rows_of(annotated)]
    done = call(
        "shares", run, "--annotated", annotated, "--by", "outlet,month", "--own-from", 100, "--out", table, "--json"
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    whole, *cells = found["cells"]
    assert whole["sentences"] == whole["annotated"] == len(truth)
    for label in ("favor", "against", "neutral"):
        for estimate in ("plain", "post-stratified"):  # all were annotated: both are what was annotated
            value = whole["estimates"][estimate]["shares"][label]["value"]
            assert value == pytest.approx(truth.count(label) / len(truth))
    assert sum(cell["sentences"] for cell in cells) == len(truth)
    assert {cell["cell"]["month"] for cell in cells} == {"2031-01", "2031-02", "2031-03", "–"}
    assert {e["errors"] for cell in cells for e in cell["estimates"].values()} == {"uncorrected", "borrowed"}
    own = json.loads(call("shares", run, "-a", annotated, "--by", "outlet", "--own-from", 10, "--json").stdout)["cells"]
    assert {e["errors"] for cell in own for e in cell["estimates"].values()} == {"uncorrected", "own"}
    assert rows_of(table)[0] | {"share": "", "low": "", "high": ""} == {
        "outlet": "",
        "month": "",
        "sentences": str(len(truth)),
        "articles": "40",
        "annotated": str(len(truth)),
        "estimate": "raw",
        "errors": "uncorrected",
        "label": "favor",
        "share": "",
        "low": "",
        "high": "",
    }
    printed = call("shares", run, "--by", "voice").output
    assert "raw: the model's own labels, errors and all" in printed
    assert "paraphrased" in printed


def test_a_sample_of_each_outlet_is_weighed_back(run: Path, tmp_path: Path) -> None:
    sheet, annotated = tmp_path / "sheet.csv", tmp_path / "annotated.csv"
    told = call("sample", run, "--n", 12, "--per", "outlet", "--out", sheet)
    assert "Velby Post: 12 of " in told.output
    annotate(sheet, annotated, TOLD)
    cells = json.loads(call("shares", run, "-a", annotated, "--by", "outlet", "--own-from", 5, "--json").stdout)[
        "cells"
    ]
    weighed = json.loads(call("shares", run, "-a", annotated, "--drawn-per", "outlet", "--json").stdout)["cells"][0]
    plain = [cell["estimates"]["plain"]["shares"]["against"]["value"] for cell in cells[1:]]
    sizes = [cell["sentences"] for cell in cells[1:]]
    expected = sum(share * size for share, size in zip(plain, sizes, strict=True)) / sum(sizes)
    assert weighed["estimates"]["plain"]["shares"]["against"]["value"] == pytest.approx(expected)


def test_shares_of_frames_are_of_sentences_that_use_each(run: Path, tmp_path: Path) -> None:
    sheet, annotated, map_ = (tmp_path / name for name in ("sheet.csv", "annotated.csv", "map.yaml"))
    call("sample", run, "--n", 1000, "--layer", "frames", "--out", sheet)
    rows = rows_of(sheet)
    for row in rows:
        row["frames"] = "economic;quality_of_life" if "market" in row["text"] else "none"
    with annotated.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    map_.write_text('values: {frames: {none: ""}}', encoding="utf-8")
    done = call(
        "shares",
        run,
        "--layer",
        "frames",
        "-a",
        annotated,
        "--map",
        map_,
        "--by",
        "outlet",
        "--own-from",
        100,
        "--json",
    )
    assert done.exit_code == 0, done.exception
    whole, *outlets = json.loads(done.stdout)["cells"]
    market = sum("market" in row["text"] for row in rows) / len(rows)
    expected = {"economic": market, "quality_of_life": market, "crime": 0.0}
    for estimate in ("plain", "post-stratified"):
        found = whole["estimates"][estimate]["shares"]
        assert {code: found[code]["value"] for code in expected} == pytest.approx(expected)
    assert {name for cell in outlets for name in cell["estimates"]} == {"raw", "post-stratified", "inverted"}
    raw, table = (
        whole["estimates"]["raw"]["shares"],
        pq.read_table(sorted(run.glob("*.parquet")), columns=["target_spans", "frames"]),
    )
    shown = [{frame["code"] for frame in row["frames"]} for row in table.to_pylist() if row["target_spans"]]
    for code, figure in raw.items():
        assert figure["value"] == pytest.approx(sum(code in codes for codes in shown) / len(shown)), code
    assert "quality_of_life" in call("shares", run, "--layer", "frames", "--by", "year").output


def test_what_is_wrong_is_said_in_a_line(run: Path, tmp_path: Path) -> None:
    sheet, annotated = tmp_path / "sheet.csv", tmp_path / "annotated.csv"
    call("sample", run, "--n", 20, "--out", sheet)
    annotate(sheet, annotated, TOLD)
    text = annotated.read_text(encoding="utf-8")
    other, strange = tmp_path / "other.csv", tmp_path / "strange.csv"
    other.write_text(text.replace("Marlow government", "Harlow government"), encoding="utf-8")
    strange.write_text(text.replace("#", "#9"), encoding="utf-8")
    part = tmp_path / "part"
    shutil.copytree(run, part)
    (part / "part-00000.parquet").write_bytes(b"PAR1 no table PAR1")
    wrong = {
        ("sample", run, "--out", sheet): (UsageError, "may hold annotations"),
        ("sample", run, "--out", tmp_path / "a.txt"): (UsageError, "is a table"),
        ("sample", run, "--per", "outlets", "--out", tmp_path / "b.csv"): (UsageError, "did you mean 'outlet'"),
        ("sample", run, "--exclude", run / "newstance-run.json", "--out", tmp_path / "c.csv"): (
            InputError,
            "column id",
        ),
        ("sample", tmp_path, "--out", tmp_path / "d.csv"): (UsageError, "holds no part"),
        ("shares", part): (InputError, "part-00000.parquet: no sentences as"),
        ("shares", run, "--annotated", other): (InputError, "has another text of the annotated sentence"),
        ("shares", run, "--annotated", strange): (InputError, "no annotated sentence is counted there"),
        ("shares", run, "--annotated", sheet): (InputError, "stance"),
        ("shares", run, "--drawn-per", "outlet"): (UsageError, "goes with --annotated"),
        ("shares", run, "--by", "day"): (UsageError, "outlet, voice, year, month, week"),
        ("shares", run, "--layer", "sentiment"): (UsageError, "it holds stance, frames"),
    }
    for words, (kind, message) in wrong.items():
        error = call(*words).exception
        assert isinstance(error, kind), (words, error)
        assert message in str(error), (words, error)
    assert not (tmp_path / "b.csv").exists()


def written(rows: list[dict[str, str]], out: Path, encoding: str = "utf-8", **kind: str) -> Path:
    with out.open("w", encoding=encoding, errors="replace", newline="") as file:
        writer = csv.DictWriter(file, rows[0], **kind)  # type: ignore[arg-type]
        writer.writeheader()
        writer.writerows(rows)
    return out


def test_a_sheet_that_a_spreadsheet_changed_is_still_the_sample(tmp_path: Path) -> None:
    said = "The Marlow government's “plan” for the café of Łuków was published {n} times in the spring."
    ids = ["2031-03-01", "007", "1e5", "a#b", "3/4", *map(str, range(10, 20))]
    names = ("Orrin [uk]", "Velby [/b] Post", "")
    rows = [{"url": x, "site": names[n % 3], "body": said.format(n=n)} for n, x in enumerate(ids)]
    (tmp_path / "m.yaml").write_text("name: the Marlow government\naliases: [Marlow government]\n", encoding="utf-8")
    columns = "--text-column body --id-column url --outlet-column site --explain none --format jsonl"
    scored = ["score", written(rows, tmp_path / "articles.csv"), "--target", tmp_path / "m.yaml", *columns.split()]
    run = tmp_path / "run"
    assert call(*scored, "--out", run).exit_code == 0
    call("sample", run, "--out", tmp_path / "sheet.csv")
    annotate(tmp_path / "sheet.csv", tmp_path / "annotated.csv", {"café": "favor"})
    sheet = rows_of(tmp_path / "annotated.csv")
    assert len(sheet) == len(ids)
    curly = [row | {"text": row["text"].replace("'", "’").replace(" for", "\r\nfor")} for row in sheet]
    numbers = [row | {"article": "46082" if row["article"] == "2031-03-01" else "7"} for row in sheet]
    for found in (
        written(sheet, tmp_path / "semicolons.csv", delimiter=";"),
        written(sheet, tmp_path / "utf16.csv", "utf-16", delimiter="\t"),
        written(sheet, tmp_path / "windows.csv", "cp1252", delimiter=";"),
        written(curly, tmp_path / "curly.csv"),
        written(numbers, tmp_path / "numbers.csv"),
    ):
        done = call("shares", run, "-a", found, "--json")
        assert done.exit_code == 0, (found, done.exception)
        whole = json.loads(done.stdout)["cells"][0]
        assert whole["annotated"] == len(ids), found
        assert whole["estimates"]["plain"]["shares"]["favor"]["value"] == 1.0
        told = call("sample", run, "--exclude", found, "--out", tmp_path / "none.csv")
        assert "every sentence that is counted was to be left out" in str(told.exception), found
    printed = call("shares", run, "--by", "outlet,outlet,voice,year").output
    assert "Orrin [uk]" in printed
    assert "Velby [/b] Post" in printed


def test_figures_are_whole_on_a_narrow_terminal(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from newstance.cli import shares as command

    monkeypatch.setattr(command, "Console", lambda **_: Console(width=40))
    assert "…" not in call("shares", run, "--by", "outlet,voice").output


def test_what_makes_a_sample_no_random_one_is_said(run: Path, tmp_path: Path) -> None:
    sheet, annotated, begun = tmp_path / "sheet.csv", tmp_path / "annotated.csv", tmp_path / "begun"
    shutil.copytree(run, begun)
    (begun / "summary.json").unlink()  # as while a call adds to the run
    assert "not complete" in call("sample", begun, "--layer", "stance", "--layer", "stance", "--out", sheet).output
    assert list(rows_of(sheet)[0]).count("stance") == 1
    with sheet.open(encoding="utf-8-sig") as file:
        assert file.readline().count("stance") == 1
    annotate(sheet, annotated, TOLD)
    assert "not complete" in call("shares", begun, "-a", annotated).output
    rows = rows_of(annotated)
    other = written([row | {"annotator": "bob", "stance": "neutral"} for row in rows], tmp_path / "bob.csv")
    tied = sum(row["stance"] != "neutral" for row in rows)
    told = call("shares", run, "-a", annotated, "-a", other).output
    assert f"{tied} of {len(rows)} annotated sentences are left out, as annotators tie" in told
    twice = written([row | {"annotator": ""} for row in [*rows, rows[0]]], tmp_path / "twice.csv")
    assert "repeat another row" in call("shares", run, "-a", twice).output
    few = written([row for row in rows if row["article"] == rows[0]["article"]], tmp_path / "few.csv")
    found = json.loads(call("shares", run, "-a", few, "--json").stdout)
    assert "fewer than 5 articles" in found["warnings"][0]
    assert found["cells"][0]["estimates"]["plain"]["shares"]["favor"]["low"] is None


def test_a_line_that_is_cut_or_no_sentence_is_named(run: Path, tmp_path: Path) -> None:
    lines = (run.parent / "lines" / "part-00001.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    cut, strange, bad = (tmp_path / name for name in ("cut.jsonl", "strange.jsonl", "bad.csv"))
    cut.write_text("".join(lines)[:-40], encoding="utf-8")
    strange.write_text(lines[0] + '{"article": "a"}\n', encoding="utf-8")
    bad.write_text('id,text\n"a"1#0,b\n', encoding="utf-8")
    for words, line, message in (
        (("shares", cut), len(lines), "cut off"),
        (("shares", strange), 2, "has no 'index'"),
        (("sample", run, "--exclude", bad, "--out", tmp_path / "x.csv"), 2, "quotation mark"),
    ):
        error = call(*words).exception
        assert isinstance(error, InputError), error
        assert error.line == line
        assert message in str(error)
    error = call("shares", run, "-a", bad, "--drawn-per", "outlets").exception
    assert isinstance(error, UsageError)
    assert error.field == "--drawn-per"


def test_a_part_that_a_run_adds_meanwhile_is_left_for_the_next_call(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = tmp_path / "begun"
    shutil.copytree(run, begun)
    files = surveyed.scored_files

    def then_one_more(source: Path) -> list[Path]:
        found = files(source)
        shutil.copy(found[0], begun / "part-00099.parquet")
        return found

    monkeypatch.setattr(surveyed, "scored_files", then_one_more)
    done = call("shares", begun, "--json")
    assert done.exit_code == 0, done.exception
    assert json.loads(done.stdout)["cells"][0]["articles"] == 40


def test_an_odd_sample_and_borrowed_errors_are_told(run: Path, tmp_path: Path) -> None:
    sheet, annotated, odd = (tmp_path / name for name in ("sheet.csv", "annotated.csv", "odd.csv"))
    call("sample", run, "--n", 60, "--out", sheet)
    annotate(sheet, annotated, TOLD)
    fair = call("shares", run, "-a", annotated, "--by", "outlet,month")
    assert "mixed as in one random sample of a hundred" not in fair.stderr
    assert "errors of all: fewer than 30 annotated there" in fair.stdout
    assert "errors of all" not in call("shares", run, "-a", annotated, "--by", "outlet", "--own-from", 1).stdout
    rows = rows_of(annotated)
    with odd.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row for row in rows if "back to life" in row["text"])
    assert "mixed as in one random sample of a hundred (favor" in call("shares", run, "-a", odd).stderr


def test_the_commands_need_no_extra(run: Path, tmp_path: Path) -> None:
    """What only extras install is hidden; a plain installation has none of it."""
    sheet, annotated = tmp_path / "sheet.csv", tmp_path / "annotated.csv"
    hidden = "import sys; sys.modules.update(dict.fromkeys(['scipy', 'sklearn', 'torch', 'datasets']))"
    program = [sys.executable, "-c", f"{hidden}; from newstance.cli.app import main; main()"]
    drawn = subprocess.run([*program, "sample", run, "--n", "60", "--out", sheet], capture_output=True, check=False)
    assert drawn.returncode == 0, drawn.stderr
    annotate(sheet, annotated, TOLD)
    asked = ["shares", run, "-a", annotated, "--by", "outlet", "--samples", "100"]
    done = subprocess.run([*program, *asked], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
