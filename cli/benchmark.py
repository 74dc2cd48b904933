"""`newstance benchmark`: how fast this machine scores, beside what people do without newstance."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["EPILOG", "benchmark"]

EPILOG = """**Examples**

`newstance benchmark --no-references`

`newstance benchmark --sentences 2000 --rounds 3 --json`

`newstance benchmark --articles 1000 --articles 10000`
"""


def benchmark(
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="A model folder or a shipped model's name.")
    ] = None,
    sentences: Annotated[int, typer.Option("--sentences", min=50, help="Sentences of each process.")] = 2000,
    explained: Annotated[
        int, typer.Option("--explained", min=1, help="Sentences of the slowest: integrated gradients.")
    ] = 100,
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="Turns, in which each process runs once.")] = 3,
    references: Annotated[
        bool, typer.Option("--references/--no-references", help="Run what to compare with (extra `train`).")
    ] = True,
    articles: Annotated[
        list[int] | None,
        typer.Option("--articles", min=1, help="Instead: time and peak memory at this many articles; may come again."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Measure speed and memory in whole processes: with and without evidence, and two references beside."""
    from .measuring import run_benchmark, run_scale

    if articles:
        run_scale(articles, model=model, as_json=json)
        return
    run_benchmark(
        model=model, sentences=sentences, explained=explained, rounds=rounds, references=references, as_json=json
    )
