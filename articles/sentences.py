"""Sentence boundaries: `sentencex` on a text without its quotation marks, then a few repairs.

`sentencex` never splits inside a quotation or bracket and is quadratic in the number of quotation marks (a
hundred thousand of them take six seconds, a million ten minutes). So it is shown the text with quotation
marks, brackets and markdown syntax taken out, and each boundary is mapped back: closing marks stay with the
sentence that they close, opening marks with the one that they open. What it then gets
wrong in news is repaired by the rules below.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

__all__ = ["split_sentences"]

_OPEN = "“‘«„‚‹([{"
_CLOSE = "”’»›)]}"
_EITHER = "\"'`*_~"
_REMOVED = re.compile(r"[\"'`“”„‟‘’‚‛«»‹›()\[\]{}]+")
#: In markdown, emphasis marks and the targets of links (bounded, so a lone bracket costs nothing) go too.
_REMOVED_MARKDOWN = re.compile(
    r"\]\([^()\s]{0,2000}(?:\s+\"[^\"\n]{0,200}\")?\)|[\"'`“”„‟‘’‚‛«»‹›()\[\]{}*~]+|(?<!\w)_+|_+(?!\w)"
)
_SURROGATE = re.compile("[\ud800-\udfff]")

_TITLE = re.compile(
    r"(?<![\w.])(?:Mr|Mrs|Ms|Mx|Messrs|Dr|Prof|Rev|Hon|Fr|St|Ste|Sen|Sens|Rep|Reps|Gov|Govs|Lt|Gen|Col|Maj|Capt|"
    r"Cmdr|Cpl|Sgt|Adm|Brig|Amb|Pres|Supt|Atty|Dept|Asst|Det|Insp|vs|v|cf|approx)\.$"
)
_CLOCK = re.compile(r"[\d ][ap]\.m\.$", re.IGNORECASE)
_AFTER_CLOCK = re.compile(
    r"(?:\(|on |local |(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b|"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)|Eastern|Central|Mountain|Pacific|[A-Z]{1,3}T\b|UTC|GMT)"
)
_BEFORE_DIGIT = re.compile(r"(?<!\w)(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Nos?|Vol|Art|Sec)\.$")
#: sentencex takes any "no." for "number", also in "voted no. The cabinet fell.", and "May", "Jan." and "Sept." for the
#: beginning of a date, also in "fell in May. The cabinet met." and after a Theresa May.
_NO_DATE = re.compile(r"(?<!\w)(?:no|May|Jan|Sept)\.[\"'”’»)\]]*\s+(?=[\"'“‘«(\[]*[A-ZÀ-ÞŠŽ])")
_NUMBER = re.compile(r"[\"'“‘(\[*]*\d{1,3}[.)]\*{0,2}$")
_INITIAL = re.compile(r"(?<![^\W\d_])[A-Z]\.$")
_VERB = (
    r"(?:said|says|asked|asks|added|adds|told|tells|wrote|writes|replied|shouted|yelled|tweeted|posted|declared|"
    r"exclaimed|insisted|recalled|continued|wondered|answered|responded|joked|quipped|demanded|explained|argued|"
    r"noted|cried|chanted)"
)
#: What may follow a quotation that ends in "?" or "!" and still be the same sentence: "Ms. Doe of Roe said."
_ATTRIBUTION = re.compile(
    r"(?!(?:He|She|They|It|We|I|The|A|An)\s)"
    r"(?:(?:[A-Z][\w.'’-]*|of|(?:the|a)\s\w+|the|de|van|von|al|bin)[ \u00a0]+){1,6}"
    rf"{_VERB}(?=[.,;:!?—–]|\s*$|"
    r"\s+(?:of|in|at|on|to|when|as|while|after|before|during|about|from|with|later|again|him|her|them|me|the)\b)"
)


def split_sentences(text: str, start: int, end: int, *, keep: int = 0, markdown: bool = False) -> list[tuple[int, int]]:
    """Split one paragraph into sentences.

    Args:
        text: the whole article.
        start: offset of the paragraph.
        end: offset just past it.
        keep: no boundary is put before this offset (a dateline).
        markdown: whether emphasis marks and link targets are syntax.

    Returns:
        Half-open offsets into ``text``, in order, without surrounding white space. Every character of the
        paragraph that is not white space lies in exactly one of them.
    """
    from sentencex import get_sentence_boundaries

    paragraph = text[start:end]
    shown, positions, removed = _without(paragraph, _REMOVED_MARKDOWN if markdown else _REMOVED)
    # sentencex takes UTF-8 and treats line breaks as boundaries; neither may change a length.
    shown = _SURROGATE.sub("\ufffd", shown).translate(_BREAKS)
    cuts: list[int] = []
    for boundary in get_sentence_boundaries("en", shown):
        at = boundary["start_index"]
        if at and shown[at : boundary["end_index"]].strip():
            lead = len(boundary["text"]) - len(boundary["text"].lstrip())
            cuts.append(_opening(paragraph, _original(at + lead, positions, removed)))
    cuts = sorted({*cuts, *(match.end() for match in _NO_DATE.finditer(paragraph))})
    spans = []
    previous = 0
    for cut in [*cuts, len(paragraph)]:
        span = _trim(paragraph, previous, cut)
        if span is not None:
            spans.append(span)
        previous = max(previous, cut)
    return [(start + a, start + b) for a, b in _repair(paragraph, spans, keep - start)]


_BREAKS = {ord(c): " " for c in "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029\u00a0\u202f\u2007"}


def _without(paragraph: str, pattern: re.Pattern[str]) -> tuple[str, list[int], list[int]]:
    """Take out what the pattern matches; also return where (in the rest) and how much had gone by then."""
    parts, positions, lengths = [], [], []
    last = kept = 0
    for match in pattern.finditer(paragraph):
        parts.append(paragraph[last : match.start()])
        kept += match.start() - last
        positions.append(kept)
        lengths.append(match.end() - match.start())
        last = match.end()
    parts.append(paragraph[last:])
    return "".join(parts), positions, list(accumulate(lengths))


def _original(index: int, positions: list[int], removed: list[int]) -> int:
    before = bisect_right(positions, index)
    return index + (removed[before - 1] if before else 0)


def _opening(paragraph: str, at: int) -> int:
    """Move a boundary left over the marks that open the sentence at ``at``."""
    first = at
    while first > 0:
        mark = paragraph[first - 1]
        if mark in _OPEN or mark in _EITHER:
            first -= 1
            continue
        # French and typewriter style: a space between the opening mark and its sentence.
        space = first - 1
        if mark.isspace() and space > 0 and paragraph[space - 1] in _OPEN:
            first = space - 1
            continue
        break
    # Marks glued to both sentences (`end."He`) close the first one.
    if first > 0 and not paragraph[first - 1].isspace():
        while first < at and paragraph[first] not in _OPEN:
            first += 1
    return first


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    stripped = piece.lstrip()
    if not stripped:
        return None
    start += len(piece) - len(stripped)
    return start, start + len(stripped.rstrip())


def _repair(text: str, spans: list[tuple[int, int]], keep: int) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for start, end in spans:
        glued = bool(out) and out[-1][1] == start
        if (
            out
            and (
                start < keep
                or not any(c.isalpha() for c in text[start:end])  # stray figures and marks after the full stop
                or _same(
                    text[max(out[-1][0], out[-1][1] - 60) : out[-1][1]],
                    text[start : start + 200],
                    glued,
                )
            )
        ):
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _same(before: str, after: str, glued: bool) -> bool:
    """Whether there is no boundary between these two, the end of one piece and the beginning of the next."""
    bare = before.rstrip(_CLOSE + _EITHER)
    closed = len(bare) < len(before) and bare.endswith(("?", "!", "…", "..."))
    return (
        _NUMBER.match(before) is not None  # "3. The cabinet fell."
        or _TITLE.search(bare) is not None
        or (_CLOCK.search(bare) is not None and _AFTER_CLOCK.match(after) is not None)
        or (after[:1].isdigit() and _BEFORE_DIGIT.search(bare) is not None)  # "Jan. 5", "No. 10"
        or (glued and _INITIAL.search(bare) is not None)  # "D-N.Y." is one word
        or after[:1] in ";,—–―"
        or (after[:1].islower() and before.endswith(".)"))  # "Sen. Doe (D-Ill.) said"
        or (closed and (after[:1].islower() or _ATTRIBUTION.match(after) is not None))
    )
