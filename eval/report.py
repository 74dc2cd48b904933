"""The report as one HTML page that needs nothing else: no script, no request, figures first."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from newstance.scoring.templating import write_page

from .behaviour import SAME_INPUT
from .bootstrap import Figure
from .charts import interval_bar, reliability_chart, risk_chart
from .evaluate import Report, counted
from .figures import better, by_chance

__all__ = ["render_report", "write_report"]

#: What the top of the page shows of a layer, in this order, where it was measured.
_FIRST = (
    "macro_f1",
    "macro_f1_majority",
    "accuracy",
    "accuracy_majority",
    "favor_against_f1",
    "micro_f1",
    "mean_average_precision",
    "expected_calibration_error",
    "expected_calibration_error_by_chance",
    "risk_at_100_coverage",
    "risk_at_80_coverage",
)
#: What each label has of its own, where it was measured.
_OF_LABEL = ("precision", "recall", "f1", "average_precision")
_NAMES = {
    "macro_f1": "macro-F1",
    "macro_f1_majority": "macro-F1 of calling all by the commonest label",
    "accuracy_majority": "accuracy of calling all by the commonest label",
    "micro_f1": "micro-F1",
    "favor_against_f1": "mean F1 of favor and against",
    "false_against": "wrongly against",
    "false_favor": "wrongly favor",
    "brier": "Brier score",
    "brier_before_temperature": "Brier score, before temperature",
    "log_loss_before_temperature": "log loss, before temperature",
    "expected_calibration_error_by_chance": "the same of a calibrated model, by chance alone",
    "expected_calibration_error_before_temperature": "expected calibration error, before temperature",
    "expected_calibration_error_before_temperature_by_chance": "the same of a calibrated model, by chance alone",
    "risk_at_100_coverage": "risk when all is decided",
    "risk_at_80_coverage": "risk at 80% coverage",
    "coverage_kept": "coverage at the model's threshold",
    "risk_kept": "risk at the model's threshold",
    "area_under_risk_coverage": "area under risk-coverage",
}


def write_report(report: Report, path: Path) -> None:
    """Write the page whole or not at all; folders on the way are made.

    Raises:
        OutputError: it cannot be written.
    """
    write_page(path, render_report(report))


def render_report(report: Report) -> str:
    """Return the page; everything that comes from data or models is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"figure": _figure, "bar": interval_bar, "name": _name}
    template = environment.from_string(
        (resources.files("newstance.eval") / "report.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        report=report,
        layers={name: _layer(report, name) for name in report.layers},
        numbers=Markup(_json(report.to_dict())),
        better=better,
        by_chance=by_chance,
        run=report.run,
        same_input=SAME_INPUT,
        counted=counted(report.run),
        resampled=_resampled(report.run["resampled"]),
    )


def _resampled(layers: Mapping[str, str]) -> str:
    """Return what the page says that intervals resample: one thing, or articles and of some layers sentences."""
    if len(kinds := set(layers.values())) == 1:
        return kinds.pop()
    return f"articles ({', '.join(name for name, kind in layers.items() if kind == 'sentences')}: sentences)"


def _layer(report: Report, name: str) -> dict[str, Any]:
    figures, curves = report.layers[name], report.curves.get(name)
    codes = curves.codes if curves else []
    labels = {code: _by_label(figures, code) for code in codes}
    return {
        "first": {metric: figures[metric] for metric in _FIRST if metric in figures},
        "rest": {metric: f for metric, f in figures.items() if metric not in _FIRST and not _of_label(metric, codes)},
        "labels": labels,
        # Labels that are never annotated lack some.
        "label_metrics": [metric for metric in _OF_LABEL if any(metric in found for found in labels.values())],
        "confusion": curves.confusion if curves else [],
        "few": report.few.get(name, {}),
        "codes": codes,
        "reliability": reliability_chart(curves.reliability, curves.reliability_before)
        if curves and curves.reliability
        else "",
        "risk": risk_chart(curves.risk_coverage) if curves and curves.risk_coverage else "",
        "annotators": report.annotators.get(name),
        "slices": report.slices.get(name, []),
    }


def _by_label(figures: Mapping[str, Figure], code: str) -> dict[str, Figure]:
    return {metric: figures[f"{metric}_{code}"] for metric in _OF_LABEL if f"{metric}_{code}" in figures}


def _of_label(metric: str, codes: list[str]) -> bool:
    return any(metric == f"{kind}_{c}" for kind in _OF_LABEL for c in codes)


def _figure(figure: Figure | None, signed: bool = False) -> Markup:
    if figure is None or not math.isfinite(figure.value):
        return Markup("–")
    sign = "+" if signed else ""
    return Markup(
        f'<b>{figure.shown(sign)}</b> <span class="range">{figure.within(sign)}</span> '
        f'<span class="n">n {figure.n}</span>'
    )


def _name(metric: str) -> str:
    return _NAMES.get(metric, metric.replace("_", " "))


def _json(value: Any) -> str:
    """Return JSON that may stand inside a script element: no `<` can end it."""
    return json.dumps(value, ensure_ascii=True, allow_nan=False).replace("<", "\\u003c")
