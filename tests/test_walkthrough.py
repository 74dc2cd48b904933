"""The code of docs/walkthrough.md, and the totals of docs/archives.md, run as they are printed on a small archive.

Commands are taken from the pages as well. They get a target that the tests invented in place of a shipped one, the
shipped model with a calibration of their own, and fewer bootstrap samples; every other word is the page's.
"""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import typer.testing

from newstance.cli.app import app
from newstance.eval.calibrating import write_calibration
from newstance.model import Checkpoint, LayerCalibration

pd = pytest.importorskip("pandas", reason="the walkthrough's code needs pandas")
np = pytest.importorskip("numpy")

DOCS = Path(__file__).resolve().parents[1] / "docs"
STANCES = ["favor", "against", "neutral"]

#: The blocks that each step of the walkthrough has; a block that is lost or added must be looked at here.
BLOCKS = {
    1: ["bash", "bash"],
    2: ["bash", "python"],
    3: ["python"],
    4: ["bash"],
    5: ["bash"],
    6: ["bash", "python"],
    7: ["bash"],
    8: ["python", "python"],
    9: ["bash", "python"],
    10: ["bash"],
}

PROFILE = """
name: the Roeland government
aliases: [the government, the Roeland government]
people:
  - {name: Edda Lorne, short: [Lorne], role: Premier, from: 2031-01-01}
not: [Lorne Street]
"""
MENTIONS = ["the government", "Premier Edda Lorne", "the Roeland government"]
SENTENCES = {
    "favor": [
        "Sailors praised {} for a sensible plan.",
        "What {} built on the quay works well.",
        "The harbour was rescued by {}, and that deserves praise.",
        "A generous plan of {} was good for fishermen.",
    ],
    "against": [
        "Sailors blamed {} for a reckless plan.",
        "What {} promised on the quay never came.",
        "The harbour was wrecked by {}, and nobody was sorry.",
        "A cruel plan of {} was bad for fishermen.",
    ],
    "neutral": [
        "The plan of {} has an annex.",
        "On Tuesday {} met members of the guild at noon.",
        "In the town hall {} will publish four chapters.",
        "Members of the guild met {} on Tuesday.",
    ],
}
#: Sentences that leave a model unsure: what it should abstain from.
STRANGE = [
    "With the money of {} the harbour was paved and then flooded.",
    "Perhaps {} will save the harbour yet.",
    "On the quay they got what they had asked for from {}, and no more.",
]
UNNAMED = ["Nobody met on Lorne Street.", "The White House has no part in the plan.", "It rained on the quay."]
OUTLETS = {"Gull Courier": "against", "Quay Herald": "favor"}
DAYS = [
    "2031-03-03",
    "2031-03-09",
    "2031-03-11",
    "2031-03-14",
    "2031-03-17",
    "2031-03-23",
]  # two in each of three weeks


@dataclass
class Archive:
    """Articles written for these tests, and what a made-up annotator says of each of their sentences."""

    rows: list[dict[str, str]] = field(default_factory=list)
    gold: dict[str, str] = field(default_factory=dict)

    @classmethod
    def written(cls) -> Archive:
        """Return two outlets' articles of three weeks, each with every stance, and one more without a date."""
        archive = cls()
        for number, (outlet, often) in enumerate(OUTLETS.items()):
            for day, when in enumerate([*DAYS, "in spring"][: 6 + number]):
                sentences = [UNNAMED[day % 3]]
                for turn, stance in enumerate([*STANCES, often]):
                    mention = MENTIONS[(day + turn + number) % 3]
                    text = SENTENCES[stance][(day + turn // 3 + number) % 4].format(mention)
                    archive.gold[text] = stance
                    sentences.append(text)
                text = STRANGE[(day + number) % 3].format(MENTIONS[day % 3])
                archive.gold[text] = "favor"
                sentences.append(text)
                url = f"https://{outlet.split()[0].lower()}.example/{day}"
                archive.rows.append({"url": url, "site": outlet, "published": when, "body": "\n\n".join(sentences)})
        return archive

    def write(self, path: Path) -> None:
        """Write them as a table with the walkthrough's columns."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)


def blocks(page: str) -> list[tuple[int, str, str]]:
    """Return a page's fenced blocks in order: number of the step they stand in (0 before any), language, code."""
    found, step = [], 0
    pattern = r"^## (\d+)\.|^( *)```(\w+)\n(.*?)^ *```$"
    for match in re.finditer(pattern, (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL):
        if match[1]:
            step = int(match[1])
        else:
            found.append((step, match[3], dedent(match[4])))
    return found


def command(line: str, model: Path) -> str:
    """Run a command of a page with a given model and the invented target, and return what it printed."""
    program, *words = shlex.split(line, comments=True)
    assert program == "newstance", line
    words = [{"us-trump-2025": "roeland.yaml", "default": str(model)}.get(word, word) for word in words]
    if words[0] == "score" and "--model" not in words:
        words += ["--model", str(model)]
    if words[0] == "evaluate" and words[1].startswith("-"):
        words.insert(1, str(model))
    if words[0] in ("evaluate", "agreement", "shares"):
        words += ["--samples", "100"]
    done = typer.testing.CliRunner().invoke(app, words, prog_name="newstance")
    assert done.exit_code == 0, f"{line}\n{done.output}\n{done.exception}"
    return done.output


@dataclass
class Walk:
    """What came of the page: the namespace, what each step printed, and the rows as each Python block left them."""

    archive: Archive
    model: Path
    names: dict[str, Any] = field(default_factory=dict)
    printed: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)
    rows: list[tuple[int, Any]] = field(default_factory=list)
    said: dict[str, str] = field(default_factory=dict)

    def python(self, step: int, code: str) -> None:
        """Run a block in the one namespace, keeping the values that it prints."""
        shown = self.printed.setdefault(step, [])
        self.names["print"] = lambda *values, **_: shown.append(values)
        exec(compile(code, f"step {step} of the walkthrough", "exec"), self.names)
        self.rows.append((step, self.names["rows"].copy()))

    def bash(self, lines: str) -> None:
        """Run each command of a block."""
        for line in lines.splitlines():
            self.said[line] = command(line, self.model)

    def annotate(self) -> None:
        """Fill in `stance` and `annotator` as a spreadsheet would: one settled copy, and two annotators' own."""
        with Path("sample.csv").open(encoding="utf-8-sig", newline="") as file:
            sheet = list(csv.DictReader(file))
        for name, who, slips in (("annotated", "settled", 0), ("one", "Ines", 0), ("two", "Odo", 7)):
            with Path(f"{name}.csv").open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, list(sheet[0]))
                writer.writeheader()
                for number, row in enumerate(sheet):
                    slip = slips and number % slips == 0
                    stance = "neutral" if slip else self.archive.gold[row["text"]]
                    writer.writerow(row | {"stance": stance, "annotator": who})


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """Walk through the page once, in a folder of its own, which stays the current one."""
    folder = tmp_path_factory.mktemp("walk")
    # The shipped model, since a model trained by the tests decides otherwise on another processor.
    first = LayerCalibration(temperature=1.0, abstain_below=0.7)
    model = write_calibration(Checkpoint.shipped(), {"stance": first}, folder / "first")
    (folder / "roeland.yaml").write_text(PROFILE, encoding="utf-8")
    walk = Walk(Archive.written(), model)
    walk.archive.write(folder / "articles.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for step, language, code in blocks("walkthrough.md"):
            if step == 5:
                walk.annotate()
            if language == "python":
                walk.python(step, code)
            elif language == "bash":
                walk.bash(code)
        yield walk


def after(walk: Walk, step: int) -> list[Any]:
    """Return the rows as each Python block of a step left them."""
    return [rows for number, rows in walk.rows if number == step]


def named_rows(walk: Walk, rows: Any) -> Any:
    return rows[rows.text.isin(list(walk.archive.gold))]


def test_no_block_of_the_pages_was_lost() -> None:
    found: dict[int, list[str]] = {}
    for step, language, _ in blocks("walkthrough.md"):
        found.setdefault(step, []).append(language)
    assert found == BLOCKS
    assert [language for _, language, _ in blocks("archives.md") if language in ("python", "sql")] == [
        "python",
        "sql",
        "python",
        "python",
        "python",
    ]


def test_every_article_is_scored_and_the_run_says_by_what(walk: Walk) -> None:
    rows = after(walk, 2)[0]
    assert len(rows) == sum(len(row["body"].split("\n\n")) for row in walk.archive.rows)
    assert set(rows.article) == {row["url"] for row in walk.archive.rows}
    manifest = json.loads(Path("run/newstance-run.json").read_text(encoding="utf-8"))
    assert {"newstance", "model", "target"} <= set(manifest["settings"])
    assert Path("run/errors.jsonl").read_text(encoding="utf-8") == ""


def test_the_check_of_mentions_shows_what_was_taken_and_what_was_missed(walk: Walk) -> None:
    (said,) = (said for line, said in walk.said.items() if line.startswith("newstance mentions"))
    rows = [re.split(r"  +", line.strip()) for line in said.splitlines()]
    taken = Counter(m for row in walk.archive.rows for m in re.findall("|".join(MENTIONS), row["body"]))
    assert {row[0]: int(row[1]) for row in rows if row[0] in MENTIONS and row[1:]} == taken
    assert next(int(row[1]) for row in rows if row[0] == "White House") == sum(
        "White House" in row["body"] for row in walk.archive.rows
    )
    with Path("check.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == taken.total()
    ((missed,),) = walk.printed[3]
    assert missed and set(missed) <= set(UNNAMED)


def test_the_sheet_gives_annotators_the_mention_and_its_neighbours_and_no_answer(walk: Walk) -> None:
    with Path("sample.csv").open(encoding="utf-8-sig", newline="") as file:
        sheet = list(csv.DictReader(file))
    bodies = {row["url"]: ["", *row["body"].split("\n\n"), ""] for row in walk.archive.rows}
    assert len(sheet) == sum(text in walk.archive.gold for body in bodies.values() for text in body)
    assert not {"confidence", "stance_probability", "stance_logits"} & set(sheet[0])
    for row in sheet:
        assert row["stance"] == row["annotator"] == ""
        ((start, end),) = json.loads(row["target_spans"])
        assert row["text"][start:end] in MENTIONS
        place = bodies[row["article"]].index(row["text"])
        assert [row["before"], row["text"], row["after"]] == bodies[row["article"]][place - 1 : place + 2]
    parts = {split: {row["article"] for row in sheet if row["split"] == split} for split in ("dev", "test")}
    assert parts["dev"] and parts["test"] and not parts["dev"] & parts["test"]


def test_every_annotated_row_joins_its_scored_row(walk: Walk) -> None:
    judged = walk.names["judged"]
    assert len(judged) == len(walk.names["annotated"]) == len(named_rows(walk, after(walk, 6)[0]))
    assert (judged.text.map(walk.archive.gold) == judged.gold).all()


def test_the_crosstab_is_what_evaluate_measures(walk: Walk) -> None:
    (table,), (_, decided, _, right) = walk.printed[6]
    (said,) = (said for line, said in walk.said.items() if line.startswith("newstance evaluate --data"))
    accuracy = sum(table.loc[stance, stance] for stance in STANCES) / table.to_numpy().sum()
    assert re.search(r"accuracy +([\d.]+)", said)[1] == f"{accuracy:.3f}"
    assert 0 < decided < 1 and 0 < right <= 1
    assert Path("report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_second_annotators_slips_are_seen(walk: Walk) -> None:
    said = walk.said["newstance agreement one.csv two.csv"]
    assert 0.5 < float(re.search(r"alpha +([\d.]+)", said)[1]) < 1


def test_another_threshold_is_laid_on_the_same_probabilities(walk: Walk) -> None:
    before, rows = after(walk, 6)[0], after(walk, 8)[0]
    sure = np.array([max(probability.values()) for probability in rows.stance_probability])
    assert (rows.abstained == (sure < 0.8)).all()
    assert named_rows(walk, rows).abstained.sum() > named_rows(walk, before).abstained.sum() > 0


def test_the_new_threshold_is_judged_by_running_step_six_again(walk: Walk) -> None:
    (code,) = (code for step, language, code in blocks("walkthrough.md") if (step, language) == (6, "python"))
    rows, shown = after(walk, 8)[1].copy(), []
    exec(code, walk.names | {"rows": rows, "print": lambda *values: shown.append(values)})
    (_, share, _, _) = shown[1]
    test = rows[rows.id.isin(walk.names["test"].id)]
    assert share == pytest.approx(1 - test.abstained.mean())


def test_calibration_on_the_first_runs_rows_is_what_a_second_run_gives(walk: Walk) -> None:
    first, rows = (named_rows(walk, rows) for rows in after(walk, 8))
    second = pd.read_parquet("run-calibrated/part-00000.parquet").sort_values(["article", "index"], ignore_index=True)
    second = named_rows(walk, second)
    assert list(second.stance) == list(rows.stance)
    sure = [max(probability.values()) for probability in second.stance_probability]
    assert rows.confidence.to_numpy() == pytest.approx(np.array(sure), abs=1e-5)
    # The threshold is the confidence of some sentence, where rounding may decide.
    clear = abs(rows.confidence.to_numpy() - walk.names["stance"]["abstain_below"]) > 1e-5
    assert list(second.abstained[clear]) == list(rows.abstained[clear])
    assert list(rows.abstained) != list(first.abstained)
    assert 0 < rows.abstained.sum() < clear.sum()


def test_raw_shares_by_outlet_and_week_are_those_of_the_rows(walk: Walk) -> None:
    (said,) = (said for line, said in walk.said.items() if "--by outlet,week" in line)
    counts: dict[tuple[str, str], Counter[str]] = {}
    for row in named_rows(walk, after(walk, 6)[0]).itertuples():
        week = monday(row.date)
        counts.setdefault((row.outlet, "–" if week is None else week.isoformat()), Counter())[row.stance] += 1
    assert len(counts) == len(OUTLETS) * 3 + 1
    for (outlet, week), found in counts.items():
        (line,) = (line for line in said.splitlines() if line.startswith(f"{outlet} ") and f" {week} " in line)
        assert re.findall(r"(\d\.\d{3}) \(", line) == [f"{found[s] / found.total():.3f}" for s in STANCES]


def test_shares_of_frames_are_those_of_the_rows(walk: Walk) -> None:
    ((shares,),) = walk.printed[9]
    (rows,) = after(walk, 9)
    assert len(shares.columns) and set(shares.index) == set(OUTLETS)
    for outlet, counted in rows.groupby("outlet"):
        for code in shares.columns:
            expected = np.mean([any(frame["code"] == code for frame in found) for found in counted.frames])
            assert shares.loc[outlet, code] == pytest.approx(expected)


def test_each_way_gives_back_what_the_annotator_said_of_every_sentence(walk: Walk) -> None:
    (said,) = (said for line, said in walk.said.items() if line.endswith("--annotated annotated.csv"))
    rows = named_rows(walk, after(walk, 6)[0])
    told, raw = Counter(rows.text.map(walk.archive.gold)), Counter(rows.stance)
    assert told != raw
    for name, counts in (("raw", raw), ("plain", told), ("post-stratified", told)):
        (line,) = (line for line in said.splitlines() if f" {name} " in line)
        shares = re.findall(r"(\d\.\d{3}) \(", line)
        assert shares == [f"{counts[stance] / counts.total():.3f}" for stance in STANCES], said
    with Path("shares.csv").open(encoding="utf-8-sig", newline="") as file:
        table = list(csv.DictReader(file))
    assert {row["outlet"] for row in table} == {"", *OUTLETS}
    # Of the outlet's voices some have enough annotated sentences, others borrow.
    assert {row["estimate"] for row in table if row["outlet"]} >= {"raw", "post-stratified"}


def test_no_week_is_guessed_from_a_date_that_is_not_iso() -> None:
    (code,) = re.findall(
        r"pd\.to_datetime\(\w+\.date, .*start_time", (DOCS / "archives.md").read_text(encoding="utf-8")
    )
    frame = pd.DataFrame({"date": ["02/01/2031", "12/01/2031", "13/01/2031", "2031-01-14", None]})
    weeks = eval(code, {"pd": pd, "kept": frame, "rows": frame})
    assert [None if pd.isna(week) else week.date() for week in weeks] == [None] * 3 + [date(2031, 1, 13), None]


def monday(day: str) -> date | None:
    """Return the Monday of a day's week, or None where it is no date."""
    try:
        when = date.fromisoformat(day)
    except ValueError:
        return None
    return date.fromordinal(when.toordinal() - when.weekday())


def totals(walk: Walk) -> Counter[tuple[str, date, str]]:
    """Return what the totals of docs/archives.md must give: decided sentences by outlet, week and stance."""
    rows = named_rows(walk, after(walk, 2)[0])
    decided = rows[~rows.abstained]
    found = Counter((row.outlet, monday(row.date), row.stance) for row in decided.itertuples())
    return Counter({key: count for key, count in found.items() if key[1] is not None})


def archives_block(mark: str) -> str:
    (code,) = (code for _, _, code in blocks("archives.md") if mark in code)
    return code


def printed_by(code: str, **names: Any) -> Any:
    shown: list[Any] = []
    exec(compile(code, "docs/archives.md", "exec"), {**names, "print": shown.append})
    return shown.pop() if shown else None


def test_the_totals_in_pandas(walk: Walk) -> None:
    from glob import glob

    table = printed_by(archives_block("pd.read_parquet"), pd=pd, glob=glob).stack()
    found = {(o, week.date(), stance): count for (o, week, stance), count in table.items() if count and pd.notna(week)}
    assert found == totals(walk)


def test_the_totals_in_pandas_keep_articles_without_outlet_or_day(tmp_path: Path, monkeypatch: Any) -> None:
    from glob import glob

    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path)
    row = {"outlet": None, "role": "body", "target_spans": [[0, 3]], "abstained": False, "stance": "favor"}
    rows = pd.DataFrame([{**row, "date": day} for day in ("2031-03-04", "2031-03-05", None)])
    rows.to_parquet("run/part-00000.parquet")
    table = printed_by(archives_block("pd.read_parquet"), pd=pd, glob=glob)
    assert table.favor.to_list() == [2, 1]


def test_the_totals_in_polars(walk: Walk) -> None:
    polars = pytest.importorskip("polars", reason="this snippet needs Polars, which newstance does not install")
    table = printed_by(archives_block("pl.scan_parquet"), pl=polars)
    found = {(outlet, week, stance): count for outlet, week, stance, count in table.rows() if week}
    assert found == totals(walk)


def test_the_totals_in_duckdb(walk: Walk) -> None:
    duckdb = pytest.importorskip("duckdb", reason="this snippet needs DuckDB, which newstance does not install")
    with duckdb.connect() as connection:
        rows = connection.execute(archives_block("SELECT outlet")).fetchall()
    # Some versions of DuckDB cut a date to a timestamp, others to a date.
    found = {(outlet, date(*week.timetuple()[:3]), stance): count for outlet, week, stance, count in rows if week}
    assert found == totals(walk)


def test_headlines_joined_to_the_text_are_scored(
    tiny_exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    articles = [("a", "Quay Plan Divides the Guild", "The plan has an annex."), ("b", "", "Nobody met at noon.")]
    pd.DataFrame(articles, columns=["url", "title", "body"]).to_csv("articles.csv", index=False)
    code = archives_block("joined.parquet")
    printed_by(code, pd=pd)
    command(re.search(r"then: (newstance .*)", code)[1], tiny_exported)
    rows = pd.read_parquet("run/part-00000.parquet").sort_values(["article", "index"])
    assert list(zip(rows.article, rows.role, rows.text, strict=True)) == [
        ("a", "headline", "Quay Plan Divides the Guild"),
        ("a", "body", "The plan has an annex."),
        ("b", "body", "Nobody met at noon."),
    ]


def test_dates_are_converted_as_the_page_says() -> None:
    (code,) = re.findall(r"`(articles\[\"date\"\] = .*)`", (DOCS / "archives.md").read_text(encoding="utf-8"))
    articles = pd.DataFrame({"date": ["21/01/2031", "02/12/2031"]})
    printed_by(code, pd=pd, articles=articles)
    assert list(articles.date) == ["2031-01-21", "2031-12-02"]
