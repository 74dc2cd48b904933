"""`learnt_part`: whether a model has learnt from a part of the file that it is to be judged on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from newstance.model import Checkpoint

__all__ = ["learnt_part"]


def learnt_part(checkpoint: Checkpoint, files: Sequence[Path]) -> str | None:
    """Return a warning where a file is called like one of which the model learnt the part `train`, else None.

    It goes by the names of files alone, as the model's provenance gives them: a file may be renamed or moved.
    """
    run = checkpoint.config.provenance.get("config", {})
    sources = run.get("data", {}).get("train", [])
    learnt = {Path(source["path"]).name for source in sources if source.get("part") and source.get("path")}
    alike = [path.name for path in files if path.name in learnt]
    if not alike:
        return None
    return (
        f"{checkpoint.config.name} learnt from the part `train` of a file called {alike[0]}: training rows "
        "may be among these; --part leaves them out"
    )
