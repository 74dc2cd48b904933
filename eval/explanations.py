"""How far a model's explanations can be trusted: faithfulness, and plausibility where there are rationales."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from newstance.corpora import Annotation, filled_in
from newstance.errors import AnnotationError
from newstance.model import METHODS, Checkpoint, Method, Predictor

from .bootstrap import Figure
from .faithfulness import explained_layer, faithfulness
from .gold import clusters
from .inputs import sentence_inputs
from .plain import plain
from .plausibility import plausibility

__all__ = ["ExplanationReport", "measure_explanations"]


@dataclass(frozen=True, slots=True)
class ExplanationReport:
    """Figures by method and metric.

    Attributes:
        faithfulness: on the model's own decisions; sufficiency is better when lower, everything else when higher.
        plausibility: against rationales, where the model decided as their annotators; None without rationales.
        run: sentences explained and skipped, what was left out (methods, or `plausibility`) and why, steps, seed.
    """

    faithfulness: dict[Method, dict[str, Figure]]
    plausibility: dict[Method, dict[str, Figure]] | None
    run: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """Return `faithfulness.<method>.<metric> = {value, low, high, n}`, the same for `plausibility`, and the run."""
        found: dict[str, Any] = {"faithfulness": _plain(self.faithfulness)}
        if self.plausibility is not None:
            found["plausibility"] = _plain(self.plausibility)
        return found | {"explanations": self.run}


def measure_explanations(
    checkpoint: Checkpoint,
    records: Sequence[Annotation],
    *,
    target: str | None = None,
    sentences: int | None = None,
    methods: Sequence[Method] = METHODS,
    steps: int = 10,
    samples: int = 1000,
    seed: int = 0,
    step: Callable[[], None] = lambda: None,
) -> ExplanationReport:
    """Explain sentences by every method and measure the explanations.

    Without torch, integrated gradients are left out, and so is plausibility where the model gave no label for which
    there is a rationale; the report says so.

    Args:
        checkpoint: the model.
        records: annotations; labels are needed for plausibility only.
        target: profile that finds mentions in rows without `target_spans`.
        sentences: draw so many for faithfulness; all when None. Plausibility is of all sentences with a rationale:
            they are few, and need explaining but no deletions.
        methods: what to compare.
        steps: points of the integral of `ig`.
        samples: bootstrap samples.
        seed: of the drawing, the bootstrap and the control.
        step: called after each sentence of each method, and after each method's plausibility.

    Raises:
        UsageError: the model has no layer of one label, or there is nothing to explain.
    """
    records = filled_in(records)
    unique = list({(record.corpus, record.id): record for record in records}.values())
    if sentences is not None and sentences < len(unique):
        unique = random.Random(seed).sample(unique, sentences)
    predictor = Predictor.open(checkpoint)
    left_out: dict[str, str] = {}
    if "ig" in methods and find_spec("torch") is None:
        left_out["ig"] = "torch is not installed"
    wanted: list[Method] = [method for method in methods if method not in left_out]
    gradients = Predictor.open(checkpoint, runtime="torch") if "ig" in wanted else None
    found = faithfulness(
        predictor,
        checkpoint,
        sentence_inputs(unique, target),
        clusters(unique),
        methods=wanted,
        gradients=gradients,
        steps=steps,
        samples=samples,
        seed=seed,
        step=step,
    )
    layer = explained_layer(checkpoint).name
    judged = [record for record in records if record.judged(layer) is not None]
    plausible = None
    if any(record.rationale for record in judged):
        try:
            plausible = plausibility(
                predictor,
                checkpoint,
                judged,
                target=target,
                methods=wanted,
                gradients=gradients,
                steps=steps,
                samples=samples,
                seed=seed,
                step=step,
            )
        except AnnotationError as error:
            if error.field != "rationale":
                raise
            left_out["plausibility"] = error.message
    run = {
        "sentences": found.sentences,
        "skipped": found.skipped,
        "left_out": left_out,
        "steps": steps,
        "seed": seed,
    }
    return ExplanationReport(found.figures, plausible, run)


def _plain(figures: dict[Method, dict[str, Figure]]) -> dict[str, Any]:
    return dict(plain({m: {name: asdict(figure) for name, figure in found.items()} for m, found in figures.items()}))
