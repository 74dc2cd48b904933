"""The benchmark measures whole processes of the real thing, and its archives are what they claim."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from newstance.errors import InputError
from newstance.eval.benchmark import benchmark, scale, token_flops
from newstance.eval.benchmark_text import unique_sentences, write_archive
from newstance.model import Checkpoint


def test_sentences_are_unique_however_many_are_asked_for() -> None:
    assert len(set(unique_sentences(15_000))) == 15_000
    assert unique_sentences(50) == unique_sentences(50) != unique_sentences(50, seed=1)


def test_an_archive_holds_the_share_of_duplicates_asked_for(tmp_path: Path) -> None:
    sentences = unique_sentences(2000)
    assert write_archive(tmp_path / "a.jsonl", sentences, duplicates=0.3) == 400
    texts = [json.loads(line)["text"].split("\n\n") for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    found = [sentence for text in texts for sentence in text]
    assert len(found) == 2000
    assert 0.62 < len(set(found)) / 2000 < 0.78


def test_operations_of_a_token_are_two_for_each_weight_of_the_matrices() -> None:
    config = Checkpoint.shipped().config
    encoder = config.encoder | {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1000}
    assert token_flops(config.model_copy(update={"encoder": encoder})) == 2 * 6 * (4 * 384 * 384 + 2 * 384 * 1000)


def test_each_way_is_measured_each_round(tiny_exported: Path) -> None:
    names: list[str] = []
    found = benchmark(model=str(tiny_exported), sentences=60, rounds=1, references=False, step=names.append)
    assert names == [row["name"] for row in found["rows"]] and len(names) == 3
    assert all(row["seconds"] > 0 and row["peak_mb"] > 20 for row in found["rows"])
    assert 0 < found["tokens"] <= found["padded"]


def test_a_process_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such model folder"):
        scale([1], model=str(tmp_path / "nowhere"))
