r"""Find where a text mentions the target.

The text is read word by word; a word that an entry of the profile can begin with, and the word after it, lead to
few entries, longest first, and of these only one whose every word stands somewhere in the text is compiled and
tried. So the cost does not grow with the profile, and a single article compiles a handful of small patterns (one
pattern for all entries took 40 µs a character; one for all that begin with the same two words compiled for 60 ms in
an article of 81 sentences). What is part of a mention:

- the name with its title ("Secretary of State Jane Doe", "Ms. Doe") and a leading "the" ("the White House");
- not the possessive ending: in "Doe's order" the mention is "Doe";
- people of the target: "administration officials", "White House aides" are one mention each.

A dash parts words: "Doe-era rules", "anti-Doe" and "Doe–Roe talks" mention Doe. A phrase in lower case does
not count after a hyphen ("non-government"). What a reader does not see inside a word (soft hyphens, zero-width
signs), and underscores around words, are passed over; a ligature is its letters. Between letters a zero-width sign may
stand inside a word or in place of a blank, so such a text is read both ways, and the longer of two mentions counts.

Case: a word with capitals matches as written or in capitals throughout; a word in lower case also with a
capital first letter, so that "The administration", "the Doe Administration" and "ADMINISTRATION" match.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from newstance.articles.given_names import is_another
from newstance.articles.records import Article, Mention

if TYPE_CHECKING:
    from newstance.articles.targets import Person, TargetProfile

__all__ = ["MentionFinder", "day_of", "mark_mentions"]

#: People who speak for a body: the body's name and one of these are one mention.
_PEOPLE = re.compile(
    r"\s+(?:(?:senior|top)\s+)?(?:officials?|aides?|advis[eo]rs?|appointees|lawyers|"
    r"spokes(?:man|woman|person|people))(?![\w\u0300-\u036f])",
    re.IGNORECASE,
)
_DAY_OR_MONTH = (
    r"(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    r"January|February|March|April|June|July|August|September|October|November|December)"
)
#: `*` in a profile: one capitalised word in what is a mention, any one word in what is none.
_CAPITALISED = rf"(?!{_DAY_OR_MONTH}\b)[A-ZÀ-ÖØ-ÞŁŚŠŻŽČĆĐİŞ][\w\u0300-\u036f]*(?:[-‐‑'’](?!s\b)\w+)*"
_ANY_WORD = r"\w[\w\u0300-\u036f'’-]*"
_HONORIFICS = (
    *("Mr.", "Mrs.", "Ms.", "Mx.", "Dr.", "Mr", "Mrs", "Ms", "Dr"),
    *("Sir", "Dame", "Lord", "Lady", "Baroness"),
)
#: Titles that make a bare surname somebody else, unless the person's own role or titles have them.
_FOREIGN = (
    *("Sen.", "Sens.", "Senator", "Rep.", "Reps.", "Representative", "Congressman", "Congresswoman", "Gov."),
    *("Governor", "Mayor", "Judge", "Justice", "Sheriff", "Councilman", "Councilwoman", "First Lady"),
)
_MARK = r"\u0300-\u036f"
_BEFORE_NAME = rf"(?<![\w{_MARK}])(?<!\w['’])"
_BEFORE_PHRASE = rf"(?<![\w{_MARK}])(?<!\w['’\-‐‑])"
_AFTER = rf"(?![\w{_MARK}])"
_ARTICLE = r"(?<!\w)(?:[Tt]he|THE)\s+$"
_WORD = re.compile(r"\w+")
_TWO_WORDS = re.compile(r"[^\w*]*\w+[^\w*]+(\w+)(?!\*)")
_UNMIXED = re.compile(r"(?<![\w*])\w+(?![\w*])")
#: A capitalised word right before a surname, an initial between them aside.
_GIVEN = re.compile(rf"(?<![\w'’{_MARK}])([A-ZÀ-ÖØ-Þ][\w{_MARK}]+)\s+(?:[A-Z]\.\s+)?$")
#: A day, alone or before a time. The first eight digits of another number, as of a Unix time, are none.
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?!\d)|\d{8}(?=(?:\d{6})?\Z)")
#: Signs that look like others: ligatures like letters, a modifier letter like an apostrophe.
_LOOKALIKES = {"\u02bc": "’"} | {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in range(0xFB00, 0xFB07)}
_UNPLAIN = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff_\u02bc\ufb00-\ufb06]")
#: Nothing that is seen, and emphasis ("_Doe_"); an underscore between letters is part of a word.
_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff]|(?<!\w)_+|(?<!_)_++(?!\w)")
#: Zero-width signs that two words may have between them; a soft hyphen always stands inside one.
_BETWEEN = re.compile(r"(?<=[\w\u0300-\u036f])[\u200b-\u200f\u2060\ufeff]+(?=\w)")
#: Titles are looked for in this many characters before a name.
_LOOK_BACK = 90


@dataclass(frozen=True, slots=True)
class _Entry:
    """One way to name the target (or, with ``mention`` false, something else that looks like it).

    ``words`` are in lower case and stand in every text that the pattern matches. After a ``body`` its people belong to
    the mention. A surname is none after a given name that is none of `given`.
    """

    phrase: str
    pattern: str
    words: frozenset[str]
    mention: bool = True
    body: bool = False
    before: str | None = None
    never_after: str | None = None
    given: tuple[str, ...] = ()


#: Where a text has what looks like a mention (half-open offsets), and whether it is one.
_Hit = tuple[int, int, bool]
#: Entries by their first word, then by their second; under "" are those that fit whatever word is second.
_Groups = dict[str, dict[str, tuple[_Entry, ...]]]


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    """Compile on first use: an article meets a few of a profile's hundreds of patterns."""
    return re.compile(pattern)


class MentionFinder:
    """Find mentions of one target in any text.

    A profile is compiled once for each set of people in office, so making many finders costs little.

    Args:
        profile: the target.
        date: day of the article; then only people in office on it count. An ISO date (a time after it, or of a
            `datetime`, is ignored), or None, or a text that is no date: then everybody counts.
    """

    def __init__(self, profile: TargetProfile, date: Date | str | None = None) -> None:
        """Keep the profile's pattern for the people in office on the date."""
        self.profile = profile
        self.date = day_of(date)
        people = tuple(person.in_office(self.date) for person in profile.people)
        self._groups = _compiled(profile, people)

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the mentions in order, never overlapping, with offsets into ``text``."""
        hits = self._hits(text) if _UNPLAIN.search(text) is None else self._seen_hits(text)
        return tuple(Mention(start, end, text[start:end]) for start, end, counts in hits if counts)

    def _seen_hits(self, text: str) -> list[_Hit]:
        """Return hits in a text with signs that nobody sees, where such signs may part words in both readings."""
        hits = self._placed(*_as_seen(text))
        if not (signs := [sign.span() for sign in _BETWEEN.finditer(text)]):
            return hits
        # The reading with blanks breaks words that have signs inside, so it tells only of what lies at a sign.
        ends = [end for _, end in signs]
        for hit in self._placed(*_as_seen(text, parted=True)):
            at = bisect_left(ends, hit[0])
            if at < len(signs) and signs[at][0] <= hit[1]:
                hits.append(hit)
        taken = bytearray(len(text))
        kept = []
        for start, end, counts in sorted(hits, key=lambda hit: hit[0] - hit[1]):
            if not any(taken[start:end]):
                taken[start:end] = b"x" * (end - start)
                kept.append((start, end, counts))
        return sorted(kept)

    def _placed(self, seen: str, places: list[int]) -> list[_Hit]:
        """Return the hits of a text as it is seen, with offsets into the one given."""
        return [(places[start], places[end - 1] + 1, counts) for start, end, counts in self._hits(seen)]

    def _hits(self, text: str) -> list[_Hit]:
        found: list[_Hit] = []
        done = 0
        anywhere = self._groups.get("*")
        words = list(_WORD.finditer(text))
        lower = [word.group().lower() for word in words]
        present = frozenset(lower)
        for i, word in enumerate(words):
            start = word.start()
            if start < done:
                continue
            second = lower[i + 1] if i + 1 < len(lower) else ""
            hit = _match(self._groups.get(lower[i]), text, start, second, present)
            if anywhere is not None and word.group()[0].isupper():
                hit = max(hit, _match(anywhere, text, start, second, present), key=lambda h: h[0])
            end, entry = hit
            if entry is None:
                continue
            before = text[max(done, start - _LOOK_BACK) : start]
            done = end
            counts = _counts(entry, before)
            if counts and entry.before is not None and (prefix := _regex(entry.before).search(before)):
                start -= len(before) - prefix.start()
            found.append((start, end, counts))
        return found


def _counts(entry: _Entry, before: str) -> bool:
    """Return whether what matches an entry is a mention, after what stands before it."""
    if not entry.mention or (entry.never_after is not None and _regex(entry.never_after).search(before)):
        return False
    return not (entry.given and (name := _GIVEN.search(before)) and is_another(name[1], entry.given))


def _as_seen(text: str, *, parted: bool = False) -> tuple[str, list[int]]:
    """Return a text as a reader sees it, and where each of its characters stands in the one given.

    Args:
        text: the text.
        parted: whether zero-width signs between letters part words, as a blank does.
    """
    unseen = {at for found in _UNSEEN.finditer(text) for at in range(*found.span())}
    blanks = {found.start() for found in _BETWEEN.finditer(text)} if parted else set()
    shown = [
        (c, at)
        for at, sign in enumerate(text)
        if at not in unseen or at in blanks
        for c in (" " if at in blanks else _LOOKALIKES.get(sign, sign))
    ]
    return "".join(c for c, _ in shown), [at for _, at in shown]


def _match(
    groups: dict[str, tuple[_Entry, ...]] | None, text: str, start: int, second: str, present: frozenset[str]
) -> tuple[int, _Entry | None]:
    """Return the end of the longest entry that begins at a word, and the entry; 0 and None where none does."""
    if groups is None:
        return 0, None
    for entry in groups.get(second, groups[""]):
        if entry.words <= present and (match := _regex(entry.pattern).match(text, start)):
            people = _PEOPLE.match(text, match.end()) if entry.body else None
            return (people or match).end(), entry
    return 0, None


def mark_mentions(article: Article, profile: TargetProfile) -> Article:
    """Return the article with each sentence's mentions of the target, offsets into the article's text.

    People count if they were in office on the article's date; without a date all of them count. No mention
    crosses a sentence's border.
    """
    finder = MentionFinder(profile, article.date)
    sentences = tuple(
        replace(
            sentence,
            mentions=tuple(
                Mention(sentence.start + found.start, sentence.start + found.end, found.text)
                for found in finder.find(sentence.text)
            ),
        )
        for sentence in article.sentences
    )
    return replace(article, sentences=sentences)


def day_of(date: Date | str | None) -> Date | None:
    """Return the day that an ISO date begins with; None without a date, or where it is not understood."""
    if isinstance(date, datetime):  # is a date too, that can be compared with no other
        return date.date()
    if date is None or isinstance(date, Date):
        return date
    found = _DAY.match(date.strip())
    try:
        return Date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None


@lru_cache(maxsize=256)
def _compiled(profile: TargetProfile, in_office: tuple[bool, ...]) -> _Groups:
    """Compile a profile by first and second words; an archive has few distinct sets of people in office."""
    entries: list[_Entry] = []
    for phrase in (*profile.aliases, *profile.offices, *profile.institutions):
        entries.extend(_phrase(form, mention=True) for form in _forms(phrase))
    for phrase in profile.exclude:
        entries.extend(_phrase(form, mention=False) for form in _forms(phrase))
    for person, serving in zip(profile.people, in_office, strict=True):
        if serving:
            entries.extend(_person(person))
    # Longest first; where a mention and an exclusion are equally long, the exclusion wins.
    entries.sort(key=lambda entry: (-len(entry.phrase), entry.mention))
    by_word: dict[str, list[_Entry]] = {}
    for entry in entries:
        first = _WORD.search(entry.phrase) if not entry.phrase.startswith("*") else None
        by_word.setdefault(first.group().lower() if first else "*", []).append(entry)
    return {word: _by_second_word(group) for word, group in by_word.items()}


def _by_second_word(entries: list[_Entry]) -> dict[str, tuple[_Entry, ...]]:
    """Group entries by their second word, in the order given; each group also has those that any word may follow."""
    seconds = [_second_word(entry.phrase) for entry in entries]
    groups = {}
    for word in {"", *seconds}:
        groups[word] = tuple(e for e, second in zip(entries, seconds, strict=True) if second in (word, ""))
    return groups


def _second_word(phrase: str) -> str:
    """Return a phrase's second word in lower case, or "" when it has none or a wildcard may stand there."""
    match = _TWO_WORDS.match(phrase)
    return _lower(match.group(1)) if match else ""


def _whole_words(phrase: str) -> frozenset[str]:
    """Return the words, in lower case, that stand in a text wherever it has the phrase; no part of a wildcard's."""
    return frozenset(_lower(word) for word in _UNMIXED.findall(phrase)) - {""}


def _lower(word: str) -> str:
    """Return a word in lower case, or "" where its capitals read otherwise, as those of "ß" do."""
    lower = word.lower()
    return lower if word.upper().lower() == lower else ""


def _forms(phrase: str) -> Iterator[str]:
    """Yield the composed and, if it differs, the decomposed form of a name with accents."""
    composed = unicodedata.normalize("NFC", phrase)
    yield composed
    decomposed = unicodedata.normalize("NFD", phrase)
    if decomposed != composed:
        yield decomposed


def _phrase(phrase: str, *, mention: bool) -> _Entry:
    """Make an entry of an alias, office, institution or exclusion."""
    words = phrase.split()
    has_article = words[0].lower() == "the"
    named = any(c.isupper() for c in phrase) and not has_article
    pattern = (
        (_BEFORE_NAME if named else _BEFORE_PHRASE) + _words(words, _CAPITALISED if mention else _ANY_WORD) + _AFTER
    )
    before = None if has_article else _ARTICLE
    return _Entry(phrase, pattern, _whole_words(phrase), mention=mention, body=mention, before=before)


def _words(words: list[str], wildcard: str = _CAPITALISED) -> str:
    return r"\s+".join(wildcard.join(_word(part) for part in word.split("*")) for word in words)


def _word(word: str) -> str:
    """Match a word as written or in capitals; one in lower case also with a capital first letter."""
    forms = [word, word.upper()]
    if word.islower():
        forms.append(word[0].upper() + word[1:])
    return "(?:" + "|".join(_escape(form) for form in dict.fromkeys(forms)) + ")" if word else ""


def _escape(word: str) -> str:
    return re.escape(word).replace("’", "'").replace("'", "['’]").replace(r"\-", "[-‐‑]")


def _person(person: Person) -> Iterator[_Entry]:
    own = [title for title in (person.role, *person.titles) if title]
    titles = [*sorted(own, key=len, reverse=True), *_HONORIFICS]
    title = "|".join(_words(_either_case(t)) for t in titles)
    before = rf"{_BEFORE_NAME}(?:(?:[Ff]ormer|[Tt]hen)[\s-]+)?(?:(?:{title})\s+){{1,2}}$"
    foreign = "|".join(_words(t.split()) for t in _FOREIGN if t not in own)
    never_after = rf"(?<!\w)(?:{foreign})\s+$"
    given = tuple(dict.fromkeys(word for name in (person.name, *person.short) for word in name.split()[:-1]))
    for name in (person.name, *person.short):
        bare = name in person.short and len(name.split()) == 1
        for form in _forms(name):
            pattern = f"{_BEFORE_NAME}{_words(form.split())}{_AFTER}"
            words = _whole_words(form)
            if bare:
                yield _Entry(form, pattern, words, before=before, never_after=never_after, given=given)
            else:
                yield _Entry(form, pattern, words, before=before)


def _either_case(title: str) -> list[str]:
    """Titles before a name are in lower case in some papers ("press secretary Jane Doe")."""
    return [word.lower() if word[:1].isupper() and word[1:].islower() else word for word in title.split()]
