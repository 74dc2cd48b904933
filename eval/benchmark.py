"""`benchmark`: whole processes of newstance and of what people do without it, in turns, on this machine."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from newstance.model import Checkpoint, ModelConfig, cores

from .benchmark_text import SENTENCES_PER_ARTICLE, unique_sentences, write_archive
from .measured_process import run_measured
from .references import write_reference_model

__all__ = ["Measured", "Scaled", "benchmark", "machine", "scale", "token_flops"]

#: 97.5% quantile of Student's t for 1 to 9 degrees of freedom; beyond, the normal one is near enough.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of scoring, timed as a whole process.

    Attributes:
        name: what ran.
        sentences: how many it was given.
        seconds: median over the rounds, start of Python to end of process.
        low: fastest round.
        high: slowest round.
        per_second: sentences a second at the median.
        peak_mb: largest resident memory of any round, in MB.
        cpu_seconds: median of the processor's seconds, all cores together; it tells more than the clock where other
            work goes on beside.
        cpu_times_newstance: as `times_newstance`, of the processor's seconds.
        times_newstance: how many times as long as newstance with evidence took, per sentence; with its 95% interval
            over rounds (each round's ratio is taken within the round, as load comes and goes).
    """

    name: str
    sentences: int
    seconds: float
    low: float
    high: float
    per_second: float
    peak_mb: float
    cpu_seconds: float
    cpu_times_newstance: tuple[float, float, float] | None
    times_newstance: tuple[float, float, float] | None


def benchmark(
    *,
    model: str | None = None,
    sentences: int = 2000,
    explained: int = 100,
    rounds: int = 3,
    references: bool = True,
    step: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """Measure scoring with and without evidence, with duplicates, and the two references, in turns.

    Args:
        model: a model folder or shipped model's name; None for the default.
        sentences: sentences of each way but the slowest.
        explained: sentences that the integrated gradients get, since they take so long; all figures are compared per
            sentence, start-up included, which flatters whatever gets more of them.
        rounds: turns.
        references: whether to run the references, which need the extra `train`.
        step: told the name of each process before it starts.

    Returns:
        `machine`, `rows` (`Measured`), `tokens`, `padded`, `gflops` reached and of the machine, and `share`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = unique_sentences(sentences)
        write_archive(folder / "unique.jsonl", texts)
        write_archive(folder / "repeated.jsonl", texts, duplicates=0.3)
        (folder / "all.txt").write_text("\n".join(" ".join(t.split()) for t in texts), encoding="utf-8")
        (folder / "some.txt").write_text("\n".join(" ".join(t.split()) for t in texts[:explained]), encoding="utf-8")
        score = [sys.executable, "-m", "newstance.cli", "score"] + (["--model", model] if model else [])
        ways: dict[str, tuple[list[str], int]] = {
            "newstance, with evidence": ([*score, f"{folder}/unique.jsonl", "--out", f"{folder}/run"], sentences),
            "newstance, no evidence": (
                [*score, f"{folder}/unique.jsonl", "--out", f"{folder}/run", "--explain", "none"],
                sentences,
            ),
            "newstance, 30% duplicates": ([*score, f"{folder}/repeated.jsonl", "--out", f"{folder}/run"], sentences),
        }
        if references:
            write_reference_model(folder / "reference")
            call = [sys.executable, "-m", "newstance.eval.references"]
            ways |= {
                "transformers pipeline": (
                    [*call, "pipeline", f"{folder}/reference", f"{folder}/all.txt"],
                    sentences,
                ),
                "pipeline + integrated gradients": (
                    [*call, "gradients", f"{folder}/reference", f"{folder}/some.txt"],
                    explained,
                ),
            }
        times: dict[str, list[float]] = {way: [] for way in ways}
        cpu: dict[str, list[float]] = {way: [] for way in ways}
        peaks: dict[str, float] = dict.fromkeys(ways, 0.0)
        last: dict[str, Any] = {}
        for _ in range(rounds):
            for way, (command, _) in ways.items():
                step(way)
                ran = run_measured(command)
                times[way].append(ran.seconds)
                cpu[way].append(ran.cpu)
                peaks[way] = max(peaks[way], ran.peak_mb)
                if (folder / "run").is_dir():
                    if way == "newstance, with evidence":
                        last = json.loads((folder / "run" / "summary.json").read_text(encoding="utf-8"))["last_call"]
                    for path in (folder / "run").iterdir():
                        path.unlink()
                    (folder / "run").rmdir()
    first = next(iter(ways))
    rows = []
    for way, (_, number) in ways.items():
        median = statistics.median(times[way])
        rows.append(
            Measured(
                way,
                number,
                seconds=median,
                low=min(times[way]),
                high=max(times[way]),
                per_second=number / median,
                peak_mb=peaks[way],
                cpu_seconds=statistics.median(cpu[way]),
                cpu_times_newstance=_compared(cpu, way, first, number / sentences),
                times_newstance=_compared(times, way, first, number / sentences),
            )
        )
    limit = matrix_gflops()
    reached = last["padded"] * token_flops(Checkpoint.find(model).config) / rows[0].seconds / 1e9
    return {
        "machine": machine(),
        "rounds": rounds,
        "rows": [asdict(row) for row in rows],
        "tokens": last["tokens"],
        "padded": last["padded"],
        "gflops": reached,
        "gflops_limit": limit,
        "share": reached / limit,
    }


def _compared(times: dict[str, list[float]], way: str, first: str, share: float) -> tuple[float, float, float] | None:
    """Return how many times as long a way took as the first, per sentence, with an interval over rounds."""
    if way == first:
        return None
    return _interval([mine / base / share for mine, base in zip(times[way], times[first], strict=True)])


@dataclass(frozen=True, slots=True)
class Scaled:
    """Time and memory at one size of archive."""

    articles: int
    seconds: float
    cpu_seconds: float
    peak_mb: float


def scale(
    sizes: list[int], *, model: str | None = None, step: Callable[[str], None] = lambda name: None
) -> list[Scaled]:
    """Score archives of growing size (articles of five sentences, none twice) as whole processes."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "archive.jsonl"
        for size in sizes:
            step(f"{size} articles")
            write_archive(archive, unique_sentences(SENTENCES_PER_ARTICLE * size))
            command = [sys.executable, "-m", "newstance.cli", "score", str(archive), "--out", f"{name}/run-{size}"]
            ran = run_measured(command + (["--model", model] if model else []))
            found.append(Scaled(size, ran.seconds, ran.cpu, ran.peak_mb))
    return found


def _interval(ratios: list[float]) -> tuple[float, float, float]:
    """Return the geometric mean of ratios with its 95% interval (Student's t on logarithms)."""
    logs = [math.log(ratio) for ratio in ratios]
    middle = statistics.fmean(logs)
    if len(logs) < 2:
        return math.exp(middle), 0.0, math.inf
    quantile = _T[len(logs) - 2] if len(logs) - 2 < len(_T) else 1.96
    half = quantile * statistics.stdev(logs) / math.sqrt(len(logs))
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def token_flops(config: ModelConfig) -> int:
    """Return the floating-point operations of one token in the encoder's matrices, attention's own left out."""
    encoder = config.encoder
    hidden, inner = int(encoder["hidden_size"]), int(encoder["intermediate_size"])
    return 2 * int(encoder["num_hidden_layers"]) * (4 * hidden * hidden + 2 * hidden * inner)


def matrix_gflops() -> float:
    """Return what this machine reaches in single-precision matrix products, in GFLOP/s: the best of five."""
    import numpy as np

    size = 1536
    one = np.random.default_rng(0).standard_normal((size, size), dtype=np.float32)
    best = math.inf
    for _ in range(5):
        began = time.perf_counter()
        one @ one
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best / 1e9


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    from importlib.metadata import version

    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").is_file():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        processor = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), processor)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {
        "processor": processor,
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "onnxruntime": version("onnxruntime"),
        "load": load,
    }
