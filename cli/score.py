"""`newstance score`: begin to load the model, then import and do all else."""

from __future__ import annotations

from newstance.model.onnx_runtime import begin_loading
from newstance.model.shipped_folder import DEFAULT, shipped_folder

from .asked import ScoreOptions

__all__ = ["run_score"]


def run_score(options: ScoreOptions) -> int:
    """Score every article that can be read, and name every one that cannot.

    Returns:
        0 when all were scored, 1 when some were refused, 130 when a run was interrupted.
    """
    if options.model is None and options.explain != "ig":
        # Of all that a first article waits for this takes longest, and most of it needs nothing of Python.
        begin_loading(shipped_folder() / DEFAULT / "model.onnx")
    from newstance.model import Checkpoint, Predictor

    checkpoint = Checkpoint.find(options.model)
    # Gradients need torch; everything else runs where the model runs fastest.
    predictor = Predictor.open(
        checkpoint, runtime="torch" if options.explain == "ig" else "auto", threads=options.workers
    )
    # Another model is loading since this line, on a thread of its own; so the imports behind the next come after it.
    from .stream import score_articles

    return score_articles(checkpoint, predictor, options)
