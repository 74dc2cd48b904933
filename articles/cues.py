"""The words that credit content to a speaker, read from ``configs/cues.yaml``, by every form that they take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from newstance.articles.shipped_yaml import read_shipped

__all__ = ["CueVerb", "Cues", "Form", "load_cues"]

Class = Literal["saying", "judging", "thinking", "reporting", "touching"]
Form = Literal["base", "s", "ed", "ing"]

_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class CueVerb:
    """One form of a cue verb.

    Attributes:
        lemma: its base form.
        kind: saying, judging, thinking, reporting or touching.
        form: base ("say"), s ("says"), ed ("said", past or participle) or ing ("saying").
        weak: whether it reports an act rather than a view, so that the sentence stays the outlet's ("announced").
    """

    lemma: str
    kind: Class
    form: Form
    weak: bool = False


@dataclass(frozen=True, slots=True)
class Cues:
    """All cues, each by what a token or run of tokens reads in lower case; `openings` and `phrases` by
    their first word."""

    verbs: dict[str, CueVerb]
    openings: dict[str, list[tuple[str, CueVerb]]]
    nouns: frozenset[str]
    phrases: dict[str, list[tuple[str, ...]]]
    possessed: frozenset[str]


@cache
def load_cues() -> Cues:
    """Read the shipped cues once."""
    data: dict[str, Any] = read_shipped("cues.yaml")
    verbs: dict[str, CueVerb] = {}
    kinds: tuple[Class, ...] = ("touching", "thinking", "reporting", "judging", "saying")
    for kind in kinds:
        for entry in data[kind]:
            lemma, given = (entry, None) if isinstance(entry, str) else next(iter(entry.items()))
            for text, form in _forms(lemma, given):
                verbs[text] = CueVerb(lemma, kind, form, kind == "touching" or lemma in data["weak"])
    openings: dict[str, list[tuple[str, CueVerb]]] = {}
    for entry in data["verb_phrases"]:
        base, rest = entry["verb"].split(maxsplit=1)
        for text, form in _forms(base, entry["forms"]):
            openings.setdefault(text, []).append((rest, CueVerb(entry["verb"], "saying", form)))
    phrases: dict[str, list[tuple[str, ...]]] = {}
    for phrase in data["phrases"]:
        phrases.setdefault(phrase.split()[0], []).append(tuple(phrase.split()))
    return Cues(
        verbs,
        openings,
        frozenset(data["nouns"]),
        phrases,
        frozenset(word for phrase in data["possessed"] for word in (phrase.split()[-1],)),
    )


def _forms(lemma: str, given: list[str] | None) -> list[tuple[str, Form]]:
    """Return a verb's forms; those given replace what the rules of spelling would make."""
    if given:
        typed: list[tuple[str, Form]] = [(word, "ing" if word.endswith("ing") else "ed") for word in given]
        if given[0].endswith("s"):
            typed[0] = (given[0], "s")
        return [(lemma, "base"), *typed]
    stem = lemma.removesuffix("e")
    if lemma.endswith("y") and lemma[-2] not in _VOWELS:
        return [(lemma, "base"), (f"{lemma[:-1]}ies", "s"), (f"{lemma[:-1]}ied", "ed"), (f"{lemma}ing", "ing")]
    plural = "es" if lemma.endswith(("s", "sh", "ch", "x", "o")) else "s"
    return [(lemma, "base"), (lemma + plural, "s"), (f"{stem}ed", "ed"), (f"{stem}ing", "ing")]
