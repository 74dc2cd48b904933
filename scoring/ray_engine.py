"""`--engine ray`: the parts of a run scored by actors on one machine or many; the same rows as the local engine.

One process reads the archive, so that ids stay unique and a run can be resumed just as a local one. It hands out
parts of `part_articles` drafts; an actor with a `Scorer` of its own scores a part and writes it into the folder,
which all machines must share, and only its counts come back. Ray Core and not Ray Data: Ray Data's own checkpoints
know rows, not parts that are whole or absent, and two mechanisms of resuming would have to agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from newstance.articles import Archive, Draft, Refusal, TargetProfile
from newstance.errors import ArticleError, UsageError

from .run import PART_ARTICLES, PartCounts, Run, RunStatus
from .run_folder import PartFormat
from .scorer import Explain, Scorer
from .writers import open_file

__all__ = ["PartScorer", "score_archive_on_ray"]

#: What a refusal is sent as: errors with keyword arguments do not survive pickling.
Sent = tuple[str, str | None, int | None, str | None, str | None]


class PartScorer:
    """Score whole parts with one model, on one thread; what an actor is made of."""

    def __init__(self, model: str, profile: dict[str, Any], explain: Explain, max_characters: int) -> None:
        """Open the model."""
        self._scorer = Scorer.load(model, target=TargetProfile.model_validate(profile), threads=1)
        self._explain, self._max_characters = explain, max_characters

    def score(
        self, drafts: list[Draft], path: str, output: PartFormat
    ) -> tuple[str, dict[str, Any] | None, list[Sent]]:
        """Write a part.

        Returns:
            The part's name, its counts (None when no article could be scored, and no part was written), and the
            refusals.

        Raises:
            OutputError: it cannot be written.
        """
        refused: list[Sent] = []
        counts = PartCounts()
        with open_file(Path(path), output, self._scorer.stances) as writer:
            results = self._scorer.score_drafts(drafts, explain=self._explain, max_characters=self._max_characters)
            for result in results:
                if isinstance(result, Refusal):
                    error = result.error
                    refused.append((error.message, error.path, error.line, error.field, result.id))
                else:
                    writer.write(result)
                    counts.add(result)
        if counts.articles:
            return Path(path).name, counts.as_dict(), refused
        Path(path).unlink(missing_ok=True)
        return Path(path).name, None, refused


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
        actors: how many; None for one per processor of the cluster.
        report: told after each part.

    Raises:
        UsageError: ray is not installed, or the input is standard input.
        OutputError: the folder cannot be written.
    """
    try:
        import ray as ray_module
        from ray.util import ActorPool
    except ImportError as error:
        raise UsageError("--engine ray needs: pip install 'newstance[cluster]'") from error
    ray: Any = ray_module  # its own types say less than they promise
    if any(str(path) == "-" for path in archive.paths):
        raise UsageError("standard input cannot be read by other processes; use --engine local")
    if not ray.is_initialized():
        ray.init(log_to_driver=False, include_dashboard=False)
    number = actors or max(1, int(ray.cluster_resources().get("CPU", 1)))
    make = ray.remote(num_cpus=1)(PartScorer)
    profile = scorer.target.model_dump(mode="json", by_alias=True)
    members = [
        make.remote(str(scorer.checkpoint.path.resolve()), profile, explain, archive.max_characters)
        for _ in range(number)
    ]
    pool = ActorPool(members)
    with Run(scorer, archive, out, output=output, explain=explain) as run:
        parts = _parts(run, part_articles)
        under_way = 0
        more = True
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
            name, counts, refused = pool.get_next_unordered()
            under_way -= 1
            for message, file, line, field, article in refused:
                run.refuse(Refusal(ArticleError(message, path=file, line=line, field=field), article))
            if counts is not None:
                run.folder.finish_part(run.folder.path / name, counts)
                run.status.articles += counts["articles"]
                run.status.sentences += counts["sentences"]
            report(run.now())
    for member in members:
        ray.kill(member)
    return run.status


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
