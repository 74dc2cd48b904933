"""`asked_of_others`: the training sentences once more, each asked about another name in it, for a teacher to answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from newstance.model import SentenceInput

from .data import Item

__all__ = ["asked_of_others", "other_mentions"]

#: A run of words in capitals, an initial or a short particle between them included. What opens the sentence is left
#: out unless it is a run of several words: the first word of a sentence is seldom a name.
_NAME = re.compile(r"[A-Z][\w’'-]*(?:[.]?[ ](?:(?:of|the|de|van|von|bin|al)[ ])*[A-Z][\w’'-]*)*")
_POSSESSIVE = re.compile(r"[’']s?$")


def other_mentions(sentence: SentenceInput) -> list[SentenceInput]:
    """Return the sentence asked about each name in it that is not the target's, every mention of that name masked.

    Names are found by their capitals: cheap, in any domain, and wrong where a headline capitalises every word. A
    teacher answers for whatever is asked, so a wrong name costs a useless question and no wrong label.
    """
    found: dict[str, list[tuple[int, int]]] = {}
    for match in _NAME.finditer(sentence.text):
        name = _POSSESSIVE.sub("", match.group())
        start, end = match.start(), match.start() + len(name)
        opens = not sentence.text[:start].strip(" “‘\"'(—–-")
        if len(name) < 2 or (opens and " " not in name):
            continue
        if any(start < taken_end and taken_start < end for taken_start, taken_end in sentence.target_spans):
            continue
        found.setdefault(name, []).append((start, end))
    return [replace(sentence, target=name, target_spans=tuple(spans)) for name, spans in found.items()]


def asked_of_others(items: Sequence[Item], seed: int) -> list[Item]:
    """Return for each sentence that holds another name one item without labels, about one such name, drawn by chance.

    Sentences that stand in several items are asked about one name for each of them, none twice.
    """
    generator = np.random.default_rng(seed)
    asked = {(item.input.text, item.input.target_spans) for item in items}
    more = []
    for item in items:
        free = [other for other in other_mentions(item.input) if (other.text, other.target_spans) not in asked]
        if not free:
            continue
        drawn = free[int(generator.integers(len(free)))]
        asked.add((drawn.text, drawn.target_spans))
        more.append(replace(item, input=drawn, labels=dict.fromkeys(item.labels), rationales=()))
    return more
