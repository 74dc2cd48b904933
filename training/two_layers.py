"""`two_layer_model`: a model of two narrow layers with random weights, to time the scoring engine by itself.

An archive of a hundred thousand articles takes most of an hour with the shipped model, nearly all of it inside the
network. With this one the engine's own work and memory show. It says nothing of stance::

    python -m newstance.training.two_layers two-layers
    newstance benchmark --articles 1000 --articles 10000 --articles 100000 --model two-layers
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModel

from newstance.errors.command import run_command
from newstance.model import Checkpoint, write_config
from newstance.model.network import SentenceClassifier

from .export import export_checkpoint

__all__ = ["two_layer_model"]

_SIZES = {"num_hidden_layers": 2, "hidden_size": 64, "intermediate_size": 256, "num_attention_heads": 2}


def two_layer_model(out: Path, like: Checkpoint) -> Path:
    """Write the exported model.

    Args:
        out: folder to write; must not hold a model yet.
        like: a checkpoint with a BERT encoder, whose tokenizer, labels, heads and calibration it takes over.

    Returns:
        The folder.

    Raises:
        UsageError: `out` holds something already.
        CheckpointError: `like` is incomplete or damaged.
        OutputError: `out` cannot be written.
    """
    encoder = like.config.encoder | _SIZES
    torch.manual_seed(0)
    models: Any = AutoModel
    network = SentenceClassifier(models.from_config(AutoConfig.for_model(**encoder)), list(like.config.heads))
    with tempfile.TemporaryDirectory() as folder:
        trained = Path(folder)
        for name in ("tokenizer.json", "labels.yaml", "calibration.json"):
            shutil.copyfile(like.verified(Path(name)), trained / name)
        save_file(
            {name: value.contiguous() for name, value in network.state_dict().items()}, trained / "model.safetensors"
        )
        changed = {
            "encoder": encoder,
            "encoder_source": "random weights",
            "name": "two-layers",
            "evidence": None,
            "quantisation": "none",
            "provenance": {"made_by": "python -m newstance.training.two_layers"},
        }
        write_config(trained, like.config.model_copy(update=changed))
        return export_checkpoint(trained, out)


def main(out: Annotated[Path, typer.Argument(help="Folder to write.")]) -> None:
    """Write a model of two narrow layers with random weights, to time the engine by itself."""
    typer.echo(f"model: {two_layer_model(out, Checkpoint.shipped())}", err=True)


if __name__ == "__main__":
    run_command(main)
