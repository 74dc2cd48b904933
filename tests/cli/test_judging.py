"""The commands that judge a model, as a user runs them."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from newstance.cli.app import main
from newstance.cli.calibrate import verdict_of, warnings_of
from newstance.corpora import read_annotations
from newstance.corpora.division import part_of
from newstance.eval.calibrating import Fitted, HeldOutLosses
from newstance.model import Checkpoint, LayerCalibration, write_config


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", "from newstance.cli.app import main; main()", *map(str, arguments)],
        capture_output=True,
        env=os.environ | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        encoding="utf-8",
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


def test_evaluate_prints_one_object_and_writes_one_page(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    done = run("evaluate", tiny_exported, "--data", annotations_file, "--json", "--report", page, "--samples", "100")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    data = json.loads(line)
    assert set(data["layers"]["stance"]["macro_f1"]) == {"value", "low", "high", "n"}
    assert data["run"]["command"].startswith("newstance evaluate")
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_evaluate_prints_its_figures_also_where_the_page_cannot_be_written(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    page = tmp_path / "file" / "report.html"
    page.parent.write_text("")
    arguments = ("evaluate", tiny_exported, "--data", annotations_file, "--only-figures", "--samples", "100")
    for more, printed in (((), "macro_f1"), (("--json",), '"macro_f1"')):
        done = run(*arguments, "--report", page, *more)
        assert done.returncode == 1 and printed in done.stdout
        assert f"{page}: cannot be written" in done.stderr and f"report: {page}" not in done.stderr


def test_compare_says_whether_the_data_show_a_difference(tiny_exported: Path, annotations_file: Path) -> None:
    done = run("compare", tiny_exported, tiny_exported, "--data", annotations_file, "--samples", "100")
    assert done.returncode == 0, done.stderr
    assert "the data show no difference" in done.stdout and "McNemar p = 1" in done.stdout


def test_evaluate_marks_labels_of_few_articles_and_gives_chance_no_interval(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    path = tmp_path / "rows.jsonl"
    few = [row | {"article": f"a{i % 2}" if row["stance"] == "favor" else f"b{i}"} for i, row in enumerate(rows)]
    path.write_text("".join(json.dumps(row) + "\n" for row in few), encoding="utf-8")
    done = run("evaluate", tiny_exported, "--data", path, "--only-figures", "--samples", "100")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any(line.lstrip().startswith("f1_favor (few)") and "–" in line for line in lines)
    assert any("fewer than 5 articles behind favor (" in line for line in lines)
    (chance,) = (line for line in lines if "expected_calibration_error_by_chance" in line)
    assert "95% below" in chance and " to " not in chance


def test_evaluate_says_what_a_file_of_frames_alone_leaves_unmeasured(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    rows = [{"id": str(i), "text": f"Ferry {i} left.", "frames": ["economic"], "article": f"a{i}"} for i in range(9)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = run("evaluate", "default", "--data", path, "--samples", "100")
    assert done.returncode == 0, done.stderr
    assert "not measured: the data or the model have neither a stance" in done.stdout
    assert "layers of the model that these data do not judge: stance, sentiment" in done.stdout


def test_evaluate_says_that_symmetry_is_not_measured_of_a_model_without_a_stance(
    tiny_config: Path, annotations_file: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")
    from newstance.training.config import load_config
    from newstance.training.finetune import finetune

    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    path = tmp_path / annotations_file.name
    frames = [row | {"frames": ["economic"] if i % 2 else ["health"]} for i, row in enumerate(rows)]
    path.write_text("".join(json.dumps(row) + "\n" for row in frames), encoding="utf-8")
    config = yaml.safe_load(tiny_config.read_text(encoding="utf-8")) | {"layers": ["frames"], "epochs": 1}
    config["data"]["root"] = str(tmp_path)
    (tmp_path / "frames.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    model = finetune(load_config(tmp_path / "frames.yaml"), tmp_path / "run")
    said = "not measured: the data or the model have neither a stance"
    for options, told in (((), True), (("--only-figures",), False)):
        done = run("evaluate", model, "--data", path, "--samples", "100", *options)
        assert done.returncode == 0, done.stderr
        assert (said in done.stdout) == told


def test_evaluate_says_before_its_figures_that_most_sentences_do_not_name_the_target(
    tiny_exported: Path, tmp_path: Path
) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("text,stance\nNurses met.,neutral\nTeachers met.,favor\n", encoding="utf-8")
    done = run("evaluate", tiny_exported, "--data", path, "--only-figures", "--samples", "100")
    assert done.returncode == 0, done.stderr
    printed = " ".join(done.stdout.split())
    assert printed.startswith("! stance: no mention of the target was found in 2 of 2 sentences")
    assert printed.count("no mention of the target") == 1 and "no profile was given" in printed


def test_compare_gives_no_mcnemar_where_a_sentence_has_many_labels(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    rows = [
        {"id": str(i), "text": f"The ferry cost {i}.", "frames": ["economic"], "article": f"a{i}"} for i in range(9)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    done = run("compare", "default", "default", "--data", path, "--samples", "100")
    assert done.returncode == 0, done.stderr
    assert "only the first right in all labels 0" in done.stdout and "McNemar" not in done.stdout


def test_agreement_reads_a_table(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    rows = [
        f"{i},Sentence {i}.,{stance},{who}"
        for who, all_ in (("a", "ffan"), ("b", "fann"))
        for i, stance in enumerate({"f": "favor", "a": "against", "n": "neutral"}[c] for c in all_)
    ]
    path.write_text("\n".join(["id,text,stance,annotator", *rows]) + "\n", encoding="utf-8")
    done = run("agreement", path, "--json", "--samples", "100")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["layers"]["stance"]
    assert (found["sentences"], found["split"]) == (4, 2)
    assert set(found["annotators"]) == {"a", "b"}


def test_agreement_lists_the_sentences_that_annotators_judged_apart(tmp_path: Path) -> None:
    given = {
        "text": [("favor", "economic;legality"), ("against", ""), ("neutral", "health")],
        "bo": [("favor", "economic"), ("against", ""), ("favor", "(none)")],
    }
    for who, rows in given.items():
        lines = [f'{n},"The ferry, {n}.",{stance},{frames},a{n},{who}' for n, (stance, frames) in enumerate(rows)]
        table = "\n".join(["id,text,stance,frames,article,annotator", *lines])
        (tmp_path / f"{who}.csv").write_text(table + "\n", encoding="utf-8")
    files = [tmp_path / "text.csv", tmp_path / "bo.csv"]
    written = tmp_path / "new" / "differences.csv"
    done = run("agreement", *files, "--samples", "100", "--differences", written)
    assert done.returncode == 0, done.stderr
    assert f"differences: 3 rows: {written}" in done.stderr and "split over 1" in done.stdout
    with written.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["id", "layer", "annotator text", "bo", "text", "article"],
            ["2", "stance", "neutral", "favor", "The ferry, 2.", "a2"],
            ["0", "frames", "economic;legality", "economic", "The ferry, 0.", "a0"],
            ["2", "frames", "health", "(none)", "The ferry, 2.", "a2"],
        ]
    done = run("agreement", *files, "--samples", "100", "--json")
    assert json.loads(done.stdout)["differences"][-1] == {
        "id": "2",
        "layer": "frames",
        "labels": {"text": ["health"], "bo": []},
        "text": "The ferry, 2.",
        "article": "a2",
    }
    assert "--differences FILE.csv" in run("agreement", *files, "--samples", "100").stderr
    for wrong in (files[0], tmp_path, tmp_path / "differences.xlsx"):
        before = files[0].read_bytes()
        done = run("agreement", *files, "--differences", wrong)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1 and files[0].read_bytes() == before


def test_a_table_with_columns_of_its_own_gives_the_same_figures(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row.get("stance")]
    table = tmp_path / "survey.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["No", "Sentence", "Position", "Coder"])
        writer.writerows([row["id"], row["text"], row["stance"], row.get("annotator", "a")] for row in rows)
    plain = tmp_path / "plain.jsonl"
    keep = ("id", "text", "stance")
    plain.write_text(
        "".join(
            json.dumps({k: row[k] for k in keep} | {"annotator": row.get("annotator", "a")}) + "\n" for row in rows
        ),
        encoding="utf-8",
    )
    names = ["--column", "id=No", "--column", "text=Sentence", "--column", "stance=Position"]
    names += ["--column", "annotator=Coder"]
    common = ["--json", "--only-figures", "--samples", "100"]
    ours = run("evaluate", tiny_exported, "--data", table, *names, *common)
    other = run("evaluate", tiny_exported, "--data", plain, *common)
    assert ours.returncode == 0, ours.stderr
    assert other.returncode == 0, other.stderr
    assert json.loads(ours.stdout)["layers"]["stance"] == json.loads(other.stdout)["layers"]["stance"]
    without = run("evaluate", tiny_exported, "--data", table, *common)
    assert without.returncode == 1 and "survey.csv" in without.stderr


def test_a_column_map_goes_with_a_file(tiny_exported: Path) -> None:
    done = run("evaluate", tiny_exported, "--corpus", "newstance", "--column", "text=Sentence")
    assert done.returncode == 2 and "--column" in done.stderr


def test_mistakes_are_one_line_with_an_exit_code(tiny_exported: Path, annotations_file: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "1", "text": "It met.", "stance": "angry"}\n', encoding="utf-8")
    divided = tmp_path / "divided.csv"
    divided.write_text("text,stance,split\nIt met.,neutral,dev\nIt sat.,neutral,test\n", encoding="utf-8")
    tied = tmp_path / "tied.csv"
    votes = [f"{n},It met {n}.,{stance},{stance}" for n in range(2) for stance in ("favor", "against")]
    tied.write_text("\n".join(["id,text,stance,annotator", *votes]) + "\n", encoding="utf-8")
    data = ("--data", annotations_file)
    folder = tmp_path / "folder.html"
    folder.mkdir()
    for arguments, code, words in (
        (("evaluate", tiny_exported, "--data", bad), 1, f"{bad}:1: stance"),
        (("evaluate", tiny_exported, "--data", annotations_file, "--report", tmp_path / "x.pdf"), 2, ".html"),
        (("evaluate", tiny_exported, *data, "--report", folder), 2, "this is a folder"),
        (("evaluate", tiny_exported, "--corpus", "reuters"), 2, "unknown corpus"),
        (("calibrate", tiny_exported, "--corpus", "newstance", "--split", "test"), 2, "test splits"),
        (("calibrate", tiny_exported, *data, "--part", "test"), 2, "--part"),
        (("calibrate", "default", "--data", tmp_path / "missing.jsonl"), 2, "is not changed; give --out FOLDER"),
        (("calibrate", "default", "--data", tmp_path / "missing.jsonl", "--out", bad), 2, "is not empty"),
        (("evaluate", tiny_exported, *data, "--part", "tets"), 2, "--part: takes train, dev, test"),
        (("calibrate", tiny_exported, "--data", divided, "--out", tmp_path / "m"), 2, "--split dev"),
        (("calibrate", tiny_exported, "--corpus", "seesaw", "--data-dir", tmp_path), 2, "its valid split"),
        (("calibrate", tiny_exported, "--corpus", "seesaw", "--data-dir", tmp_path, "--split", "dev"), 2, "its valid"),
        (("evaluate", tiny_exported, "--data", tied), 1, f"{tied}: all 2 sentences are tied"),
        (("evaluate", tiny_exported, *data, "--only-figures", "--behaviour", tmp_path / "b.yaml"), 2, "--behaviour"),
        (("evaluate", tiny_exported, *data, "--sentences", "5"), 2, "--faithfulness"),
        (("export", tiny_exported, "--out", tmp_path / "o", "--set", "epochs=1"), 2, "--config"),
    ):
        done = run(*arguments)
        assert (done.returncode, done.stdout) == (code, "")
        assert words in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_seed_below_zero_is_no_seed(tiny_exported: Path, annotations_file: Path) -> None:
    done = run("evaluate", tiny_exported, "--data", annotations_file, "--seed", "-1")
    assert done.returncode == 2 and "--seed" in done.stderr


def test_nameless_annotators_are_told_apart_by_their_files(tiny_exported: Path, tmp_path: Path) -> None:
    codes = {"f": "favor", "a": "against", "n": "neutral"}
    files: list[str | Path] = []
    for name, given in (("ada", "fanf.."), ("bo", "..nffa"), ("cy", "fa..fa")):
        path = tmp_path / f"{name}.csv"
        rows = [f"{n},It met {n}.,{codes[code]}" for n, code in enumerate(given) if code != "."]
        path.write_text("\n".join(["id,text,stance", *rows]) + "\n", encoding="utf-8")
        files += ["--data", path]
    done = run("evaluate", tiny_exported, *files, "--json", "--only-figures", "--samples", "100")
    assert done.returncode == 0, done.stderr
    among = json.loads(done.stdout)["annotators"]["stance"]
    assert set(among["agreement"]["annotators"]) == set(among["model"]) == {"ada", "bo", "cy"}
    together = tmp_path / "together.csv"
    rows = [row for path in files[1::2] for row in Path(path).read_text(encoding="utf-8").splitlines()[1:]]
    together.write_text("\n".join(["id,text,stance", *rows]) + "\n", encoding="utf-8")
    done = run("evaluate", tiny_exported, "--data", together, "--json", "--only-figures", "--samples", "100")
    of_nobody = json.loads(done.stdout)["annotators"]["stance"]
    assert of_nobody["agreement"]["annotators"] == of_nobody["model"] == {}
    assert of_nobody["agreement"]["alpha"]["value"] == among["agreement"]["alpha"]["value"]


def test_names_are_printed_as_they_are_given(tmp_path: Path) -> None:
    for name in ("survey[ben]", "survey[final]"):
        rows = [f"{n},It met {n}.,{stance}" for n, stance in enumerate(("favor", "against", "neutral"))]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,text,stance", *rows]) + "\n", encoding="utf-8")
    done = run("agreement", *sorted(tmp_path.iterdir()), "--samples", "100")
    assert "of survey[ben] against" in done.stdout and "of survey[final] against" in done.stdout
    named, own = tmp_path / "named.csv", tmp_path / "own.yaml"
    rows = [f"{n},It met {n}.,{code},{who},[/s]" for who in ("[/a]", ":b:") for n, code in enumerate(("[/no]", "yes"))]
    named.write_text("\n".join(["id,text,position,annotator,split", *rows]) + "\n", encoding="utf-8")
    layer = {"name": "position", "kind": "single", "labels": [{"code": "[/no]"}, {"code": "yes"}]}
    own.write_text(yaml.safe_dump({"name": "own", "layers": [layer]}), encoding="utf-8")
    done = run("agreement", named, "--codebook", own, "--samples", "100")
    assert done.returncode == 0 and "of [/a] against" in done.stdout and "of :b: against" in done.stdout, done.stderr
    done = run("data", "check", named, "--codebook", own)
    assert "sentences: [/s] 2" in done.stdout
    assert ["position", "[/s]"] in (words := [line.split() for line in done.stdout.splitlines()])
    assert ["[/no]", "1", "(50%)"] in words


@pytest.fixture
def divided(tiny_exported: Path, annotations_file: Path, tmp_path: Path) -> Path:
    """A model that says it learnt from the part `train` of the file of annotations."""
    folder = Path(shutil.copytree(tiny_exported, tmp_path / "divided"))
    source = {"corpus": "annotations", "path": f"somewhere/{annotations_file.name}", "part": "train"}
    provenance = {"config": {"data": {"train": [source]}}}
    write_config(folder, Checkpoint(folder).config.model_copy(update={"provenance": provenance}))
    return folder


def test_a_file_that_a_recipe_divided_is_judged_by_its_part_or_warned_of(divided: Path, annotations_file: Path) -> None:
    common = ("--data", annotations_file, "--json", "--samples", "100")
    records = read_annotations(annotations_file)
    for part in (None, "train"):
        chosen = () if part is None else ("--part", part)
        run_of = json.loads(run("evaluate", divided, *common, "--only-figures", *chosen).stdout)["run"]
        assert run_of["sentences"] == sum(part in (None, part_of(record)) for record in records)
        assert (annotations_file.name in " ".join(run_of["warnings"])) == (part is None)
    assert (
        "training rows may be among these"
        in json.loads(run("compare", divided, divided, *common).stdout)["run"]["warnings"].pop()
    )
    done = run("calibrate", divided, *common[:2])
    assert done.returncode == 0 and "training rows may be among these" in done.stderr


def test_calibrate_warns_where_the_error_rose(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def fitted(*_: object, **__: object) -> dict[str, Fitted]:
        errors = {"data": (0.2, 0.003, 0.05), "other": (0.2, 0.003, 0.0031)}
        return {"stance": Fitted(LayerCalibration(), LayerCalibration(temperature=2.0), errors, 36, None)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("newstance.cli.calibrate.fit_calibration", fitted)
        arguments = ["calibrate", tiny_exported, "--data", annotations_file, "--out", tmp_path / "m"]
        patch.setattr("sys.argv", ["newstance", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert not ended.value.code
    (warning,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("warning")]
    assert warning.startswith("warning: stance: the calibration error on data rose from 0.003 to 0.050")


def test_calibrate_explains_its_columns_and_does_not_end_as_if_all_were_well(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    losses = HeldOutLosses(as_it_was=0.5, temperature=0.6, with_offsets=0.61, error=0.01)

    def fitted(*_: object, **__: object) -> dict[str, Fitted]:
        found = (LayerCalibration(), LayerCalibration(temperature=2.0), {"data": (0.2, 0.1, 0.05)}, 36)
        return {"stance": Fitted(*found, losses), "frames": Fitted(*found, None)}

    model = shutil.copytree(tiny_exported, tmp_path / "mine")
    ends = []
    for out in (["--out", tmp_path / "m"], []):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("newstance.cli.calibrate.fit_calibration", fitted)
            arguments = ["calibrate", model, "--data", annotations_file, *out]
            patch.setattr("sys.argv", ["newstance", *map(str, arguments)])
            with pytest.raises(SystemExit):
                main()
        said = capfd.readouterr()
        assert all(
            words in said.out for words in ("never calibrated", "model as given", "fitted now", "lower is better")
        )
        ends.append(said.err.splitlines()[-1])
    copied, in_place = ends
    assert copied.startswith(
        f"a calibrated copy was written to {tmp_path / 'm'}; but for stance go on with the model as"
    )
    assert in_place.startswith(f"{model} is calibrated anew; but for stance a copy from before is better")


@pytest.mark.parametrize(
    ("offsets", "losses", "said"),
    [
        ({}, (0.763, 0.738, 0.615), "if these sentences are a random sample of your text, --offsets predicts better"),
        ({}, (0.763, 0.521, 0.515), None),
        ({}, (0.763, 0.521, 0.471), None),  # no more than its standard error
        ({"favor": 0.1}, (0.763, 0.519, 0.522), "offsets predict these annotations no better: leave --offsets out"),
        ({"favor": 0.1}, (0.763, 0.738, 0.615), None),
        ({}, (0.5, 0.6, 0.61), "the model as it was predicts these annotations better: keep it"),
        ({"favor": 0.1}, (0.5, 0.6, 0.55), "the model as it was predicts these annotations better: keep it"),
        ({}, (0.6, 0.65, 0.3), "--offsets predicts better"),
        ({"favor": 0.1}, None, "whether offsets help could not be checked"),
    ],
)
def test_calibrate_says_which_way_predicts_better(
    offsets: dict[str, float], losses: tuple[float, ...] | None, said: str | None
) -> None:
    log_loss = None if losses is None else HeldOutLosses(*losses, error=0.05)
    found = Fitted(LayerCalibration(), LayerCalibration(offsets=offsets), {}, 36, log_loss)
    warnings = list(warnings_of(found, offsets=bool(offsets)))
    assert len(warnings) == (said is not None)
    assert said is None or said in warnings[0]


@pytest.mark.parametrize(
    ("offsets", "losses", "verdict"),
    [
        ({}, (0.763, 0.738, 0.615), "offsets are worth it"),
        ({}, (0.763, 0.521, 0.471), "a temperature is enough"),  # the gain is no more than its standard error
        ({"favor": 0.1}, (0.763, 0.519, 0.522), "a temperature is enough"),
        ({"favor": 0.1}, (0.763, 0.522, 0.512), "offsets are level with a temperature"),
        ({"favor": 0.1}, (0.5, 0.6, 0.55), "keep the model as it was"),
    ],
)
def test_calibrate_gives_its_verdict_in_a_word(
    offsets: dict[str, float], losses: tuple[float, float, float], verdict: str
) -> None:
    log_loss = HeldOutLosses(*losses, error=0.05)
    assert verdict_of(Fitted(LayerCalibration(), LayerCalibration(offsets=offsets), {}, 36, log_loss)) == verdict


def test_calibrate_warns_of_few_sentences(tiny_exported: Path, annotations_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl"
    path.write_text("\n".join(annotations_file.read_text(encoding="utf-8").splitlines()[:5]) + "\n", encoding="utf-8")
    done = run("calibrate", tiny_exported, "--data", path, "--layer", "stance", "--offsets", "--out", tmp_path / "m")
    assert "no mention of the target was found in" not in done.stderr
    assert "fitted on 5 sentences: on fewer than 20 of them it says little" in done.stderr
    assert "no offsets are fitted" in done.stderr


def test_calibrate_with_offsets_writes_and_says_them(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    lines = annotations_file.read_text(encoding="utf-8").splitlines()
    mostly_neutral = [json.loads(line) | ({"stance": "neutral"} if i % 3 else {}) for i, line in enumerate(lines)]
    path = tmp_path / "neutral.jsonl"
    path.write_text("\n".join(map(json.dumps, mostly_neutral)) + "\n", encoding="utf-8")
    common = ["--data", path, "--layer", "stance", "--offsets"]
    done = run("calibrate", tiny_exported, *common, "--out", tmp_path / "m")
    assert done.returncode == 0, done.stderr
    written = Checkpoint(tmp_path / "m").calibration.layer("stance")
    assert max(written.offsets, key=written.offsets.__getitem__) == "neutral"
    assert f"neutral {written.offsets['neutral']:+.2f}" in " ".join(done.stdout.split())
    card = (tmp_path / "m" / "README.md").read_text(encoding="utf-8")
    assert written.offsets_in_words() in card
    as_json = json.loads(run("calibrate", tiny_exported, *common, "--out", tmp_path / "j", "--json").stdout)
    assert as_json["layers"]["stance"]["after"]["offsets"] == written.offsets
    assert set(as_json["layers"]["stance"]["log_loss"]) == {"as_it_was", "temperature", "with_offsets", "error"}
    without = run("calibrate", tmp_path / "m", "--data", path, "--layer", "stance")
    assert "; offsets none" in without.stdout


def test_a_training_configuration_is_a_codebook_and_a_table_without_labels_says_so(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    rows = [f"{n},Sentence {n}.,{code},{who}" for who, codes in zip("ab", ("for,against", "for,for"), strict=True)
            for n, code in enumerate(codes.split(","))]  # fmt: skip
    path.write_text("\n".join(["id,text,position,annotator", *rows]) + "\n", encoding="utf-8")
    done = run("agreement", path)
    assert done.returncode == 1 and "--column" in done.stderr and "--codebook" in done.stderr
    assert "id, text, position, annotator" in done.stderr
    inside, beside = tmp_path / "mine.yaml", tmp_path / "named.yaml"
    assert run("config", "copy", "your-codebook", inside).returncode == 0
    data = yaml.safe_load(inside.read_text(encoding="utf-8"))
    (tmp_path / "codes.yaml").write_text(yaml.safe_dump(data["codebook"]), encoding="utf-8")
    beside.write_text(yaml.safe_dump(data | {"codebook": str(tmp_path / "codes.yaml")}), encoding="utf-8")
    based = tmp_path / "based.yaml"
    based.write_text("base: your-codebook\nepochs: 2\n", encoding="utf-8")
    for codebook in (inside, beside, based, tmp_path / "codes.yaml"):
        done = run("agreement", path, "--codebook", codebook, "--json", "--samples", "100")
        assert done.returncode == 0, done.stderr
        assert set(json.loads(done.stdout)["layers"]) == {"position"}


def test_a_layer_that_the_model_lacks_is_said_to_be_lacking_in_the_model(tiny_exported: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("text,label\nIt met.,for\n", encoding="utf-8")
    names = ("--data", table, "--column", "position=label")
    lacks = f"columns.fields: the model {tiny_exported} has no layer 'position', nor a record such a field"
    for arguments in (("evaluate", tiny_exported), ("compare", tiny_exported, "default"), ("calibrate", tiny_exported)):
        done = run(*arguments, *names)
        assert done.returncode == 2
        assert f"{lacks}; layers of the model: stance" in done.stderr, done.stderr
