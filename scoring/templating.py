"""Pages from templates: everything escaped, one file, nothing loaded and nothing run but what is pinned by its hash."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from newstance.files import whole_file

__all__ = ["is_page", "json_block", "render", "signed", "stacked_bar", "write_page"]

#: Stances that have a look of their own; those of other codebooks share one.
LOOKS = ("favor", "against", "neutral")
#: What tells pages of ours, and the bytes at a page's beginning among which it stands, before any text of an article.
_MARK, _HEAD = b'<meta name="generator" content="newstance">', 1024


def render(template: str, script: str, **values: Any) -> str:
    """Fill a template; style and script are put inside, each allowed by its SHA-256 alone."""
    style, code = _file("page.css"), _file(script)
    return (
        _environment()
        .get_template(template)
        .render(style=Markup(style), style_hash=_hash(style), script=Markup(code), script_hash=_hash(code), **values)
    )


def json_block(data: Any) -> Markup:
    """Return data as JSON that cannot end the element that holds it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def stacked_bar(parts: Sequence[tuple[str, float]]) -> Markup:
    """Return a small bar of parts, (stance or `out`, amount), as an image with a text for those who cannot see it."""
    total = sum(amount for _, amount in parts) or 1.0
    label = ", ".join(f"{amount:g} {'abstained' if name == 'out' else name}" for name, amount in parts)
    pieces, at = [], 0.0
    for name, amount in parts:
        size = 100 * amount / total
        pieces.append(f'<rect x="{at:.2f}%" width="{size:.2f}%" height="100%" class="{look(name)}"/>')
        at += size
    image = '<svg role="img" aria-label="{}">{}</svg>'
    return Markup(image).format(label, Markup("".join(pieces)))


def signed(score: float) -> str:
    """Return a score with its sign; the minus is as wide as the plus."""
    return f"{score:+.3f}".replace("-", "−")


def look(stance: str) -> str:
    """Return the class that draws a stance, or `out` for abstained."""
    return stance if stance in (*LOOKS, "out") else "plain"


def write_page(path: Path, text: str) -> None:
    """Write a page whole or not at all; a power cut may take it, as it can be made again and there may be thousands.

    Raises:
        OutputError: it cannot be written.
    """
    with whole_file(path, sync=False) as place:
        place.write_bytes(text.encode("utf-8", "replace"))


def is_page(path: Path) -> bool:
    """Return whether a file is a page that was made here; one that cannot be read is none."""
    try:
        with path.open("rb") as file:
            return _MARK in file.read(_HEAD)
    except OSError:
        return False


@cache
def _environment() -> Environment:
    made = Environment(loader=FunctionLoader(_file), autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    made.filters["signed"] = signed
    return made


@cache
def _file(name: str) -> str:
    return (resources.files("newstance.scoring") / "templates" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
