"""`newstance train`, `shrink` and `export`, as a user calls them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newstance.cli.app import main
from newstance.model import Checkpoint
from newstance.training.stops import kept_so_far

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str | Path) -> tuple[int, str]:
        monkeypatch.setattr("sys.argv", ["newstance", *map(str, arguments)])
        code: object = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        return int(str(code or 0)), capsys.readouterr().err

    return call


def test_an_export_is_compared_on_the_configurations_dev(
    run: Run, tiny_checkpoint: Path, tiny_config: Path, tmp_path: Path
) -> None:
    code, said = run("export", tiny_checkpoint, "--out", tmp_path / "all", "--config", tiny_config)
    assert code == 0
    assert "stance: 36 sentences, equal labels 100.0000%" in said and "exported: " in said
    half = "data.dev=[{corpus: annotations, path: written.jsonl, share: 0.5}]"
    code, said = run("export", tiny_checkpoint, "--out", tmp_path / "half", "--config", tiny_config, "--set", half)
    assert code == 0
    (layer,) = json.loads((tmp_path / "half" / "parity.json").read_text(encoding="utf-8"))
    assert 0 < layer["sentences"] < 36 and f"stance: {layer['sentences']} sentences" in said


def test_what_export_cannot_do_is_said_in_a_line(
    run: Run, tiny_checkpoint: Path, tiny_config: Path, tmp_path: Path
) -> None:
    for arguments, code, problem in (
        (("--quantise", "int4"), 2, "--quantise takes auto, int8-weights, int4-weights or none, not 'int4'"),
        (("--config", tmp_path / "none.yaml"), 2, "cannot read the configuration"),
        (("--config", tiny_config, "--set", "data.dve=[]"), 2, "unknown key, did you mean 'dev'?"),
    ):
        found, said = run("export", tiny_checkpoint, "--out", tmp_path / "out", *arguments)
        assert (found, problem in said) == (code, True), said
        assert not (tmp_path / "out").exists()


def test_a_model_is_shrunk_with_the_options_or_refused_in_a_line(
    run: Run, tiny_checkpoint: Path, tiny_config: Path, tmp_path: Path
) -> None:
    with_config = ("--config", tiny_config, "--set", "report.baselines=[]", "--out", tmp_path / "small")
    code, said = run("shrink", tiny_checkpoint, "--layers", "9", *with_config)
    assert (code, "--layers: the encoder has 2 layers, not 9" in said) == (2, True), said
    for wrong, problem in (
        ((), "give either --layers or --keep"),
        (("--layers", "1", "--keep", "0"), "give either --layers or --keep"),
        (("--keep", "0;1"), "--keep: takes numbers with commas between them, not '0;1'"),
    ):
        code, said = run("shrink", tiny_checkpoint, *wrong, *with_config)
        assert (code, problem in said) == (2, True), said
    code, said = run("shrink", tiny_checkpoint, "--keep", "1", "--feed-forward", "8", "--epochs", "2", *with_config)
    assert code == 0, said
    assert "layers that stay: 1 of 2" in said and f"checkpoint: {tmp_path / 'small'}" in said
    provenance = json.loads((tmp_path / "small" / "config.json").read_text(encoding="utf-8"))["provenance"]
    assert {name: provenance["shrunk"][name] for name in ("layers", "feed_forward", "epochs")} == {
        "layers": [1],
        "feed_forward": 8,
        "epochs": 2,
    }


@contextmanager
def _interrupting(_: str, __: int | None) -> Iterator[Callable[[], None]]:
    """Press Ctrl-C at the fifth step; an epoch of the tiny run has three."""
    steps = iter(range(1, 100))

    def step() -> None:
        if next(steps) == 5:
            raise KeyboardInterrupt

    yield step


@pytest.fixture
def stopped(run: Run, monkeypatch: pytest.MonkeyPatch, tiny_config: Path, tmp_path: Path) -> tuple[Path, str]:
    """Return the folder of a run of two epochs that Ctrl-C stopped in its second, and what the command said."""
    given = ("--set", "epochs=2", "--set", "report.baselines=[]", "--set", "target_risk=0.3")
    with monkeypatch.context() as patch:
        patch.setattr("newstance.cli.progress.progress", _interrupting)
        code, said = run("train", tiny_config, "--out", tmp_path / "run", *given)
    assert code == 130
    return tmp_path / "run", said


def test_a_run_that_is_interrupted_says_how_to_go_on(stopped: tuple[Path, str], tmp_path: Path) -> None:
    out, said = stopped
    how = "run the same command with --resume to go on"
    assert said.splitlines()[-1] == f"stopped before the end; {how} after step 3"
    shutil.rmtree(out / "steps")
    assert kept_so_far(out) == f"{how} at its first step: no state was kept yet"
    assert kept_so_far(tmp_path / "none") == "nothing was kept yet: give the same command again"


@pytest.mark.parametrize("named", [True, False])
def test_a_run_is_resumed_with_what_was_set_when_it_began(
    run: Run, stopped: tuple[Path, str], tiny_config: Path, named: bool
) -> None:
    out, _ = stopped
    code, said = run("train", *([tiny_config] if named else []), "--out", out, "--resume")
    assert code == 0, said
    kept = f"going on with the settings kept in {out / 'config.json'}"
    again = "going on as the run was begun: --set epochs=2 --set report.baselines=[] --set target_risk=0.3"
    assert said.splitlines()[0] == (again if named else kept)
    assert "going on after step 3 of 6" in said
    assert Checkpoint(out / "model").config.provenance["config"]["target_risk"] == 0.3


def test_settings_that_are_not_those_of_the_run_are_named_with_both_values(
    run: Run, stopped: tuple[Path, str], tiny_config: Path, tmp_path: Path
) -> None:
    out, _ = stopped
    other = tmp_path / "other.yaml"
    other.write_text(tiny_config.read_text(encoding="utf-8").replace("batch_size: 12", "batch_size: 6"), "utf-8")
    code, said = run("train", other, "--out", out, "--resume", "--set", "target_risk=0.2")
    assert code == 2
    assert said == (
        f"going on as the run was begun: --set epochs=2 --set report.baselines=[] --set target_risk=0.3\n"
        f"newstance: {out}: holds a run with another configuration: batch_size is 12 there and 6 now, "
        "target_risk is 0.3 there and 0.2 now; give another --out, "
        "or go on with the run as it was: --resume without CONFIG and --set\n"
    )


def test_data_that_have_moved_are_found_where_they_are_said_to_lie(
    run: Run, stopped: tuple[Path, str], tiny_config: Path, annotations_file: Path, tmp_path: Path
) -> None:
    out, _ = stopped
    shutil.copytree(annotations_file.parent, tmp_path / "moved")
    code, said = run("train", "--out", out, "--resume", "--set", f"data.root={tmp_path / 'moved'}")
    assert code == 0, said
    code, said = run("train", "--out", out, "--resume", "--set", "target_rsk=0.3")
    assert (code, "target_rsk: unknown key, did you mean 'target_risk'?" in said) == (2, True)


def test_a_run_of_an_earlier_version_is_resumed_too(
    run: Run, stopped: tuple[Path, str], tiny_config: Path, annotations_file: Path
) -> None:
    out, _ = stopped
    (out / "command.json").unlink()
    code, said = run("train", tiny_config, "--out", out, "--resume")
    assert (code, "epochs is 2 there and 12 now" in said) == (2, True), said
    code, said = run("train", "--out", out, "--resume", "--set", f"data.root={annotations_file.parent}")
    assert code == 0, said


def test_only_a_run_that_has_begun_goes_without_a_configuration(run: Run, tmp_path: Path) -> None:
    code, said = run("train", "--out", tmp_path / "run")
    assert (code, "a shipped one's name; only --resume goes without it" in said) == (2, True)
    code, said = run("train", "--out", tmp_path / "run", "--resume")
    assert (code, f"{tmp_path / 'run'}: holds no run to go on with: give CONFIG" in said) == (2, True)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{", encoding="utf-8")
    code, said = run("train", "--out", tmp_path / "run", "--resume")
    assert (code, "config.json: is damaged: give CONFIG too" in said) == (2, True)
