"""Ray gives the rows of the local engine. Skipped where ray is not installed (extra `cluster`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from newstance.articles import Archive, TargetProfile
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Scorer
from newstance.scoring.ray_engine import PartScorer, score_archive_on_ray
from newstance.scoring.run import score_archive

#: Ray leaves its own processes to the interpreter's end.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")

COUNCIL = TargetProfile(name="the council", aliases=("the council", "council"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    rows = [{"id": f"tide-{n}", "text": f"The council wrecked harbour {n}. It met at noon."} for n in range(30)]
    rows += [{"id": "tide-3", "text": "Given twice."}, {"id": "empty", "text": " "}]
    path = tmp_path / "archive.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rows(out: Path) -> list[str]:
    found = [row for path in out.glob("part-*.parquet") for row in pq.read_table(path).to_pylist()]
    return [json.dumps(row) for row in sorted(found, key=lambda row: (row["article"], row["index"]))]


def errors(out: Path) -> list[str]:
    return sorted((out / "errors.jsonl").read_text(encoding="utf-8").splitlines())


@pytest.fixture
def cluster() -> Iterator[None]:
    ray = pytest.importorskip("ray", reason="ray is not installed (extra `cluster`)")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80_000_000)
    yield
    ray.shutdown()


def test_two_actors_give_the_same_rows_as_this_process(
    cluster: None, tiny_exported: Path, archive: Path, tmp_path: Path
) -> None:
    checkpoint = Checkpoint(tiny_exported)
    scorer = Scorer(checkpoint, Predictor.open(checkpoint), COUNCIL)
    score_archive(scorer, Archive([archive]), tmp_path / "local", part_articles=7)
    status = score_archive_on_ray(scorer, Archive([archive]), tmp_path / "ray", part_articles=4, actors=2)
    assert (status.articles, status.sentences, status.refused) == (30, 60, 2)
    assert rows(tmp_path / "ray") == rows(tmp_path / "local")
    assert errors(tmp_path / "ray") == errors(tmp_path / "local")
    again = score_archive_on_ray(scorer, Archive([archive]), tmp_path / "ray", part_articles=4, actors=2)
    assert (again.articles, again.skipped) == (0, 30)


def test_what_an_actor_does_needs_no_cluster(tiny_exported: Path, archive: Path, tmp_path: Path) -> None:
    member = PartScorer(str(tiny_exported), COUNCIL.model_dump(mode="json", by_alias=True), "evidence", 1000)
    drafts = list(Archive([archive]))
    part = tmp_path / "part-00000.parquet"
    name, counts, refused = member.score(drafts[:3] + drafts[-1:], str(part), "parquet")  # type: ignore[arg-type]
    assert name == part.name and counts is not None
    assert (counts["articles"], counts["sentences"], len(refused), refused[0][4]) == (3, 6, 1, "empty")
    assert pq.read_metadata(part).num_rows == 6
    assert member.score(drafts[-1:], str(part), "parquet")[1] is None  # type: ignore[arg-type]
    assert not part.exists()
