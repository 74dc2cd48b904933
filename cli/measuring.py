"""What `newstance benchmark` prints."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from newstance.eval.benchmark import benchmark, machine, scale

from .progress import progress

__all__ = ["run_benchmark", "run_scale"]


def run_benchmark(
    *, model: str | None, sentences: int, explained: int, rounds: int, references: bool, as_json: bool
) -> None:
    """Run the benchmark and print it."""
    with progress("processes", (5 if references else 3) * rounds) as step:
        found = benchmark(
            model=model,
            sentences=sentences,
            explained=explained,
            rounds=rounds,
            references=references,
            step=lambda name: step(),
        )
    if as_json:
        sys.stdout.write(json.dumps(found) + "\n")
        return
    table = Table(title=_machine(found["machine"]))
    for column in (
        "process",
        "sentences",
        "seconds (range)",
        "sentences/s",
        "peak MB",
        "time a sentence",
        "CPU time a sentence",
    ):
        table.add_column(column, justify="left" if column == "process" else "right")
    for row in found["rows"]:
        table.add_row(
            row["name"],
            str(row["sentences"]),
            f"{row['seconds']:.1f} ({row['low']:.1f} to {row['high']:.1f})",
            f"{row['per_second']:.1f}",
            f"{row['peak_mb']:.0f}",
            _times(row["times_newstance"]),
            _times(row["cpu_times_newstance"]),
        )
    console = Console()
    console.print(table)
    console.print(
        f"Times a sentence: newstance with evidence = 1. "
        f"{found['rounds']} rounds; {found['tokens']} tokens, {found['padded']} with padding; "
        f"{found['gflops']:.1f} GFLOP/s of {found['gflops_limit']:.1f} that this machine reaches in matrix products: "
        f"{found['share']:.0%} of the limit, start-up included"
    )


def run_scale(articles: list[int], *, model: str | None, as_json: bool) -> None:
    """Measure time and memory at several sizes and print them."""
    with progress("archives", len(articles)) as step:
        found = scale(articles, model=model, step=lambda name: step())
    if as_json:
        sys.stdout.write(json.dumps({"machine": machine(), "rows": [asdict(row) for row in found]}) + "\n")
        return
    table = Table("articles", "seconds", "CPU seconds", "articles/s", "peak MB", title=_machine(machine()))
    for row in found:
        table.add_row(
            str(row.articles),
            f"{row.seconds:.1f}",
            f"{row.cpu_seconds:.1f}",
            f"{row.articles / row.seconds:.1f}",
            f"{row.peak_mb:.0f}",
        )
    Console().print(table)


def _times(found: tuple[float, float, float] | None) -> str:
    """Say how many times as long per sentence, with the interval where there were rounds enough for one."""
    if found is None:
        return "1"
    middle, low, high = found
    return f"{middle:.2f}" if high == float("inf") else f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _machine(found: dict[str, Any]) -> str:
    return f"{found['processor']}, {found['cores']} cores, load {found['load']}, onnxruntime {found['onnxruntime']}"
