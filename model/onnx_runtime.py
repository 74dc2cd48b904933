"""`OnnxRuntime`: scoring without torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from newstance.errors import CheckpointError

if TYPE_CHECKING:
    import onnxruntime

    from .encoding import Batch
    from .runtime import Outputs

__all__ = ["OnnxRuntime", "begin_loading"]

#: One kernel for an addition and the normalisation after it, 1.2 ms for 504 tokens where the two take 0.4: without it a
#: batch takes 5% less (173 ms against 182, one core, 14 rows of 36 tokens, least of 40) and differs by 5e-6.
_SLOW_FUSION = "SkipLayerNormFusion"


class OnnxRuntime:
    """Run an exported model on the processor, each batch on the thread that asks for it.

    The file is loaded in the background, which takes longer than reading a target profile and an article: whoever
    scores a single article waits for the longer of the two, not for both.
    """

    concurrent: ClassVar[bool] = True

    def __init__(self, file: Path | Callable[[], Path]) -> None:
        """Begin to load a file, or what a function returns that also checks it; errors come up in the first `run`."""
        self._loading = _in_background(lambda: _load(file))

    def run(self, batch: Batch, *, only: Sequence[str] | None = None) -> Outputs:
        """Return the outputs of every layer for a padded batch.

        Args:
            batch: as `collate` makes it.
            only: names of outputs; what the others need is not computed.

        Raises:
            CheckpointError: the file is damaged, or ONNX Runtime cannot load it.
        """
        session = self._loading.result()
        import onnxruntime

        rows = len(batch["input_ids"])
        if rows == 1:
            # A single row takes other kernels, whose last bits differ. Two of it give what any batch gives.
            batch = {name: np.repeat(array, 2, axis=0) for name, array in batch.items()}
        names = list(only) if only is not None else [node.name for node in session.get_outputs()]
        feed = {node.name: batch[node.name] for node in session.get_inputs()}
        options = onnxruntime.RunOptions()
        options.only_execute_path_to_fetches = only is not None
        return {name: array[:rows] for name, array in zip(names, session.run(names, feed, options), strict=True)}


#: Files that are being loaded already, before anybody has checked them.
_begun: dict[Path, Future[onnxruntime.InferenceSession]] = {}


def begin_loading(file: Path) -> None:
    """Begin to load a file that an `OnnxRuntime` will be made for, before anything else is imported.

    The runtime still waits for its own check of the file, and gives the session out only after it.
    """
    _begun[file] = _in_background(lambda: _session(file))


def _in_background(
    load: Callable[[], onnxruntime.InferenceSession],
) -> Future[onnxruntime.InferenceSession]:
    loader = ThreadPoolExecutor(max_workers=1)
    loading = loader.submit(load)
    loader.shutdown(wait=False)
    return loading


def _load(file: Path | Callable[[], Path]) -> onnxruntime.InferenceSession:
    path = file if isinstance(file, Path) else file()
    begun = _begun.pop(path, None)
    return _session(path) if begun is None else begun.result()


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime  # here, so that its import runs in the background too

    options = onnxruntime.SessionOptions()
    # One thread a batch and several batches at a time: nothing waits for the slower half of a matrix, and results
    # do not depend on how matrices are cut up.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # Batches change shape all the time; memory planned for the largest would never be given back.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    # Else ONNX Runtime would keep int8 weights as they are for integer products, and scale them in every run.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    try:
        return onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"], disabled_optimizers=[_SLOW_FUSION]
        )
    except Exception as error:
        raise CheckpointError(f"ONNX Runtime cannot load it: {error}", path=path) from error
