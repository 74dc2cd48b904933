"""What `newstance score` says of models that read the target's name."""

from __future__ import annotations

from collections.abc import Iterator

from newstance.scoring import Scorer

__all__ = ["about_blindness"]


def about_blindness(scorer: Scorer) -> Iterator[str]:
    """Yield a line where the model sees who is in office, so that its answers may hang on it."""
    if scorer.reads_names:
        yield (
            f"{scorer.checkpoint.config.name} reads the target's name: the same words may get another label under "
            "another administration. To compare administrations take a model that masks it, such as the default"
        )
