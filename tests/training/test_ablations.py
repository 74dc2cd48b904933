from __future__ import annotations

import shutil
import statistics
from pathlib import Path

import pytest
import yaml

from newstance.errors import UsageError
from newstance.model import Checkpoint
from newstance.training.ablations import load_grid, run_grid
from newstance.training.report import read_report


def written(folder: Path, base: Path, **more: object) -> Path:
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump({"base": str(base), "set": ["epochs=1"], "seeds": [1, 2]} | more), encoding="utf-8")
    return path


def test_a_grid_is_run_once_and_its_table_holds_mean_and_deviation(tiny_config: Path, tmp_path: Path) -> None:
    grid = load_grid(
        written(tmp_path, tiny_config, grid={"encoding.target_mode": ["mark", "mask"]}, variants={"plain": []})
    )
    said: list[str] = []
    out = tmp_path / "out"
    text = run_grid(grid, out, say=said.append)
    assert [line for line in said if line.endswith(", seed 1")] == [
        "target_mode=mark, seed 1",
        "target_mode=mask, seed 1",
        "plain, seed 1",
    ]
    values = [
        row.figures["macro_f1"].value
        for seed in (1, 2)
        for row in read_report(out / "target_mode=mark" / str(seed) / "model" / "report.json")
    ]
    line = next(line for line in text.splitlines() if "target_mode=mark" in line)
    assert f"| 2 | {statistics.fmean(values):.3f} ± {statistics.stdev(values):.3f} |" in line
    assert not list(out.rglob("steps"))
    said.clear()
    assert run_grid(grid, out, say=said.append) == text == (out / "table.md").read_text(encoding="utf-8")
    assert not said


def test_a_reduced_grid_takes_a_share_of_what_is_trained_on_and_settings_from_the_command(
    tiny_config: Path, tmp_path: Path
) -> None:
    grid = load_grid(written(tmp_path, tiny_config, seeds=[1], share=0.5), ["pooling=target"])
    run_grid(grid, tmp_path / "out")
    (folder,) = (tmp_path / "out").glob("*/1/model")
    provenance = Checkpoint(folder).config.provenance
    assert 0 < provenance["rows"]["train"] < provenance["rows"]["dev"] == 36
    assert (provenance["config"]["pooling"], provenance["config"]["data"]["train"][0]["share"]) == ("target", 0.5)


def test_finished_runs_of_other_settings_are_not_reported_as_the_grids(tiny_config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_grid(load_grid(written(tmp_path, tiny_config, seeds=[1])), out)
    before = (out / "table.md").read_text(encoding="utf-8")
    changed = load_grid(written(tmp_path, tiny_config, seeds=[2, 1], share=0.5))
    with pytest.raises(UsageError, match=r"base/1: holds a run with another configuration"):
        run_grid(changed, out)
    assert (out / "table.md").read_text(encoding="utf-8") == before and not (out / "base" / "2").exists()


def test_so_are_runs_that_were_interrupted_before_anything_is_trained(tiny_config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_grid(load_grid(written(tmp_path, tiny_config, seeds=[1])), out)
    shutil.rmtree(out / "base" / "1" / "model")
    changed = load_grid(written(tmp_path, tiny_config, seeds=[2, 1], share=0.5))
    with pytest.raises(UsageError, match=r"base/1: holds a run with another configuration"):
        run_grid(changed, out)
    assert not (out / "base" / "2").exists()


@pytest.mark.parametrize("name", ["recipe", "small"])
def test_the_grids_that_ship_load(name: str) -> None:
    path = Path(__file__).resolve().parents[2] / "configs" / "ablations" / f"{name}.yaml"
    grid = load_grid(path, ["data.root=/nowhere"])
    assert len(grid.seeds) == 3 and len(grid.settings()) >= 5


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"grid": {"learning_rat": [1]}}, "learning_rate"),
        ({"variants": {"a/b": []}}, "cannot name a folder"),
        ({"seed": [1]}, "seed: Extra inputs"),
        ({"share": 0}, "share: Input should be greater than 0"),
    ],
)
def test_a_wrong_grid_is_refused_before_anything_is_trained(
    tiny_config: Path, tmp_path: Path, more: dict[str, object], problem: str
) -> None:
    with pytest.raises(UsageError, match=problem):
        load_grid(written(tmp_path, tiny_config, **more))
