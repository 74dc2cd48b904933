"""`Predictor`: sentences in, predictions out; batches run side by side, and what was seen before is not run again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

from newstance.errors import CheckpointError, UsageError

from .batches import plan_batches
from .checkpoint import Checkpoint
from .encoding import EncodedSentence, SentenceEncoding, SentenceInput, Window, collate
from .prediction import Prediction, combine, window_shares
from .runtime import Outputs, Runtime, RuntimeName, cores, open_runtime
from .window_cache import WindowCache, window_key

__all__ = ["Counts", "Pending", "Predictor"]

#: Enough for over four thousand sentences with their evidence: full, so of constant size, after a thousand articles.
CACHE_BYTES = 16 << 20
_VECTOR = "sentence_vector"
#: How outputs are called that have one row for each token.
_OF_TOKENS = ("_evidence", "_states")


@dataclass(slots=True)
class Counts:
    """What the predictor has done so far.

    Attributes:
        windows: rows asked for (a sentence is one, or several when it is long).
        run: rows that went through the model; the others had been seen before.
        tokens: tokens of those that ran.
        padded: tokens that the model computed for them, padding included.
    """

    windows: int = 0
    run: int = 0
    tokens: int = 0
    padded: int = 0

    def add(self, other: Counts) -> None:
        """Count what another predictor has done as well."""
        for own in fields(self):
            setattr(self, own.name, getattr(self, own.name) + getattr(other, own.name))

    def since(self, before: Counts) -> Counts:
        """Return what was done after an earlier count."""
        return Counts(*(getattr(self, f.name) - getattr(before, f.name) for f in fields(self)))


@dataclass(slots=True, eq=False, weakref_slot=True)
class Submitted:
    """A batch that is being run.

    Attributes:
        rows: which row each key has.
        result: its rows' outputs, once they are there.
    """

    rows: dict[bytes, int]
    result: Future[list[Outputs]]


@dataclass(slots=True)
class Pending:
    """Predictions on their way.

    Attributes:
        encoded: the sentences.
        keys: one key for each of their windows, in order.
        known: outputs by key.
        running: its batches.
        shared: for keys that were under way already, the batch of another group.
    """

    encoded: Sequence[EncodedSentence]
    keys: list[bytes]
    known: dict[bytes, Outputs]
    running: list[Submitted] = field(default_factory=list)
    shared: dict[bytes, Submitted] = field(default_factory=dict)


class Predictor:
    """Encode, batch, run and put together, for one model.

    With ONNX Runtime each batch runs on one thread, several batches at a time. A sentence's outputs then depend, to
    the last bit, on nothing but its own tokens: not on its neighbours in the batch, the padding, the number of
    workers, or whether it came from the cache (`tests/model/test_predictor.py` holds this). That is what makes a
    resumed run equal to an unbroken one.
    """

    def __init__(
        self,
        encoding: SentenceEncoding,
        runtime: Runtime,
        layers: Sequence[str],
        *,
        multi: Collection[str] = (),
        offsets: Mapping[str, npt.NDArray[np.floating]] | None = None,
        workers: int = 1,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        """Join a way of encoding, a runtime and the names of its layers.

        Args:
            encoding: turns sentences into token ids.
            runtime: runs batches.
            layers: names of the layers it predicts.
            multi: those of them that take any number of labels.
            offsets: added to the logits of the layers that they name, (labels,).
            workers: batches run at a time, where the runtime allows that.
            cache_bytes: bound of the memory for sentences seen before.
        """
        self.encoding = encoding
        self.runtime = runtime
        self.layers = tuple(layers)
        self.multi = frozenset(multi)
        self.offsets = dict(offsets or {})
        self.workers = workers
        self.counts = Counts()
        self._cache = WindowCache(cache_bytes)
        # Weak: a batch is forgotten with the groups that wait for it, be it done, failed or given up.
        self._under_way: WeakValueDictionary[bytes, Submitted] = WeakValueDictionary()
        self._pool: ThreadPoolExecutor | None = None

    @classmethod
    def open(
        cls,
        checkpoint: Checkpoint,
        *,
        runtime: RuntimeName = "auto",
        threads: int | None = None,
        cache_bytes: int = CACHE_BYTES,
        offsets: bool = True,
    ) -> Predictor:
        """Open a checkpoint for prediction.

        Args:
            checkpoint: an opened model folder.
            runtime: `onnx`, `torch`, or `auto`.
            threads: processor threads, or None for one per core.
            cache_bytes: bound of the memory for sentences seen before; 0 for none.
            offsets: add those of the checkpoint's calibration to the logits; False leaves these as the network gives
                them.

        Raises:
            CheckpointError: a file of it is missing, damaged or of another kind.
        """
        opened = open_runtime(checkpoint, runtime, threads=threads)  # first: it loads in the background
        encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)
        layers = [layer.name for layer in checkpoint.codebook.layers]
        multi = [layer.name for layer in checkpoint.codebook.layers if layer.kind == "multi"]
        workers = (threads or cores()) if opened.concurrent else 1
        moved = {
            layer.name: calibration.offsets_of(layer)
            for layer in checkpoint.codebook.layers
            if offsets and (calibration := checkpoint.calibration.layer(layer.name)).offsets
        }
        return cls(encoding, opened, layers, multi=multi, offsets=moved, workers=workers, cache_bytes=cache_bytes)

    def require_single(self, layer: str) -> None:
        """Raise `UsageError` unless the model chooses one label in that layer."""
        single = [name for name in self.layers if name not in self.multi]
        if layer not in self.layers:
            raise UsageError(f"the model has no layer {layer!r}; it has {', '.join(self.layers)}")
        if layer in self.multi:
            known = ", ".join(single) or "none"
            raise UsageError(f"{layer} takes any number of labels, of which none is chosen; layers of one: {known}")

    def predict(self, inputs: Sequence[SentenceInput]) -> list[Prediction]:
        """Return one prediction for each sentence, in the order given."""
        return self.predict_encoded(self.encoding.encode(inputs))

    def predict_encoded(self, encoded: Sequence[EncodedSentence]) -> list[Prediction]:
        """Return one prediction for each encoded sentence, in the order given."""
        return self.finish(self.start(encoded))

    def start(self, encoded: Sequence[EncodedSentence], *, vectors: bool = False) -> Pending:
        """Begin to run sentences; `finish` waits for them. Several may be under way.

        Args:
            encoded: the sentences.
            vectors: keep their vectors. The cache has none, so all of them run.
        """
        windows = [window for sentence in encoded for window in sentence.windows]
        pending = Pending(encoded, [window_key(window) for window in windows], {})
        fresh: dict[bytes, Window] = {}
        for key, window in zip(pending.keys, windows, strict=True):
            if key in pending.known or key in pending.shared or key in fresh:
                continue
            if not vectors and (seen := self._cache.get(key)) is not None:
                pending.known[key] = seen
            elif not vectors and (running := self._under_way.get(key)) is not None:
                pending.shared[key] = running
            else:
                fresh[key] = window
        keys, rows = list(fresh), list(fresh.values())
        lengths = [len(window.input_ids) for window in rows]
        for batch in plan_batches(lengths):
            self.counts.tokens += sum(lengths[i] for i in batch)
            self.counts.padded += len(batch) * max(lengths[i] for i in batch)
            submitted = Submitted(
                {keys[i]: row for row, i in enumerate(batch)}, self._submit([rows[i] for i in batch], vectors)
            )
            pending.running.append(submitted)
            if not vectors:
                self._under_way.update((key, submitted) for key in submitted.rows)
        self.counts.windows += len(windows)
        self.counts.run += len(rows)
        return pending

    def finish(self, pending: Pending) -> list[Prediction]:
        """Wait for what `start` began.

        Raises:
            CheckpointError: the runtime cannot load the model.
        """
        outputs = self.outputs(pending)
        return [combine(s, self.layers, rows, self.offsets) for s, rows in zip(pending.encoded, outputs, strict=True)]

    def outputs(self, pending: Pending) -> list[list[Outputs]]:
        """Wait for what `start` began; return for each sentence what came out for each of its windows.

        Raises:
            CheckpointError: the runtime cannot load the model.
        """
        rows = iter(self._rows(pending))
        return [[next(rows) for _ in sentence.windows] for sentence in pending.encoded]

    def embed(self, encoded: Sequence[EncodedSentence]) -> npt.NDArray[np.floating]:
        """Return each sentence's vector, the mean of its own tokens' in the encoder's last layer, (sentences, hidden).

        Raises:
            CheckpointError: the model was exported before vectors were among the outputs.
        """
        vectors = []
        for sentence, own in zip(encoded, self.outputs(self.start(encoded, vectors=True)), strict=True):
            if _VECTOR not in own[0]:
                raise CheckpointError("the exported model gives no sentence vectors; export it again")
            vectors.append(window_shares(sentence) @ np.stack([row[_VECTOR] for row in own]))
        return np.stack(vectors)

    def close(self) -> None:
        """Give up what is still waiting to run, and wait for what is running."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _rows(self, pending: Pending) -> list[Outputs]:
        """Return the outputs of every window of every sentence, in the order given."""
        for submitted in pending.running:
            try:
                rows = submitted.result.result()
            except BaseException:
                for key in submitted.rows:  # whoever asks again shall run it again, not meet this error
                    self._under_way.pop(key, None)
                raise
            for key, outputs in zip(submitted.rows, rows, strict=True):
                pending.known[key] = outputs
                if _VECTOR not in outputs:
                    self._cache.put(key, outputs)
        for key, submitted in pending.shared.items():
            pending.known[key] = submitted.result.result()[submitted.rows[key]]
        pending.running, pending.shared = [], {}
        return [pending.known[key] for key in pending.keys]

    def _submit(self, windows: list[Window], vectors: bool) -> Future[list[Outputs]]:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self.workers, thread_name_prefix="newstance-model")
        return self._pool.submit(self._run, windows, vectors)

    def _run(self, windows: list[Window], vectors: bool) -> list[Outputs]:
        outputs = self.runtime.run(collate(windows, self.encoding.pad_id))
        if not vectors:
            outputs.pop(_VECTOR, None)
        return [_own_row(outputs, row, window) for row, window in enumerate(windows)]


def _own_row(outputs: Outputs, row: int, window: Window) -> Outputs:
    """Return one row's outputs without its padding, copied so that the batch can be freed."""
    width = len(window.input_ids)
    return {
        name: np.array(array[row, :width] if name.endswith(_OF_TOKENS) else array[row])
        for name, array in outputs.items()
    }
