"""The nearest labelled sentences: read once for each model, with a known total, and gone on with where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from newstance.corpora import Annotation
from newstance.eval import neighbours
from newstance.eval.neighbours import Neighbours
from newstance.model import Checkpoint, Predictor


def corpus(n: int, verb: str = "met") -> list[Annotation]:
    return [
        Annotation(id=str(i), text=f"The council {verb} {i} times.", stance="neutral", annotator="writer")
        for i in range(n)
    ]


@pytest.fixture(autouse=True)
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(neighbours, "_GROUP", 4)
    monkeypatch.setattr(neighbours, "_KEPT_AFTER", 8)


class Count:
    """Progress that counts, and can stop the work as Ctrl-C does."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.totals: list[int] = []
        self.steps = 0
        self._stop_after = stop_after

    @contextmanager
    def __call__(self, total: int) -> Iterator[Callable[[], None]]:
        self.totals.append(total)
        yield self._step

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self._stop_after:
            raise KeyboardInterrupt


def test_the_corpus_is_read_once_for_each_model(tiny_exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "read_corpus", lambda split: corpus(18))
    checkpoint = Checkpoint(tiny_exported)
    predictor = Predictor.open(checkpoint)
    first, second = Count(), Count()
    Neighbours.open(checkpoint, predictor, first)
    Neighbours.open(checkpoint, predictor, second)
    assert (first.totals, first.steps) == ([18], 18)
    assert (second.totals, second.steps) == ([], 0)


def test_a_reading_that_was_stopped_is_gone_on_with(
    tiny_exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(neighbours, "read_corpus", lambda split: corpus(18))
    checkpoint = Checkpoint(tiny_exported)
    predictor = Predictor.open(checkpoint)
    with pytest.raises(KeyboardInterrupt):
        Neighbours.open(checkpoint, predictor, Count(stop_after=14))
    rest = Count()
    Neighbours.open(checkpoint, predictor, rest)
    assert (rest.totals, rest.steps) == ([10], 10), "eight were kept"
    (kept,) = (tmp_path / "cache" / "newstance").glob("neighbours-*.npy")
    resumed = np.load(kept)
    kept.unlink()
    Neighbours.open(checkpoint, predictor)
    assert resumed.shape[0] == 18 and (np.load(kept) == resumed).all()


def test_vectors_of_another_corpus_are_not_taken(tiny_exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = Checkpoint(tiny_exported)
    predictor = Predictor.open(checkpoint)
    for sentences in (corpus(8), corpus(8, "sat"), corpus(12)):
        monkeypatch.setattr(neighbours, "read_corpus", lambda split, found=sentences: found)
        count = Count()
        Neighbours.open(checkpoint, predictor, count)
        assert count.totals == [len(sentences)]
