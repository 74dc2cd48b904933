"""A run can die anywhere and be called again; nothing is lost, nothing scored twice, every refusal accounted for."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from newstance.articles import Archive, Columns, TargetProfile
from newstance.errors import OutputError, UsageError
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Scorer
from newstance.scoring.run import RunStatus, score_archive
from newstance.scoring.run_folder import PartFormat

COUNCIL = TargetProfile(name="the council", aliases=("the council", "council"))


@pytest.fixture(scope="module")
def scorer(tiny_exported: Path) -> Scorer:
    checkpoint = Checkpoint(tiny_exported)
    return Scorer(checkpoint, Predictor.open(checkpoint), COUNCIL)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive.jsonl"
    write(path, 40)
    return path


def write(path: Path, number: int) -> None:
    texts = [
        f"The council wrecked harbour {n}. Fishermen thanked the council for plan {n % 7}. The members met at noon."
        for n in range(number)
    ]
    rows = [{"id": f"tide-{n}", "text": text, "outlet": "Quay News"} for n, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def rows(out: Path) -> list[str]:
    """Every row of every part as JSON, sorted by article and sentence."""
    found = []
    for path in sorted(out.glob("part-*")):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        elif path.suffix == ".jsonl":
            found += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [json.dumps(row) for row in sorted(found, key=lambda row: (row["article"], row["index"]))]


def run(scorer: Scorer, archive: Path, out: Path, output: PartFormat = "parquet", size: int = 9) -> RunStatus:
    return score_archive(scorer, Archive([archive]), out, output=output, part_articles=size)


@pytest.mark.parametrize("output", ["parquet", "jsonl"])
def test_a_run_holds_every_article_once(scorer: Scorer, archive: Path, tmp_path: Path, output: PartFormat) -> None:
    status = run(scorer, archive, tmp_path / "run", output)
    found = [json.loads(row) for row in rows(tmp_path / "run")]
    assert status.articles == 40 and status.sentences == len(found) == 120 and status.parts == 5
    assert {row["article"] for row in found} == {f"tide-{n}" for n in range(40)}
    assert all(row["outlet"] == "Quay News" and row["evidence"] for row in found)
    assert status.seen >= 39  # the members meet at noon in every article
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert (summary["complete"], summary["articles"], summary["sentences"]) == (True, 40, 120)
    assert sum(summary["stance"].values()) + summary["abstained"] == 120
    # The members meet at noon without the council, in a sentence that counts among all and not among the named.
    assert summary["named"]["sentences"] == sum(bool(row["target_spans"]) for row in found) == 80
    decided = [row["stance"] for row in found if row["target_spans"] and not row["abstained"]]
    assert summary["named"]["stance"] == {code: decided.count(code) for code in scorer.stances}
    assert summary["named"]["abstained"] == 80 - len(decided)
    assert status.summary == summary


def test_a_finished_run_does_nothing_again(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    run(scorer, archive, tmp_path / "run")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").glob("part*")}
    status = run(scorer, archive, tmp_path / "run")
    assert (status.articles, status.skipped, status.refused) == (0, 40, 0)
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").glob("part*")} == before


def test_new_articles_join_a_finished_run(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    run(scorer, archive, tmp_path / "run")
    write(archive, 50)
    status = run(scorer, archive, tmp_path / "run")
    assert (status.articles, status.skipped) == (10, 40)
    run(scorer, archive, tmp_path / "whole")
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")


def test_an_interrupt_finishes_the_open_part(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    def interrupt(status: RunStatus) -> None:
        if status.articles == 13:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    status = score_archive(scorer, Archive([archive]), tmp_path / "run", part_articles=9, report=interrupt)
    assert status.stopped and signal.getsignal(signal.SIGINT) is before
    assert len({json.loads(row)["article"] for row in rows(tmp_path / "run")}) == 13
    assert not json.loads((tmp_path / "run" / "summary.json").read_text())["complete"]
    assert run(scorer, archive, tmp_path / "run").skipped == 13
    run(scorer, archive, tmp_path / "whole")
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")


SCRIPT = """
import os, resource, signal, sys
from pathlib import Path
from newstance.articles import Archive, TargetProfile
from newstance.errors import NewstanceError
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Scorer
from newstance.scoring.run import score_archive
model, archive, out, kill, limit = sys.argv[1:]
checkpoint = Checkpoint(model)
council = TargetProfile(name="the council", aliases=("the council", "council"))
scorer = Scorer(checkpoint, Predictor.open(checkpoint), council)
def report(status):
    if status.articles == int(kill):
        os.kill(os.getpid(), signal.SIGKILL)
if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
try:
    score_archive(scorer, Archive([archive]), Path(out), part_articles=9, report=report)
except NewstanceError as error:
    sys.exit(str(error))
"""


def run_alone(
    model: Path, archive: Path, out: Path, *, kill: int = -1, limit: int = 0
) -> subprocess.CompletedProcess[str]:
    arguments = [str(part) for part in (model, archive, out, kill, limit)]
    return subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_killed_run_goes_on_as_if_nothing_had_been(
    scorer: Scorer, tiny_exported: Path, archive: Path, tmp_path: Path
) -> None:
    for kill in (5, 14, 9):
        done = run_alone(tiny_exported, archive, tmp_path / "run", kill=kill)
        assert done.returncode == -signal.SIGKILL, done.stderr
    status = run(scorer, archive, tmp_path / "run")
    assert status.skipped == 18  # the second and the third lived to finish a part each
    run(scorer, archive, tmp_path / "whole")
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")
    assert not list((tmp_path / "run").glob(".*.tmp"))


@pytest.mark.skipif(os.name != "posix", reason="needs a limit on files")
def test_a_full_disk_is_named_and_costs_only_the_open_part(
    scorer: Scorer, tiny_exported: Path, archive: Path, tmp_path: Path
) -> None:
    done = run_alone(tiny_exported, archive, tmp_path / "run", limit=4000)
    assert done.returncode == 1 and "run" in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list((tmp_path / "run").glob(".*.tmp"))
    run(scorer, archive, tmp_path / "run")
    run(scorer, archive, tmp_path / "whole")
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")


@pytest.mark.parametrize("harm", ["flip", "cut", "remove", "unlisted", "half a line"])
def test_a_damaged_part_is_found_and_made_again(scorer: Scorer, archive: Path, tmp_path: Path, harm: str) -> None:
    out = tmp_path / "run"
    run(scorer, archive, out)
    whole = rows(out)
    part, log = out / "part-00002.parquet", out / "parts.jsonl"
    data = part.read_bytes()
    if harm == "flip":
        part.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    elif harm == "cut":
        part.write_bytes(data[:-10])
    elif harm == "remove":
        part.unlink()
    elif harm == "unlisted":
        log.write_text("".join(log.read_text().splitlines(keepends=True)[:-1]))
    else:
        log.write_text(log.read_text()[:-20])
    status = run(scorer, archive, out)
    assert status.articles == (4 if harm in ("unlisted", "half a line") else 9)
    assert [str(part) in message for message in status.damaged] == [True] * (harm in ("flip", "cut", "remove"))
    assert rows(out) == whole
    assert run(scorer, archive, out).articles == 0


@pytest.mark.parametrize("harm", ["remove", "bad line"])
def test_parts_that_a_lost_list_does_not_name_are_kept_aside_and_said(
    scorer: Scorer, archive: Path, tmp_path: Path, harm: str
) -> None:
    out = tmp_path / "run"
    run(scorer, archive, out)
    whole, log = rows(out), out / "parts.jsonl"
    lines = log.read_text().splitlines(keepends=True)
    log.write_text("".join(["{\n", *lines[1:]]))
    if harm == "remove":
        log.unlink()
    status = run(scorer, archive, out)
    lost = 5 if harm == "remove" else 1
    assert len(status.damaged) == lost and "parts.jsonl, which is lost" in status.damaged[0]
    assert len(list(out.glob("part-*.parquet.damaged"))) == lost
    assert rows(out) == whole


def test_files_of_others_in_a_runs_folder_stay(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    run(scorer, archive, tmp_path / "run")
    others = [tmp_path / "run" / name for name in ("part-notes.txt", "part-mine.parquet")]
    for path in others:
        path.touch()
    assert run(scorer, archive, tmp_path / "run").skipped == 40
    assert all(path.exists() for path in others)


def test_other_columns_are_another_run_and_those_of_old_runs_go_on(
    scorer: Scorer, archive: Path, tmp_path: Path
) -> None:
    run(scorer, archive, tmp_path / "run")
    assert "columns" not in json.loads((tmp_path / "run" / "newstance-run.json").read_text())["settings"]
    with pytest.raises(UsageError, match=r"columns .*outlet"):
        score_archive(scorer, Archive([archive], columns=Columns(text="outlet")), tmp_path / "run")


@pytest.fixture
def beside_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go where a folder `fold` with one article lies, so that it can be named without its place; return the place."""
    (tmp_path / "fold").mkdir()
    (tmp_path / "fold" / "a.txt").write_text("The council met.")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_same_files_under_another_name_are_told_at_the_beginning(scorer: Scorer, beside_a_folder: Path) -> None:
    out = Path("run")
    warned: list[tuple[str, ...]] = []

    def call(*given: Path | str) -> RunStatus:
        warned.clear()
        return score_archive(scorer, Archive(given), out, report=lambda status: warned.append(status.warnings))

    for same in ("fold", "fold/", "./fold", Path("fold/a.txt")):
        assert call(same).warnings == ()
    before = (out / "newstance-run.json").read_bytes()
    assert str(beside_a_folder).encode() not in before
    status = call(beside_a_folder / "fold" / "a.txt", beside_a_folder / "fold")
    assert len(status.warnings) == 1 and warned[0] == status.warnings
    assert status.warnings[0].startswith(f"{beside_a_folder}/fold/a.txt (and 1 more) was given before, as fold/a.txt;")
    notes = json.loads((out / "newstance-run.json").read_text())["notes"]
    assert notes["inputs"][0] == "fold" and notes["inputs"][-1] == f"{beside_a_folder}/fold"
    assert call("fold").warnings == ()


def test_another_name_is_told_in_runs_that_noted_no_places_too(scorer: Scorer, beside_a_folder: Path) -> None:
    out = Path("run")
    score_archive(scorer, Archive(["fold"]), out)
    path = out / "newstance-run.json"
    manifest = json.loads(path.read_text())
    noted = dict(manifest["notes"]["places"])
    del manifest["notes"]["places"]  # as runs of before have it
    manifest["notes"]["inputs"] += ["gone", "-", f"{beside_a_folder}/fold"]
    path.write_text(json.dumps(manifest))
    (warning,) = score_archive(scorer, Archive([beside_a_folder / "fold"]), out).warnings
    assert warning.startswith(f"{beside_a_folder}/fold was given before, as fold;")
    assert json.loads(path.read_text())["notes"]["places"] == noted
    assert score_archive(scorer, Archive(["fold"]), out).warnings == ()


def test_other_versions_of_what_decides_the_rows_are_told_and_kept(
    scorer: Scorer, archive: Path, tmp_path: Path
) -> None:
    assert run(scorer, archive, tmp_path / "run").warnings == ()
    path = tmp_path / "run" / "newstance-run.json"
    manifest = json.loads(path.read_text())
    now = dict(manifest["notes"]["versions"])
    manifest["notes"]["versions"] |= {"onnxruntime": "1.0", "pyarrow": "1.0"}
    del manifest["notes"]["places"]  # as runs of before have it
    path.write_text(json.dumps(manifest))
    for _ in range(2):
        (warning,) = run(scorer, archive, tmp_path / "run").warnings
        assert warning.startswith(f"this run began with onnxruntime 1.0, now {now['onnxruntime']}:")
        notes = json.loads(path.read_text())["notes"]
        assert notes["versions"]["onnxruntime"] == "1.0" and notes["later_versions"] == [now]


def test_the_run_holds_the_profile_and_what_was_given(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    sea = TargetProfile.model_validate(
        {"name": "the council", "aliases": ["council"], "not": ["council estate"],
         "people": [{"name": "Ida Brandt", "from": "2031-02-03"}]}
    )  # fmt: skip
    given = Scorer(scorer.checkpoint, scorer.predictor, sea, target_given="/some/where/council.yaml")
    run(given, archive, tmp_path / "run")
    notes = json.loads((tmp_path / "run" / "newstance-run.json").read_text())["notes"]
    assert notes["reads_names"] is False
    target = notes["target"]
    assert target["given"] == "council.yaml"
    assert TargetProfile.model_validate(target["profile"]) == sea
    assert target["profile"]["kind"] == "national", "a default is written down too"


def test_dates_that_name_no_day_are_counted(scorer: Scorer, tmp_path: Path) -> None:
    dates = ["2031-02-03", "20310203", "03/02/2031", "in spring", None, 1900000000]
    path = tmp_path / "a.jsonl"
    rows = [{"id": str(n), "text": "The council met.", "date": date} for n, date in enumerate(dates)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run(scorer, path, tmp_path / "run", size=2).summary["dates"] == {"missing": 1, "not_understood": 3}


def test_articles_with_bad_characters_are_counted(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in ("It met at the Caf\ufffd.", "It met.")))
    assert run(scorer, path, tmp_path / "run", size=1).summary["bad_characters"] == 1


def test_parts_of_before_the_named_were_counted_go_on_without_a_total(
    scorer: Scorer, archive: Path, tmp_path: Path
) -> None:
    run(scorer, archive, tmp_path / "run")
    log = tmp_path / "run" / "parts.jsonl"
    new = ("named", "named_stance", "named_abstained", "dates", "bad_characters")
    parts = [json.loads(line) for line in log.read_text().splitlines()]
    old = [{name: value for name, value in part.items() if name not in new} for part in parts]
    log.write_text("".join(json.dumps(part) + "\n" for part in old))
    status = run(scorer, archive, tmp_path / "run")
    assert status.skipped == 40 and status.summary["named"] is status.summary["dates"] is None
    assert status.summary["bad_characters"] is None
    assert sum(status.summary["stance"].values()) + status.summary["abstained"] == 120


def test_a_folder_in_which_nothing_was_scored_takes_other_settings(
    scorer: Scorer, archive: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    wrong = score_archive(scorer, Archive([archive], columns=Columns(text="body")), out)
    assert (wrong.articles, wrong.refused) == (0, 40)
    assert len(wrong.reasons) == 1 and "no such column" in wrong.reasons[0]
    assert run(scorer, archive, out).articles == 40
    manifest = json.loads((out / "newstance-run.json").read_text())
    run(scorer, archive, tmp_path / "whole")
    assert manifest == json.loads((tmp_path / "whole" / "newstance-run.json").read_text())
    assert rows(out) == rows(tmp_path / "whole")
    for part in out.glob("part-*"):
        part.unlink()  # lost, and yet it had been scored
    with pytest.raises(UsageError, match="columns"):
        score_archive(scorer, Archive([archive], columns=Columns(text="body")), out)
    (out / "newstance-run.json").write_text("{}")
    with pytest.raises(UsageError, match="not a run's manifest"):
        run(scorer, archive, out)


def test_every_table_that_is_refused_as_a_whole_is_told(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": ""}\n{"text": " "}\n{"text": "The council met."}\n')
    for name in ("b.csv", "c.csv"):
        (tmp_path / name).write_text("id,body\n9,Text\n")
    paths = [tmp_path / name for name in ("a.jsonl", "b.csv", "c.csv")]
    status = score_archive(scorer, Archive(paths), tmp_path / "run")
    assert status.refused == 4
    assert [Path(reason.split(":")[0]).name for reason in status.reasons] == ["a.jsonl", "b.csv", "c.csv"]


def test_standard_input_needs_ids_in_a_runs_folder(
    scorer: Scorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = io.TextIOWrapper(io.BufferedReader(io.BytesIO(b'{"text": "It met."}\n{"id": "a", "text": "It met."}\n')))
    monkeypatch.setattr("sys.stdin", text)
    status = score_archive(scorer, Archive(["-"]), tmp_path / "run")
    assert (status.articles, status.refused) == (1, 1)
    assert "has no id" in (tmp_path / "run" / "errors.jsonl").read_text()


def test_a_summary_says_nothing_of_a_call_that_died(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    def die(status: RunStatus) -> None:
        raise RuntimeError

    run(scorer, archive, tmp_path / "run")
    write(archive, 50)
    with pytest.raises(RuntimeError):
        score_archive(scorer, Archive([archive]), tmp_path / "run", report=die)
    assert not (tmp_path / "run" / "summary.json").exists()


def test_another_model_target_or_setting_is_refused(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    run(scorer, archive, tmp_path / "run")
    other = Scorer(scorer.checkpoint, scorer.predictor, TargetProfile(name="the mayor", aliases=("the mayor",)))
    with pytest.raises(UsageError, match="the mayor"):
        run(other, archive, tmp_path / "run")
    with pytest.raises(UsageError, match="explain"):
        score_archive(scorer, Archive([archive]), tmp_path / "run", explain="none")
    manifest = tmp_path / "run" / "newstance-run.json"
    manifest.write_text(manifest.read_text().replace(scorer.checkpoint.hash, "0" * 16))
    with pytest.raises(UsageError, match="model"):
        run(scorer, archive, tmp_path / "run")


def test_a_profile_that_was_edited_is_called_by_its_name(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    def with_profile(*aliases: str, file: str = "brennick.yaml") -> Scorer:
        profile = TargetProfile(name="the Brennick council", aliases=aliases)
        return Scorer(scorer.checkpoint, scorer.predictor, profile, target_given=file)

    run(with_profile("council"), archive, tmp_path / "run")
    with pytest.raises(UsageError, match=r"brennick\.yaml has changed since the run began \(aliases\); give"):
        run(with_profile("council", "mayor"), archive, tmp_path / "run")
    with pytest.raises(UsageError, match=r"began with the profile brennick\.yaml, and other\.yaml says something else"):
        run(with_profile("mayor", file="other.yaml"), archive, tmp_path / "run")
    manifest = tmp_path / "run" / "newstance-run.json"
    older = json.loads(manifest.read_text())
    del older["notes"]["target"]
    manifest.write_text(json.dumps(older))
    with pytest.raises(UsageError, match=r"brennick\.yaml has changed since the run began; give"):
        run(with_profile("mayor"), archive, tmp_path / "run")


def test_two_processes_do_not_share_a_folder(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    pytest.importorskip("fcntl", reason="no such locks on this system")

    def second(status: RunStatus) -> None:
        with pytest.raises(UsageError, match="another process"):
            run(scorer, archive, tmp_path / "run")

    score_archive(scorer, Archive([archive]), tmp_path / "run", report=second)
    assert run(scorer, archive, tmp_path / "run").skipped == 40


def test_a_run_that_died_before_it_had_a_manifest_is_begun_again(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".newstance-run.json.77.tmp").write_text('{"format"')
    assert run(scorer, archive, tmp_path / "run").articles == 40
    assert not (tmp_path / "run" / ".newstance-run.json.77.tmp").exists()


def test_a_folder_that_holds_something_else_is_left_alone(scorer: Scorer, archive: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no run"):
        run(scorer, archive, tmp_path)
    with pytest.raises(OutputError):
        run(scorer, archive, archive / "run")


def test_a_poisoned_archive_costs_only_what_is_bad(scorer: Scorer, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    folder.mkdir()
    good = "The council wrecked the harbour. Fishermen thanked the council."
    (folder / "a-good.txt").write_text(good)
    (folder / "b-binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "c-empty.txt").write_bytes(b"")
    (folder / "d-huge.txt").write_bytes(b"The council met. " * 3_100_000)
    (folder / "e-broken.jsonl.gz").write_bytes(gzip.compress(json.dumps({"text": good}).encode() * 9)[:40])
    lines = [
        {"id": "1", "text": good},
        "{broken",
        {"id": "2", "body": good},
        {"id": "1", "text": "Another text of the council under an id that was given before."},
        {"id": "3", "text": "The council \ud800 met. It\0 met again."},
        {"id": "4", "text": "   "},
    ]
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (folder / "f.jsonl").write_text(text)
    (folder / "g.csv").write_text("id,body\n9,Text\n")
    (folder / "h-good.md").write_text(f"# Harbour\n\n{good}\n")
    status = score_archive(scorer, Archive([folder, folder / "a-good.txt", folder / "none.txt"]), tmp_path / "run")
    scored = {json.loads(row)["article"] for row in rows(tmp_path / "run")}
    assert scored == {str(folder / "a-good.txt"), str(folder / "h-good.md"), "1", "3"}
    errors = [json.loads(line) for line in (tmp_path / "run" / "errors.jsonl").read_text().splitlines()]
    found = [(Path(error["file"]).name, error["line"]) for error in errors]
    assert found == [
        ("b-binary.txt", None),
        ("c-empty.txt", None),
        ("d-huge.txt", None),
        ("e-broken.jsonl.gz", None),
        ("f.jsonl", 2),
        ("f.jsonl", 3),
        ("f.jsonl", 4),
        ("f.jsonl", 6),
        ("g.csv", None),
        ("a-good.txt", None),
        ("none.txt", None),
    ]
    assert all(error["reason"] for error in errors) and status.refused == len(errors)


def test_a_refused_article_leaves_its_id_to_the_next(scorer: Scorer, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"id": "a", "text": text}) + "\n" for text in ("", "It met.", "It met again.")))
    status = score_archive(scorer, Archive([path]), tmp_path / "run")
    assert (status.articles, status.refused) == (1, 2)
    errors = [json.loads(line) for line in (tmp_path / "run" / "errors.jsonl").read_text().splitlines()]
    assert [error["line"] for error in errors] == [1, 3] and f"at {path}:2" in errors[1]["reason"]


def test_an_input_that_vanishes_loses_nothing_else(scorer: Scorer, tmp_path: Path) -> None:
    paths = [tmp_path / f"{n}.txt" for n in range(5)]
    for path in paths:
        path.write_text(f"The council met in room {path.stem}.")
    out = tmp_path / "run"
    paths[3].unlink()
    status = score_archive(scorer, Archive(paths), out)
    assert (status.articles, status.refused) == (4, 1)
    paths[0].unlink()  # scored already: its rows stay
    paths[3].write_text("The council met in room 3.")
    status = score_archive(scorer, Archive(paths), out)
    assert (status.articles, status.skipped, status.refused) == (1, 4, 0)
    assert len(rows(out)) == 5
