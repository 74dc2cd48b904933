"""Resolve who speaks: pronouns, short names and offices to the fullest name that the article gives.

`People` is filled sentence by sentence in reading order, so that "he" and "the minister" mean who was spoken of last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from newstance.articles.given_names import gender_of
from newstance.articles.tokens import Token
from newstance.articles.word_classes import (
    BODIES,
    DAYS,
    DETERMINERS,
    HONORIFICS,
    OPENERS,
    PARTICLES,
    PREPOSITIONS,
    TITLES,
)

__all__ = ["People", "Person", "name_runs"]


#: People of one surname, and titled forms of one name, that are kept apart.
_NAMESAKES = 20
_FORMS = 12


#: Determiners that point at somebody known.
_POINTING = frozenset({"the", "this", "that", "its", "his", "her", "their"})
#: Nouns that say no more than that somebody speaks; "the person" is whoever was last described by one of them.
_ANYBODY = frozenset({"person", "source", "man", "woman", "people", "sources"})
#: Adjectives that follow such a noun: "a person familiar with the talks".
_POSTPOSED = frozenset({"familiar", "briefed", "close", "present", "aware"})


@dataclass(slots=True)
class Person:
    """Somebody whom the article names.

    Attributes:
        name: the fullest name so far, without titles.
        gender: "m" or "f" where an honorific or a pronoun tells, else "".
        titled: the ways in which titles stood before the name.
    """

    name: str
    gender: str = ""
    titled: set[str] = field(default_factory=set)


class People:
    """Whom the article has named so far, and who was spoken of last."""

    def __init__(self) -> None:
        """Start with nobody."""
        self._by_last: dict[str, list[Person]] = {}
        self._by_role: dict[str, list[tuple[frozenset[str], Person]]] = {}
        self._recent: list[Person] = []
        self._bodies: dict[str, str] = {}
        self._described: dict[str, str] = {}
        self._same: dict[str, str] = {}
        self._group: str | None = None
        self._unnamed: str | None = None

    def learn(self, tokens: Sequence[Token], runs: Sequence[tuple[int, int]]) -> None:
        """Take in the names of a sentence, given its runs of capitals, before any of its sources is resolved."""
        for first, last in runs:
            name, title = _split(tokens, first, last)
            if not name:
                continue
            words = [tokens[i].text for i in name]
            if _is_body([w.lower() for w in words]):
                whole = " ".join(t.text for t in tokens[first:last])
                for word in words:
                    if word.lower() in BODIES:
                        self._bodies[word.lower()] = whole
                continue
            person = self._person(words, [t.lower for t in title])
            if person is None:
                continue
            if title and len(person.titled) < _FORMS:
                person.titled.add(" ".join(t.text for t in title) + " " + " ".join(words))
            for head, qualifiers in _roles(tokens, first, last, title):
                holders = self._by_role.setdefault(head, [])
                if (qualifiers, person) not in holders[-_NAMESAKES:]:
                    holders.append((qualifiers, person))

    def resolve(self, tokens: Sequence[Token], start: int, end: int) -> str | None:
        """Return the fullest name or the description of a source, and remember that it spoke.

        Args:
            tokens: of the sentence.
            start: offset of the source in the article.
            end: offset just past it.
        """
        numbers = [i for i, t in enumerate(tokens) if t.start >= start and t.end <= end and t.text]
        if not numbers:
            return None
        words = [tokens[i] for i in numbers]
        if len(words) == 1 and words[0].lower in ("he", "she", "his", "her", "him"):
            return self._pronoun("m" if words[0].lower in ("he", "his", "him") else "f")
        if len(words) == 1 and words[0].lower in ("they", "their", "it", "its", "them"):
            return self._group
        person = self._named(tokens, numbers) or self._in_apposition(tokens, numbers)
        if person is not None:
            self._spoke(person)
            return person.name
        return self._description(words)

    @property
    def last(self) -> str | None:
        """Return who was spoken of last."""
        return self._recent[-1].name if self._recent else None

    def forms(self, name: str) -> set[str]:
        """Return the ways in which the article names a speaker, titles before a name included."""
        last = name.rsplit(maxsplit=1)[-1].lower() if name.split() else ""
        found = next((p for p in self._by_last.get(last, [])[-_NAMESAKES:] if p.name == name), None)
        return {name, self._same.get(name, name)} | (found.titled if found else set())

    def _person(self, words: list[str], titles: Sequence[str]) -> Person | None:
        last = _key(words)
        known = self._by_last.get(last, [])
        match = next((p for p in reversed(known[-_NAMESAKES:]) if _compatible(p.name.split(), words)), None)
        gender = next((HONORIFICS[t] for t in titles if HONORIFICS.get(t)), "")
        if match is None:
            if len(words) == 1 and not titles and not known:
                return None
            if len(words) == 1 and known:
                match = known[-1]
            else:
                match = Person(" ".join(words), gender_of(words[0]) if len(words) > 1 else "")
                self._by_last.setdefault(last, []).append(match)
        elif len(words) > len(match.name.split()):
            match.name = " ".join(words)
        match.gender = gender or match.gender
        return match

    def _named(self, tokens: Sequence[Token], numbers: Sequence[int]) -> Person | None:
        """Return the person whose name the source ends in, None if it is a description or a body."""
        run = self._name_run(tokens, numbers)
        if run is None:
            return None
        first, last = run
        name, title = _split(tokens, first, last)
        words = [tokens[i].text for i in name]
        if not words or _is_body([w.lower() for w in words]):
            return None
        lowered = first > numbers[0] and any(tokens[i].lower in TITLES for i in range(numbers[0], first))
        person = self._person(words, [t.lower for t in title])
        if person is None and (title or lowered or len(words) > 1 or tokens[numbers[0]].lower not in DETERMINERS):
            if len(words) == 1 and not title and not lowered:
                return None
            person = Person(" ".join(words), gender_of(words[0]) if len(words) > 1 else "")
            self._by_last.setdefault(_key(words), []).append(person)
        return person

    def _name_run(self, tokens: Sequence[Token], numbers: Sequence[int]) -> tuple[int, int] | None:
        """Return the run of capitals that is the source's name: it ends the source, or "of Salem" follows it."""
        past = numbers[-1] + 1
        for first, last in name_runs(tokens, numbers[0], past):
            before = [tokens[i] for i in range(numbers[0], first)]
            if any(t.lower in PREPOSITIONS or t.lower == "'s" for t in before):
                return None
            name, title = _split(tokens, first, last)
            of_place = last < past and tokens[last].lower in ("of", "from", "at", "in", "for")
            if last < past and not (of_place and len(name) > 1):
                continue
            if before and before[-1].lower in DETERMINERS and not title:
                return None
            return first, last
        return None

    def _in_apposition(self, tokens: Sequence[Token], numbers: Sequence[int]) -> Person | None:
        """Return the person named after an office: "the interior minister, Jane Doe, said"."""
        past = numbers[-1] + 1
        words = [tokens[i].lower for i in numbers]
        told = any(w in TITLES for w in words) or words[0] in ("the", "my", "our", "one", "his", "her") or "'s" in words
        if not told or past + 1 >= len(tokens) or tokens[past].text != ",":
            return None
        run = next(((a, b) for a, b in name_runs(tokens, past + 1, min(len(tokens), past + 8)) if a == past + 1), None)
        if run is None or (run[1] < len(tokens) and tokens[run[1]].text not in (",", ".", "—", ")")):
            return None
        name, title = _split(tokens, *run)
        names = [tokens[i].text for i in name]
        return (
            self._person(names, [t.lower for t in title])
            if names and not _is_body([n.lower() for n in names])
            else None
        )

    def _pronoun(self, gender: str) -> str | None:
        for person in reversed(self._recent):
            if person.gender in ("", gender):
                person.gender = gender
                self._spoke(person)
                return person.name
        return None

    def _description(self, words: Sequence[Token]) -> str:
        """Return how the article describes a source without a name, by the fullest description so far."""
        text = _joined(words)
        first, head = words[0].lower, _head(words)
        if first in _POINTING and len(words) <= 4 and not any(w.capital for w in words[1:]):
            person = self._holder(head, words)
            if person is not None:
                self._spoke(person)
                return person.name
            if first in ("the", "this", "that"):
                known = self._bodies.get(head) or (self._described.get(head) if len(words) == 2 else None)
                if known is None and head in _ANYBODY:
                    known = self._unnamed
                if known is not None:
                    self._group = known
                    return known
        plain = len(words) == 1 or not words[1].capital
        if first in DETERMINERS or (plain and first.endswith(("s", "men", "people"))):
            text = text[0].lower() + text[1:]
        last = words[-1].lower
        if last in self._described and words[-2:-1] and words[-2].lower == "the":
            self._same[text] = self._described[last]  # "one of the officials"
        self._described[head] = self._group = text
        if head in _ANYBODY:
            self._unnamed = text
        return text

    def _holder(self, head: str, words: Sequence[Token]) -> Person | None:
        """Return who was last called so: "the transport minister" is no prime minister, "the minister" may be one."""
        # What somebody is said to be like ("the embattled minister") tells nobody apart.
        asked = {w.lower for w in words[1:] if w.word and not w.lower.endswith("ed")} - {head, "of", "for"}
        for qualifiers, person in reversed(self._by_role.get(head, [])[-_NAMESAKES:]):
            if not asked or not qualifiers or asked & qualifiers:
                return person
        return None

    def heard(self, tokens: Sequence[Token], runs: Sequence[tuple[int, int]]) -> None:
        """Remember the last person whom a sentence names: a pronoun in the next one may mean them."""
        last: Person | None = None
        for first, end in runs:
            name, _ = _split(tokens, first, end)
            words = [tokens[i].text for i in name]
            if words and not _is_body([w.lower() for w in words]):
                known = self._by_last.get(_key(words), [])
                if known and (end >= len(tokens) or tokens[end].lower != "'s"):
                    last = last or known[-1]
        if last is not None:
            self._spoke(last)

    def _spoke(self, person: Person) -> None:
        if person in self._recent[-6:]:
            self._recent.remove(person)
        self._recent.append(person)
        del self._recent[:-12]


def name_runs(tokens: Sequence[Token], first: int = 0, last: int | None = None) -> list[tuple[int, int]]:
    """Return runs of capitalised words, particles and "of" between them included ("Secretary of State Jane Doe")."""
    runs: list[tuple[int, int]] = []
    end = len(tokens) if last is None else last
    i = first
    while i < end:
        token = tokens[i]
        if not token.capital or (i == 0 and token.lower in OPENERS) or token.lower in DETERMINERS:
            i += 1
            continue
        j = i + 1
        while j < end and j < i + 12:
            if tokens[j].capital and tokens[j].lower not in DAYS:
                j += 1
            elif (tokens[j].lower in PARTICLES and j + 1 < end and tokens[j + 1].capital) or (
                tokens[j].lower in ("of", "for", "and")
                and j + 1 < end
                and tokens[j + 1].capital
                and (tokens[j - 1].lower in TITLES or tokens[j - 1].lower in BODIES)
            ):
                j += 2
            else:
                break
        runs.append((i, j))
        i = j
    return runs


def _split(tokens: Sequence[Token], first: int, last: int) -> tuple[list[int], list[Token]]:
    """Part a run into the numbers of its name's words and the title before it."""
    cut = first
    for i in range(first, last - 1):
        if tokens[i].lower in TITLES:
            cut = i + 1
            if i + 2 < last and tokens[i + 1].lower in ("of", "for"):
                cut = min(last - 1, i + 3)
    if tokens[cut].lower in TITLES and cut == last - 1 and last - first > 1:
        return [], list(tokens[first:last])
    return list(range(cut, last)), list(tokens[first:cut])


def _is_body(words: Sequence[str]) -> bool:
    return any(w in BODIES for w in words) or (len(words) == 1 and words[0] in DAYS)


def _key(words: Sequence[str]) -> str:
    last = words[-1].lower()
    return words[-2].lower() if last in ("jr.", "jr", "sr.", "sr", "ii", "iii") and len(words) > 1 else last


def _compatible(known: Sequence[str], words: Sequence[str]) -> bool:
    """Whether two names may be one person's: the shorter's words all stand in the longer, initials aside."""
    short, long = sorted((list(known), list(words)), key=len)
    return all(w in long or any(len(w.rstrip(".")) == 1 and x.startswith(w[0]) for x in long) for w in short)


def _roles(tokens: Sequence[Token], first: int, last: int, title: Sequence[Token]) -> list[tuple[str, frozenset[str]]]:
    """Return the offices that stand before or after a name: head noun ("minister") and what narrows it ("prime")."""
    found = [k for k, t in enumerate(title) if t.lower in TITLES and t.lower not in HONORIFICS]
    roles = [_office(title, k) for k in found]
    i = first - 1
    if i >= 0 and tokens[i].word and tokens[i].lower in TITLES:
        roles.append(_office(tokens[max(0, i - 3) : first], min(i, 3)))
    if i >= 1 and tokens[i].text == "," and tokens[i - 1].lower in TITLES:
        roles.append(_office(tokens[max(0, i - 4) : i], min(i - 1, 3)))
    if (
        last + 1 < len(tokens)
        and tokens[last].text == ","
        and tokens[last + 1].lower in ("the", "a", "an", "its", "who")
    ):
        after = list(tokens[last + 2 : last + 8])
        after = after[: next((k for k, token in enumerate(after) if not token.word), len(after))]
        roles += [_office(after, k) for k, token in enumerate(after) if token.lower in TITLES]
    return roles


def _office(words: Sequence[Token], at: int) -> tuple[str, frozenset[str]]:
    """Return the head noun at a place and what narrows it, before it ("prime") or after ("of state")."""
    head = words[at].lower.rstrip(".")
    before: list[str] = []
    for word in reversed(words[:at]):
        if not word.word or word.lower in DETERMINERS or word.lower in PREPOSITIONS or word.lower == "'s":
            break
        before.append(word.lower)
    after = (
        [w.lower for w in words[at + 2 : at + 4]]
        if at + 1 < len(words) and words[at + 1].lower in ("of", "for")
        else []
    )
    return _ABBREVIATED.get(head, head), frozenset(before + after) - DETERMINERS


_ABBREVIATED = {
    "sen": "senator",
    "rep": "congressman",
    "gov": "governor",
    "gen": "general",
    "adm": "admiral",
    "prof": "professor",
    "col": "colonel",
    "rev": "reverend",
    "amb": "ambassador",
}


def _head(words: Sequence[Token]) -> str:
    """Return the head noun of a phrase: "a nurse at the field hospital" is a nurse."""
    past = next((i for i, word in enumerate(words) if i and word.lower in PREPOSITIONS), len(words))
    return next((w.lower for w in reversed(words[:past]) if w.word and w.lower not in _POSTPOSED), words[-1].lower)


_SPACE = re.compile(r"\s+")


def _joined(words: Sequence[Token]) -> str:
    parts: list[str] = []
    for i, word in enumerate(words):
        if i and word.start > words[i - 1].end:
            parts.append(" ")
        parts.append(_SPACE.sub(" ", word.text))
    return "".join(parts)
