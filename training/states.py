"""`RunState`: a state that a run kept under its `steps`, as something that another run can start from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from newstance.errors import CheckpointError
from newstance.model import Codebook

from .config import TrainingConfig, codebook_of

__all__ = ["RunState"]

_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, slots=True)
class RunState:
    """A folder `RUN/steps/checkpoint-STEP`, with the configuration that lies in `RUN`."""

    path: Path
    config: TrainingConfig

    @classmethod
    def find(cls, name_or_path: str | Path) -> Self | None:
        """Return the state of that path, or None where it is none.

        Raises:
            CheckpointError: it has no weights, or the configuration of its run is missing or wrong.
        """
        path = Path(name_or_path)
        if (path / "config.json").is_file() or not (path / "trainer_state.json").is_file():
            return None
        if not (path / _WEIGHTS).is_file():
            raise CheckpointError(f"is a state of a run without {_WEIGHTS}", path=path)
        note = path.resolve().parent.parent / "config.json"
        try:
            config = TrainingConfig.model_validate_json(note.read_bytes())
        except (OSError, ValidationError) as error:
            raise CheckpointError("is a state of a run, whose configuration cannot be read", path=note) from error
        return cls(path, config)

    @property
    def weights(self) -> Path:
        """Return the file of its weights."""
        return self.path / _WEIGHTS

    @property
    def name(self) -> str:
        """Return what to call it, without a path of this machine."""
        return f"the state after step {self.path.resolve().name.rpartition('-')[2]} of the run {self.config.name}"

    @property
    def codebook(self) -> Codebook:
        """Return the layers of its heads.

        Raises:
            InputError: the codebook's file is wrong.
        """
        return codebook_of(self.config)
