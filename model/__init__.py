"""Labels, encoding, network, calibration, checkpoint, runtimes and evidence.

Importing this package imports neither torch nor onnxruntime; `newstance.model.network` and the two runtimes do.
"""

from .batches import plan_batches
from .calibration import Calibration, LayerCalibration, probabilities
from .checkpoint import Checkpoint, ModelConfig, is_free, shipped_models, write_config
from .codebook import Codebook, Label, Layer, load_codebook
from .embedded import encoder_folder
from .encoding import EncodedSentence, EncodingConfig, SentenceEncoding, SentenceInput, Window, collate
from .explanation import METHODS, Explanation, Method, explain, explain_encoded
from .file_hash import file_sha256
from .fitting import best_threshold, fit_layer, fit_temperature, threshold_for_risk
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
    "fit_temperature",
    "is_free",
    "load_codebook",
    "margin_weights",
    "open_runtime",
    "plan_batches",
    "probabilities",
    "shipped_models",
    "smallest_flip",
    "threshold_for_risk",
    "window_shares",
    "without",
    "word_spans",
    "write_config",
]
