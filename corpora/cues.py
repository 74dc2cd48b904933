"""Words that give a label away all by themselves.

A model that finds such a word needs nothing else. Some are the matter itself ("praised"); names, places and outlets
among them are an accident of how the data were gathered, and what is learnt from them does not carry over
(Gardner et al., EMNLP 2021, "Competency Problems: On Finding and Removing Artifacts in Language Data").
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

__all__ = ["Cue", "single_word_cues"]

_WORD = re.compile(r"[^\W\d_]{2,}")
#: The odds of the label, once the word is known, must rise at least so many times, even at the interval's lower end.
_RISE = 4.0


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that goes with a label.

    Attributes:
        word: in lower case.
        label: the code.
        texts: how many texts hold the word.
        share: share of them that have the label; `low` and `high` are its interval.
        base: share of all texts that have the label.
        pmi: pointwise mutual information in bits, log2(share / base); `pmi_low` and `pmi_high` are its interval.
    """

    word: str
    label: str
    texts: int
    share: float
    low: float
    high: float
    base: float
    pmi: float
    pmi_low: float
    pmi_high: float


def single_word_cues(
    texts: Sequence[str], labels: Sequence[Sequence[str]], *, at_least: int = 10, confidence: float = 0.95
) -> list[Cue]:
    """Return the words that raise the odds of a label fourfold or more, the strongest first.

    The interval is Wilson's (1927) for the share of the label among the texts that hold the word, widened by
    Bonferroni's correction to hold for all words and labels that were looked at together.

    Args:
        texts: the sentences.
        labels: codes of each.
        at_least: words in fewer texts are not looked at.
        confidence: of all intervals together.
    """
    holders: Counter[str] = Counter()
    together: Counter[tuple[str, str]] = Counter()
    base: Counter[str] = Counter()
    words_of = [frozenset(word.casefold() for word in _WORD.findall(text)) for text in texts]
    for words in words_of:
        holders.update(words)
    common = {word for word, count in holders.items() if count >= at_least}
    for words, codes in zip(words_of, labels, strict=True):
        base.update(set(codes))
        together.update((word, code) for word in words & common for code in set(codes))
    if not together:
        return []
    z = NormalDist().inv_cdf(1 - (1 - confidence) / 2 / (len(common) * len(base)))
    cues = []
    for (word, code), count in together.items():
        n, rate = holders[word], base[code] / len(texts)
        low, high = _wilson(count, n, z)
        if rate < 1 and _odds(low) >= _RISE * _odds(rate):
            share = count / n
            bits = [math.log2(value / rate) for value in (share, low, high)]
            cues.append(Cue(word, code, n, share, low, high, rate, *bits))
    return sorted(cues, key=lambda cue: (-cue.pmi_low, cue.word))


def _wilson(count: int, n: int, z: float) -> tuple[float, float]:
    share = count / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (centre - half) / (1 + z * z / n)), min(1.0, (centre + half) / (1 + z * z / n))


def _odds(share: float) -> float:
    return share / (1 - share) if share < 1 else math.inf
