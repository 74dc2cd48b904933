"""What explanations cost beside a decision without any, in one run, by one command.

::

    python -m newstance.eval.explanation_cost [MODEL] --sentences 64

Times the own corpus's development sentences, every method in turn, again and again, and prints medians and their ratio
to the decision alone. Ratios count; seconds depend on the machine and on what else it does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Annotated

import typer

from newstance.corpora import read_corpus
from newstance.errors import UsageError
from newstance.errors.command import run_command
from newstance.model import Checkpoint, EncodedSentence, Predictor, collate, explain_encoded, plan_batches
from newstance.model.onnx_runtime import OnnxRuntime

from .inputs import sentence_inputs

__all__ = ["main", "times"]


def times(
    checkpoint: Checkpoint, encoded: list[EncodedSentence], *, rounds: int, gradients: bool
) -> dict[str, list[float]]:
    """Return seconds a round of the decision alone, and of it with each method.

    Args:
        checkpoint: an exported model.
        encoded: sentences of one window.
        rounds: how often each is timed.
        gradients: time `ig` too, and torch's decision beside it.

    Raises:
        UsageError: the model has no ONNX file.
    """
    # Without a cache, or every round but the first would only look up what it said before.
    predictor = Predictor.open(checkpoint, cache_bytes=0)
    runtime = predictor.runtime
    if not isinstance(runtime, OnnxRuntime):
        raise UsageError("costs are measured on an exported model")
    torch = Predictor.open(checkpoint, runtime="torch", cache_bytes=0) if gradients else None
    windows = [sentence.windows[0] for sentence in encoded]
    batches = [
        collate([windows[i] for i in batch], predictor.encoding.pad_id)
        for batch in plan_batches([len(window.input_ids) for window in windows])
    ]
    logits = [f"{layer}_logits" for layer in predictor.layers]

    def decide() -> None:
        for batch in batches:
            runtime.run(batch, only=logits)

    def evidence() -> None:
        for batch in batches:
            runtime.run(batch, only=[*logits, *(f"{layer}_evidence" for layer in predictor.layers)])

    def leave_out() -> None:
        explain_encoded(predictor, encoded, predictor.predict_encoded(encoded), "loo")

    work: dict[str, Callable[[], object]] = {"decision alone": decide, "evidence": evidence, "loo": leave_out}
    if torch is not None:
        work["decision, torch"] = partial(torch.predict_encoded, encoded)
        work["ig, torch"] = partial(_integrate, torch, encoded)
    for warm in (decide, evidence):
        warm()
    found: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(rounds):
        for name, function in work.items():
            if name in ("loo", "ig, torch") and turn % 5:
                continue  # a few of the long ones are enough
            start = perf_counter()
            function()
            found[name].append(perf_counter() - start)
    return found


def _integrate(torch: Predictor, encoded: list[EncodedSentence]) -> None:
    explain_encoded(torch, encoded, torch.predict_encoded(encoded), "ig")


def main(
    model: Annotated[str | None, typer.Argument(help="An exported model. [default: the shipped default]")] = None,
    sentences: Annotated[int, typer.Option(help="How many sentences.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often.")] = 15,
    gradients: Annotated[bool, typer.Option(help="Time integrated gradients too; needs torch.")] = True,
) -> None:
    """Print one line a method."""
    checkpoint = Checkpoint.find(model)
    records = list({record.id: record for record in read_corpus("dev")}.values())
    encoding = Predictor.open(checkpoint).encoding
    encoded = [sentence for sentence in encoding.encode(sentence_inputs(records)) if len(sentence.windows) == 1]
    found = times(checkpoint, encoded[:sentences], rounds=rounds, gradients=gradients)
    alone = median(found["decision alone"])
    for name, seconds in found.items():
        middle = median(seconds)
        sys.stdout.write(f"{name:22} {1000 * middle / sentences:8.2f} ms a sentence, {middle / alone:6.2f} times\n")


if __name__ == "__main__":
    run_command(main)
