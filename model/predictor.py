"""`Predictor`: sentences in, predictions out, with batches planned by length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from newstance.errors import CheckpointError

from .checkpoint import Checkpoint
from .encoding import EncodedSentence, SentenceEncoding, SentenceInput, Window, collate
from .prediction import Prediction, combine, window_shares
from .runtime import Outputs, Runtime, RuntimeName, open_runtime

__all__ = ["Predictor", "plan_batches"]

#: Batches of more rows lose on processors (their activations leave the cache), batches of more tokens too.
MAX_ROWS = 32
MAX_TOKENS = 2048


class Predictor:
    """Encode, batch, run and put together, for one model."""

    def __init__(self, encoding: SentenceEncoding, runtime: Runtime, layers: Sequence[str]) -> None:
        """Join a way of encoding, a runtime and the names of its layers."""
        self.encoding = encoding
        self.runtime = runtime
        self.layers = tuple(layers)

    @classmethod
    def open(cls, checkpoint: Checkpoint, *, runtime: RuntimeName = "auto", threads: int | None = None) -> Predictor:
        """Open a checkpoint for prediction.

        Raises:
            CheckpointError: a file of it is missing, damaged or of another kind.
        """
        encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)
        layers = [layer.name for layer in checkpoint.codebook.layers]
        return cls(encoding, open_runtime(checkpoint, runtime, threads=threads), layers)

    def predict(self, inputs: Sequence[SentenceInput]) -> list[Prediction]:
        """Return one prediction for each sentence, in the order given."""
        return self.predict_encoded(self.encoding.encode(inputs))

    def predict_encoded(self, encoded: Sequence[EncodedSentence]) -> list[Prediction]:
        """Return one prediction for each encoded sentence, in the order given."""
        rows = iter(self._rows(encoded))
        return [combine(s, self.layers, [next(rows) for _ in s.windows]) for s in encoded]

    def embed(self, encoded: Sequence[EncodedSentence]) -> npt.NDArray[np.floating]:
        """Return each sentence's vector, the mean of its own tokens' in the encoder's last layer, (sentences, hidden).

        Raises:
            CheckpointError: the model was exported before vectors were among the outputs.
        """
        rows = iter(self._rows(encoded))
        vectors = []
        for sentence in encoded:
            own = [next(rows) for _ in sentence.windows]
            if "sentence_vector" not in own[0]:
                raise CheckpointError("the exported model gives no sentence vectors; export it again")
            vectors.append(window_shares(sentence) @ np.stack([row["sentence_vector"] for row in own]))
        return np.stack(vectors)

    def _rows(self, encoded: Sequence[EncodedSentence]) -> list[Outputs]:
        """Run every window of every sentence, in batches of like length; outputs come in the order given."""
        windows = [window for sentence in encoded for window in sentence.windows]
        rows: list[Outputs | None] = [None] * len(windows)
        for batch in plan_batches([len(window.input_ids) for window in windows]):
            chosen = [windows[i] for i in batch]
            outputs = self.runtime.run(collate(chosen, self.encoding.pad_id))
            for row, i in enumerate(batch):
                rows[i] = _own_row(outputs, row, chosen[row])
        return [row for row in rows if row is not None]


def plan_batches(lengths: Sequence[int], max_rows: int = MAX_ROWS, max_tokens: int = MAX_TOKENS) -> list[list[int]]:
    """Group row numbers by length so that little is padded.

    Args:
        lengths: tokens of each row.
        max_rows: rows a batch at most.
        max_tokens: tokens a batch at most, padding included; a longer row is a batch of its own.

    Returns:
        Batches of row numbers; each row stands in exactly one.
    """
    batches: list[list[int]] = []
    current: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if current and (len(current) == max_rows or lengths[row] * (len(current) + 1) > max_tokens):
            batches.append(current)
            current = []
        current.append(row)
    if current:
        batches.append(current)
    return batches


def _own_row(outputs: Outputs, row: int, window: Window) -> Outputs:
    """Return one row's outputs without its padding, copied so that the batch can be freed."""
    width = len(window.input_ids)
    return {
        name: np.array(array[row, :width] if name.endswith("_evidence") else array[row])
        for name, array in outputs.items()
    }
