"""Ray gives the rows of the local engine. Skipped where ray is not installed (extra `cluster`) or cannot start."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from newstance.articles import Archive, TargetProfile
from newstance.errors import InputError, OutputError, UsageError
from newstance.model import Checkpoint, Predictor
from newstance.scoring import Scorer
from newstance.scoring.ray_engine import PartScorer, next_part, score_archive_on_ray
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


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    module = pytest.importorskip("ray", reason="ray is not installed (extra `cluster`)")
    try:
        module.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=80_000_000)
    except Exception as error:
        if "timed out during startup" not in str(error):
            raise
        pytest.skip(f"this machine is too busy for Ray to start in the 30 s that it allows itself: {error}")
    yield module
    module.shutdown()
    gc.collect()  # what Ray leaves unclosed is complained of here, where it is expected, and in no later test


def test_two_actors_give_the_same_rows_as_this_process(
    ray: Any, tiny_exported: Path, archive: Path, tmp_path: Path
) -> None:
    checkpoint = Checkpoint(tiny_exported)
    scorer = Scorer(checkpoint, Predictor.open(checkpoint), COUNCIL)
    here = score_archive(scorer, Archive([archive]), tmp_path / "local", part_articles=7)
    status = score_archive_on_ray(scorer, Archive([archive]), tmp_path / "ray", part_articles=4, actors=2)
    assert (status.articles, status.sentences, status.refused) == (30, 60, 2)
    assert status.tokens >= here.tokens > 0  # each actor has a cache of its own
    assert rows(tmp_path / "ray") == rows(tmp_path / "local")
    assert errors(tmp_path / "ray") == errors(tmp_path / "local")
    again = score_archive_on_ray(scorer, Archive([archive]), tmp_path / "ray", part_articles=4, actors=2)
    assert (again.articles, again.skipped) == (0, 30)
    with pytest.raises(UsageError, match="3 is more than the 2 processors"):
        score_archive_on_ray(scorer, Archive([archive]), tmp_path / "more", actors=3)


def test_relative_paths_lead_to_the_files_of_this_process_wherever_the_actors_run(
    ray: Any, tiny_exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint(tiny_exported)
    scorer = Scorer(checkpoint, Predictor.open(checkpoint), COUNCIL)
    (tmp_path / "tide.txt").write_text("The council wrecked the harbour. It met at noon.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # the actors are where Ray was started
    for score, out in ((score_archive, "local"), (score_archive_on_ray, "ray")):
        status = score(scorer, Archive(["tide.txt", "nowhere.txt"]), tmp_path / out)
        assert (status.articles, status.refused) == (1, 1)
    assert rows(tmp_path / "ray") == rows(tmp_path / "local")
    assert errors(tmp_path / "ray") == errors(tmp_path / "local")


def test_what_happens_to_an_actor_is_said_in_one_line(
    ray: Any, tiny_exported: Path, archive: Path, tmp_path: Path
) -> None:
    from ray.util import ActorPool

    profile = COUNCIL.model_dump(mode="json", by_alias=True)
    actor = ray.remote(num_cpus=1)(PartScorer).remote(str(tiny_exported), profile, "evidence", 1000, "/")
    pool = ActorPool([actor])
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    job = (list(Archive([archive]))[:2], str(tmp_path / "file" / "part-00000.parquet"), "parquet")
    pool.submit(lambda member, given: member.score.remote(*given), job)
    with pytest.raises(OutputError, match=r"part-00000.*cannot be written"):
        next_part(pool)
    ray.kill(actor)
    # It takes effect when the actor's process has ended, which a busy machine may be slow to see.
    with pytest.raises(ray.exceptions.RayActorError):
        for _ in range(10_000):
            ray.get(actor.__ray_ready__.remote())
    pool.submit(lambda member, given: member.score.remote(*given), job)
    with pytest.raises(InputError, match="an actor is gone"):
        next_part(pool)


def test_what_an_actor_does_needs_no_cluster(tiny_exported: Path, archive: Path, tmp_path: Path) -> None:
    member = PartScorer(str(tiny_exported), COUNCIL.model_dump(mode="json", by_alias=True), "evidence", 1000, "/")
    drafts = list(Archive([archive]))
    part = tmp_path / "part-00000.parquet"
    scored = member.score(drafts[:3] + drafts[-1:], str(part), "parquet")  # type: ignore[arg-type]
    assert scored.name == part.name and scored.counts is not None
    assert (scored.counts["articles"], scored.counts["sentences"], scored.ran.windows) == (3, 6, 6)
    assert [refusal.id for refusal in scored.refused] == ["empty"]
    assert pq.read_metadata(part).num_rows == 6
    assert member.score(drafts[-1:], str(part), "parquet").counts is None  # type: ignore[arg-type]
    assert not part.exists()


def test_an_actor_finds_files_from_the_folder_that_it_is_given(
    tiny_exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "tide.txt").write_text("The council wrecked the harbour.", encoding="utf-8")
    profile = COUNCIL.model_dump(mode="json", by_alias=True)
    member = PartScorer(str(tiny_exported), profile, "evidence", 1000, str(tmp_path / "here"))
    drafts = list(Archive(["tide.txt", "nowhere.txt"]))
    monkeypatch.chdir(tmp_path)
    scored = member.score(drafts, str(tmp_path / "part-00000.parquet"), "parquet")  # type: ignore[arg-type]
    assert pq.read_table(tmp_path / "part-00000.parquet")["article"].to_pylist() == ["tide.txt"]
    assert [str(refusal.error) for refusal in scored.refused] == ["nowhere.txt: no such file; check the path"]
