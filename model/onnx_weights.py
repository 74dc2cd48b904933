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

    Matrices are stored as int8 columns, one an output unit (before version 0.3: as rows), the table of words as rows;
    or in four bits, with a scale for each block of a column or row.

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
        if initializer.data_type == onnx.TensorProto.INT4:
            tensors[name] = _unpacked(initializer.raw_data).reshape(*initializer.dims)
        else:
            tensors[name] = torch.from_numpy(numpy_helper.to_array(initializer).copy())
    for name in [name for name in tensors if name.endswith(".values")]:
        module = name.removesuffix(".values")
        tensors[f"{module}.weight"] = tensors.pop(name).float() * tensors.pop(f"{module}.scale")
    for name in [name for name in tensors if name.endswith(".columns")]:
        module = name.removesuffix(".columns")
        scale, columns = tensors.pop(f"{module}.scale").float(), tensors.pop(name).float()
        if scale.ndim == 2:
            scale = scale.repeat_interleave(len(columns) // len(scale), dim=0)
        tensors[f"{module}.weight"] = (columns * scale).T.contiguous()
    for name in [name for name in tensors if name.endswith(".packed")]:
        module = name.removesuffix(".packed")
        packed, scale = tensors.pop(name), tensors.pop(f"{module}.scale").float()
        values = torch.cat([packed % 16, packed // 16], dim=1).float() - 8
        scale = scale.repeat_interleave(values.shape[1] // scale.shape[1], dim=1)
        tensors[f"{module}.weight"] = values * scale
    return tensors


def _unpacked(packed: bytes) -> Tensor:
    """Return numbers of four bits with a sign, two a byte, the first in its low half."""
    both = torch.frombuffer(bytearray(packed), dtype=torch.uint8)
    numbers = torch.stack([both % 16, both // 16], dim=1).flatten().to(torch.int8)
    return torch.where(numbers > 7, numbers - 16, numbers)
