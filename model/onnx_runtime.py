"""`OnnxRuntime`: scoring without torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnxruntime

from newstance.errors import CheckpointError

from .encoding import Batch
from .runtime import Outputs

__all__ = ["OnnxRuntime"]


class OnnxRuntime:
    """Run an exported model on the processor.

    The file is loaded in the background, which takes longer than reading a target profile and an article: whoever
    scores a single article waits for the longer of the two, not for both.
    """

    def __init__(self, path: Path, *, threads: int | None = None) -> None:
        """Begin to load the file; what is wrong with it comes up in the first `run`."""
        loader = ThreadPoolExecutor(max_workers=1)
        self._loading = loader.submit(_load, path, threads)
        loader.shutdown(wait=False)

    def run(self, batch: Batch, *, only: Sequence[str] | None = None) -> Outputs:
        """Return the outputs of every layer for a padded batch.

        Args:
            batch: as `collate` makes it.
            only: names of outputs; what the others need is not computed.

        Raises:
            CheckpointError: ONNX Runtime cannot load the file.
        """
        session = self._loading.result()
        names = list(only) if only is not None else [node.name for node in session.get_outputs()]
        feed = {node.name: batch[node.name] for node in session.get_inputs()}
        options = onnxruntime.RunOptions()
        options.only_execute_path_to_fetches = only is not None
        return dict(zip(names, session.run(names, feed, options), strict=True))


def _load(path: Path, threads: int | None) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or _cores()
    # Batches change shape all the time; memory planned for the largest would never be given back.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise CheckpointError(f"ONNX Runtime cannot load it: {error}", path=path) from error


def _cores() -> int:
    """Return how many cores this process may use; ONNX Runtime would count those it may not."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
