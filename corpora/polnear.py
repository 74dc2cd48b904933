"""PolNeAR: attributions in US political news (Newell, Margolin, Ruths, LREC 2018; no licence stated: evaluation only).

Read from brat's standoff files: `attributions/NAME_ANNOTATOR.ann` over `text/NAME_ANNOTATOR.txt`. Where several people
annotated an article, the first by name of the file counts, so that every article counts once.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from newstance.errors import AnnotationError

__all__ = ["CITATION", "Attributed", "Half", "PolnearArticle", "half_of", "read_polnear"]

LICENCE = "none stated: evaluation only"
CITATION = (
    "Edward Newell, Drew Margolin and Derek Ruths. An Attribution Relations Corpus for Political News. LREC 2018."
)

Half = Literal["development", "test"]
Span = tuple[int, int]

_SPAN = re.compile(r"(?P<kind>[\w-]+) (?P<offsets>\d+ \d+(?:;\d+ \d+)*)\Z")


@dataclass(frozen=True, slots=True)
class Attributed:
    """One attribution, half-open code-point offsets into the article's text.

    Attributes:
        source: who is credited; empty where nobody is named.
        cue: the words that credit.
        content: what is credited.
    """

    source: tuple[Span, ...]
    cue: tuple[Span, ...]
    content: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PolnearArticle:
    """An article with its attributions."""

    name: str
    text: str
    attributions: tuple[Attributed, ...]


def half_of(name: str) -> Half:
    """Return the half that an article belongs to, by a hash of its name: fixed, and blind to what it says."""
    return "development" if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 2 == 0 else "test"


def read_polnear(folder: str | Path, *, half: Half) -> list[PolnearArticle]:
    """Read the articles of one half, each once.

    Args:
        folder: the one that holds `attributions` and `text`.
        half: `development` or `test`.

    Raises:
        AnnotationError: a folder or file is missing, or is not what it should be.
    """
    folder = Path(folder)
    first: dict[str, Path] = {}
    for path in sorted((folder / "attributions").glob("*.ann")):
        first.setdefault(path.stem.rsplit("_", 1)[0], path)
    if not first:
        raise AnnotationError("has no attributions/*.ann; is this the PolNeAR layout?", path=folder)
    texts = {path.stem: path for path in (folder / "text").glob("*.txt")}
    articles = []
    for name, path in first.items():
        if half_of(name) == half:
            text = texts.get(path.stem) or texts.get(name)
            if text is None:
                raise AnnotationError("has no text beside it", path=path)
            articles.append(PolnearArticle(name, _read(text), tuple(_attributions(path))))
    return articles


def _attributions(path: Path) -> list[Attributed]:
    spans: dict[str, tuple[Span, ...]] = {}
    events: list[dict[str, list[str]]] = []
    for number, line in enumerate(_read(path).splitlines(), start=1):
        key, _, rest = line.partition("\t")
        if key.startswith("T"):
            match = _SPAN.match(rest.partition("\t")[0])
            if match is None:
                raise AnnotationError(f"not a brat span: {line[:60]!r}", path=path, line=number)
            spans[key] = tuple(_pair(piece) for piece in match["offsets"].split(";"))
        elif key.startswith("E"):
            event: dict[str, list[str]] = defaultdict(list)
            for part in rest.split():
                role, _, target = part.partition(":")
                event[role.rstrip("0123456789")].append(target)
            events.append(event)
    return [
        Attributed(*(tuple(span for key in event.get(role, ()) for span in spans.get(key, ())) for role in _ROLES))
        for event in events
        if event.get("Content")
    ]


_ROLES = ("Source", "Cue", "Content")


def _pair(piece: str) -> Span:
    start, _, end = piece.partition(" ")
    return int(start), int(end)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise AnnotationError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise AnnotationError(f"not UTF-8: {error}", path=path) from error
