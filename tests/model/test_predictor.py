"""A sentence's outputs depend on its own tokens alone, to the last bit; resuming and caching lean on that."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from newstance.model import Checkpoint, Prediction, Predictor, SentenceInput
from newstance.model.encoding import Window
from newstance.model.window_cache import WindowCache, window_key

WORDS = ["the", "council", "harbour", "plan", "wrecked", "praised", "fishermen", "blamed", "and", "a", "cruel", "noon"]


def sentences(number: int, seed: int) -> list[SentenceInput]:
    chance = random.Random(seed)
    return [SentenceInput(" ".join(chance.choices(WORDS, k=chance.randint(1, 60)))) for _ in range(number)]


def opened(folder: Path, threads: int = 1, cache_bytes: int = 0) -> Predictor:
    return Predictor.open(Checkpoint(folder), runtime="onnx", threads=threads, cache_bytes=cache_bytes)


def same(one: Prediction, two: Prediction) -> bool:
    return all(
        np.array_equal(one.logits[layer], two.logits[layer])
        and np.array_equal(one.evidence[layer], two.evidence[layer])
        for layer in one.logits
    )


def test_neighbours_padding_and_workers_change_not_a_bit(tiny_exported: Path) -> None:
    items = sentences(40, seed=1)
    alone = [opened(tiny_exported).predict([item])[0] for item in items[:12]]
    together = opened(tiny_exported).predict(items)
    mixed = opened(tiny_exported, threads=3).predict(sentences(50, seed=2) + items)[50:]
    assert all(same(one, two) for one, two in zip(alone, together, strict=False))
    assert all(same(one, two) for one, two in zip(mixed, together, strict=True))


def test_the_shipped_model_holds_to_that_too() -> None:
    items = sentences(10, seed=3)
    predictor = Predictor.open(Checkpoint.shipped(), cache_bytes=0)
    together = predictor.predict(items)
    assert all(same(predictor.predict([item])[0], two) for item, two in zip(items, together, strict=True))


def test_what_was_seen_before_is_not_run_again(tiny_exported: Path) -> None:
    predictor = opened(tiny_exported, cache_bytes=1 << 20)
    items = sentences(10, seed=4)
    first = predictor.predict([*items, *items])
    assert (predictor.counts.windows, predictor.counts.run) == (20, 10)
    again = predictor.predict(items)
    assert (predictor.counts.windows, predictor.counts.run) == (30, 10)
    assert all(same(one, two) for one, two in zip(first, again, strict=False))


def test_the_cache_forgets_what_was_not_used_for_longest() -> None:
    row = {"stance_logits": np.zeros(25, dtype=np.float32)}  # 1,000 bytes with what it takes beside
    cache = WindowCache(3000)
    for key in (b"a", b"b", b"c"):
        cache.put(key, row)
    assert cache.get(b"a") is row
    cache.put(b"d", row)
    assert len(cache) == 3 and cache.get(b"b") is None and cache.get(b"a") is row


@pytest.mark.parametrize(
    "other",
    [
        Window([1, 2], [0, 0], [-1, 0]),
        Window([1, 2, 3], [0, 0, 1], [-1, 0, 0]),
        Window([1, 2, 3], [0, 0, 0], [-1, 0, -1]),
        Window([1, 2, 3], [0, 0, 0], [-1, 0, 0], target=(1,)),
    ],
)
def test_windows_that_the_model_tells_apart_have_different_keys(other: Window) -> None:
    assert window_key(other) != window_key(Window([1, 2, 3], [0, 0, 0], [-1, 0, 0]))


def test_several_groups_may_be_under_way(tiny_exported: Path) -> None:
    predictor = opened(tiny_exported, threads=2)
    one, two = sentences(20, seed=5), sentences(20, seed=6)
    encoded = [predictor.encoding.encode(items) for items in (one, two)]
    pending = [predictor.start(items) for items in encoded]
    found = [predictor.finish(p) for p in reversed(pending)][::-1]
    assert all(same(a, b) for a, b in zip(found[0], predictor.predict(one), strict=True))
    assert all(same(a, b) for a, b in zip(found[1], predictor.predict(two), strict=True))


def test_what_is_under_way_in_another_group_is_not_run_again(tiny_exported: Path) -> None:
    predictor = opened(tiny_exported, threads=2)  # without a cache
    one = predictor.encoding.encode(sentences(20, seed=7))
    first, second = predictor.start(one), predictor.start(one[5:15])
    assert predictor.counts.run == 20
    found = predictor.finish(second)
    assert all(same(a, b) for a, b in zip(found, predictor.finish(first)[5:15], strict=True))
    predictor.predict_encoded(one[:3])
    assert predictor.counts.run == 23  # nothing is under way any more, and nothing was kept


def test_a_group_that_was_given_up_leaves_nothing_behind(tiny_exported: Path) -> None:
    predictor = opened(tiny_exported)
    encoded = predictor.encoding.encode(sentences(5, seed=9))
    predictor.start(encoded)  # nobody waits for it
    predictor.predict_encoded(encoded)
    assert predictor.counts.run == 10


def test_a_batch_that_failed_is_run_again_when_asked_again(
    tiny_exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictor = opened(tiny_exported)
    items = sentences(3, seed=10)
    with monkeypatch.context() as broken:
        broken.setattr(predictor.runtime, "run", lambda batch: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            predictor.predict(items)
    assert len(predictor.predict(items)) == 3


def test_vectors_run_whatever_is_kept(tiny_exported: Path) -> None:
    predictor = opened(tiny_exported, cache_bytes=1 << 20)
    encoded = predictor.encoding.encode(sentences(4, seed=8))
    predictor.predict_encoded(encoded)
    assert predictor.embed(encoded).shape[0] == 4 and predictor.counts.run == 8
    predictor.predict_encoded(encoded)
    assert predictor.counts.run == 8
