"""`start_from`: the weights that a run begins with, of a finished model or of a state that another run kept."""

from __future__ import annotations

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from newstance.errors import CheckpointError
from newstance.model import Checkpoint, Codebook
from newstance.model.network import SentenceClassifier
from newstance.model.torch_runtime import load_network

from .deepening import deepen, layers_of
from .narrowing import feed_forward_width, narrow_feed_forward
from .optimiser import count_layers
from .shortening import depth, keep_layers
from .states import RunState

__all__ = ["start_from"]


def start_from(network: SentenceClassifier, codebook: Codebook, name_or_path: str) -> list[str]:
    """Copy a model's weights into a network; heads of layers that it lacks, or has with other labels, stay fresh.

    Args:
        network: what to fill.
        codebook: its layers.
        name_or_path: a model's folder, the name of a shipped one, or a state under a run's `steps`.

    Returns:
        The layers whose heads stay fresh.

    Raises:
        CheckpointError: the weights are missing, or those of the encoder do not fit; or a state lacks layers that
            nothing else holds.
    """
    state, lacks = RunState.find(name_or_path), False
    if state is not None:
        path, known = state.path, state.codebook
        try:
            trained = load_file(state.weights)
        except (OSError, SafetensorError) as error:
            raise CheckpointError(f"cannot be read: {error}", path=state.weights) from error
        lacks = state.config.keep_frozen_states and not any(name.startswith("encoder.embeddings.") for name in trained)
        if lacks and state.config.start_from is not None:
            # What the run kept as it found it comes from where it found it.
            start_from(network, codebook, state.config.start_from)
    else:
        checkpoint = Checkpoint.find(name_or_path)
        path, known = checkpoint.path, checkpoint.codebook
        trained = load_network(checkpoint).state_dict()
    width, own_width = _width(trained), feed_forward_width(network.encoder)
    count = count_layers(name for name in trained if name.startswith("encoder."))
    own_count = depth(network.encoder)
    if lacks and (width not in (None, own_width) or 0 < count < (own_count or 0)):
        raise CheckpointError(
            "lacks the lower layers of its run, which no file holds (keep_frozen_states): start from a finished model",
            path=path,
        )
    if width is not None and own_width is not None and width < own_width:
        narrow_feed_forward(network.encoder, width)
    if own_count is not None and 0 < count < own_count:
        keep_layers(network.encoder, range(count))
    elif layers_of(network.encoder) is not None and count > (own_count or 0):
        deepen(network.encoder, count)
    asked = {layer.name: (layer.kind, tuple(layer.codes)) for layer in known.layers}
    alike = [x.name for x in codebook.layers if asked.get(x.name) == (x.kind, tuple(x.codes))]
    # The evidence head is fitted to the finished weights, so it is not taken over.
    prefixes = ("encoder.", *(f"heads.{layer}." for layer in alike))
    trained = {name: tensor for name, tensor in trained.items() if name.startswith(prefixes)}
    own = network.state_dict()
    # A head may pool otherwise than the model's: it takes over what both have.
    shared = {name: tensor for name, tensor in trained.items() if name in own or name.startswith("encoder.")}
    if misfit := [name for name, tensor in shared.items() if name not in own or own[name].shape != tensor.shape]:
        raise CheckpointError(
            "is of another architecture than this run's encoder: set `encoder` to the one that it was made from, or "
            "take start_from out",
            path=path,
            field=", ".join(misfit[:3]),
        )
    network.load_state_dict(shared, strict=False)
    return [layer.name for layer in codebook.layers if layer.name not in alike]


def _width(weights: dict[str, Tensor]) -> int | None:
    """Return how many units the feed-forward blocks have, or None in encoders that cannot be narrowed."""
    return next((len(x) for name, x in weights.items() if name.endswith(".intermediate.dense.bias")), None)
