"""`--engine ray`: the parts of a run scored by actors on one machine or many; the same rows as the local engine.

One process reads the archive, so that ids stay unique and a run can be resumed just as a local one. It hands out
parts of `part_articles` drafts; an actor with a `Scorer` of its own scores a part and writes it into the folder,
which all machines must share, and only its counts come back. Ray Core and not Ray Data: Ray Data's own checkpoints
know rows, not parts that are whole or absent, and two mechanisms of resuming would have to agree.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from newstance.articles import Archive, Draft, Refusal, TargetProfile
from newstance.errors import InputError, NewstanceError, UsageError
from newstance.model import Counts

from .counts import PartCounts
from .run import PART_ARTICLES, Run, RunStatus
from .run_folder import PartFormat
from .scorer import Explain, Scorer
from .writers import open_file

__all__ = ["PartScorer", "ScoredPart", "next_part", "score_archive_on_ray", "start_ray"]


@dataclass(frozen=True, slots=True)
class ScoredPart:
    """What comes back from an actor.

    Attributes:
        name: the part's file name.
        counts: what it holds; None when no article could be scored, and no part was written.
        refused: articles that could not be scored.
        ran: what the model did for it.
    """

    name: str
    counts: dict[str, Any] | None
    refused: list[Refusal]
    ran: Counts


class PartScorer:
    """Score whole parts with one model, on one thread; what an actor is made of."""

    def __init__(self, model: str, profile: dict[str, Any], explain: Explain, max_characters: int, folder: str) -> None:
        """Open the model; `folder` is where relative paths of drafts begin, since an actor may run in another."""
        self._scorer = Scorer.load(model, target=TargetProfile.model_validate(profile), threads=1)
        self._explain, self._max_characters, self._folder = explain, max_characters, folder

    def score(self, drafts: list[Draft], path: str, output: PartFormat) -> ScoredPart:
        """Write a part.

        Raises:
            OutputError: it cannot be written.
        """
        before = replace(self._scorer.predictor.counts)
        refused: list[Refusal] = []
        counts = PartCounts()
        given = {draft.id: draft.path for draft in drafts}
        placed = [_placed(draft, self._folder) for draft in drafts]
        with open_file(Path(path), output, self._scorer.stances) as writer:
            results = self._scorer.score_drafts(placed, explain=self._explain, max_characters=self._max_characters)
            for result in results:
                if isinstance(result, Refusal):
                    if result.id is not None:
                        result.error.path = given[result.id]
                    refused.append(result)
                else:
                    writer.write(result)
                    counts.add(result)
        if not counts.articles:
            Path(path).unlink(missing_ok=True)
        held = counts.as_dict() if counts.articles else None
        return ScoredPart(Path(path).name, held, refused, self._scorer.predictor.counts.since(before))


def _placed(draft: Draft, folder: str) -> Draft:
    """Return a draft whose file, where it has one of its own, is found from any folder; its id stays."""
    if draft.path is None or draft.text is not None or draft.page is not None:
        return draft
    return replace(draft, path=str(Path(folder, draft.path)))


def start_ray() -> Any:
    """Return the module `ray`, joined to the cluster that runs here or at `RAY_ADDRESS`, or to one it starts.

    Raises:
        UsageError: ray is not installed.
        InputError: Ray does not start, or cannot be reached.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # what is scored here, and that it is, stays here
    try:
        import ray
    except ImportError as error:
        raise UsageError("--engine ray needs: pip install 'newstance[cluster]'") from error
    if ray.is_initialized():
        return ray
    try:
        ray.init(log_to_driver=False, include_dashboard=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises plain exceptions of many kinds
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"Ray did not start: {reason} On a busy machine it needs more than the 30 seconds that it allows itself: "
            "try again, or use --engine local"
        ) from error
    return ray


def score_archive_on_ray(
    scorer: Scorer,
    archive: Archive,
    out: Path,
    *,
    output: PartFormat = "parquet",
    explain: Explain = "evidence",
    part_articles: int = PART_ARTICLES,
    actors: int | None = None,
    report: Callable[[RunStatus], None] = lambda status: None,
) -> RunStatus:
    """Score an archive on Ray into a folder that all its machines share; see `score_archive`.

    Args:
        scorer: model and target; each actor opens its own copy from the same folder.
        archive: the articles, readable under the same paths on every machine; standard input is not.
        out: the run's folder.
        output: format of the parts.
        explain: as in `Scorer.score`.
        part_articles: articles of a part, and of an actor's call.
        actors: how many, each on one processor; None for one per processor of the cluster.
        report: told at the beginning and after each part.

    Raises:
        UsageError: ray is not installed, has fewer processors than actors, or the input is standard input.
        InputError: Ray does not start, or an actor is gone.
        OutputError: the folder cannot be written.
    """
    if any(str(path) == "-" for path in archive.paths):
        raise UsageError("standard input cannot be read by other processes; use --engine local")
    ray = start_ray()
    from ray.util import ActorPool

    processors = max(1, int(ray.cluster_resources().get("CPU", 1)))
    number = actors or processors
    if number > processors:  # those without a processor would never begin, and the run never end
        raise UsageError(f"--workers {number} is more than the {processors} processors that Ray has; give fewer")
    make = ray.remote(num_cpus=1)(PartScorer)
    profile = scorer.target.model_dump(mode="json", by_alias=True)
    members = [
        make.remote(str(scorer.checkpoint.path.resolve()), profile, explain, archive.max_characters, str(Path.cwd()))
        for _ in range(number)
    ]
    pool = ActorPool(members)
    try:
        with Run(scorer, archive, out, output=output, explain=explain) as run:
            parts = _parts(run, part_articles)
            under_way = 0
            more = True
            report(run.now())
            while more or under_way:
                # Two parts an actor: one that it scores and one that waits, so that memory stays bounded.
                if more and under_way < 2 * number:
                    drafts = next(parts, None)
                    more = drafts is not None
                    if drafts is not None:
                        path = str(run.folder.next_path().resolve())
                        pool.submit(lambda actor, job: actor.score.remote(*job), (drafts, path, output))
                        under_way += 1
                    continue
                _enter(run, scorer, next_part(pool))
                under_way -= 1
                report(run.now())
    finally:
        for member in members:
            ray.kill(member)
    return run.status


def next_part(pool: Any) -> ScoredPart:
    """Wait for the next part of any actor.

    Raises:
        NewstanceError: what the actor raised, such as a full disk.
        InputError: the actor, or its machine, is gone.
    """
    from ray.exceptions import RayError, RayTaskError

    try:
        part: ScoredPart = pool.get_next_unordered()
    except RayTaskError as error:
        if isinstance(error.cause, NewstanceError):
            raise error.cause from None
        raise InputError(f"an actor failed: {error.cause!r}; finished parts are kept, run it again to go on") from error
    except RayError as error:
        raise InputError(
            f"an actor is gone ({type(error).__name__}), for want of memory perhaps; finished parts are kept, "
            "run the same command again to go on"
        ) from error
    return part


def _enter(run: Run, scorer: Scorer, part: ScoredPart) -> None:
    """Account for a part that an actor has written."""
    for refusal in part.refused:
        run.refuse(refusal)
    scorer.predictor.counts.add(part.ran)
    if part.counts is not None:
        run.folder.finish_part(run.folder.path / part.name, part.counts)
        run.status.articles += part.counts["articles"]
        run.status.sentences += part.counts["sentences"]


def _parts(run: Run, size: int) -> Iterator[list[Draft]]:
    """Collect drafts into parts; what is refused already is accounted for on the way."""
    drafts: list[Draft] = []
    for found in run.drafts():
        if isinstance(found, Refusal):
            run.refuse(found)
            continue
        drafts.append(found)
        if len(drafts) == size:
            yield drafts
            drafts = []
    if drafts:
        yield drafts
