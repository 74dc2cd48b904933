"""`newstance train`, `shrink` and `export`, as a user calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from newstance.cli.app import main

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
