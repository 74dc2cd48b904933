"""The table of results that README.md and docs/results.md quote, by one command.

::

    python -m newstance.eval.results --data-root DIR --out docs/results.md

`DIR` holds the public corpora in their official layouts, as `newsmtsc/`, `seesaw/` and `frac/`; what is missing is left
out and said so. Test splits are for reporting: nothing may be chosen by what this prints.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from newstance.corpora import Annotation, read_corpus, read_newsmtsc, read_seesaw, without_texts_of
from newstance.corpora.frac import read_frac
from newstance.errors import AnnotationError
from newstance.model import Checkpoint, Predictor, SentenceInput, probabilities
from newstance.model.codebook import Layer

from .baselines import BagOfWords, Majority
from .bootstrap import Figure
from .figures import layer_figures
from .gold import Gold, clusters, gold_labels
from .inputs import decisions, sentence_inputs
from .merged import merged_choice, merged_macro_f1

__all__ = ["main", "result_rows"]

SAMPLES = 1000
SEED = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a set, a system, and its figures by metric."""

    data: str
    system: str
    figures: dict[str, Figure]


@dataclass(frozen=True, slots=True)
class _Set:
    name: str
    layer: Layer
    gold: Gold
    inputs: list[SentenceInput]

    @classmethod
    def of(cls, name: str, layer: Layer, records: Sequence[Annotation]) -> _Set:
        gold = gold_labels(records, layer)
        return cls(name, layer, gold, sentence_inputs(gold.sentences))

    def row(self, system: str, predicted: npt.NDArray[Any]) -> Row:
        groups = clusters(self.gold.sentences)
        return Row(
            self.name,
            system,
            layer_figures(self.layer, self.gold.labels, predicted, groups, samples=SAMPLES, seed=SEED),
        )


def result_rows(models: dict[str, Checkpoint], root: Path) -> Iterator[Row]:
    """Yield a row for each test set and system: majority, bag of words, and each model.

    Args:
        models: by the name that the table shows.
        root: folder of the public corpora.
    """
    newsmtsc = root / "newsmtsc"
    tests: dict[str, list[Annotation]] = {"own corpus, test": read_corpus("test")}
    train = read_corpus("train")
    try:
        tests["NewsMTSC hf_rw, test"] = read_newsmtsc(newsmtsc / "hf_rw" / "test.jsonl")
        tests["NewsMTSC hf_mt, test"] = read_newsmtsc(newsmtsc / "hf_mt" / "test.jsonl")
        held_out = [record for records in tests.values() for record in records]
        train = train + without_texts_of(read_newsmtsc(newsmtsc / "hf_rw" / "train.jsonl"), held_out)
        tests["SEESAW valid, sentences that name the administration"] = read_seesaw(root / "seesaw").records
    except AnnotationError as error:
        print(f"left out: {error}", file=sys.stderr)  # noqa: T201
    layers = {layer.name: layer for model in models.values() for layer in model.codebook.layers}
    predictors = {name: Predictor.open(model) for name, model in models.items()}
    for layer in layers.values():
        systems: dict[str, Majority | BagOfWords] = {
            "majority": Majority(train, layer),
            "tf-idf + logistic regression": BagOfWords(train, layer),
        }
        for name, records in tests.items():
            data = _Set.of(f"{layer.name}: {name}", layer, records)
            if not data.gold.sentences:
                continue
            for system, baseline in systems.items():
                yield data.row(system, baseline.predict(data.inputs))
            for system, predictor in predictors.items():
                if layer.name in predictor.layers:
                    yield data.row(system, decisions(predictor.predict(data.inputs), models[system], layer))
    if "frames" in layers and (root / "frac").is_dir():
        yield from _frac_rows(models, predictors, layers["frames"], train, root)


def _frac_rows(
    models: dict[str, Checkpoint],
    predictors: dict[str, Predictor],
    layer: Layer,
    train: Sequence[Annotation],
    root: Path,
) -> Iterator[Row]:
    rows = read_frac(root / "frac" / "gold_standard_single_label_all.csv")
    inputs = [SentenceInput(row.text) for row in rows]
    found = {"tf-idf + logistic regression": BagOfWords(train, layer).predict_proba(inputs)}
    for system, predictor in predictors.items():
        if layer.name in predictor.layers:
            logits = np.stack([prediction.logits[layer.name] for prediction in predictor.predict(inputs)])
            found[system] = probabilities(logits, layer, models[system].calibration.layer(layer.name).temperature)
    for system, probability in found.items():
        figure = merged_macro_f1(rows, merged_choice(probability, layer), samples=SAMPLES, seed=SEED)
        yield Row("frames: FrAC, nine named classes", system, {"macro_f1": figure})


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| data | system | macro-F1 | 95% interval | n |", "|---|---|---|---|---|"]
    for row in rows:
        figure = row.figures["macro_f1"]
        lines.append(
            f"| {row.data} | {row.system} | {figure.value:.3f} | {figure.low:.3f} to {figure.high:.3f} | {figure.n} |"
        )
    return "\n".join(lines) + "\n"


def main(
    data_root: Annotated[Path, typer.Option(help="Folder of the public corpora.")],
    model: Annotated[list[str] | None, typer.Option(help="NAME=FOLDER, may be given again.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; without it, standard output.")] = None,
) -> None:
    """Print the results table."""
    chosen = {name: Checkpoint(folder) for name, _, folder in (m.partition("=") for m in model or [])}
    rows = list(result_rows(chosen or {"shipped": Checkpoint.shipped()}, data_root))
    if out is None:
        sys.stdout.write(table(rows))
    else:
        out.write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
