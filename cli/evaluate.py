"""`newstance evaluate`, `newstance compare` and `newstance agreement`."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.eval import Agreement, Figure, Report, annotator_agreement, evaluate_model
from newstance.eval.behaviour_file import read_behaviour
from newstance.eval.compare import Comparison, compare_models
from newstance.eval.data import choices_of, read_data
from newstance.eval.disagreement import disagreements
from newstance.eval.evaluate import counted
from newstance.eval.figures import by_chance
from newstance.eval.learnt_part import learnt_part
from newstance.eval.renamed import Renamed, owner
from newstance.eval.report import write_report
from newstance.eval.symmetry import STANDARDISED, Difference
from newstance.model import Checkpoint, Codebook, load_codebook

from .column_options import as_part, codebook_of_option, column_map, column_map_of_model
from .differences import check_differences, write_differences
from .naming import naming
from .progress import progress

__all__ = ["run_agreement", "run_compare", "run_evaluate"]

#: Metrics that the terminal shows of each layer; `--json` and `--report` hold all.
_SHOWN = (
    "macro_f1",
    "macro_f1_majority",
    "accuracy",
    "accuracy_majority",
    "micro_f1",
    "favor_against_f1",
    "mean_average_precision",
    "expected_calibration_error",
    "expected_calibration_error_by_chance",
    "expected_calibration_error_before_temperature",
    "risk_at_100_coverage",
    "risk_at_80_coverage",
)
#: What the terminal calls a figure of a party, where its name does not say enough.
_OF_PARTY = {STANDARDISED: "standardised lean", "lean": "raw lean"}
#: Sentences whose explanations are measured where nothing is said.
_EXPLAINED = 300


def run_evaluate(
    model: str | None,
    *,
    data: list[Path],
    map_path: Path | None,
    column: list[str],
    corpus: str | None,
    data_dir: Path | None,
    split: str | None,
    part: str | None,
    target: str | None,
    behaviour: Path | None,
    only_figures: bool,
    report: Path | None,
    samples: int,
    seed: int,
    as_json: bool,
    faithfulness: bool,
    sentences: int | None,
) -> None:
    """Evaluate, write the report, and print a table or one JSON object."""
    if report is not None and report.suffix.lower() not in (".html", ".htm"):
        raise UsageError("the report is an HTML page: give FILE.html", field="--report", path=report)
    if report is not None and report.is_dir():
        raise UsageError("takes a file that ends in .html, and this is a folder", field="--report", path=report)
    if only_figures and behaviour is not None:
        raise UsageError("--only-figures leaves out the behaviour tests: give one of the two", field="--behaviour")
    if sentences is not None and not faithfulness:
        raise UsageError("goes with --faithfulness", field="--sentences")
    checkpoint = Checkpoint.find(model)
    corpora = _one_source(data, corpus)
    file = read_behaviour(behaviour, checkpoint.codebook)
    name = model or "default"
    records = _read(
        name, checkpoint.codebook, data, corpora, map_path, column, data_dir, split, part, name_annotators=True
    )
    with naming(data), progress("evaluating", None) as step:
        found = evaluate_model(
            checkpoint,
            records,
            target=target,
            choices=choices_of(corpora),
            behaviour=file,
            only_figures=only_figures,
            samples=samples,
            seed=seed,
            step=step,
        )
    if part is None and (learnt := learnt_part(checkpoint, data)) is not None:
        found.run["warnings"].insert(0, learnt)
    explanations = None
    if faithfulness:
        from .explanations import measure, print_explanations

        explanations = measure(
            checkpoint, records, target=target, sentences=sentences or _EXPLAINED, samples=samples, seed=seed
        )
        found = replace(found, faithfulness=explanations.faithfulness, plausibility=explanations.plausibility or {})
        found.run["explanations"] = explanations.run
        left_out = explanations.run["left_out"]
        found.run["warnings"] += [f"explanations: {name} left out: {reason}" for name, reason in left_out.items()]
    try:
        if report is not None:
            write_report(found, report)
    finally:  # a page that cannot be written takes no figures with it
        if as_json:
            whole = found.to_dict() | (explanations.to_dict() if explanations else {})
            sys.stdout.write(json.dumps(whole, allow_nan=False) + "\n")
        else:
            _print(found, only_figures=only_figures)
            if explanations is not None:
                print_explanations(explanations)
    if report is not None and not as_json:
        sys.stderr.write(f"report: {report}\n")


def run_compare(
    first: str,
    second: str,
    *,
    data: list[Path],
    map_path: Path | None,
    column: list[str],
    corpus: str | None,
    data_dir: Path | None,
    split: str | None,
    part: str | None,
    target: str | None,
    as_: list[str],
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Compare two models and print the differences, or one JSON object."""
    one, two = Checkpoint.find(first), Checkpoint.find(second)
    corpora = _one_source(data, corpus)
    renamed = [_renamed(option) for option in as_]
    name, own = ((first, one), (second, two))[owner(renamed, one.codebook, two.codebook)]
    try:
        records = _read(name, own.codebook, data, corpora, map_path, column, data_dir, split, part)
    except UsageError as error:
        if renamed or not (error.field or "").startswith("columns."):
            raise
        way = "--as says what a layer of the other model is called there"
        raise UsageError(f"{error.message}; {way}", path=error.path, field=error.field) from error
    with naming(data):
        found = compare_models(
            one,
            two,
            records,
            target=target,
            choices=choices_of(corpora),
            renamed=renamed,
            samples=samples,
            seed=seed,
        )
    learnt = [learnt_part(model, data) for model in (one, two)] if part is None else []
    found.run["warnings"] += [warning for warning in dict.fromkeys(learnt) if warning is not None]
    if as_json:
        sys.stdout.write(json.dumps(found.to_dict(), allow_nan=False) + "\n")
    else:
        _print_comparison(found, (first, second))


def _renamed(option: str) -> Renamed:
    """Return what `--as LAYER=LAYER,CODE=CODE,...` says."""
    pairs = [pair.partition("=") for pair in option.split(",")]
    (layer, _, other), *codes = ((old.strip(), equals, new.strip()) for old, equals, new in pairs)
    if not codes or not all(old and new for old, _, new in [(layer, "", other), *codes]):
        raise UsageError(f"takes LAYER=LAYER,CODE=CODE,... with every label, not {option!r}", field="--as")
    return Renamed(layer, other, {old: new for old, _, new in codes})


def run_agreement(
    files: list[Path],
    *,
    map_path: Path | None,
    column: list[str],
    codebook: Path | None,
    differences: Path | None,
    samples: int,
    seed: int,
    as_json: bool,
) -> None:
    """Print how far annotators agree, and write what they judged apart."""
    if differences is not None:
        check_differences(differences, files)
    known = codebook_of_option(codebook) or load_codebook()
    records = read_data(known, files=files, columns=column_map(map_path, column), name_annotators=True)
    with naming(files):
        found = annotator_agreement(records, known, samples=samples, seed=seed)
        apart = disagreements(records, known)
    try:
        if differences is not None:
            write_differences(apart, differences)
    finally:  # a table that cannot be written takes no figures with it
        if as_json:
            layers = {name: agreement.to_dict() for name, agreement in found.items()}
            whole = {"layers": layers, "differences": [one.to_dict() for one in apart]}
            sys.stdout.write(json.dumps(whole, allow_nan=False) + "\n")
        else:
            _print_agreement(found)
    if differences is not None:
        sys.stderr.write(f"differences: {len(apart)} rows: {differences}\n")
    elif apart and not as_json:
        sys.stderr.write("--differences FILE.csv writes the sentences that they were split over, to settle them\n")


def _print_agreement(found: Mapping[str, Agreement]) -> None:
    console = _console()
    for name, agreement in found.items():
        console.print(
            f"[bold]{name}[/bold]: {agreement.sentences} sentences judged by two or more, split over {agreement.split}"
        )
        rows = {} if agreement.alpha is None else {"Krippendorff's alpha": agreement.alpha}
        rows |= {f"alpha, {code}": figure for code, figure in agreement.by_label.items()}
        rows |= {f"macro-F1 of {who} against the others": f for who, f in agreement.annotators.items()}
        console.print(_figures(rows))
        _print_warning(console, agreement.warning)


def _read(
    model: str,
    codebook: Codebook,
    data: list[Path],
    corpora: list[str],
    map_path: Path | None,
    column: list[str],
    data_dir: Path | None,
    split: str | None,
    part: str | None,
    *,
    name_annotators: bool = False,
) -> list[Annotation]:
    """Read what a model is judged on, as the options say."""
    return read_data(
        codebook,
        columns=column_map_of_model(model, codebook, map_path, column),
        files=data,
        corpora=corpora,
        data_dir=data_dir,
        split=split,
        part=as_part(part),
        name_annotators=name_annotators,
    )


def _one_source(data: list[Path], corpus: str | None) -> list[str]:
    if bool(data) == (corpus is not None):
        raise UsageError("give either --data FILE or --corpus NAME")
    return [] if corpus is None else [corpus]


def _console() -> Console:
    return Console(width=None if sys.stdout.isatty() else 120)


def _figures(rows: Mapping[str, Figure], **columns: str) -> Table:
    table = Table("", "value", "95% interval", "n", box=None, title_justify="left", **columns)  # type: ignore[arg-type]
    for name, figure in rows.items():
        within = f"95% below {figure.high:.3f}" if by_chance(name) else figure.within()
        table.add_row(Text(name), figure.shown(), within, str(figure.n))  # a name may hold what rich takes for markup
    return table


def _print(report: Report, *, only_figures: bool) -> None:
    console = _console()
    first = report.run["before_figures"]  # without heeding these, the figures say nothing
    for warning in first:
        _print_warning(console, warning)
    for layer, figures in report.layers.items():
        rows = {name: figures[name] for name in _SHOWN if name in figures}
        if (among := report.annotators.get(layer)) is not None and among.agreement.alpha is not None:
            rows["annotators' alpha"] = among.agreement.alpha
        few = report.few[layer]
        of_labels = {name: figure for name, figure in figures.items() if name.startswith("f1_")}
        rows |= {f"{name} (few)" if name in few else name: figure for name, figure in of_labels.items()}
        console.print(f"[bold]{layer}[/bold]", _figures(rows), sep="\n")
    if report.behaviour:
        console.print("[bold]behaviour tests[/bold], share passed")
        console.print(_figures({test.name: test.pass_rate for test in report.behaviour}))
    if report.symmetry is not None:
        _print_symmetry(console, report)
    elif not only_figures:
        console.print("[bold]partisan symmetry[/bold]")
        labels = "a stance (favor, against, neutral) nor a sentiment (positive, negative, neutral)"
        console.print(f"not measured: the data or the model have neither {labels}")
    for warning in report.run["warnings"]:
        _print_warning(console, None if warning in first else warning)
    run = report.run
    console.print(f"model {run['model']} · data {run['data']} · {counted(run)}")
    if run["not_annotated"]:
        console.print(f"layers of the model that these data do not judge: {', '.join(run['not_annotated'])}")


def _print_warning(console: Console, warning: str | None) -> None:
    if warning is not None:
        console.print(Text(f"! {warning}", style="dark_orange"))


def _print_symmetry(console: Console, report: Report) -> None:
    assert report.symmetry is not None
    rows: dict[str, Figure] = {}
    for party in report.symmetry.parties:
        rows[f"{party.party}: accuracy"] = party.accuracy
        rows[f"{party.party}: raw lean (above 0: too friendly)"] = party.lean
    rows |= {_between(difference): difference.figure for difference in report.symmetry.differences}
    if report.symmetry.sentiment is not None:
        compared = [d for d in report.symmetry.sentiment.differences if d.metric == STANDARDISED]
        rows |= {f"sentiment, {_between(difference)}": difference.figure for difference in compared}
    if report.symmetry.swap_unchanged is not None:
        rows["labels unchanged under another name"] = report.symmetry.swap_unchanged
    console.print("[bold]partisan symmetry[/bold]")
    console.print(_figures(rows) if rows else "no administration of a known party, and no mention or no stance to swap")


def _between(difference: Difference) -> str:
    name = f"{difference.first} minus {difference.second}: {_OF_PARTY.get(difference.metric, difference.metric)}"
    compared = difference.metric == STANDARDISED and math.isfinite(difference.detectable)
    return f"{name} (detectable: {difference.detectable:.2f})" if compared else name


def _print_comparison(found: Comparison, given: Sequence[str]) -> None:
    """Print a comparison; the models are called as they were given, since copies of one have its name."""
    console = _console()
    hashes = (found.run[side]["model"][:8] for side in ("first", "second"))
    names = [f"{name} ({digits})" for name, digits in zip(given, hashes, strict=True)]
    for layer, compared in found.layers.items():
        rows: dict[str, Any] = {
            f"macro-F1 of {names[0]}": compared.first,
            f"macro-F1 of {names[1]}": compared.second,
            "difference in macro-F1, second minus first": compared.difference,
            "difference in accuracy or micro-F1": compared.accuracy_difference,
        }
        rows |= {f"  {part.by}: {part.part}{' (few)' if part.few else ''}": part.difference for part in compared.parts}
        console.print(f"[bold]{layer}[/bold]", _figures(rows), sep="\n")
        right = "right" if compared.mcnemar is not None else "right in all labels"
        test = "" if compared.mcnemar is None else f", McNemar p = {compared.mcnemar:.3g}"
        console.print(
            f"sentences: only the first {right} {compared.only_first}, only the second {compared.only_second}{test}; "
            f"{compared.changes} decided differently: "
            + ("the data show a difference" if compared.shown else "the data show no difference")
        )
        _print_warning(console, compared.warning)
        for changed in compared.changed[:10]:
            console.print(Text(f"  {changed.first} → {changed.second} (annotated {changed.gold})  {changed.text}"))
    for warning in found.run["warnings"]:
        _print_warning(console, warning)
