from __future__ import annotations

from pathlib import Path

import pytest

from newstance.errors import UsageError
from newstance.model import Checkpoint, Predictor, SentenceInput
from newstance.training.two_layers import two_layer_model


def test_it_predicts_the_layers_of_the_model_that_it_is_like(tmp_path: Path) -> None:
    shipped = Checkpoint.shipped()
    folder = two_layer_model(tmp_path / "two-layers", shipped)
    found = Predictor.open(Checkpoint(folder)).predict([SentenceInput("The harbour council praised the dredging.")])[0]
    assert {layer: len(logits) for layer, logits in found.logits.items()} == {
        layer.name: len(layer.labels) for layer in shipped.codebook.layers
    }
    with pytest.raises(UsageError, match="not empty"):
        two_layer_model(folder, shipped)
