"""The report's pictures as inline SVG, made of numbers only."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from .bootstrap import Figure
from .reliability import Bin

__all__ = ["interval_bar", "reliability_chart", "risk_chart"]

_SIZE, _LEFT, _BOTTOM, _TOP = 260, 52, 34, 12
_PLOT = _SIZE - _LEFT - _TOP
_HEIGHT = _SIZE


def reliability_chart(after: Sequence[Bin], before: Sequence[Bin]) -> Markup:
    """Draw share right against confidence, before (hollow) and after temperature (filled), and the ideal line."""
    shapes = [f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>']
    for kind, bins in (("before", before), ("after", after)):
        points = " ".join(f"{_x(b.confidence)},{_y(b.accuracy)}" for b in bins)
        shapes.append(f'<polyline class="{kind}" points="{points}"/>')
        shapes += [
            f'<circle class="{kind}" cx="{_x(b.confidence)}" cy="{_y(b.accuracy)}" r="4">'
            f"<title>confidence {b.confidence:.2f}, right {b.accuracy:.2f}, n {b.n}</title></circle>"
            for b in bins
        ]
    return _chart("Reliability: share of right decisions against confidence", "confidence", "share right", shapes)


def risk_chart(points: Sequence[tuple[float, float]]) -> Markup:
    """Draw the share of wrong decisions against the share of sentences decided, the surest first."""
    highest = max([0.1, *(risk for _, risk in points)])
    top = min(1.0, (int(highest * 10) + 1) / 10)
    line = " ".join(f"{_x(coverage)},{_y(risk / top)}" for coverage, risk in points)
    shapes = [f'<polyline class="after" points="{line}"/>']
    return _chart(
        "Risk against coverage: share of wrong decisions among the surest",
        "share of sentences decided",
        "share wrong",
        shapes,
        top=top,
    )


def interval_bar(figure: Figure, low: float = 0.0, high: float = 1.0) -> Markup:
    """Draw a value as a dot on its interval, on a scale from `low` to `high`."""
    if not all(v == v for v in (figure.value, figure.low, figure.high)):  # noqa: PLR0124 (NaN differs from itself)
        return Markup("")

    def at(value: float) -> float:
        return round(2 + 116 * (min(max(value, low), high) - low) / (high - low), 1)

    label = f"{figure.low:.3f} to {figure.high:.3f}"
    zero = f'<line class="zero" x1="{at(0)}" y1="1" x2="{at(0)}" y2="15"/>' if low < 0 < high else ""
    return Markup(
        f'<svg class="bar" viewBox="0 0 120 16" width="120" height="16" role="img" aria-label="{label}">'
        f'<line class="scale" x1="2" y1="8" x2="118" y2="8"/>{zero}'
        f'<line class="range" x1="{at(figure.low)}" y1="8" x2="{at(figure.high)}" y2="8"/>'
        f'<circle cx="{at(figure.value)}" cy="8" r="4"/></svg>'
    )


def _chart(title: str, across: str, up: str, shapes: Sequence[str], *, top: float = 1.0) -> Markup:
    ticks = []
    for i in range(5):
        share = i / 4
        ticks += [
            f'<line class="grid" x1="{_x(0)}" y1="{_y(share)}" x2="{_x(1)}" y2="{_y(share)}"/>',
            f'<text x="{_LEFT - 6}" y="{_y(share) + 4}" text-anchor="end">{share * top:.2g}</text>',
            f'<text x="{_x(share)}" y="{_SIZE - _BOTTOM + 14}" text-anchor="middle">{share:.2g}</text>',
        ]
    labels = (
        f'<text x="{_x(0.5)}" y="{_SIZE - 4}" text-anchor="middle">{across}</text>'
        f'<text transform="rotate(-90)" x="{-_y(0.5)}" y="10" text-anchor="middle">{up}</text>'
    )
    return Markup(
        f'<svg class="chart" viewBox="0 0 {_SIZE} {_HEIGHT}" width="{_SIZE}" height="{_HEIGHT}" role="img" '
        f'aria-label="{title}"><title>{title}</title>{"".join(ticks)}{labels}{"".join(shapes)}</svg>'
    )


def _x(share: float) -> float:
    return round(_LEFT + share * _PLOT, 1)


def _y(share: float) -> float:
    return round(_SIZE - _BOTTOM - share * (_SIZE - _BOTTOM - _TOP), 1)
