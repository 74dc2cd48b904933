"""One run over several processes, as `accelerate launch` starts them: the first writes, the others wait."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta

import torch
from accelerate import PartialState

__all__ = ["count", "is_main", "main_first", "wait"]

#: The others wait while the first asks teachers, or measures baselines; a process that dies ends them all before that.
_PATIENCE = timedelta(days=1)


def is_main() -> bool:
    """Return whether this process is the one that writes and speaks; the only one is."""
    return bool(_state().is_main_process)


def count() -> int:
    """Return how many processes share the run."""
    return int(_state().num_processes)


def wait() -> None:
    """Wait until every process has come this far."""
    _state().wait_for_everyone()


def main_first() -> AbstractContextManager[None]:
    """Let the first process through a block before the others, which find what it wrote."""
    found: AbstractContextManager[None] = _state().main_process_first()
    return found


def _state() -> PartialState:
    # On processors the group must be told so, or none is formed: the Trainer says the same.
    return PartialState(cpu=not torch.cuda.is_available(), timeout=_PATIENCE)
