"""`newstance score`: begin to load the model, then import and do all else."""

from __future__ import annotations

from pathlib import Path

from newstance.model.onnx_runtime import begin_loading
from newstance.model.shipped_folder import DEFAULT, shipped_folder

__all__ = ["run_score"]


def run_score(
    paths: list[str],
    *,
    target: str,
    model: str | None,
    out: str | None,
    wanted: str | None,
    as_json: bool,
    explain: str,
    wrap: bool,
    columns: dict[str, str | None],
    stdin: str,
    max_characters: int,
    workers: int | None,
    part_articles: int | None,
    engine: str,
    html: Path | None,
    flips: bool,
    neighbours: bool,
) -> int:
    """Score every article that can be read, and name every one that cannot.

    Returns:
        0 when all were scored, 1 when some were refused, 130 when a run was interrupted.
    """
    if model is None and explain != "ig":
        # Of all that a first article waits for this takes longest, and most of it needs nothing of Python.
        begin_loading(shipped_folder() / DEFAULT / "model.onnx")
    from newstance.model import Checkpoint, Predictor

    checkpoint = Checkpoint.find(model)
    # Gradients need torch; everything else runs where the model runs fastest.
    predictor = Predictor.open(checkpoint, runtime="torch" if explain == "ig" else "auto", threads=workers)
    # Another model is loading since this line, on a thread of its own; so the imports behind the next come after it.
    from .stream import score_articles

    return score_articles(
        checkpoint,
        predictor,
        paths,
        target=target,
        out=out,
        wanted=wanted,
        as_json=as_json,
        explain=explain,
        wrap=wrap,
        columns=columns,
        stdin=stdin,
        max_characters=max_characters,
        workers=workers,
        part_articles=part_articles,
        engine=engine,
        html=html,
        flips=flips,
        neighbours=neighbours,
    )
