from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from newstance.cli.app import app
from newstance.errors import UsageError
from newstance.model import Codebook, load_codebook
from newstance.training.checking import length_problem
from newstance.training.config import TO_BEGIN_WITH, load_config, shipped_configs

#: Fewer rows than `smoke` reads, where it does not matter which: nothing is trained.
SMALL = ("--set", "data.train=[{corpus: newstance, split: test}]")


def test_every_shipped_configuration_loads_and_is_listed_with_what_it_is_for() -> None:
    listed = CliRunner().invoke(app, ["config", "list", "--all"]).stdout.splitlines()
    assert sorted(line.split()[0] for line in listed) == shipped_configs()
    for line in listed:
        assert load_config(line.split()[0]).data.train and len(line.split()) > 5
        assert line[-1] in ".?", "the sentence is whole"


def test_the_list_begins_with_what_somebody_may_want_to_train() -> None:
    done = CliRunner().invoke(app, ["config", "list"])
    listed = done.stdout.splitlines()
    assert tuple(line.split()[0] for line in listed) == TO_BEGIN_WITH and set(TO_BEGIN_WITH) < set(shipped_configs())
    assert listed[0].endswith("from your own spreadsheet: copy this file, edit what is marked, check it, train, score.")
    assert listed[1].endswith("A few minutes on a laptop, no download: does training work here?")
    hidden = len(shipped_configs()) - len(TO_BEGIN_WITH)
    assert done.stderr == f"and {hidden} by which the models that ship were made: newstance config list --all\n"
    every = CliRunner().invoke(app, ["config", "list", "--all"])
    assert every.stdout.splitlines()[: len(listed)] == listed and not every.stderr


def test_show_prints_the_whole_tree_and_it_loads_as_an_equal_configuration(tmp_path: Path) -> None:
    shown = CliRunner().invoke(app, ["config", "show", "smoke", "--set", "epochs=7"]).stdout
    path = tmp_path / "whole.yaml"
    path.write_text(shown, encoding="utf-8")
    assert load_config(path) == load_config("smoke", ["epochs=7"])
    assert yaml.safe_load(shown)["early_stopping"] is None  # defaults are there too


def test_copy_keeps_the_comments_and_overwrites_nothing(tmp_path: Path) -> None:
    out = tmp_path / "new" / "mine.yaml"
    assert CliRunner().invoke(app, ["config", "copy", "smoke", str(out)]).exit_code == 0
    assert out.read_text(encoding="utf-8").startswith("#")
    assert load_config(out) == load_config("smoke")
    with pytest.raises(UsageError, match="is there already"):
        CliRunner().invoke(app, ["config", "copy", "smoke", str(out)], catch_exceptions=False)


def test_validate_counts_the_rows_of_a_configuration_that_could_run() -> None:
    done = CliRunner().invoke(app, ["config", "validate", "smoke"])
    assert done.exit_code == 0
    assert "data.dev.0: newstance dev: 2388 rows, 796 with stance, 1592 with frames" in done.stdout


def test_validate_names_everything_that_is_wrong_at_once(tiny_checkpoint: Path) -> None:
    settings = [
        "layers=[stance, framez]",
        "encoder=./nowhere",
        "start_from=/nowhere",
        f"teacher={{checkpoints: [{tiny_checkpoint}, /gone]}}",
        "data.dev=[{corpus: annotations, path: gone.jsonl}, {corpus: newstance, split: dev, target: nobody}]",
    ]
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *(x for s in settings for x in ("--set", s))])
    assert done.exit_code == 1
    for part in ("layers: ", "'framez'", "encoder: ", "start_from: ", "checkpoints.1: ", "dev.0: ", "dev.1: "):
        assert part in done.stderr
    assert "checkpoints.0" not in done.stderr
    assert all(line.startswith("newstance: smoke: ") for line in done.stderr.splitlines())


def test_validate_names_what_would_stop_a_run_late(tmp_path: Path) -> None:
    rows = [f"It met {n}.,favor,a{n}" for n in range(12)]
    table = tmp_path / "mine.csv"
    table.write_text("\n".join(["text,stance,article", *rows]) + "\n", encoding="utf-8")
    settings = [
        "layers=[stance, frames]",
        "class_weights={stance: {favour: 2}}",
        "freeze_layers=99",
        "report_to=[nonsense]",
        "data.drop_repeated_texts=false",
        f"data.train=[{{corpus: annotations, path: {table}, part: train}}]",
        f"data.dev=[{{corpus: annotations, path: {table}, layers: [stance, positon]}}]",
        f"data.test=[{{corpus: annotations, path: {table}, part: dev}}]",
    ]
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *(x for s in settings for x in ("--set", s))])
    assert done.exit_code == 1
    *problems, last = [line.removeprefix("newstance: smoke: ") for line in done.stderr.splitlines()]
    assert problems == [
        "class_weights.stance: no label 'favour'; the layer has favor, against, neutral",
        "data.dev.0.layers: no layer 'positon'; the codebook has stance, frames, sentiment",
        "layers: no training row has a label of the layer 'frames'",
        "freeze_layers: the encoder has 6 layers, not 99",
    ]
    assert last.startswith("report_to: cannot report to 'nonsense'")
    train, _, test, unjudged = done.stdout.splitlines()
    assert unjudged.startswith("warning: data.dev: no row has a label of the layer 'frames'")
    assert train.endswith(" articles") and test.endswith("(fewer than 5: it says little)")


def test_validate_names_layers_that_development_rows_do_not_judge() -> None:
    def validated(*layers: str) -> Result:
        dev = f"data.dev=[{{corpus: newstance, split: dev, layers: [{', '.join(layers)}]}}]"
        settings = ["--set", "layers=[stance, frames]", "--set", dev]
        return CliRunner().invoke(app, ["config", "validate", "smoke", *SMALL, *settings])

    some = validated("stance")
    assert some.exit_code == 0
    assert "warning: data.dev: no row has a label of the layer 'frames': it has no say" in some.stdout
    none = validated("sentiment")
    assert none.exit_code == 1
    assert "smoke: data.dev: no row has a label of 'stance', 'frames', and nothing else" in none.stderr


@pytest.mark.parametrize("name", ["some-encoder", "somebody/some-encoder"])
def test_validate_takes_what_is_no_folder_for_a_name_on_a_hub(name: str) -> None:
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *SMALL, "--set", f"encoder={name}"])
    assert done.exit_code == 0
    assert f"encoder: {name} is no folder here: a name on a hub, which only training asks" in done.stdout


def test_validate_names_a_folder_that_is_no_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "some-encoder").mkdir()
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *SMALL, "--set", "encoder=some-encoder"])
    assert done.exit_code == 1 and "encoder: some-encoder is no folder with a config.json" in done.stderr


def test_validate_names_windows_longer_than_the_encoder_reads() -> None:
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *SMALL, "--set", "encoding.max_length=1024"])
    assert done.exit_code == 1
    assert "smoke: encoding.max_length: the encoder reads 512 tokens at most, not 1024" in done.stderr


@pytest.mark.parametrize(
    ("encoder", "most"),
    [
        ({"model_type": "bert", "pad_token_id": 0}, 514),
        ({"model_type": "roberta", "pad_token_id": 1}, 512),
        ({"model_type": "mpnet"}, 512),
    ],
)
def test_kinds_of_encoders_read_other_lengths(encoder: dict[str, object], most: int) -> None:
    described = encoder | {"max_position_embeddings": 514}
    assert length_problem(described, most) is None
    assert length_problem(described, most + 1) == f"the encoder reads {most} tokens at most, not {most + 1}"


def test_relative_positions_have_no_end() -> None:
    deberta = {"model_type": "deberta-v2", "max_position_embeddings": 512, "position_biased_input": False}
    assert length_problem(deberta, 4096) is None


def test_validate_and_train_say_that_every_training_row_is_held_out_too(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    rows = ["It met 1.,favor,train", "It met 2.,against,train", "It  MET 1.,favor,dev"]
    table.write_text("\n".join(["text,stance,split", *rows]) + "\n", encoding="utf-8")

    def settings(held_out: str) -> list[str]:
        source = f"corpus: annotations, path: {table}"
        wanted = ["layers=[stance]", f"data.train=[{{{source}, split: train}}]", f"data.dev=[{{{source}, split: dev}}]"]
        return [x for one in (*wanted, f"data.held_out={held_out}") for x in ("--set", one)]

    some = CliRunner().invoke(app, ["config", "validate", "smoke", *settings("[]")])
    assert some.exit_code == 0
    assert "data.train: 1 rows are left of 2: the others also stand in dev, test or held_out" in some.stdout
    everything = f"[{{corpus: annotations, path: {table}}}]"
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *settings(everything)])
    problem = "data.train: all rows also stand in dev, test or held_out"
    assert done.exit_code == 1
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [f"newstance: smoke: {problem}"]
    out = ["--out", str(tmp_path / "run")]
    with pytest.raises(UsageError, match=problem):
        CliRunner().invoke(app, ["train", "smoke", *out, *settings(everything)], catch_exceptions=False)


def test_validate_names_the_row_whose_id_stands_for_another_target(tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("id,text,target,stance\n1,It met.,Voss,favor\n1,It met.,Orme,against\n", encoding="utf-8")
    rows = f"data.train=[{{corpus: annotations, path: {table}}}]"
    done = CliRunner().invoke(app, ["config", "validate", "smoke", "--set", rows])
    assert done.exit_code == 1
    assert f"data.train.0: {table}:3: target: the id '1' stands for another target in row 2" in done.stderr


@pytest.mark.parametrize("name", shipped_configs())
def test_the_sources_of_shipped_configurations_name_layers_of_their_codebooks(name: str) -> None:
    config = load_config(name)
    known = config.codebook if isinstance(config.codebook, Codebook) else load_codebook(config.codebook)
    sources = (*config.data.train, *config.data.dev, *config.data.test, *config.data.held_out)
    assert {layer for source in sources for layer in source.layers or ()} <= {layer.name for layer in known.layers}


@pytest.fixture
def twelve_articles(tmp_path: Path) -> Callable[[str], list[str]]:
    """Return the settings of a recipe that divides a table of twelve articles; its labels are given."""

    def settings(label: str) -> list[str]:
        rows = [f"{number}.{sentence} It met.,{label},a{number}" for number in range(12) for sentence in range(8)]
        table = tmp_path / "mine.csv"
        table.write_text("\n".join(["text,stance,article", *rows]) + "\n", encoding="utf-8")
        parts = [f"data.{x}=[{{corpus: annotations, path: {table}, part: {x}}}]" for x in ("train", "dev", "test")]
        return [x for one in ("layers=[stance]", "epochs=1", *parts) for x in ("--set", one)]

    return settings


def test_validate_says_once_what_is_wrong_with_the_file_of_three_parts(
    twelve_articles: Callable[[str], list[str]],
) -> None:
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *twelve_articles("for")])
    (line,) = done.stderr.splitlines()
    assert "data.train.0, data.dev.0, data.test.0: " in line and "mine.csv:2: stance: unknown label 'for'" in line
    assert line.endswith('values: {stance: {"for": CODE}}, in the file of --map or under a source\'s columns')


def test_validate_and_train_warn_of_a_dev_of_one_article(
    twelve_articles: Callable[[str], list[str]], tiny_encoder: Path, tmp_path: Path
) -> None:
    settings = [*twelve_articles("favor"), "--set", f"encoder={tiny_encoder}", "--set", "report.baselines=[]"]
    settings += ["--set", "freeze_layers=0", "--set", "encoding.max_length=32"]
    warning = "warning: data.dev: only 1 article with 8 rows: which epoch is kept, the temperature and the thresholds"
    done = CliRunner().invoke(app, ["config", "validate", "smoke", *settings])
    assert (done.exit_code, warning in done.stdout) == (0, True), done.output
    done = CliRunner().invoke(app, ["train", "smoke", "--out", str(tmp_path / "run"), *settings])
    assert (done.exit_code, warning in done.stderr) == (0, True), done.output
