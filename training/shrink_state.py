"""`ShrinkState`: what a model that is being shrunk has learnt so far, in a file beside its folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from newstance.errors import OutputError, UsageError
from newstance.files import whole_file

__all__ = ["ShrinkState"]


class ShrinkState:
    """The file `OUT.shrinking` beside a folder `OUT`, which can be gone on from with the same settings and rows alone.

    Attributes:
        path: the file.
    """

    def __init__(self, out: Path) -> None:
        """Name the file; nothing is read or written."""
        place = Path(os.path.realpath(out))
        self.path = place.with_name(f"{place.name}.shrinking")

    def check(self, *, resume: bool) -> None:
        """Raise `UsageError` where a state is there that nobody asked to go on from."""
        if self.path.exists() and not resume:
            raise UsageError("is of a call that was stopped; give --resume, or remove it", path=self.path)

    def write(self, key: str, step: int, network: nn.Module, optimizer: torch.optim.Optimizer, share: Tensor) -> None:
        """Keep what there is after a step; an older state stays where it cannot be written.

        Args:
            key: what must be the same for the state to be gone on from.
            step: how many steps are done.
            network: the small model.
            optimizer: its optimiser.
            share: what it leaves unexplained of each layer, (layers,).

        Raises:
            OutputError: the file cannot be written.
        """
        random = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
        found = {"key": key, "step": step, "share": share, "random": random}
        found |= {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
        with whole_file(self.path) as place:
            try:
                torch.save(found, place)
            except RuntimeError as error:  # as torch calls a full disk
                raise OutputError("cannot be written; is the disk full?", path=self.path) from error

    def read(self, key: str, network: nn.Module, optimizer: torch.optim.Optimizer) -> tuple[int, Tensor | None]:
        """Put network, optimiser and random numbers where they were, and return the step and the share; 0 without any.

        Raises:
            UsageError: the file is no state, or that of another call.
        """
        if not self.path.exists():
            return 0, None
        try:
            found: dict[str, Any] = torch.load(self.path, map_location="cpu", weights_only=True)
        except Exception as error:
            raise UsageError("is no state to go on from; remove it", path=self.path) from error
        if found.get("key") != key:
            raise UsageError("is of a call with other settings, rows or model; give another --out", path=self.path)
        network.load_state_dict(found["network"])
        optimizer.load_state_dict(found["optimizer"])
        torch.set_rng_state(found["random"][0])
        if torch.cuda.is_available():
            torch.cuda.set_rng_state_all(found["random"][1:])
        return found["step"], found["share"]

    def remove(self) -> None:
        """Remove the file, as the model is there."""
        self.path.unlink(missing_ok=True)
