"""`evaluate_model`: a model's decisions against annotations, and all that a reader needs to judge the figures."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from typing import Any

import numpy as np

from newstance.corpora import Annotation
from newstance.model import Checkpoint, Method, Predictor, RuntimeName
from newstance.model.codebook import Layer

from .annotators import AmongAnnotators, among_annotators
from .behaviour import TestResult, behaviour_warnings, run_behaviour
from .behaviour_file import BehaviourFile, read_behaviour
from .bootstrap import FEWEST_CLUSTERS, Figure
from .curves import Curves, layer_curves
from .figures import better, few_behind, judged_figures
from .gold import clusters, few_articles, gold_of_layers, repeated_rows, without_article
from .inputs import unnamed_share, without_mention
from .judged import Judged, judge
from .judgements import collect_judgements
from .plain import plain
from .slices import SliceFigures, slice_figures
from .symmetry import Symmetry, symmetry, symmetry_warnings

__all__ = [
    "Report",
    "counted",
    "data_hash",
    "evaluate_judged",
    "evaluate_model",
    "tie_warnings",
    "ties_of",
    "versions",
]

Say = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was measured, with where it comes from.

    Attributes:
        layers: for each layer, metric name to figure; `better` in the dictionary says which way each is better.
        run: model and data hashes, counts, versions, seed, command, warnings.
        few: for each layer, the figures of labels that come from fewer than five articles, and how many they are.
        curves: for each layer, what is drawn: confusion, reliability, risk against coverage.
        annotators: for each layer that several annotators judged, their agreement and the model among them.
        slices: for each layer, the figures on parts of the data.
        behaviour: outcomes of the behaviour tests.
        symmetry: errors toward different parties, or None without a layer of stance or sentiment.
        faithfulness: figures of explanation methods, `<method>.<metric>`, where they were asked for.
        plausibility: the same against rationales.
    """

    layers: dict[str, dict[str, Figure]]
    run: dict[str, Any]
    few: dict[str, dict[str, int]] = field(default_factory=dict)
    curves: dict[str, Curves] = field(default_factory=dict)
    annotators: dict[str, AmongAnnotators] = field(default_factory=dict)
    slices: dict[str, list[SliceFigures]] = field(default_factory=dict)
    behaviour: list[TestResult] = field(default_factory=list)
    symmetry: Symmetry | None = None
    faithfulness: Mapping[Method, Mapping[str, Figure]] = field(default_factory=dict)
    plausibility: Mapping[Method, Mapping[str, Figure]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return plain dictionaries: `layers.<layer>.<metric> = {value, low, high, n}`, and the rest by name.

        Explanations are measured on request; where they were not, nothing is said of them. What is not a number, as
        the ends of an interval that a figure does not have, is None.
        """
        found = asdict(self)
        for name in ("faithfulness", "plausibility"):
            if not found[name]:
                del found[name]
        names = dict.fromkeys(name for figures in self.layers.values() for name in figures)
        found["better"] = {name: better(name) for name in names}
        return dict(plain(found))


def evaluate_model(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None = None,
    runtime: RuntimeName = "auto",
    choices: Sequence[str] | None = None,
    behaviour: BehaviourFile | None = None,
    only_figures: bool = False,
    samples: int = 1000,
    seed: int = 0,
    step: Say = lambda: None,
) -> Report:
    """Predict annotated sentences and compare, for every layer that both the model and the records have.

    Several annotators of the same sentence are merged to the label most of them gave; a sentence without a majority
    has no gold label and is left out, counted in `run.ties`. Of a multi-label layer a sentence has every label that at
    least half of its annotators gave.

    Args:
        checkpoint: the model.
        records: annotations.
        target: profile that finds mentions in rows without `target_spans`; None looks for the row's own `target`.
        runtime: which weights to run.
        choices: the only codes of single-label layers that may be decided for; a corpus may know no neutral.
        behaviour: behaviour tests, swaps and parties; those that ship when None.
        only_figures: leave out slices, behaviour tests and symmetry.
        samples: bootstrap samples.
        seed: of the bootstrap, and of the draw of sentences to swap names in.
        step: called after each part of the work.

    Raises:
        AnnotationError: no record carries a label of a layer that the model predicts, or all sentences are tied.
    """
    layers = judge(checkpoint, records, target=target, runtime=runtime, choices=choices)
    step()
    return evaluate_judged(
        checkpoint,
        records,
        layers,
        target=target,
        runtime=runtime,
        choices=choices,
        behaviour=behaviour,
        only_figures=only_figures,
        samples=samples,
        seed=seed,
        step=step,
    )


def evaluate_judged(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    layers: Sequence[Judged],
    *,
    target: str | None = None,
    runtime: RuntimeName = "auto",
    choices: Sequence[str] | None = None,
    behaviour: BehaviourFile | None = None,
    only_figures: bool = False,
    samples: int = 1000,
    seed: int = 0,
    step: Say = lambda: None,
) -> Report:
    """Return the report on sentences that the model has judged already; the rest is as `evaluate_model` takes it.

    Args:
        checkpoint: the model.
        records: annotations.
        layers: what `judge` says of them, asked with the same target, runtime and choices.
        target: profile that found mentions in rows without `target_spans`, if one was given.
        runtime: which weights run the behaviour tests and the swaps of names.
        choices: the only codes of single-label layers that could be decided for.
        behaviour: behaviour tests, swaps and parties; those that ship when None.
        only_figures: leave out slices, behaviour tests and symmetry.
        samples: bootstrap samples.
        seed: of the bootstrap, and of the draw of sentences to swap names in.
        step: called after each part of the work.
    """
    report = Report({}, _run(checkpoint, records, layers, target=target, choices=choices, samples=samples, seed=seed))
    by_layer = collect_judgements(records, [judged.layer for judged in layers])
    for judged, judgements in zip(layers, by_layer, strict=True):
        name = judged.layer.name
        calibration = checkpoint.calibration.layer(name)
        report.layers[name] = judged_figures(judged, calibration, samples=samples, seed=seed)
        report.few[name] = few_behind(judged.layer, judged.gold, judged.predicted, judged.groups)
        report.run["warnings"] += _few_warnings(name, report.few[name], report.run["resampled"][name])
        report.curves[name] = layer_curves(judged)
        if (found := among_annotators(judged, judgements, samples=samples, seed=seed)) is not None:
            report.annotators[name] = found
        step()
        if not only_figures:
            report.slices[name] = slice_figures(judged, records, samples=samples, seed=seed)
            step()
    if only_figures:
        return report
    file = behaviour or read_behaviour()
    predictor = Predictor.open(checkpoint, runtime=runtime)
    report.behaviour.extend(run_behaviour(checkpoint, predictor, file.tests))
    report.run["warnings"] += behaviour_warnings(checkpoint, file.tests, report.behaviour)
    step()
    stance, sentiment = (next((j for j in layers if j.layer.name == name), None) for name in ("stance", "sentiment"))
    found_symmetry = symmetry(checkpoint, predictor, stance, file, sentiment=sentiment, seed=seed)
    if found_symmetry is not None:
        report.run["warnings"] += symmetry_warnings(found_symmetry)
    step()
    return replace(report, symmetry=found_symmetry)


def counted(run: Mapping[str, Any]) -> str:
    """Return how many sentences of how many articles a report's `run` is about."""
    n, without = run["sentences"], run["without_article"]
    if without == n:
        return f"{_sentences(n)}, no articles given: taken as independent"
    articles = f"{_sentences(n)} of {run['clusters'] - without} articles"
    return articles if not without else f"{articles}, {without} of no given article: taken as independent"


def _sentences(n: int) -> str:
    return f"{n} sentence{'' if n == 1 else 's'}"


def data_hash(records: Sequence[Annotation]) -> str:
    """Return 16 hexadecimal digits of the records, whatever their order."""
    rows = sorted(record.model_dump_json(exclude_defaults=True) for record in records)
    return hashlib.sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return the versions that figures may depend on."""
    names = ("newstance", "numpy", "onnxruntime", "tokenizers")
    return {name: version(name) for name in names} | {"python": platform.python_version()}


def _run(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    layers: Sequence[Judged],
    *,
    target: str | None,
    choices: Sequence[str] | None,
    samples: int,
    seed: int,
) -> dict[str, Any]:
    sentences = list({(r.corpus, r.id): r for judged in layers for r in judged.sentences}.values())
    tied = ties_of(records, checkpoint.codebook.layers, layers)
    mostly, partly = _unnamed(layers, target)
    return {
        "model": checkpoint.hash,
        "model_name": checkpoint.config.name,
        "target_mode": checkpoint.config.encoding.target_mode,
        "data": data_hash(records),
        "corpora": sorted({record.corpus or "file" for record in records}),
        "records": len(records),
        "sentences": len(sentences),
        "ties": tied,
        "not_annotated": [layer.name for layer in checkpoint.codebook.layers if layer.name not in tied],
        "without_target_spans": max(int((~judged.named).sum()) for judged in layers),
        "clusters": len(set(clusters(sentences))),
        "without_article": sum(record.article is None for record in sentences),
        "resampled": {judged.layer.name: _resampled(judged) for judged in layers},
        "choices": list(choices) if choices else None,
        "bootstrap_samples": samples,
        "seed": seed,
        "command": " ".join(["newstance", *sys.argv[1:]]),
        "versions": versions(),
        "before_figures": mostly,
        "warnings": [
            *mostly,
            *_warnings(layers, sentences, partly),
            *tie_warnings(tied),
            *repeated_rows(records),
        ],
    }


def ties_of(records: Sequence[Annotation], known: Sequence[Layer], layers: Sequence[Judged]) -> dict[str, int]:
    """Return how many sentences annotators tie over on each judged layer, and on those of which no other is left.

    Args:
        records: annotations.
        known: layers that the model predicts.
        layers: those that could be judged.
    """
    tied = {judged.layer.name: len(judged.tied) for judged in layers}
    lost = {layer.name: len(gold.tied) for layer, gold in zip(known, gold_of_layers(records, known), strict=True)}
    return tied | {name: n for name, n in lost.items() if n and name not in tied}


def tie_warnings(tied: Mapping[str, int]) -> list[str]:
    """Return what to beware of where annotators tie, given for each layer over how many sentences."""
    return [f"{name}: left out, as annotators tie: {_sentences(n)}" for name, n in tied.items() if n]


def _resampled(judged: Judged) -> str:
    """Return what the layer's intervals resample."""
    given = any(record.article is not None for record in judged.sentences)
    return "articles" if given and len(set(judged.groups.tolist())) >= FEWEST_CLUSTERS else "sentences"


def _label_warnings(judged: Judged) -> list[str]:
    """Return what to beware of where labels are rare, or never annotated, of those that could be decided for."""
    codes = judged.layer.codes
    annotated, decided = (
        x.sum(axis=0) if judged.layer.kind == "multi" else np.bincount(x, minlength=len(codes))
        for x in (judged.gold, judged.predicted)
    )
    # What `choices` leave out has probability 0 everywhere.
    possible = judged.probability.max(axis=0) > 0
    counts = [
        (code, int(n), int(times))
        for code, n, times, may in zip(codes, annotated, decided, possible, strict=True)
        if may
    ]
    if not any(n or times for _, n, times in counts):
        return [f"{judged.layer.name}: no label occurs: no F1"]
    found = []
    if rare := [f"{code} {n}" for code, n, _ in counts if 0 < n < 20]:
        found.append(f"fewer than 20 sentences of {', '.join(rare)}")
    if absent := [code for code, n, times in counts if not n and not times]:
        found.append(
            f"never annotated, nor decided: {', '.join(absent)}; macro-F1 and other means over labels are over the rest"
        )
    if wrong := [f"{code} {times}" for code, n, times in counts if not n and times]:
        found.append(f"never annotated, but decided: {', '.join(wrong)}; an F1 of 0, which counts in macro-F1")
    return [f"{judged.layer.name}: {warning}" for warning in found]


def _few_warnings(layer: str, few: Mapping[str, int], unit: str) -> list[str]:
    """Return what to beware of in figures of labels with few articles, or sentences, behind them."""
    by_label: dict[str, list[str]] = {}
    for name, n in few.items():
        kind, _, code = name.partition("_")
        by_label.setdefault(code, []).append(f"{kind} {n}")
    if not by_label:
        return []
    named = ", ".join(f"{code} ({', '.join(counts)})" for code, counts in by_label.items())
    return [f"{layer}: fewer than {FEWEST_CLUSTERS} {unit} behind {named}: marked few, and they say little of others"]


def _unnamed(layers: Sequence[Judged], target: str | None) -> tuple[list[str], list[str]]:
    """Return what to beware of in layers without a mention in most of their sentences, and in some."""
    mostly: list[str] = []
    partly: list[str] = []
    for judged in layers:
        warning = without_mention(judged.layer, judged.sentences, judged.inputs, target)
        if warning is not None:
            unnamed, n = unnamed_share(judged.layer, judged.sentences, judged.inputs)
            (mostly if 2 * unnamed > n else partly).append(f"{judged.layer.name}: {warning}")
    return mostly, partly


def _warnings(layers: Sequence[Judged], sentences: Sequence[Annotation], unnamed: Sequence[str]) -> list[str]:
    few = {judged.layer.name: few_articles(judged.sentences) for judged in layers}
    found = [f"{name}: {warning}" for name, warning in few.items() if warning is not None]
    if (missing := without_article(sentences)) is not None:
        found.append(missing)
    found += unnamed
    for judged in layers:
        found += _label_warnings(judged)
    if any(record.corpus == "newstance" for record in sentences):
        found.append(
            "the newstance corpus was labelled by instances of a language model, not by people: its agreement is no "
            "human ceiling"
        )
    return found
