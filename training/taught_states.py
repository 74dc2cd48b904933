"""A teacher's states: what its last layer makes of each word, for a student's last layer to come close to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from newstance.errors import UsageError
from newstance.model import EncodedSentence, Outputs, SentenceEncoding, SentenceInput, Window, collate, plan_batches
from newstance.model.network import SentenceClassifier

__all__ = ["StatesWriter", "TaughtStates", "fitted_view"]

Floats = npt.NDArray[np.floating]

#: Half-precision states of all words one after another, and which words they are.
_STATES, _WORDS = "teacher-states.f16", "teacher-words.npz"
#: Taught rows that the student's first view is fitted on: ten words for each of its weights of one dimension.
_FITTED_ON = 1000
#: Added to the mean square of the student's states when the view is fitted, as a share of it.
_RIDGE = 0.01
#: Rows whose mean and spread scale the states.
_SCALED_BY = 100_000


class StatesWriter:
    """Write the states of one sentence after another; what is not finished is no file of states."""

    def __init__(self, folder: Path) -> None:
        """Begin in a run's folder."""
        self._folder = folder
        self._file: BinaryIO = (folder / _STATES).open("wb")
        self._counts: dict[int, int] = {}
        self._spans: list[npt.NDArray[np.int64]] = []

    def add(self, row: int, sentence: EncodedSentence, windows: Sequence[Outputs]) -> None:
        """Keep what the teacher made of each word of a row's first window, the mean of its tokens; rows in order."""
        found, words = _word_means(windows[0]["token_states"], sentence.windows[0])
        self._file.write(found.astype(np.float16).tobytes())
        self._counts[row] = len(words)
        self._spans.append(np.array(sentence.words, dtype=np.int64).reshape(-1, 2)[words])

    def finish(self, rows: int) -> None:
        """Write which words they are, of so many rows; those that were not added were not asked about."""
        self._file.close()
        starts = np.cumsum([0, *(self._counts.get(row, 0) for row in range(rows))])
        with (self._folder / _WORDS).open("wb") as file:
            np.savez(file, starts=starts, spans=np.concatenate([np.empty((0, 2), dtype=np.int64), *self._spans]))


class TaughtStates:
    """The states of the words of all training rows, read from the disk as they are needed, each dimension scaled."""

    def __init__(self, folder: Path, rows: int) -> None:
        """Open what a `StatesWriter` finished.

        Raises:
            UsageError: it is about another number of rows, or the file of states is not whole.
        """
        with np.load(folder / _WORDS) as found:
            self._starts, self._spans = found["starts"], found["spans"]
        if len(self._starts) != rows + 1:
            raise UsageError(f"is not about the {rows} training rows that there are now", path=folder / _WORDS)
        path, words = folder / _STATES, len(self._spans)
        size = path.stat().st_size if path.is_file() else 0
        if not words or not size or size % (2 * words):
            raise UsageError("is not whole: take it away, and --resume asks the teacher again", path=path)
        self._states = np.memmap(path, dtype=np.float16, mode="r").reshape(words, -1)
        sample = self._states[:: math.ceil(words / _SCALED_BY)].astype(np.float32)
        self._mean, self._spread = sample.mean(axis=0), np.maximum(sample.std(axis=0), 1e-4)

    @staticmethod
    def are_in(folder: Path) -> bool:
        """Return whether a run's folder has states that were finished."""
        return (folder / _WORDS).is_file() and (folder / _STATES).is_file()

    @staticmethod
    def forget(folder: Path) -> None:
        """Take them away."""
        for name in (_WORDS, _STATES):
            (folder / name).unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Return how many numbers the state of a word has."""
        return int(self._states.shape[1])

    def taught_rows(self) -> npt.NDArray[np.intp]:
        """Return the numbers of the rows that have taught words, ascending: not those that nobody was asked about."""
        return np.flatnonzero(np.diff(self._starts))

    def of(self, numbers: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """Return the states of words by their numbers, each dimension of mean 0 and variance 1, (words, size)."""
        scaled: npt.NDArray[np.float32] = (self._states[numbers].astype(np.float32) - self._mean) / self._spread
        return scaled

    def numbers(self, row: int, sentence: EncodedSentence) -> list[int]:
        """Return the number of each word of a sentence; -1 where none is taught.

        Words are the same where they stand at the same place of the sentence: the teacher may cut them into other
        tokens, and where only one of the two sees the target's name, its words are none of the other's.
        """
        start, end = int(self._starts[row]), int(self._starts[row + 1])
        taught = {span: start + offset for offset, span in enumerate(map(tuple, self._spans[start:end].tolist()))}
        return [taught.get(span, -1) for span in sentence.words]

    def words_of_tokens(self, row: int, sentence: EncodedSentence) -> list[int]:
        """Return for each token of a sentence's first window the number of its word; -1 where none is taught."""
        numbers = self.numbers(row, sentence)
        return [-1 if word < 0 else numbers[word] for word in sentence.windows[0].words]


def fitted_view(
    network: SentenceClassifier, encoding: SentenceEncoding, inputs: Sequence[SentenceInput], states: TaughtStates
) -> nn.Linear:
    """Return the linear map from a student's states to its teacher's that fits best before training (ridge regression).

    A view drawn at random would pull the student's states about until it had been learnt itself.

    Args:
        network: the student.
        encoding: how it reads sentences.
        inputs: the training rows, in their order.
        states: of the teacher.
    """
    taught_rows = states.taught_rows()
    rows = taught_rows[:: max(1, len(taught_rows) // _FITTED_ON)].tolist()
    encoded = encoding.encode([inputs[row] for row in rows])
    windows = [sentence.windows[0] for sentence in encoded]
    seen: list[Floats] = []
    taught: list[Floats] = []
    was_training, network.shows_states = network.training, True
    network.eval()
    for batch in plan_batches([len(window.input_ids) for window in windows]):
        arrays = collate([windows[i] for i in batch], encoding.pad_id)
        with torch.inference_mode():
            found = network(**{name: torch.from_numpy(array) for name, array in arrays.items()})["token_states"]
        for i, own in zip(batch, found.numpy(), strict=True):
            means, words = _word_means(own, windows[i])
            wanted = np.array(states.numbers(rows[i], encoded[i]), dtype=np.int64)[words]
            seen.append(means[wanted >= 0])
            taught.append(states.of(wanted[wanted >= 0]))
    network.train(was_training)
    network.shows_states = False
    # In double precision; the ridge is for directions that normalised states do not have.
    left, right = (torch.from_numpy(np.concatenate(parts)).double() for parts in (seen, taught))
    mean = left.mean(dim=0)
    products = (left - mean).T @ (left - mean)
    ridge = _RIDGE * products.diagonal().mean() * torch.eye(len(products), dtype=products.dtype)
    weight = torch.linalg.solve(products + ridge, (left - mean).T @ (right - right.mean(dim=0))).T
    view = nn.Linear(left.shape[1], states.size)
    with torch.no_grad():
        view.weight.copy_(weight)
        view.bias.copy_(right.mean(dim=0) - weight @ mean)
    return view


def _word_means(states: Floats, window: Window) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the mean state of each word of a window, (words, size), and which words they are."""
    owner = np.array(window.words)
    own = np.flatnonzero(owner >= 0)
    own = own[owner[own].argsort(kind="stable")]
    words, first, counts = np.unique(owner[own], return_index=True, return_counts=True)
    if not len(words):
        return np.empty((0, states.shape[1]), dtype=np.float32), words
    return np.add.reduceat(states[own], first, axis=0) / counts[:, None], words
