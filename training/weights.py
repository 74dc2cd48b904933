"""`save_weights`: a network's weights become one file."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from newstance.errors import OutputError

__all__ = ["save_weights"]


def save_weights(network: nn.Module, path: Path) -> None:
    """Write a network's parameters and buffers under their names, as safetensors, with the mode of any new file.

    Raises:
        OutputError: the file cannot be written, as on a full disk.
    """
    try:
        path.touch()
        mode = path.stat().st_mode
        save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, path)
        path.chmod(mode)  # some versions of safetensors leave a file that nobody else may read
    except (OSError, SafetensorError) as error:
        raise OutputError(f"cannot be written: {error}", path=path) from error
