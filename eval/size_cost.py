"""What a larger or smaller model costs: parameters, file and sentences a second of several, in one run, by one command.

::

    python -m newstance.eval.size_cost [MODEL]... --sentences 600

Times the own corpus's training sentences on every model in turn, with the evidence that it gives for nothing, and
prints how many times slower than the first each is. Ratios count; seconds depend on the machine and what else it does.
Quality is measured apart: `newstance evaluate`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from time import perf_counter
from typing import Annotated

import typer

from newstance.corpora import read_corpus
from newstance.errors.command import run_command
from newstance.model import Checkpoint, Predictor, SentenceInput
from newstance.model.torch_runtime import load_network

from .inputs import sentence_inputs

__all__ = ["Cost", "costs", "main"]

_WEIGHTS = ("model.onnx", "model.safetensors")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one model costs.

    Attributes:
        parameters: millions of numbers that were learnt.
        megabytes: of its file of weights, the exported one where it has both.
        seconds: for all sentences, the median over the rounds.
        slower: median over the rounds of its time as a multiple of the first model's in the same round.
    """

    parameters: float
    megabytes: float
    seconds: float
    slower: float


def costs(checkpoints: Sequence[Checkpoint], sentences: Sequence[SentenceInput], *, rounds: int) -> list[Cost]:
    """Return what each model costs on the same sentences, nothing looked up that was said before.

    Args:
        checkpoints: models; exported ones run on ONNX Runtime, others on torch.
        sentences: what they read, one at least.
        rounds: how often each reads them, in turns.
    """
    predictors = [Predictor.open(checkpoint, cache_bytes=0) for checkpoint in checkpoints]
    for predictor in predictors:
        predictor.predict(sentences[:32])
    seconds: list[list[float]] = [[] for _ in predictors]
    for _ in range(rounds):
        for predictor, times in zip(predictors, seconds, strict=True):
            start = perf_counter()
            predictor.predict(sentences)
            times.append(perf_counter() - start)
    found = []
    for checkpoint, times in zip(checkpoints, seconds, strict=True):
        weights = next(checkpoint.path / name for name in _WEIGHTS if checkpoint.has(name))
        learnt = sum(math.prod(parameter.shape) for parameter in load_network(checkpoint).parameters())
        slower = median(own / first for own, first in zip(times, seconds[0], strict=True))
        found.append(Cost(learnt / 1e6, weights.stat().st_size / 1e6, median(times), slower))
    return found


def main(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Models, the first of which the others are compared with. [default: the shipped default]"),
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, help="How many sentences.")] = 600,
    rounds: Annotated[int, typer.Option(min=1, help="How often.")] = 3,
) -> None:
    """Print one line a model, as a table in Markdown."""
    names = models or ["default"]
    texts = {record.text: record for record in read_corpus("train")}
    inputs = sentence_inputs(list(islice(texts.values(), sentences)))
    found = costs([Checkpoint.find(name) for name in names], inputs, rounds=rounds)
    sys.stdout.write(
        "| model | parameters, millions | file, MB | sentences a second | times as slow |\n|---|---|---|---|---|\n"
    )
    for name, cost in zip(names, found, strict=True):
        speed = len(inputs) / cost.seconds
        sys.stdout.write(
            f"| {name} | {cost.parameters:.1f} | {cost.megabytes:.1f} | {speed:.0f} | {cost.slower:.1f} |\n"
        )


if __name__ == "__main__":
    run_command(main)
