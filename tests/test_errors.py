"""A module's own command ends as `newstance` does: in one line, with the exit code of what went wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from newstance.errors import CheckpointError, UsageError
from newstance.errors.command import run_command


@pytest.mark.parametrize(("error", "code"), [(CheckpointError("is damaged", path="m"), 1), (UsageError("no such"), 2)])
def test_an_error_of_ours_is_one_line_and_its_exit_code(
    error: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        raise error

    monkeypatch.setattr(sys, "argv", ["command"])
    with pytest.raises(SystemExit) as ended:
        run_command(command)
    assert ended.value.code == code
    assert capsys.readouterr().err == f"newstance: {error}\n"


def test_the_results_of_a_folder_that_is_no_model_end_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "newstance.eval.results", "--data-root", str(tmp_path), "--model", f"m={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("newstance: ")
    assert str(tmp_path) in done.stderr
    assert len(done.stderr.splitlines()) == 1
