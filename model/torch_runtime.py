"""`TorchRuntime`: the same interface on the torch checkpoint, for training, parity checks and research."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModel
from transformers.models.auto.configuration_auto import AutoConfig

from newstance.errors import CheckpointError

from .checkpoint import Checkpoint
from .encoding import Batch
from .network import SentenceClassifier
from .runtime import Outputs

__all__ = ["TorchRuntime", "load_network"]


def load_network(checkpoint: Checkpoint) -> SentenceClassifier:
    """Build the network that a checkpoint describes and load its weights.

    Raises:
        CheckpointError: the weights are missing, damaged, or do not fit the description.
    """
    path = checkpoint.verified(Path("model.safetensors"))
    fields = dict(checkpoint.config.encoder)
    config = AutoConfig.for_model(fields.pop("model_type"), **fields)
    encoder = AutoModel.from_config(  # type: ignore[no-untyped-call]
        config, trust_remote_code=False, attn_implementation="eager"
    )
    network = SentenceClassifier(encoder, list(checkpoint.config.heads))
    try:
        network.load_state_dict(load_file(path))
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(f"the weights do not fit config.json: {error}", path=path) from error
    return network.eval()


class TorchRuntime:
    """Run the network under `torch.inference_mode`, with dropout off."""

    def __init__(self, network: SentenceClassifier, *, threads: int | None = None) -> None:
        """Wrap a network; `threads` sets torch's global thread count."""
        self.network = network
        if threads:
            torch.set_num_threads(threads)

    @classmethod
    def open(cls, checkpoint: Checkpoint, *, threads: int | None = None) -> TorchRuntime:
        """Load a checkpoint's torch weights."""
        return cls(load_network(checkpoint), threads=threads)

    def run(self, batch: Batch) -> Outputs:
        """Return the outputs of every layer for a padded batch."""
        was_training = self.network.training
        device = next(self.network.parameters()).device
        self.network.eval()
        with torch.inference_mode():
            outputs = self.network(**{name: torch.from_numpy(a).to(device) for name, a in batch.items()})
        self.network.train(was_training)
        return {name: tensor.float().cpu().numpy() for name, tensor in outputs.items()}
