"""The baseline of a frozen encoder: its vectors as they come, and a logistic regression on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from newstance.model import SentenceEncoding, SentenceInput, collate, plan_batches
from newstance.model.codebook import Layer
from newstance.model.network import takes_token_types

from .encoder import load_encoder

__all__ = ["FrozenEncoder", "vector_classifier"]

Floats = npt.NDArray[np.floating]


class FrozenEncoder:
    """An encoder that is not trained; a sentence's vector is the mean of its own tokens' vectors."""

    def __init__(self, name: str, encoding: SentenceEncoding) -> None:
        """Load the encoder as it was published."""
        self._encoder = load_encoder(name)  # which comes without dropout
        self._encoding = encoding
        self._takes_types = takes_token_types(self._encoder)

    def vectors(self, sentences: Sequence[SentenceInput]) -> Floats:
        """Return the vectors, (sentences, hidden); of a sentence longer than the model, its first window's."""
        windows = [encoded.windows[0] for encoded in self._encoding.encode(sentences)]
        found: Floats = np.zeros((len(windows), self._encoder.config.hidden_size), dtype=np.float32)
        for rows in plan_batches([len(window.input_ids) for window in windows]):
            batch = {
                n: torch.from_numpy(a) for n, a in collate([windows[i] for i in rows], self._encoding.pad_id).items()
            }
            own = batch.pop("pool_mask").unsqueeze(-1).float()
            batch.pop("target_mask")
            if not self._takes_types:
                batch.pop("token_type_ids")
            with torch.inference_mode():
                states = self._encoder(**batch).last_hidden_state
            found[rows] = ((states * own).sum(dim=1) / own.sum(dim=1)).numpy()
        return found


def vector_classifier(layer: Layer) -> Any:
    """Return an unfitted scikit-learn pipeline from vectors to a layer's labels."""
    regression = LogisticRegression(max_iter=1000, C=0.1, class_weight="balanced")
    return make_pipeline(StandardScaler(), regression if layer.kind == "single" else OneVsRestClassifier(regression))
