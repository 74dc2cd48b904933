"""`OnnxRuntime`: scoring without torch."""

from __future__ import annotations

import os
from pathlib import Path

import onnxruntime
from newstance.errors import CheckpointError

from .encoding import Batch
from .runtime import Outputs

__all__ = ["OnnxRuntime"]


class OnnxRuntime:
    """Run an exported model on the processor."""

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        """Open the file.

        Raises:
            CheckpointError: ONNX Runtime cannot load it.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _cores()
        # Batches change shape all the time; memory planned for the largest would never be given back.
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise CheckpointError(f"ONNX Runtime cannot load it: {error}", path=path) from error
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._outputs = [node.name for node in self._session.get_outputs()]

    def run(self, batch: Batch) -> Outputs:
        """Return the outputs of every layer for a padded batch."""
        feed = {name: array for name, array in batch.items() if name in self._inputs}
        return dict(zip(self._outputs, self._session.run(self._outputs, feed), strict=True))


def _cores() -> int:
    """Return how many cores this process may use; ONNX Runtime would count those it may not."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
