"""Which confidence tells right decisions from wrong ones best, on development data.

::

    python -m newstance.eval.confidence --data-dir DIR

What is abstained from hangs on an order of the decisions, from the surest down. Compared are the probability of the
decision, which is what `score` uses, its lead over the next best (margin), the entropy of all, and an order that is
learnt: a logistic regression that says from all of the model's logits, the sentence's length and its mentions whether
the decision is right (Kamath, Jia and Liang, ACL 2020), each sentence judged by one that has not seen it; and the
decision's probability once offsets of the labels are fitted (`newstance calibrate --offsets`), again on other articles,
while the decision stays as it is: so a label whose probabilities are too high is doubted more.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from newstance.errors.command import run_command
from newstance.model import Checkpoint, fit_scale

from .bootstrap import Bootstrap, Figure
from .development import development_sets, real_articles
from .judged import Judged, judge
from .reliability import Decided, risk_at_coverage

__all__ = ["confidences", "expected_fall", "falls", "features"]

Floats = npt.NDArray[np.floating]
_PLAIN = "probability"
_FOLDS = 10


def confidences(judged: Judged, known: Floats) -> dict[str, Floats]:
    """Return several confidences of the same decisions by name, each (sentences,), higher is surer.

    Args:
        judged: a single-label layer on some sentences.
        known: (sentences, features), what the learnt one learns from besides the probabilities; see `features`.
    """
    probability = judged.probability
    rising = np.sort(probability, axis=1)
    found = {
        _PLAIN: rising[:, -1],
        "margin": rising[:, -1] - rising[:, -2],
        "entropy": (probability * np.log(np.maximum(probability, 1e-12))).sum(axis=1),
    }
    folds = GroupKFold(min(_FOLDS, len(set(judged.groups))))
    regression = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    everything = np.column_stack([rising, known])
    found["learnt"] = cross_val_predict(
        regression, everything, judged.right, groups=judged.groups, cv=folds, method="predict_proba"
    )[:, 1]
    found["offsets"] = np.empty(len(probability))
    chosen = judged.predicted.astype(int)
    logits = judged.logits[judged.layer.name]
    for inside, outside in folds.split(logits, groups=judged.groups):
        fitted = fit_scale(logits[inside], judged.gold[inside], judged.layer, offsets=True)
        found["offsets"][outside] = fitted.probabilities(logits[outside], judged.layer)[
            np.arange(len(outside)), chosen[outside]
        ]
    return found


def falls(judged: Judged, found: dict[str, Floats], coverage: float, *, samples: int = 1000) -> dict[str, list[Figure]]:
    """Return by how much each confidence lowers the risk when only the surest `coverage` are decided.

    Returns:
        For each the fall as a share of the risk of all, and how far it is above that of the probability; paired, with
        intervals over articles.
    """
    orders = {name: Decided.of(confidence, judged.right) for name, confidence in found.items()}

    def shares(weights: Floats | None) -> list[float]:
        risk = {name: risk_at_coverage(decided, coverage, weights) for name, decided in orders.items()}
        whole = risk_at_coverage(orders[_PLAIN], 1.0, weights)
        by_name = [1.0 - risk[name] / whole for name in orders]
        return by_name + [value - by_name[list(orders).index(_PLAIN)] for value in by_name]

    figures = Bootstrap(judged.groups, samples=samples, seed=13).statistics(shares)
    return {name: [figures[i], figures[i + len(orders)]] for i, name in enumerate(orders)}


def expected_fall(judged: Judged, coverage: float) -> float:
    """Return the fall that the probabilities themselves promise: it would be this if they were exactly right."""
    wrong = np.sort(1.0 - judged.probability.max(axis=1))
    return float(1.0 - wrong[: round(coverage * len(wrong))].mean() / wrong.mean())


def features(judged: Judged) -> Floats:
    """Return what the learnt confidence knows besides the layer's own probabilities, (sentences, features).

    The logits of every layer of the model, the length of the sentence, and how often it names the target.
    """
    lengths = [[np.log1p(len(one.text)), len(one.target_spans)] for one in judged.inputs]
    return np.column_stack([*judged.logits.values(), lengths])


def _cell(figure: Figure) -> str:
    return f"{figure.value:+.0%} ({figure.low:+.0%} to {figure.high:+.0%})"


def main(
    data_dir: Annotated[Path, typer.Option(help="Folder of the public corpora.")],
    model: Annotated[str | None, typer.Option(help="A model folder; without it, the shipped one.")] = None,
    coverage: Annotated[float, typer.Option(min=0.01, max=1.0, help="Share of the sentences to decide.")] = 0.8,
) -> None:
    """Compare confidences by how much they lower the risk among the surest decisions; a table in Markdown."""
    checkpoint = Checkpoint.find(model)
    sets = [real_articles(data_dir), *development_sets(data_dir)]
    typer.echo(f"| data | layer | confidence | fall of the risk at {coverage:.0%} | beyond that of the probability |")
    typer.echo("|---|---|---|---|---|")
    for data in sets:
        (judged,) = (one for one in judge(checkpoint, data.records) if one.layer.name == data.layer)
        found = falls(judged, confidences(judged, features(judged)), coverage)
        for kind, (fall, beyond) in found.items():
            other = "" if kind == _PLAIN else _cell(beyond)
            typer.echo(f"| {data.name}, n {fall.n} | {data.layer} | {kind} | {_cell(fall)} | {other} |")
        typer.echo(f"| | | promised by the probabilities | {expected_fall(judged, coverage):+.0%} | |")


if __name__ == "__main__":
    run_command(main)
