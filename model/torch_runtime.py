"""`TorchRuntime`: the same interface on the torch checkpoint, for training, parity checks and research."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import torch
from safetensors.torch import load_file
from transformers import AutoModel
from transformers.models.auto.configuration_auto import AutoConfig

from newstance.errors import CheckpointError

from .checkpoint import Checkpoint
from .encoding import Batch
from .network import SentenceClassifier
from .onnx_weights import exported_weights
from .runtime import Outputs

__all__ = ["TorchRuntime", "load_network"]


def load_network(checkpoint: Checkpoint) -> SentenceClassifier:
    """Build the network that a checkpoint describes and load its weights, from `model.onnx` if there are no others.

    Raises:
        CheckpointError: the weights are missing, damaged, or do not fit the description.
    """
    exported = not checkpoint.has("model.safetensors") and checkpoint.has("model.onnx")
    path = checkpoint.verified(Path("model.onnx" if exported else "model.safetensors"))
    fields = dict(checkpoint.config.encoder)
    config = AutoConfig.for_model(fields.pop("model_type"), **fields)
    encoder = AutoModel.from_config(  # type: ignore[no-untyped-call]
        config, trust_remote_code=False, attn_implementation="eager"
    )
    network = SentenceClassifier(encoder, list(checkpoint.config.heads), evidence=checkpoint.config.evidence)
    try:
        if exported:
            _load_exported(network, path)
        else:
            network.load_state_dict(load_file(path))
    except (RuntimeError, ValueError) as error:
        raise CheckpointError(f"the weights do not fit config.json: {error}", path=path) from error
    return network.eval()


def _load_exported(network: SentenceClassifier, path: Path) -> None:
    wanted = network.state_dict()
    found = {name: tensor for name, tensor in exported_weights(path).items() if name in wanted}
    missing, _ = network.load_state_dict(found, strict=False)
    # The exporter leaves out what no output needs.
    if missing := [name for name in missing if not name.startswith("encoder.pooler.")]:
        raise ValueError(f"model.onnx lacks {', '.join(missing[:3])}")


class TorchRuntime:
    """Run the network under `torch.inference_mode`, with dropout off.

    Attributes:
        bf16: multiply in bfloat16 where autocast does: quicker on hardware that has it, good to about two digits.
    """

    concurrent: ClassVar[bool] = False
    bf16 = False

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
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16, enabled=self.bf16):
            outputs = self.network(**{name: torch.from_numpy(a).to(device) for name, a in batch.items()})
        self.network.train(was_training)
        return {name: tensor.float().cpu().numpy() for name, tensor in outputs.items()}
