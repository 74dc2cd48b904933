"""A run that is killed and resumed gives the weights of the unbroken run, bit by bit."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from newstance.errors import UsageError
from newstance.model import Checkpoint
from newstance.training.config import TrainingConfig, load_config
from newstance.training.finetune import Progress, finetune
from newstance.training.run import Run
from newstance.training.stops import last_state
from newstance.training.trainer import LayerTrainer

#: 36 rows in batches of 8: five steps an epoch, ten in all; a state every second step besides one an epoch.
OVERRIDES = ["epochs=2", "batch_size=8", "save_every=2", "masking.rows=1.0"]


class Killed(BaseException):
    pass


def killing_after(steps: int) -> Progress:
    @contextmanager
    def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
        assert (what, total) == ("steps", 10)
        left = steps

        def step() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        yield step

    return progress


@pytest.fixture(scope="module")
def settings(tiny_config: Path) -> TrainingConfig:
    return load_config(tiny_config, OVERRIDES)


@pytest.fixture(scope="module")
def unbroken(settings: TrainingConfig, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = finetune(settings, tmp_path_factory.mktemp("unbroken") / "run")
    return Checkpoint(folder).config.files["model.safetensors"]


@pytest.mark.parametrize("steps", [1, 6])
def test_a_killed_run_resumes_to_the_very_same_weights(
    settings: TrainingConfig, unbroken: str, tmp_path: Path, steps: int
) -> None:
    with pytest.raises(Killed):
        finetune(settings, tmp_path / "run", progress=killing_after(steps))
    # Step 1 leaves nothing, 6 the state of the epoch's end, 7 (below) one in the middle of an epoch.
    state = last_state(tmp_path / "run" / "steps")
    assert (state.name if state else None) == {1: None, 6: "checkpoint-5"}[steps]
    said: list[str] = []
    folder = finetune(settings, tmp_path / "run", resume=True, say=said.append)
    assert Checkpoint(folder).config.files["model.safetensors"] == unbroken
    nothing_kept = f"{tmp_path / 'run' / 'steps'} holds no state to go on from: the run starts at its first step"
    assert (nothing_kept in said, "going on after step 5 of 10" in said) == (state is None, state is not None)


def test_a_run_killed_while_an_epoch_is_measured_measures_that_epoch_when_it_is_resumed(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(tiny_config, ["epochs=2", "save_every=1", "report.baselines=[]"])
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(LayerTrainer, "evaluate", _dying)
        finetune(config, tmp_path / "run")
    monkeypatch.setattr(LayerTrainer, "evaluate", _scoring(iter([0.5, 0.4])))
    folder = finetune(config, tmp_path / "run", resume=True)
    assert [epoch["epoch"] for epoch in Checkpoint(folder).config.provenance["epochs"]] == [1, 2]


def test_resuming_where_no_run_is_says_first_that_one_begins(
    settings: TrainingConfig, unbroken: str, tmp_path: Path
) -> None:
    said: list[str] = []
    folder = finetune(settings, tmp_path / "rnu", resume=True, say=said.append)
    assert said[0] == f"{tmp_path / 'rnu'} holds no run to go on with: a new one begins"
    assert Checkpoint(folder).config.files["model.safetensors"] == unbroken


def test_so_does_a_run_that_keeps_the_states_of_frozen_layers(tiny_config: Path, tmp_path: Path) -> None:
    kept = [*OVERRIDES, "masking.rows=0", "freeze_layers=1", "keep_frozen_states=true"]
    whole = finetune(load_config(tiny_config, kept), tmp_path / "whole")
    with pytest.raises(Killed):
        finetune(load_config(tiny_config, kept), tmp_path / "run", progress=killing_after(7))
    folder = finetune(load_config(tiny_config, kept), tmp_path / "run", resume=True)
    assert Checkpoint(folder).config.files["model.safetensors"] == Checkpoint(whole).config.files["model.safetensors"]


def test_a_process_killed_outright_resumes_to_the_very_same_weights(
    tiny_config: Path, settings: TrainingConfig, unbroken: str, tmp_path: Path
) -> None:
    script = f"""
import os, signal
from contextlib import contextmanager
from pathlib import Path
from newstance.training.config import load_config
from newstance.training.finetune import finetune
done = 0
@contextmanager
def progress(what, total):
    def step():
        global done
        done += 1
        if done == 7:
            os.kill(os.getpid(), signal.SIGKILL)
    yield step
finetune(load_config({str(tiny_config)!r}, {OVERRIDES!r}), Path({str(tmp_path / "run")!r}), progress=progress)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL
    folder = finetune(settings, tmp_path / "run", resume=True)
    assert Checkpoint(folder).config.files["model.safetensors"] == unbroken


def test_a_state_that_was_being_written_when_the_run_was_killed_is_passed_over(
    settings: TrainingConfig, unbroken: str, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        finetune(settings, tmp_path / "run", progress=killing_after(9))
    newest = tmp_path / "run" / "steps" / "checkpoint-8"
    (newest / "trainer_state.json").write_text('{"epoch": 1.')
    folder = finetune(settings, tmp_path / "run", resume=True)
    assert Checkpoint(folder).config.files["model.safetensors"] == unbroken


def test_a_finished_run_resumes_to_itself_and_a_changed_one_is_refused(
    tiny_config: Path, settings: TrainingConfig, unbroken: str, tmp_path: Path
) -> None:
    finetune(settings, tmp_path / "run")
    again = finetune(settings, tmp_path / "run", resume=True)
    assert Checkpoint(again).config.files["model.safetensors"] == unbroken
    with pytest.raises(UsageError, match="another configuration"):
        finetune(load_config(tiny_config, [*OVERRIDES, "seed=14"]), tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("killed", "settings"),
    [
        (False, ["early_stopping=1"]),
        (True, ["early_stopping=1"]),
        (True, ["early_stopping=1", "masking.rows=0", "freeze_layers=1", "keep_frozen_states=true"]),
        (True, ["epochs=2"]),
    ],
)
def test_a_run_that_had_ended_is_not_trained_further_when_it_is_resumed(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed: bool, settings: list[str]
) -> None:
    """Its dev score dips after the first epoch; the second kill comes while the finished model is measured."""
    dips = iter([0.5, 0.4, 0.9, 0.9])
    monkeypatch.setattr(LayerTrainer, "evaluate", _scoring(dips))
    config = load_config(tiny_config, ["epochs=4", "report.baselines=[]", *settings])
    whole = finetune(config, tmp_path / "run")
    best = Checkpoint(whole).config
    assert next(dips) == 0.9, "the third epoch was not begun"
    if killed:
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Run, "save", _dying)
            dips = iter([0.5, 0.4])
            patch.setattr(LayerTrainer, "evaluate", _scoring(dips))
            finetune(config, tmp_path / "killed")
    # Where it lies now is not where it was begun.
    moved = (tmp_path / ("killed" if killed else "run")).rename(tmp_path / "moved")
    monkeypatch.setattr(LayerTrainer, "evaluate", _scoring(iter([])))
    again = Checkpoint(finetune(config, moved, resume=True)).config
    assert again.files["model.safetensors"] == best.files["model.safetensors"]
    assert again.provenance["epochs"] == best.provenance["epochs"] and len(best.provenance["epochs"]) == 2


def _dying(*_: object, **__: object) -> None:
    raise Killed


def _scoring(scores: Iterator[float]) -> Callable[..., dict[str, float]]:
    def evaluate(trainer: LayerTrainer, *_: object, **__: object) -> dict[str, float]:
        found = {"eval_macro_f1": next(scores)}
        trainer.log(found)
        trainer.control = trainer.callback_handler.on_evaluate(trainer.args, trainer.state, trainer.control, found)
        return found

    return evaluate


def test_rows_that_changed_since_the_run_began_are_refused_and_old_runs_go_on(
    tiny_config: Path, annotations_file: Path, unbroken: str, tmp_path: Path
) -> None:
    lines = annotations_file.read_text(encoding="utf-8").splitlines(keepends=True)
    data = tmp_path / annotations_file.name
    data.write_text("".join(lines), encoding="utf-8")
    config = load_config(tiny_config, [*OVERRIDES, f"data.root={tmp_path}"])
    with pytest.raises(Killed):
        finetune(config, tmp_path / "run", progress=killing_after(7))
    changed = ("".join(lines[:3] + lines[4:]), "".join(lines).replace('"neutral"', '"favor"', 1))
    for text in changed:
        data.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="not those that this run began with"):
            finetune(config, tmp_path / "run", resume=True)
    data.write_text("".join(lines), encoding="utf-8")
    (tmp_path / "run" / "rows.sha256").unlink()  # as before fingerprints were kept
    folder = finetune(config, tmp_path / "run", resume=True)
    assert Checkpoint(folder).config.files["model.safetensors"] == unbroken


def test_a_resumed_run_counts_the_steps_that_are_left(settings: TrainingConfig, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        finetune(settings, tmp_path / "run", progress=killing_after(7))
    shown: list[object] = []

    @contextmanager
    def progress(what: str, total: int | None) -> Iterator[Callable[[], None]]:
        shown.append(total)
        yield lambda: shown.append("step")

    said: list[str] = []
    finetune(settings, tmp_path / "run", resume=True, progress=progress, say=said.append)
    assert shown == [4, *["step"] * 4]
    assert "going on after step 6 of 10" in said
