"""How far the two codebook passes over NewsMTSC agree, and where they differ from the published labels.

::

    python -m newstance.corpora.pass_agreement [hf_rw/train.jsonl]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from newstance.errors.command import run_command

from .agreement import alpha
from .codebook_pass import codebook_pass, judgements
from .newsmtsc import read_newsmtsc

__all__ = ["pass_agreement"]


def pass_agreement() -> dict[str, float]:
    """Return Krippendorff's alpha between the two passes: stance, voice, each frame that was used, and their mean."""
    pairs = list(judgements().values())
    found = {layer: alpha([a[layer] for a, _ in pairs], [b[layer] for _, b in pairs]) for layer in ("stance", "voice")}
    codes = sorted({code for pair in pairs for judgement in pair for code in judgement["frames"]})
    frames = {
        f"frame {code}": alpha([code in a["frames"] for a, _ in pairs], [code in b["frames"] for _, b in pairs])
        for code in codes
    }
    return found | frames | {"frames (mean)": sum(frames.values()) / len(frames)}


def _report(published: Path | None) -> Iterator[str]:
    yield f"{len(judgements())} rows, two passes"
    for name, value in pass_agreement().items():
        yield f"alpha {name:22} {value:.3f}"
    if published is not None:
        records = read_newsmtsc(published)
        by_id = {record.id: record.stance for record in records}
        table = Counter((by_id[judged.id], judged.stance) for judged in codebook_pass(records))
        yield "published label -> codebook pass"
        yield from (f"{one} -> {two}: {count}" for (one, two), count in sorted(table.items(), key=str))


def _command(
    published: Annotated[Path | None, typer.Argument(help="A file of NewsMTSC, to compare its labels too.")] = None,
) -> None:
    for line in _report(published):
        typer.echo(line)


if __name__ == "__main__":
    run_command(_command)
