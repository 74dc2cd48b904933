"""The signatures of `newstance fit-evidence` and `newstance explain`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .data_commands import ColumnOption, MapOption
from .judging import PartOption, TargetOption

__all__ = ["EXPLAIN_EPILOG", "FIT_EPILOG", "explain", "fit_evidence"]

EXPLAIN_EPILOG = """**Examples**

`newstance explain "The government wrecked the harbour and lied about it."`

`newstance explain "Critics called the governor's order a gift to the ports." --target my-governor.yaml --method loo`

`newstance explain - --neighbours --json < sentence.txt`
"""

FIT_EPILOG = """**Examples**

`newstance fit-evidence runs/default/model --config default --set data.root=DIR --out runs/default/explained`

`newstance fit-evidence runs/mine/model --data table.csv --map columns.yaml --part train --out runs/mine/explained`
"""


def fit_evidence(
    model: Annotated[Path, typer.Argument(help="A model folder, trained or exported.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write: the same model with the evidence head.")],
    config: Annotated[
        str | None, typer.Option("--config", help="The run's configuration, whose training sentences it learns on.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="Override a setting of it: a.b=value.")] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            "-d",
            help="Instead of --config: annotation file of any format (docs/data.md); labels do not count.",
        ),
    ] = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    split: Annotated[str | None, typer.Option("--split", help="Of --data only this split.")] = None,
    part: PartOption = None,
    target: TargetOption = None,
    sentences: Annotated[int, typer.Option("--sentences", min=2, help="How many, drawn at random.")] = 1600,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="Stop taking words away after so long; use what there is.")
    ] = None,
    words: Annotated[
        int | None,
        typer.Option(
            "--words", min=1, help="Take so many single words from each sentence, drawn at random. [default: every one]"
        ),
    ] = None,
    removals: Annotated[
        Path | None,
        typer.Option("--removals", help="Keep the targets in this file. [default: OUT.removals.jsonl, beside OUT]"),
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", min=1, help="Passes over the sentences at most; fewer do where there are many.")
    ] = 20,
    size: Annotated[
        int, typer.Option("--size", min=4, help="Width of the head; a multiple of 4. More removals fill a wider one.")
    ] = 128,
    margin: Annotated[
        float,
        typer.Option("--margin", min=0, help="How much the margin that is explained weighs beside the single logits."),
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the drawing, the order and the head.")] = 13,
) -> None:
    """Teach a trained model's evidence what taking each word away does; its labels stay exactly as they are."""
    from .fit_evidence import run_fit_evidence

    run_fit_evidence(
        model,
        out=out,
        config=config,
        overrides=set_ or [],
        data=data or [],
        map_path=map_,
        column=column or [],
        split=split,
        part=part,
        target=target,
        sentences=sentences,
        minutes=minutes,
        words=words,
        removals=removals,
        epochs=epochs,
        size=size,
        margin=margin,
        seed=seed,
    )


def explain(
    sentence: Annotated[str, typer.Argument(help="One sentence, in quotes; - reads it from standard input.")],
    target: Annotated[
        str, typer.Option("--target", "-t", help="Whose actions: a shipped profile's name or a YAML file.")
    ] = "government",
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="A model folder or a shipped model's name. [default: the shipped default]"),
    ] = None,
    method: Annotated[
        str, typer.Option("--method", help="evidence (free), ig (needs torch), loo (a pass a word) or random.")
    ] = "evidence",
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Points of the integral, for ig. [default: 10]")
    ] = None,
    flip: Annotated[bool, typer.Option(help="Look for the fewest words whose deletion changes the stance.")] = True,
    neighbours: Annotated[
        bool,
        typer.Option(
            "--neighbours", help="Show the three nearest labelled sentences; the first time reads the whole corpus."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Explain one sentence: which words carried its stance, what would flip it, and what it resembles."""
    from .explain import run_explain

    run_explain(
        sentence,
        target=target,
        model=model,
        method=method,
        steps=steps,
        flip=flip,
        neighbours=neighbours,
        as_json=json,
    )
