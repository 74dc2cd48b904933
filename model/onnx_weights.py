"""The weights of an exported model, read back for torch, so that a folder without torch weights can be studied."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from newstance.errors import CheckpointError

__all__ = ["exported_weights"]

_PREFIX = "network."


def exported_weights(path: Path) -> dict[str, Tensor]:
    """Return the network's tensors by their names in `SentenceClassifier`; int8 weights come back times their scales.

    Matrices are stored as int8 columns, one an output unit (before version 0.3: as rows), the table of words as rows.

    What the network does not use (an encoder's pooler) is not in the file.

    Raises:
        CheckpointError: the package `onnx` is not installed.
    """
    try:
        import onnx
        from onnx import numpy_helper
    except ImportError as error:
        raise CheckpointError(
            "reading weights back from model.onnx needs the package onnx: pip install 'newstance[train]'", path=path
        ) from error
    tensors: dict[str, Tensor] = {}
    for initializer in onnx.load(str(path)).graph.initializer:
        name = initializer.name.removeprefix(_PREFIX)
        tensors[name] = torch.from_numpy(numpy_helper.to_array(initializer).copy())
    for name in [name for name in tensors if name.endswith(".values")]:
        module = name.removesuffix(".values")
        tensors[f"{module}.weight"] = tensors.pop(name).float() * tensors.pop(f"{module}.scale")
    for name in [name for name in tensors if name.endswith(".columns")]:
        module = name.removesuffix(".columns")
        tensors[f"{module}.weight"] = (tensors.pop(name).float() * tensors.pop(f"{module}.scale")).T.contiguous()
    return tensors
