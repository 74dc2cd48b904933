"""Labels, encoding, network, calibration, checkpoint, runtimes and evidence.

Names are looked up on first use: a command can then begin to load a model before it imports what else it needs.
Importing this package imports neither torch nor onnxruntime; `newstance.model.network` and the two runtimes do.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .batches import plan_batches
    from .calibration import Calibration, LayerCalibration, probabilities, surprise
    from .checkpoint import Checkpoint, ModelConfig, is_free, shipped_models, write_config, write_copy
    from .codebook import Codebook, Label, Layer, load_codebook
    from .embedded import encoder_folder
    from .encoding import EncodedSentence, EncodingConfig, SentenceEncoding, SentenceInput, Window, collate
    from .explanation import METHODS, Explanation, Method, explain, explain_encoded
    from .file_hash import file_sha256
    from .fitting import best_threshold, fit_layer, fit_scale, fit_temperature, threshold_for_risk
    from .flip import Flip, smallest_flip
    from .head_config import EvidenceConfig, HeadConfig
    from .phrases import Phrase, carrying_phrases
    from .prediction import Prediction, combine, margin_weights, window_shares
    from .predictor import Counts, Pending, Predictor
    from .removal import Removal, without
    from .runtime import Outputs, Runtime, RuntimeName, cores, open_runtime
    from .words import Span, word_spans

__all__ = [
    "METHODS",
    "Calibration",
    "Checkpoint",
    "Codebook",
    "Counts",
    "EncodedSentence",
    "EncodingConfig",
    "EvidenceConfig",
    "Explanation",
    "Flip",
    "HeadConfig",
    "Label",
    "Layer",
    "LayerCalibration",
    "Method",
    "ModelConfig",
    "Outputs",
    "Pending",
    "Phrase",
    "Prediction",
    "Predictor",
    "Removal",
    "Runtime",
    "RuntimeName",
    "SentenceEncoding",
    "SentenceInput",
    "Span",
    "Window",
    "best_threshold",
    "carrying_phrases",
    "collate",
    "combine",
    "cores",
    "encoder_folder",
    "explain",
    "explain_encoded",
    "file_sha256",
    "fit_layer",
    "fit_scale",
    "fit_temperature",
    "is_free",
    "load_codebook",
    "margin_weights",
    "open_runtime",
    "plan_batches",
    "probabilities",
    "shipped_models",
    "smallest_flip",
    "surprise",
    "threshold_for_risk",
    "window_shares",
    "without",
    "word_spans",
    "write_config",
    "write_copy",
]

_NAMES = {
    "batches": ("plan_batches",),
    "calibration": ("Calibration", "LayerCalibration", "probabilities", "surprise"),
    "checkpoint": ("Checkpoint", "ModelConfig", "is_free", "shipped_models", "write_config", "write_copy"),
    "codebook": ("Codebook", "Label", "Layer", "load_codebook"),
    "embedded": ("encoder_folder",),
    "encoding": ("EncodedSentence", "EncodingConfig", "SentenceEncoding", "SentenceInput", "Window", "collate"),
    "explanation": ("METHODS", "Explanation", "Method", "explain", "explain_encoded"),
    "file_hash": ("file_sha256",),
    "fitting": ("best_threshold", "fit_layer", "fit_scale", "fit_temperature", "threshold_for_risk"),
    "flip": ("Flip", "smallest_flip"),
    "head_config": ("EvidenceConfig", "HeadConfig"),
    "phrases": ("Phrase", "carrying_phrases"),
    "prediction": ("Prediction", "combine", "margin_weights", "window_shares"),
    "predictor": ("Counts", "Pending", "Predictor"),
    "removal": ("Removal", "without"),
    "runtime": ("Outputs", "Runtime", "RuntimeName", "cores", "open_runtime"),
    "words": ("Span", "word_spans"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    return found
