"""The same figures on parts of the data: by voice, role, frame, outlet, date, length, target, its mention."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation, corpus_articles

from .bootstrap import FEWEST_CLUSTERS, Figure
from .figures import layer_figures
from .judged import Judged

__all__ = ["FEW", "Slice", "SliceFigures", "slice_figures", "slices_of"]

#: A part with fewer sentences than this is shown with a warning: its figure says little.
FEW = 50
#: A part with fewer than this is left out.
_FEWEST = 10
#: Outlets beyond the most frequent are left out, as a table of hundreds says nothing.
_OUTLETS = 8
#: Where there are more targets, none has a part of its own.
_TARGETS = 8
_LENGTHS = ((0, 15), (15, 30), (30, math.inf))


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the data: what it is cut by, which part, and a mask over the sentences."""

    by: str
    part: str
    mask: npt.NDArray[np.bool_]

    def is_few(self, judged: Judged) -> bool:
        """Return whether it holds too few sentences, or articles, for its figure to say much."""
        return int(self.mask.sum()) < FEW or len(set(judged.groups[self.mask].tolist())) < FEWEST_CLUSTERS


@dataclass(frozen=True, slots=True)
class SliceFigures:
    """A part's figures.

    Attributes:
        by: what it is cut by.
        part: which part.
        accuracy: share of right decisions; of a multi-label layer micro-F1.
        macro_f1: over the labels that occur.
        few: whether there are too few sentences, or articles, to say much.
    """

    by: str
    part: str
    accuracy: Figure
    macro_f1: Figure
    few: bool


def slice_figures(judged: Judged, records: Sequence[Annotation], *, samples: int, seed: int) -> list[SliceFigures]:
    """Return the figures of every part that has at least ten sentences.

    Args:
        judged: the layer's gold labels and predictions.
        records: all annotations, for what other annotators said of voice and frames.
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    found = []
    main = "accuracy" if judged.layer.kind == "single" else "micro_f1"
    for part in slices_of(judged, records):
        own = judged.where(part.mask)
        figures = layer_figures(
            own.layer,
            own.gold,
            own.predicted,
            own.groups,
            averaged=own.averaged,
            only=("macro_f1", main),
            samples=samples,
            seed=seed,
        )
        found.append(SliceFigures(part.by, part.part, figures[main], figures["macro_f1"], part.is_few(judged)))
    return found


def slices_of(judged: Judged, records: Sequence[Annotation]) -> Iterator[Slice]:
    """Yield every part with at least ten sentences, and not the whole."""
    sentences = judged.sentences
    heard: dict[tuple[str | None, str], Counter[str]] = {}
    frames: dict[tuple[str | None, str], set[str]] = {}
    for record in records:
        if record.voice is not None:
            heard.setdefault((record.corpus, record.id), Counter())[record.voice] += 1
        if record.frames is not None:
            frames.setdefault((record.corpus, record.id), set()).update(record.frames)
    voices = {key: voice for key, votes in heard.items() if (voice := _most(votes)) is not None}
    targets = {record.target for record in sentences}
    cuts: list[tuple[str, Callable[[Annotation], str | None]]] = [
        ("voice", lambda r: voices.get((r.corpus, r.id))),
        ("role", _role),
        ("outlet", lambda r: r.outlet),
        ("year", lambda r: (r.date or "")[:4] or None),
        ("length", _length),
        ("toward", lambda r: r.target if len(targets) <= _TARGETS else None),
    ]
    for by, key in cuts:
        values = [key(record) for record in sentences]
        counts: dict[str, int] = {}
        for value in values:
            if value is not None:
                counts[value] = counts.get(value, 0) + 1
        parts = sorted(counts, key=lambda v: -counts[v])[:_OUTLETS] if by == "outlet" else sorted(counts)
        for part in parts:
            yield from _large_enough(by, part, np.array([value == part for value in values]))
    if judged.layer.name != "frames":
        for code in sorted({code for given in frames.values() for code in given}):
            mask = np.array([code in frames.get((r.corpus, r.id), ()) for r in sentences])
            yield from _large_enough("frame", code, mask)
    for part, mask in (("named", judged.named), ("not named", ~judged.named)):
        yield from _large_enough("target", part, mask)


def _most(votes: Counter[str]) -> str | None:
    """Return what most annotators said, or None where they tie."""
    best = votes.most_common(2)
    return None if len(best) == 2 and best[0][1] == best[1][1] else best[0][0]


def _large_enough(by: str, part: str, mask: npt.NDArray[np.bool_]) -> Iterator[Slice]:
    if _FEWEST <= mask.sum() < len(mask):
        yield Slice(by, part, mask)


def _length(record: Annotation) -> str:
    words = len(record.text.split())
    low, high = next((low, high) for low, high in _LENGTHS if low <= words < high)
    return f"{low} words or more" if high == math.inf else f"{low:02d} to {high - 1} words"


def _role(record: Annotation) -> str | None:
    """Return the role of a sentence of the own corpus, whose article tells it; other records have none."""
    if record.corpus != "newstance" or record.article is None:
        return None
    article, number = corpus_articles().get(record.article), record.id.rpartition("-")[2]
    # A row of somebody else's may call its corpus so too.
    known = article is not None and number.isdecimal() and int(number) < len(article.roles)
    return article.roles[int(number)] if article is not None and known else None
