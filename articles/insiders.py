"""Tell whether a speaker belongs to the target: by the profile's people and bodies on the article's day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date as Date
from typing import TYPE_CHECKING

from newstance.articles.mentions import MentionFinder

if TYPE_CHECKING:
    from newstance.articles.targets import TargetProfile

__all__ = ["InsiderFinder"]

#: Who speaks for a body though the body's name stands behind: "a spokesman for the Treasury Department".
_FOR = re.compile(
    r"(?:(?:a|an|the|one|two|three|four|five|several|some|many|multiple|its|his|her)\s+)?(?:[\w’'-]+\s+){0,2}"
    r"(?:officials?|aides?|advis[eo]rs?|lawyers?|attorneys?|spokes(?:man|woman|person|men|women|people)|secretary|"
    r"secretaries|head|heads|chief|director|minister|ministers|member|members|statement|letter|memo|memorandum)\s+"
    r"(?:for|of|at|in|with|from)\s+\Z"
)
_BEFORE = re.compile(
    r"(?:(?:a|an|the|one|two|three|four|five|six|several|some|many|multiple|other|another|few|senior|top|unnamed|"
    r"anonymous|current|serving|both|all)\s+)*\Z",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"(?:\s+(?:(?:press|senior|top|deputy|chief|legal)\s+)*(?:officials?|aides?|advis[eo]rs?|lawyers?|attorneys?|"
    r"spokes(?:man|woman|person|men|women|people)|secretar(?:y|ies)|appointees?|insiders?|counsel|statement|letter|"
    r"memo|memorandum|fact sheet|report|filing|brief))?(?:\s+(?:who|in|on|at|briefed|familiar|speaking|with)\b.*)?\Z",
    re.DOTALL,
)
_FORMER = re.compile(r"\b(?:former|ex-|onetime|then-|retired)", re.IGNORECASE)


class InsiderFinder:
    """Decide for speakers of one article whether they are the target's own.

    Args:
        profile: the target.
        date: day of the article; people count if they were in office on it, all of them where it is not known.
    """

    def __init__(self, profile: TargetProfile, date: Date | str | None = None) -> None:
        """Keep the finder for the people in office on the date."""
        self._finder = MentionFinder(profile, date)

    def is_insider(self, forms: Iterable[str]) -> bool:
        """Whether one of the ways in which the article names a speaker is the target, or somebody who speaks for it.

        "White House officials" and "a spokesman for the White House" are; "critics of the White House", "a former
        White House official" and people who hold no office on the day are not.
        """
        return any(self._covers(form) for form in forms)

    def _covers(self, form: str) -> bool:
        if _FORMER.search(form):
            return False
        for mention in self._finder.find(form):
            before, after = form[: mention.start], form[mention.end :]
            if (_BEFORE.match(before) or _FOR.match(before)) and _AFTER.match(after):
                return True
        return False
