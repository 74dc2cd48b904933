"""Signatures of the commands that judge a model; the work is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["CALIBRATE_EXAMPLES", "calibrate"]

CALIBRATE_EXAMPLES = """**Examples**

`newstance calibrate runs/mine/model --data dev.jsonl`

`newstance calibrate default --corpus newstance --corpus newsmtsc-rw --data-dir DIR --out calibrated`
"""

DataOption = Annotated[
    list[Path] | None, typer.Option("--data", "-d", help="A file of annotations; may be given again.")
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the corpora lie: the corpus's own folder in its official layout, or above."),
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", "-t", help="Profile that finds the mentions in rows without `target_spans`."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def calibrate(
    model: Annotated[str, typer.Argument(help="A model folder, or with --out a shipped model's name.")],
    data: DataOption = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option("--corpus", help="Also, or instead: newstance, newsmtsc-rw, newsmtsc-mt, seesaw; again for more."),
    ] = None,
    data_dir: DataDirOption = None,
    split: Annotated[str | None, typer.Option("--split", help="Only this split. [default: dev of a corpus]")] = None,
    target: TargetOption = None,
    risk: Annotated[
        float,
        typer.Option("--risk", min=0.0, max=1.0, help="Wanted share of wrong decisions among those kept."),
    ] = 0.15,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a calibrated copy here and leave the model as it is.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Fit a model's probabilities and its threshold for abstaining to annotations, and write them to its folder."""
    from .calibrate import run_calibrate

    run_calibrate(
        model,
        data=data or [],
        corpora=corpus or [],
        data_dir=data_dir,
        split=split,
        target=target,
        risk=risk,
        out=out,
        as_json=json,
    )
