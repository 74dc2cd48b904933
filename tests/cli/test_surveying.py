"""From a scored archive to a sample, and from its annotations to shares, by the commands."""

from __future__ import annotations

import csv
import json
import random
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from newstance.cli.app import app
from newstance.errors import InputError, UsageError

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
    assert abs(len(halves["dev"]) - len(halves["test"])) <= 1
    assert not halves["dev"] & halves["test"]
    call("sample", run.parent / "lines", "--n", 30, "--out", again)
    assert [row["id"] for row in rows_of(again)] == [row["id"] for row in rows]
    told = call("sample", run, "--n", 1000, "--exclude", sheet, "--show", "outlet,voice", "--out", more)
    assert "30 left out as already drawn" in told.output
    rest = rows_of(more)
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
    done = call("shares", run, "--annotated", annotated, "--by", "outlet,month", "--out", table, "--json")
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
    done = call("shares", run, "--layer", "frames", "-a", annotated, "--map", map_, "--by", "outlet", "--json")
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
