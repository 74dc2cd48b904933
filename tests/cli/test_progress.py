"""Lines that tell a log file how far a command is."""

from __future__ import annotations

import pytest

from newstance.cli.progress import LogLines, progress


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_a_minute_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    log = LogLines(clock=clock)
    for clock.now in (10.0, 59.0, 61.0, 62.0, 120.0, 125.0):
        log.write(lambda seconds: f"after {seconds:.0f} s")
    assert capsys.readouterr().err.splitlines() == ["after 61 s", "after 125 s"]


def test_steps_are_counted_with_the_time_that_is_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    monkeypatch.setattr("newstance.cli.progress.LogLines", lambda: LogLines(clock=clock))
    with progress("steps", 1000) as step:
        for second in range(1, 241):
            clock.now = float(second)
            step()
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert lines[0] == "steps: 60 of 1,000 in 1 min, about 16 min left"
    assert len(lines) == 4


def test_a_night_is_told_in_hours(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("newstance.cli.progress.LogLines", lambda: LogLines(clock=clock))
    with progress("articles", None) as step:
        clock.now = 3 * 3600 + 5 * 60
        step()
    assert capsys.readouterr().err == "articles: 1 done in 3 h 05 min\n"


def test_few_steps_are_not_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("processes", 9) as step:
        step()
    assert capsys.readouterr() == ("", "")
