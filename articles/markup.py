"""Parsed markup becomes parts: one paragraph, heading or list item each, white space as a browser shows it."""

from __future__ import annotations

import re
from typing import Any

from newstance.articles.blocks import Kind, ends_line, plain_blocks

__all__ = ["LINE_BREAK", "Part", "flat", "parts_of"]

#: The text of a part, and what the markup says that it is.
Part = tuple[str, Kind]

#: Stands for ``<br>``: a separator that is no white space of HTML.
LINE_BREAK = "\u2028"

#: Elements that begin a line of their own, in HTML and in what `trafilatura` makes of it.
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6", "head"), "heading"),
    **dict.fromkeys(("li", "item"), "item"),
    **dict.fromkeys(("figcaption", "caption"), "caption"),
    **dict.fromkeys(("p", "quote", "blockquote", "pre", "div", "section", "article", "main", "body", "figure"), "text"),
    **dict.fromkeys(("header", "footer", "aside", "nav", "address", "form", "fieldset", "details", "summary"), "text"),
    **dict.fromkeys(("ul", "ol", "list", "dl", "dt", "dd", "hr"), "text"),
    **dict.fromkeys(("table", "thead", "tbody", "tfoot", "tr", "td", "th", "row", "cell"), "text"),
}
#: What a browser does not show, or not as text.
_UNSEEN = (
    *("script", "style", "template", "noscript", "iframe", "object", "svg", "math", "video", "audio", "canvas"),
    *("select", "textarea", "button", "title"),
)
_SPACE = re.compile(r"[ \t\n\r\f\v]+")


def parts_of(root: Any) -> list[Part]:
    """Return the text and kind of each block-level element in reading order.

    A line break parts a paragraph where a new one may begin, and is a blank in the middle of a sentence.

    Args:
        root: an `lxml` element.
    """
    parts: list[Part] = []
    run: list[str] = []

    def flush(kind: Kind) -> None:
        parts.extend((line, kind) for line in _lines("".join(run), kind))
        run.clear()

    def walk(element: Any, kind: Kind) -> None:
        if not isinstance(element.tag, str) or element.tag in _UNSEEN:
            return
        if element.tag in ("br", "lb"):
            run.append(LINE_BREAK)
        own = _KINDS.get(element.tag)
        if own is not None:
            flush(kind)
        run.append(element.text or "")
        for child in element:
            walk(child, own or kind)
            run.append(child.tail or "")
        if own is not None:
            flush(own)

    walk(root, "text")
    flush("text")
    return parts


def _lines(text: str, kind: Kind) -> list[str]:
    """Return the paragraphs of one element's text."""
    text = flat(text)
    if kind == "heading" or LINE_BREAK not in text:
        return [whole] if (whole := flat(text.replace(LINE_BREAK, " "))) else []
    lines: list[str] = []
    end = 0
    for block in plain_blocks(text):
        line = flat(text[block.start : block.end].replace(LINE_BREAK, " "))
        single = text.count(LINE_BREAK, end, block.start) == 1
        if lines and single and line[0].islower() and not ends_line(lines[-1], (0, len(lines[-1]))):
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
        end = block.end
    return lines


def flat(text: str) -> str:
    """Return a text with its runs of white space as one blank each, as a browser shows them."""
    return _SPACE.sub(" ", text).strip()
