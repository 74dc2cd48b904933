"""docs/results.md, complete, by one command.

::

    python -m newstance.eval.results --data-dir DIR --out docs/results.md

`DIR` holds the public corpora in their official layouts, as `newsmtsc/`, `seesaw/`, `frac/` and `pstance/`; what is
missing is left out and said so. Test splits are for reporting: nothing may be chosen by what this prints.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy.typing as npt
import typer

from newstance.corpora import Annotation, read_corpus, read_newsmtsc, without_texts_of
from newstance.errors import AnnotationError
from newstance.errors.command import run_command
from newstance.model import Checkpoint, SentenceInput, shipped_models
from newstance.model.codebook import Layer
from newstance.model.shipped_folder import DEFAULT

from .baselines import BagOfWords, Majority
from .behaviour import SAME_INPUT
from .bootstrap import Figure
from .by_target import MEAN_OF_TARGETS, target_figures
from .data import CORPORA, choices_of, read_data
from .evaluate import Report, evaluate_judged
from .figures import layer_figures
from .gold import clusters, gold_labels
from .inputs import sentence_inputs
from .judged import Judged, judge
from .merged import merged_probability
from .published import PUBLISHED
from .symmetry import STANDARDISED, Difference, PartyErrors, PartyFigures

__all__ = ["Row", "main", "result_rows"]

SAMPLES = 1000
SEED = 0
NAMES = {
    "newstance": "own corpus, test",
    "newsmtsc-rw": "NewsMTSC `hf_rw`, test",
    "newsmtsc-mt": "NewsMTSC `hf_mt`, test",
    "seesaw": "SEESAW valid, sentences that name the administration",
    "frac": "FrAC (articles and comments), nine named classes",
    "pstance": "P-Stance, test",
}
#: Sets with sentences about several parties; behaviour tests and swapped names are shown of the own corpus alone.
_OF_PARTIES = ("newstance", "newsmtsc-rw", "newsmtsc-mt", "pstance")
#: The figure that a set is judged by, where it is not macro-F1.
_METRIC = {"pstance": "favor_against_f1"}

_HEAD = """# Results

Written by

```bash
python -m newstance.eval.results --data-dir DIR{models} --out docs/results.md
```

One set alone, with every figure, calibration, slices, behaviour tests and partisan symmetry:
`newstance evaluate --corpus NAME --data-dir DIR --report report.html`, with NAME one of {corpora}.
Intervals are 95% bootstrap intervals that resample articles; of FrAC and P-Stance, which name none, they resample
sentences, as if each were independent, and are too narrow by what sentences of one article share.
Test splits are for reporting; nothing was chosen by them.
Published figures have no interval here; their systems are larger and see names. Those of NewsMTSC and P-Stance were
trained on the very corpus. FrAC's was trained on 63,000 sentences of articles and comments; its F1 is published for
each of the two, while the public rows mix them without saying which is which: ours is over the mixture, and neither
published figure over the same sentences. Nine classes are named; the tenth, other, holds what fits none of them.
P-Stance's published figure is a mean of three targets, so that ours of that name stands beside it.
Baselines are trained on NewsMTSC train and all of the own corpus's train, in its present version; the shipped default
learnt from version 9, `marked` from version 10. P-Stance (tweets, no neutral) is decided between favor and against, by
their mean F1.
NewsMTSC's people judged sentiment toward a mention: a model with a layer of that name is judged by that layer, and its
stance, which is another question, stands beside it. The shipped default masks the target; `marked`, its twin,
reads the target's name.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a set, a layer, a system, its figures, and for published ones where they stand."""

    corpus: str
    layer: str
    system: str
    figures: dict[str, Figure]
    source: str = ""


def result_rows(models: dict[str, Checkpoint], root: Path) -> Iterator[tuple[Row, Report | None]]:
    """Yield a row for each test set, layer and system, with the model's whole report where it is one's.

    Args:
        models: by the name that the table shows.
        root: folder of the public corpora.
    """
    codebook = next(iter(models.values())).codebook
    tests: dict[str, list[Annotation]] = {}
    for name in NAMES:
        try:
            tests[name] = read_data(codebook, corpora=[name], data_dir=root if CORPORA[name].folder else None)
        except AnnotationError as error:
            typer.echo(f"left out: {error}", err=True)
    train = read_corpus("train")
    if "newsmtsc-rw" in tests:
        held_out = [record for records in tests.values() for record in records]
        train += without_texts_of(read_newsmtsc(root / "newsmtsc" / "hf_rw" / "train.jsonl"), held_out)
    baselines = _Baselines(train)
    for name, records in tests.items():
        choices = choices_of([name])
        judged = {system: judge(model, records, choices=choices) for system, model in models.items()}
        reports = {
            system: evaluate_judged(
                model,
                records,
                judged[system],
                choices=choices,
                samples=SAMPLES,
                seed=SEED,
                only_figures=name not in _OF_PARTIES,
            )
            for system, model in models.items()
        }
        layers = list(dict.fromkeys(layer for report in reports.values() for layer in report.layers))
        for layer in layers:
            for published in PUBLISHED:
                # A model without a layer for sentiment is judged by its stance, as the labels are mapped.
                judged_by = published.layer if published.layer in layers else "stance"
                if (published.corpus, judged_by) == (name, layer):
                    value = Figure(published.value, published.value, published.value, 0)
                    yield Row(name, layer, published.system, {published.metric: value}, published.source), None
            if name != "pstance":
                yield from ((row, None) for row in baselines.rows(name, layer, models, records))
            for system, report in reports.items():
                if layer in report.layers:
                    yield Row(name, layer, system, report.layers[layer]), report
                    yield from ((row, None) for row in _more_rows(name, system, judged[system], layer))


def _more_rows(corpus: str, system: str, judged: Sequence[Judged], layer: str) -> Iterator[Row]:
    """Yield what stands beside a model's figure: P-Stance's targets and their mean, FrAC with its class other."""
    if (corpus, layer) not in (("pstance", "stance"), ("frac", "frames")):
        return
    own = next(j for j in judged if j.layer.name == layer)
    if corpus == "frac":
        figures = _figures(own.layer, own.gold, own.predicted, own.sentences)
        yield Row(corpus, layer, f"{system}, with other as a tenth class", figures)
        return
    for target, figure in target_figures(own, samples=SAMPLES, seed=SEED).items():
        name = target if target == MEAN_OF_TARGETS else f"toward {target}"
        yield Row(corpus, layer, f"{system}, {name}", {_METRIC[corpus]: figure})


class _Baselines:
    """The baselines of every layer, fitted once."""

    def __init__(self, train: Sequence[Annotation]) -> None:
        self._train = train
        self._fitted: dict[str, dict[str, Majority | BagOfWords]] = {}

    def rows(
        self, corpus: str, name: str, models: dict[str, Checkpoint], records: Sequence[Annotation]
    ) -> Iterator[Row]:
        layer = next(m.codebook.layer(name) for m in models.values() if name in m.codebook)
        if not gold_labels(self._train, layer).sentences:
            return
        if name not in self._fitted:
            self._fitted[name] = {
                "majority": Majority(self._train, layer),
                "tf-idf + logistic regression": BagOfWords(self._train, layer),
            }
        for system, baseline in self._fitted[name].items():
            if corpus != "frac":
                gold = gold_labels(records, layer)
                predicted = baseline.predict(sentence_inputs(gold.sentences))
                figures = _figures(layer, gold.labels, predicted, gold.sentences)
                yield Row(corpus, name, system, figures)
            elif isinstance(baseline, BagOfWords):
                yield Row(corpus, name, system, _merged_figures(baseline, layer, records))


def _figures(
    layer: Layer, gold: npt.NDArray[Any], predicted: npt.NDArray[Any], sentences: Sequence[Annotation], **named: Any
) -> dict[str, Figure]:
    return layer_figures(layer, gold, predicted, clusters(sentences), samples=SAMPLES, seed=SEED, **named)


def _merged_figures(baseline: BagOfWords, layer: Layer, records: Sequence[Annotation]) -> dict[str, Figure]:
    from newstance.corpora.frac import CLASSES, LAYER

    gold = gold_labels(records, LAYER)
    probability = baseline.predict_proba([SentenceInput(record.text) for record in gold.sentences])
    chosen = merged_probability(probability, layer).argmax(axis=1)
    averaged = [i for i, codes in enumerate(CLASSES.values()) if codes != ("other",)]
    return _figures(LAYER, gold.labels, chosen, gold.sentences, averaged=averaged)


def document(rows: Sequence[tuple[Row, Report | None]], command: str) -> str:
    """Return the whole page as Markdown."""
    parts = [_HEAD.format(models=command, corpora=", ".join(f"`{name}`" for name in NAMES))]
    parts += ["## Quality", "", _quality([row for row, _ in rows])]
    parts += ["## Calibration and abstention", "", _calibration([row for row, report in rows if report])]
    parts += _warnings(rows)
    of_stance = [(row, report) for row, report in rows if report and row.layer == "stance"]
    parts += ["## Parties: every set that names several", "", _parties(of_stance)]
    for row, report in of_stance:
        if row.corpus == "newstance":
            parts += [f"## Behaviour and partisan symmetry: {row.system}, own corpus, test", "", _behaviour(report)]
    return "\n".join(parts)


def _quality(rows: Sequence[Row]) -> str:
    lines = ["| data | layer | system | macro-F1 | 95% interval | n |", "|---|---|---|---|---|---|"]
    for row in rows:
        metric = _METRIC.get(row.corpus, "macro_f1")
        figure = row.figures[metric]
        system = f"{row.system} ({row.source})" if row.source else row.system
        within = "published" if row.source else figure.within()
        lines.append(
            f"| {NAMES[row.corpus]} | {row.layer} | {system} | {figure.shown()} | {within} | {figure.n or ''} |"
        )
    return "\n".join(lines) + "\n"


def _calibration(rows: Sequence[Row]) -> str:
    """Return the table of calibration errors, and of what abstaining from a fifth of the sentences brings."""
    metrics = (
        "expected_calibration_error_before_temperature",
        "expected_calibration_error",
        "expected_calibration_error_by_chance",
        "risk_at_100_coverage",
        "risk_at_80_coverage",
    )
    lines = [
        "Expected calibration error over bins of equal mass, their number by monotone sweep, and what chance alone",
        "makes of it for a calibrated model, with a range that holds 95% of such cases; risk is the share of wrong",
        "decisions, of all and of the surest 80%.",
        "",
        "| data | layer | system | error before temperature | after | of a calibrated model | risk of all "
        "| risk at 80% coverage |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "expected_calibration_error" in row.figures:
            cells = [_cell(row.figures.get(metric)) for metric in metrics]
            lines.append(f"| {NAMES[row.corpus]} | {row.layer} | {row.system} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _warnings(rows: Iterable[tuple[Row, Report | None]]) -> list[str]:
    """Return the section of what the runs warn of, or nothing."""
    warned = [(f"{NAMES[row.corpus]}: {row.system}", report) for row, report in rows if report]
    found = dict.fromkeys(f"- {run}: {warning}" for run, report in warned for warning in report.run["warnings"])
    return ["## Warnings of these runs", "", *found, ""] if found else []


def _parties(rows: Sequence[tuple[Row, Report]]) -> str:
    """Return the table of differences between parties on every set."""
    lines = [
        "Lean is decided minus annotated label, above 0 too friendly. Standardised, it is averaged for each annotated",
        "label apart and weighted by one mix of labels, so that it does not hang on how often a party is criticised;",
        "raw, it does. A true difference as large as the detectable one is found in about four of five such data sets.",
        "",
        "NewsMTSC's people judged sentiment toward a mention, not stance; P-Stance is tweets about three politicians,",
        "without neutral; the own corpus is invented; a label may be harder to tell in what is written of one party.",
        "",
        "| data | layer | system | difference | standardised lean | detectable | raw lean | n |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row, report in rows:
        if report.symmetry is None:
            continue
        found: dict[str, PartyErrors | None] = {"stance": report.symmetry, "sentiment": report.symmetry.sentiment}
        for layer, errors in found.items():
            for (one, two), by_metric in _pairs(errors.differences if errors else []).items():
                between = f"{one} minus {two}"
                standardised, raw = by_metric[STANDARDISED], by_metric["lean"]
                cells = [_of(standardised), _detectable(standardised), _of(raw), str(raw.figure.n)]
                lines.append(f"| {NAMES[row.corpus]} | {layer} | {row.system} | {between} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _behaviour(report: Report) -> str:
    lines = ["| behaviour test | share passed, 95% interval | checks |", "|---|---|---|"]
    for test in report.behaviour:
        name = f"{test.name.replace('_', ' ')}{_mark(test.few, test.same_input)}"
        lines.append(f"| {name} | {_cell(test.pass_rate)} | {test.pass_rate.n} |")
    if (found := report.symmetry) is not None:
        lines += ["", *_symmetry_lines(found.parties), "", *_difference_lines(found.differences)]
        if found.swap_unchanged is not None:
            names = ", ".join(swap.name for swap in found.swaps)
            same_input = all(swap.same_input for swap in found.swaps)
            lines += ["", f"Labels unchanged with another name in the target's place ({names}): "]
            lines[-1] += f"{_cell(found.swap_unchanged)} of {found.swap_unchanged.n}{_mark(False, same_input)}."
    return "\n".join(lines) + "\n"


def _symmetry_lines(parties: Iterable[PartyFigures]) -> list[str]:
    lines = [
        "| party | accuracy | wrongly against | wrongly favor | raw lean | articles | n |",
        "|---|---|---|---|---|---|---|",
    ]
    for party in parties:
        cells = [_cell(f) for f in (party.accuracy, party.false_against, party.false_favor, party.lean)]
        name = f"{party.party}{_mark(party.few)}"
        lines.append(f"| {name} | {' | '.join(cells)} | {party.articles} | {party.accuracy.n} |")
    return lines


def _difference_lines(differences: Iterable[Difference]) -> list[str]:
    """Return the table of differences, a row for each two parties."""
    lines = [
        "| difference | standardised lean | detectable | accuracy | wrongly against | wrongly favor | raw lean |",
        "|---|---|---|---|---|---|---|",
    ]
    for (one, two), by_metric in _pairs(differences).items():
        standardised, *others = by_metric.values()
        cells = [_of(standardised), _detectable(standardised), *(_of(other) for other in others)]
        lines.append(f"| {one} minus {two} | {' | '.join(cells)} |")
    return lines


def _pairs(differences: Iterable[Difference]) -> dict[tuple[str, str], dict[str, Difference]]:
    """Return the differences between each two parties by their metric, in their order."""
    found: dict[tuple[str, str], dict[str, Difference]] = {}
    for difference in differences:
        found.setdefault((difference.first, difference.second), {})[difference.metric] = difference
    return found


def _of(difference: Difference) -> str:
    return f"{_cell(difference.figure)}{_mark(difference.few)}"


def _detectable(difference: Difference) -> str:
    return f"{difference.detectable:.2f}" if math.isfinite(difference.detectable) else ""


def _mark(few: bool, same_input: bool = False) -> str:
    return f" ({SAME_INPUT})" if same_input else " (few)" if few else ""


def _cell(figure: Figure | None) -> str:
    known = figure is not None and math.isfinite(figure.value)
    return "" if figure is None or not known else f"{figure.value:.3f} ({figure.within()})"


def main(
    data_dir: Annotated[Path, typer.Option(help="Folder of the public corpora.")],
    model: Annotated[list[str] | None, typer.Option(help="NAME=FOLDER, may be given again.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
) -> None:
    """Write the page of results."""
    chosen = {name: Checkpoint.find(folder) for name, _, folder in (m.partition("=") for m in model or [])}
    rows = list(result_rows(chosen or _shipped(), data_dir))
    text = document(rows, "".join(f' --model "{name}=FOLDER"' for name in chosen))
    if out is None:
        sys.stdout.write(text)
    else:
        out.write_text(text, encoding="utf-8")


def _shipped() -> dict[str, Checkpoint]:
    """Return every model that ships, the default first."""
    others = [name for name in shipped_models() if name != DEFAULT]
    return {"shipped": Checkpoint.shipped()} | {name: Checkpoint.find(name) for name in others}


if __name__ == "__main__":
    run_command(main)
