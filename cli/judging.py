"""Signatures of the commands that judge a model; the work is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .data_commands import ColumnOption, MapOption

__all__ = ["add_to"]

_EVALUATE = """**Examples**

`newstance evaluate --data annotations.csv --report report.html`

`newstance evaluate --data survey.csv --column text=Sentence --column stance=Position`

`newstance evaluate runs/mine/model --data annotations.csv --map columns.yaml --part test`

`newstance evaluate runs/mine/model --corpus newsmtsc-rw --data-dir DIR --json`

`newstance evaluate --corpus newstance --behaviour my-tests.yaml`

`newstance evaluate --corpus newsmtsc-rw --data-dir DIR --split dev --faithfulness --json`
"""
_COMPARE = """**Examples**

`newstance compare runs/a/model runs/b/model --data annotations.jsonl`

`newstance compare default runs/mine/model -d mine.csv --as position=stance,for=favor,against=against,unclear=neutral`
"""
_AGREEMENT = """**Examples**

`newstance agreement export-of-label-studio.json`

`newstance agreement one.csv two.csv --differences differences.csv`
"""
_CALIBRATE = """**Examples**

`newstance calibrate runs/mine/model --data dev.jsonl`

`newstance calibrate default --corpus newsmtsc-rw --data-dir DIR --layer sentiment --out calibrated`
"""

DataOption = Annotated[
    list[Path] | None,
    typer.Option("--data", "-d", help="Annotation file of any format (docs/data.md); may be given again."),
]
DataDirOption = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Where the corpora lie: the corpus's own folder in its official layout, or above."),
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", "-t", help="Profile that finds the mentions in rows without `target_spans`."),
]
CorpusOption = Annotated[
    str | None,
    typer.Option(
        "--corpus",
        help="Instead of --data: newstance (shipped), newsmtsc-rw, newsmtsc-mt, newsmtsc-codebook-rw and -mt (dev "
        "alone), seesaw, frac or pstance.",
    ),
]
SplitOption = Annotated[
    str | None,
    typer.Option("--split", help="Only this split. Without it: all of --data; of a corpus test, of seesaw valid."),
]
PartOption = Annotated[
    str | None,
    typer.Option(
        "--part",
        help="Of --data without splits: train, dev or test, the parts into which `part:` divides it for training.",
    ),
]
SamplesOption = Annotated[int, typer.Option("--samples", min=100, help="Bootstrap samples behind each interval.")]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the bootstrap.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command(epilog=_EVALUATE)(evaluate)
    app.command(epilog=_COMPARE)(compare)
    app.command(epilog=_AGREEMENT)(agreement)
    app.command(epilog=_CALIBRATE)(calibrate)


def evaluate(
    model: Annotated[
        str | None, typer.Argument(help="A model folder or a shipped model's name. [default: the shipped default]")
    ] = None,
    data: DataOption = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    corpus: CorpusOption = None,
    data_dir: DataDirOption = None,
    split: SplitOption = None,
    part: PartOption = None,
    target: TargetOption = None,
    behaviour: Annotated[
        Path | None, typer.Option("--behaviour", help="YAML of your own behaviour tests, added to those that ship.")
    ] = None,
    only_figures: Annotated[
        bool, typer.Option("--only-figures", help="Leave out slices, behaviour tests and partisan symmetry.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write everything as one self-contained HTML page.")
    ] = None,
    samples: SamplesOption = 1000,
    seed: SeedOption = 0,
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness", help="Measure the explanations too: take their words away and look.")
    ] = False,
    sentences: Annotated[
        int | None,
        typer.Option(
            "--sentences", min=1, help="With --faithfulness: so many sentences at most, drawn at random. [default: 300]"
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Measure a model against annotations: figures with intervals, calibration, annotators, behaviour, symmetry."""
    from .evaluate import run_evaluate

    run_evaluate(
        model,
        data=data or [],
        map_path=map_,
        column=column or [],
        corpus=corpus,
        data_dir=data_dir,
        split=split,
        part=part,
        target=target,
        behaviour=behaviour,
        only_figures=only_figures,
        report=report,
        samples=samples,
        seed=seed,
        as_json=json,
        faithfulness=faithfulness,
        sentences=sentences,
    )


def compare(
    first: Annotated[str, typer.Argument(help="A model folder or a shipped model's name.")],
    second: Annotated[str, typer.Argument(help="Another; differences are the second minus the first.")],
    data: DataOption = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    corpus: CorpusOption = None,
    data_dir: DataDirOption = None,
    split: SplitOption = None,
    part: PartOption = None,
    target: TargetOption = None,
    as_: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            metavar="LAYER=LAYER,CODE=CODE,...",
            help="A layer of the model in whose words the data are, and what the other model calls it and each of its "
            "labels; may be given again.",
        ),
    ] = None,
    samples: SamplesOption = 1000,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Compare two models on the same annotations: paired bootstrap, McNemar, per slice, and what changed."""
    from .evaluate import run_compare

    run_compare(
        first,
        second,
        data=data or [],
        map_path=map_,
        column=column or [],
        corpus=corpus,
        data_dir=data_dir,
        split=split,
        part=part,
        target=target,
        as_=as_ or [],
        samples=samples,
        seed=seed,
        as_json=json,
    )


def agreement(
    files: Annotated[list[Path], typer.Argument(help="Files of annotations by two or more annotators.")],
    map_: MapOption = None,
    column: ColumnOption = None,
    codebook: Annotated[
        Path | None,
        typer.Option(
            "--codebook", help="YAML of your own labels, or a training configuration. [default: the one that ships]"
        ),
    ] = None,
    differences: Annotated[
        Path | None,
        typer.Option("--differences", help="Write what they judged apart to this .csv file, with everybody's label."),
    ] = None,
    samples: SamplesOption = 1000,
    seed: SeedOption = 0,
    json: JsonOption = False,
) -> None:
    """Measure how far annotators agree: Krippendorff's alpha with its interval, and each against the others."""
    from .evaluate import run_agreement

    run_agreement(
        files,
        map_path=map_,
        column=column or [],
        codebook=codebook,
        differences=differences,
        samples=samples,
        seed=seed,
        as_json=json,
    )


def calibrate(
    model: Annotated[str, typer.Argument(help="A model folder, or with --out a shipped model's name.")],
    data: DataOption = None,
    map_: MapOption = None,
    column: ColumnOption = None,
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            "--corpus",
            help="Also, or instead: newstance, newsmtsc-rw, newsmtsc-mt, newsmtsc-codebook-rw, newsmtsc-codebook-mt, "
            "with --split train seesaw; may be given again.",
        ),
    ] = None,
    data_dir: DataDirOption = None,
    split: Annotated[str | None, typer.Option("--split", help="Only this split. [default: dev of a corpus]")] = None,
    part: PartOption = None,
    layer: Annotated[
        list[str] | None, typer.Option("--layer", help="Only this layer; may be given again. [default: all judged]")
    ] = None,
    target: TargetOption = None,
    risk: Annotated[
        float,
        typer.Option("--risk", min=0.0, max=1.0, help="Wanted share of wrong decisions among those kept."),
    ] = 0.15,
    offsets: Annotated[
        bool,
        typer.Option(
            "--offsets",
            help="Learn too how common each label is in your text, of which --data must be a random sample. Layers of "
            "one label only.",
        ),
    ] = False,
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
        map_path=map_,
        column=column or [],
        corpora=corpus or [],
        data_dir=data_dir,
        split=split,
        part=part,
        layers=layer,
        target=target,
        risk=risk,
        offsets=offsets,
        out=out,
        as_json=json,
    )
