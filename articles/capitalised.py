"""`capitalised_names`: the words of a sentence that look like names, by their capitals alone."""

from __future__ import annotations

import re

from newstance.articles.word_classes import (
    AUXILIARIES,
    DETERMINERS,
    EMPTY,
    HONORIFICS,
    MODALS,
    OPENERS,
    OWN,
    PRONOUNS,
    TITLES,
)

__all__ = ["capitalised_names"]

_DAY_OR_MONTH = (
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|"
    r"January|February|March|April|June|July|August|September|October|November|December)"
)
#: The possessive ending is no part of a word; points are part of initials ("U.S.", the "B." of "Ann B. Roe").
_WORD = (
    rf"(?!{_DAY_OR_MONTH}\b)(?:(?:[A-Z]\.){{2,}}|[A-Z]\.(?=\s+[A-Z])|"
    r"[A-ZÀ-ÖØ-ÞŁŚŠŻŽČĆĐİŞ][\w\u0300-\u036f]*(?:[-‐‑'’](?![sS]\b)\w+)*)"
)
#: Words in lower case that stand inside a name: "Department of the Treasury", "Ana de la Cruz".
_INNER = r"(?:of(?:\s+the)?|de(?:\s+la)?|da|di|du|del|la|van(?:\s+de[rn])?|von|der|bin|ibn|al|el)"
_RUN = re.compile(rf"(?<![\w'’.]){_WORD}(?:\s+(?:{_INNER}\s+)?{_WORD})*")
#: Right before a word that begins something with a capital: an opening quotation mark, or a mark and a blank.
_HEAD = re.compile(r"(?:[“\"‘'«(\[]|[:?!…]\s+)\Z")
#: Capitalised at the head of a sentence, and no name.
_NO_NAMES = OPENERS | DETERMINERS | PRONOUNS | AUXILIARIES | MODALS | OWN | EMPTY
#: "I" has its capital everywhere.
_ALWAYS = frozenset({"i", "i'm", "i'd", "i've", "i'll"})
#: More words in a row are a title or a list.
_LONGEST = 6


def capitalised_names(sentence: str) -> set[str]:
    """Return what looks like a name in a sentence of running text: capitalised words in a row, inner ones aside.

    Left out are a single word at the sentence's head, since every word has a capital there; single words such as "The"
    and "May"; days, months, "I", Mr. and its kin, abbreviated titles; and rows of more than six words. A sentence in
    capitals throughout has none. Names of people, places and bodies are not told apart, nor are words that are
    capitalised for another reason.
    """
    if sentence.isupper():
        return set()
    found = set()
    for run in _RUN.finditer(sentence):
        words = run.group().split()
        before = sentence[: run.start()]
        head = not any(c.isalnum() for c in before) or _HEAD.search(before) is not None
        while words and (_low(words[0]) in (_NO_NAMES if head else _ALWAYS) or _low(words[0]) in HONORIFICS):
            # What follows such a word has its capital for itself, but for one more of them ("But I").
            head = head and _low(words[0]) in HONORIFICS
            del words[0]
            if words and words[0].islower():
                del words[0]
        if 1 < len(words) <= _LONGEST or (len(words) == 1 and not head and _is_name(words[0], sentence, run)):
            found.add(" ".join(words))
    return found


def _low(word: str) -> str:
    return word.lower().replace("’", "'")


def _is_name(word: str, sentence: str, run: re.Match[str]) -> bool:
    """Return whether a word that stands alone may be a name: no letter, no "The", no title as in "Sen. Roe".

    The point of such a title is no part of the run.
    """
    point = sentence[run.end() : run.end() + 1] == "."
    return len(word) > 1 and _low(word) not in _NO_NAMES and not (point and f"{_low(word)}." in TITLES)
