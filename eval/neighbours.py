"""Neighbours: the labelled sentences nearest to a new one, as examples of how such sentences were judged.

Only the project's own corpus is searched, whose licence lets its texts be shown. The vectors are the model's own, so
sentences are near that the model reads alike; they explain nothing about how it came to its decision.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation, read_corpus
from newstance.model import Checkpoint, EncodedSentence, Predictor

from .inputs import sentence_inputs

__all__ = ["Neighbour", "Neighbours"]

Floats = npt.NDArray[np.floating]
_GROUP = 256
#: Sentences after which the vectors so far are kept, so that a command that is stopped has not worked for nothing.
_KEPT_AFTER = 16 * _GROUP


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A labelled sentence and how near it is.

    Attributes:
        id: its id in the corpus.
        text: the sentence.
        stance: what its writer labelled it.
        similarity: cosine of the two sentences' vectors, -1 to 1.
    """

    id: str
    text: str
    stance: str
    similarity: float


class Neighbours:
    """The own corpus's training sentences, by the vectors that one model gives them."""

    def __init__(self, records: Sequence[Annotation], vectors: Floats) -> None:
        """Join records and their vectors, (records, hidden)."""
        self._records = list(records)
        self._vectors = _unit(vectors)

    @classmethod
    def open(
        cls,
        checkpoint: Checkpoint,
        predictor: Predictor,
        progress: Callable[[int], AbstractContextManager[Callable[[], None]]] = lambda total: nullcontext(lambda: None),
    ) -> Neighbours:
        """Read the corpus's training split and its vectors, computed once for each model and kept in the user's cache.

        Vectors are kept on the way too: a call that is stopped is gone on with by the next.

        Args:
            checkpoint: the model's checkpoint; its hash and the sentences' name the file.
            predictor: the model.
            progress: given how many sentences have to be computed, where any have; gives what is called after each.

        Raises:
            CheckpointError: the model gives no sentence vectors.
        """
        records = [r for r in read_corpus("train") if r.annotator == "writer" and r.stance is not None]
        file = _cache_folder() / f"neighbours-{checkpoint.hash}-{_digits(records)}.npy"
        vectors = _read(file, len(records))
        left = len(records) - (0 if vectors is None else len(vectors))
        if left:
            parts = [] if vectors is None else [vectors]
            encoded = predictor.encoding.encode(sentence_inputs(records[-left:]))
            with progress(left) as step:
                for start in range(0, left, _GROUP):
                    group = encoded[start : start + _GROUP]
                    parts.append(predictor.embed(group).astype(np.float16))
                    for _ in group:
                        step()
                    if (start + _GROUP) % _KEPT_AFTER == 0 or start + _GROUP >= left:
                        parts = [np.concatenate(parts)]
                        _write(file, parts[0])
            (vectors,) = parts
        assert vectors is not None
        return cls(records, vectors)

    def nearest(self, vector: Floats, count: int = 3) -> list[Neighbour]:
        """Return the nearest sentences, nearest first; of repeated texts only the first."""
        similarity = self._vectors @ _unit(vector[None])[0]
        found: dict[str, Neighbour] = {}
        for i in np.argsort(-similarity, kind="stable").tolist():
            record = self._records[i]
            if record.text not in found:
                found[record.text] = Neighbour(
                    record.id, record.text, record.stance or "", round(float(similarity[i]), 4)
                )
            if len(found) == count:
                break
        return list(found.values())

    def of(self, predictor: Predictor, encoded: Sequence[EncodedSentence], count: int = 3) -> list[list[Neighbour]]:
        """Return the nearest sentences of each of several."""
        return [self.nearest(vector, count) for vector in predictor.embed(encoded)] if encoded else []


def _unit(vectors: Floats) -> Floats:
    wide = np.asarray(vectors, dtype=np.float32)
    return np.asarray(wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9))


def _cache_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "newstance"


def _digits(records: Sequence[Annotation]) -> str:
    """Return 16 hexadecimal digits of the sentences in their order: others have other vectors."""
    read = "\n".join(repr((r.text, r.target, r.target_spans, r.before, r.after)) for r in records)
    return hashlib.sha256(read.encode("utf-8", "replace")).hexdigest()[:16]


def _read(file: Path, rows: int) -> Floats | None:
    """Return the vectors that are kept: of all sentences, or of the first where a call was stopped."""
    try:
        vectors: Floats = np.load(file, allow_pickle=False)
    except (OSError, ValueError):
        return None  # not there yet, or cut short: compute it again
    return vectors if vectors.ndim == 2 and len(vectors) <= rows else None


def _write(file: Path, vectors: Floats) -> None:
    """Keep the vectors if the folder can be written; if it cannot, they are computed again the next time."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.npy")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        np.save(temporary, vectors, allow_pickle=False)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
