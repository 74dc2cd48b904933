"""`Checkpoint`: a model folder, opened, checked and described.

::

    config.json         architecture, encoding, layers' heads, provenance, SHA-256 of the other files
    model.safetensors   torch weights (may be absent from an exported model)
    model.onnx          exported weights (may be absent from a training run)
    tokenizer.json      the tokenizer, as `tokenizers` reads it
    labels.yaml         the codebook's layers that this model predicts
    calibration.json    temperature, offsets and threshold per layer
    README.md           the model card

Nothing in it is pickled, and nothing in it is run.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError
from tokenizers import Tokenizer

from newstance.errors import CheckpointError
from newstance.files import whole_folder, write_together

from .calibration import Calibration
from .codebook import Codebook, Layer, load_codebook
from .encoding import EncodingConfig
from .file_hash import file_sha256
from .head_config import EvidenceConfig, HeadConfig
from .shipped_folder import DEFAULT, shipped_folder

__all__ = ["FORMAT", "Checkpoint", "ModelConfig", "is_free", "shipped_models", "write_config", "write_copy"]

FORMAT: Literal["newstance-model/1"] = "newstance-model/1"
_HASHED = ("model.safetensors", "model.onnx", "tokenizer.json", "labels.yaml", "calibration.json")


class ModelConfig(BaseModel):
    """What `config.json` holds.

    Attributes:
        format: version of the folder's layout.
        name: what people call the model.
        encoder: the encoder's own Hugging Face configuration.
        encoder_source: where its pre-trained weights came from.
        encoding: how sentences become token ids.
        heads: one per layer, in the order of `labels.yaml`.
        evidence: the amortised evidence head, or None where the evidence is the additive heads' own summands.
        unnamed_targets: whether training held sentences that do not name the target; when it did not,
            such sentences are scored but marked as abstained.
        quantisation: how the weights are stored.
        files: SHA-256 of each file beside this one.
        provenance: data, versions, seed and command of the run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["newstance-model/1"] = FORMAT
    name: str
    encoder: dict[str, Any]
    encoder_source: str = ""
    encoding: EncodingConfig
    heads: tuple[HeadConfig, ...]
    evidence: EvidenceConfig | None = None
    unnamed_targets: bool = False
    quantisation: Literal["none", "int8-weights", "int4-weights"] = "none"
    files: dict[str, str] = {}
    provenance: dict[str, Any] = {}


class Checkpoint:
    """A model folder whose small files have been read and checked; weights are checked when opened."""

    def __init__(self, path: str | Path) -> None:
        """Open a folder.

        Raises:
            CheckpointError: it is missing or incomplete, or a file does not match its recorded hash.
        """
        self.path = Path(path)
        if not os.path.isdir(self.path):  # noqa: PTH112  # Path.is_dir raises at a name that is too long
            raise CheckpointError("no such model folder", path=self.path)
        self.config = self._read_config()
        self.codebook: Codebook = load_codebook(self.verified(Path("labels.yaml")))
        self.calibration = Calibration.read(self.verified(Path("calibration.json")))
        names = tuple(layer.name for layer in self.codebook.layers)
        if names != tuple(head.layer for head in self.config.heads):
            raise CheckpointError("labels.yaml and config.json list different layers", path=self.path)
        for layer in self.codebook.layers:
            self._check_offsets(layer)

    @classmethod
    def shipped(cls, name: str = DEFAULT) -> Checkpoint:
        """Open a model that came with the installation.

        Raises:
            CheckpointError: there is none of that name.
        """
        folder = shipped_folder() / name
        if not folder.is_dir():
            known = ", ".join(shipped_models()) or "none"
            raise CheckpointError(f"no shipped model {name!r}; shipped: {known}")
        return cls(folder)

    @classmethod
    def find(cls, name_or_path: str | Path | None) -> Checkpoint:
        """Open a folder by path, or a shipped model by name; None is the shipped default."""
        if name_or_path is None:
            return cls.shipped()
        if str(name_or_path) in shipped_models() and not Path(name_or_path).is_dir():
            return cls.shipped(str(name_or_path))
        return cls(name_or_path)

    def _read_config(self) -> ModelConfig:
        path = self.path / "config.json"
        try:
            return ModelConfig.model_validate_json(path.read_bytes())
        except FileNotFoundError as error:
            raise CheckpointError("has no config.json; is it a newstance model folder?", path=self.path) from error
        except OSError as error:
            raise CheckpointError(f"cannot be read: {error.strerror}", path=path) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or None
            raise CheckpointError(f"not a newstance model: {first['msg']}", path=path, field=place) from error

    def _check_offsets(self, layer: Layer) -> None:
        offsets = self.calibration.layer(layer.name).offsets
        if not offsets or (layer.kind == "single" and set(offsets) == set(layer.codes)):
            return
        problem = f"takes one number for each of {', '.join(layer.codes)}"
        if layer.kind == "multi":
            problem = "a layer of any number of labels has no offsets"
        raise CheckpointError(problem, path=self.path / "calibration.json", field=f"layers.{layer.name}.offsets")

    def has(self, name: str) -> bool:
        """Return whether the folder holds that file."""
        return (self.path / name).is_file()

    def verified(self, name: Path) -> Path:
        """Return the path of one of the folder's files after comparing its SHA-256 with the recorded one.

        Raises:
            CheckpointError: the file is missing, was not recorded, or differs.
        """
        path = self.path / name
        try:
            found = file_sha256(path)
        except FileNotFoundError as error:
            raise CheckpointError(f"has no {name}", path=self.path) from error
        except OSError as error:
            raise CheckpointError(f"cannot be read: {error.strerror}", path=path) from error
        wanted = self.config.files.get(str(name))
        if wanted is None:
            raise CheckpointError(f"config.json records no SHA-256 for {name}", path=self.path)
        if found != wanted:
            raise CheckpointError(
                f"SHA-256 is {found[:12]}..., config.json says {wanted[:12]}...; the file is damaged or not of "
                "this model: copy the folder again",
                path=path,
            )
        return path

    def tokenizer(self) -> Tokenizer:
        """Read the tokenizer.

        Raises:
            CheckpointError: the file is missing, differs, or is no tokenizer.
        """
        path = self.verified(Path("tokenizer.json"))
        try:
            return Tokenizer.from_file(str(path))
        except Exception as error:
            raise CheckpointError(f"not a tokenizer: {error}", path=path) from error

    @cached_property
    def hash(self) -> str:
        """Return 16 hexadecimal digits that change with the weights, the labels or the calibration."""
        return hashlib.sha256((self.path / "config.json").read_bytes()).hexdigest()[:16]


def write_config(folder: Path, config: ModelConfig, beside: Mapping[str, str] | None = None) -> None:
    """Write `config.json` last, with the SHA-256 of every file that lies beside it.

    Args:
        folder: of the checkpoint.
        config: what it is to hold; its `files` are found out.
        beside: texts of files that change with it, by name; they take their names before it, in this order.

    Raises:
        OutputError: a file cannot be written; all of them are left as they were.
    """
    new = {name: text.encode() for name, text in (beside or {}).items()}
    files = {
        name: hashlib.sha256(new[name]).hexdigest() if name in new else file_sha256(folder / name)
        for name in _HASHED
        if name in new or (folder / name).is_file()
    }
    data = config.model_copy(update={"files": files}).model_dump(mode="json")
    new["config.json"] = (json.dumps(data, indent=2, ensure_ascii=False) + "\n").encode()
    write_together({folder / name: text for name, text in new.items()})


def write_copy(checkpoint: Checkpoint, folder: Path, beside: Mapping[str, str]) -> None:
    """Write the files of a checkpoint into another folder, whole or not at all, with other texts for some of them.

    Args:
        checkpoint: what to copy; folders in its folder are no part of it.
        folder: must be free (`is_free`).
        beside: texts by the names of their files.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_folder(folder) as copy:
        for path in checkpoint.path.iterdir():
            if path.is_file():
                shutil.copy(path, copy / path.name)
        write_config(copy, checkpoint.config, beside)


def shipped_models() -> list[str]:
    """Return the names of the models in this installation."""
    folder = shipped_folder()
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else []


def is_free(folder: Path) -> bool:
    """Return whether a checkpoint may be written there: nothing has that name, or an empty folder."""
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))
