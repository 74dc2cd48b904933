"""Labels, encoding, network, calibration, checkpoint, runtimes and evidence.

Importing this package imports neither torch nor onnxruntime; `newstance.model.network` and the two runtimes do.
"""

from .calibration import Calibration, LayerCalibration, probabilities
from .checkpoint import Checkpoint, ModelConfig, shipped_models, write_config
from .codebook import Codebook, Label, Layer, load_codebook
from .embedded import encoder_folder
from .encoding import EncodedSentence, EncodingConfig, SentenceEncoding, SentenceInput, Window, collate
from .fitting import best_threshold, fit_layer, fit_temperature, threshold_for_risk
from .head_config import HeadConfig
from .prediction import Prediction, combine, margin_weights
from .predictor import Predictor, plan_batches
from .runtime import Outputs, Runtime, RuntimeName, open_runtime
from .words import Span, word_spans

__all__ = [
    "Calibration",
    "Checkpoint",
    "Codebook",
    "EncodedSentence",
    "EncodingConfig",
    "HeadConfig",
    "Label",
    "Layer",
    "LayerCalibration",
    "ModelConfig",
    "Outputs",
    "Prediction",
    "Predictor",
    "Runtime",
    "RuntimeName",
    "SentenceEncoding",
    "SentenceInput",
    "Span",
    "Window",
    "best_threshold",
    "collate",
    "combine",
    "encoder_folder",
    "fit_layer",
    "fit_temperature",
    "load_codebook",
    "margin_weights",
    "open_runtime",
    "plan_batches",
    "probabilities",
    "shipped_models",
    "threshold_for_risk",
    "word_spans",
    "write_config",
]
