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


def test_what_the_system_says_of_a_file_is_one_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")

    def command() -> None:
        (tmp_path / "file" / "page.md").write_text("figures", encoding="utf-8")

    monkeypatch.setattr(sys, "argv", ["command"])
    with pytest.raises(SystemExit) as ended:
        run_command(command)
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"newstance: {tmp_path / 'file' / 'page.md'}: Not a directory\n"


@pytest.mark.parametrize(
    "given",
    [
        ("newstance.eval.results", "--data-dir", "{missing}", "--model", "m={missing}"),
        ("newstance.eval.confidence", "--data-dir", "{missing}"),
        ("newstance.corpora.pass_agreement", "{missing}"),
    ],
    ids=lambda given: given[0],
)
def test_a_folder_or_file_that_is_missing_is_named_in_one_line(given: tuple[str, ...], tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    command = [sys.executable, "-m", *(word.format(missing=missing) for word in given)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("newstance: ")
    assert missing in done.stderr
    assert len(done.stderr.splitlines()) == 1
