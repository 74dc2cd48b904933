"""Baselines that every figure stands beside: the commonest label, and a bag of words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.model import SentenceInput
from newstance.model.codebook import Layer

from .gold import gold_labels
from .inputs import sentence_inputs

__all__ = ["BagOfWords", "Majority", "text_classifier"]


class Majority:
    """Always the commonest label of the training data; of a multi-label layer every label that most sentences have."""

    def __init__(self, records: Sequence[Annotation], layer: Layer) -> None:
        """Count the labels of training records."""
        labels = gold_labels(records, layer).labels
        self._answer: Any = np.bincount(labels).argmax() if layer.kind == "single" else labels.mean(axis=0) >= 0.5

    def predict(self, texts: Sequence[SentenceInput]) -> npt.NDArray[Any]:
        """Return the same answer for every text."""
        return np.array([self._answer] * len(texts))


class BagOfWords:
    """tf-idf of words and pairs of words with logistic regression; mentions of the target are one word, `TARGET`."""

    def __init__(self, records: Sequence[Annotation], layer: Layer) -> None:
        """Fit on training records.

        Raises:
            UsageError: scikit-learn is not installed.
        """
        gold = gold_labels(records, layer)
        self._model = text_classifier(layer)
        self._model.fit([_with_target(item) for item in sentence_inputs(gold.sentences)], gold.labels)

    def predict(self, texts: Sequence[SentenceInput]) -> npt.NDArray[Any]:
        """Return label numbers, or booleans (texts, labels) for a multi-label layer."""
        found = np.asarray(self._model.predict([_with_target(item) for item in texts]))
        return found.astype(bool) if found.ndim == 2 else found

    def predict_proba(self, texts: Sequence[SentenceInput]) -> npt.NDArray[Any]:
        """Return probabilities, (texts, labels)."""
        return np.asarray(self._model.predict_proba([_with_target(item) for item in texts]))


def text_classifier(layer: Layer, *, min_df: int = 2) -> Any:
    """Return an unfitted scikit-learn pipeline from texts to a layer's labels.

    Args:
        layer: single-label layers are fitted on label numbers, multi-label ones on rows of booleans.
        min_df: words in fewer texts than this are left out.

    Raises:
        UsageError: scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.pipeline import make_pipeline
    except ImportError as error:
        raise UsageError("baselines need scikit-learn: pip install 'newstance[train]'") from error
    regression = LogisticRegression(max_iter=2000, C=10.0, class_weight="balanced")
    model = regression if layer.kind == "single" else OneVsRestClassifier(regression)
    return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=min_df), model)


def _with_target(item: SentenceInput) -> str:
    text = item.text
    for start, end in reversed(item.target_spans):
        text = f"{text[:start]} TARGET {text[end:]}"
    return text
