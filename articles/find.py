"""Where a plain text names a target: what training and evaluation ask of rows that do not say it themselves."""

from __future__ import annotations

from datetime import date as Date
from functools import cache

from newstance.articles.mentions import MentionFinder, day_of
from newstance.articles.targets import TargetProfile, list_profiles, load_profile

__all__ = ["find_spans"]


def find_spans(
    text: str, profile: str | None, name: str | None, date: str | None = None
) -> tuple[tuple[int, int], ...]:
    """Return where a text mentions a target: by a profile, else by the target's own name.

    Args:
        text: the text.
        profile: a shipped profile's name or a YAML file, or None.
        name: the target's name, used when no profile is given; a shipped profile's display name finds all that the
            profile knows.
        date: ISO date of the article; people of a profile count who were in office on it, as in scoring. None, or a
            text that is no date: all of them.

    Returns:
        Half-open code-point spans, in order.

    Raises:
        UsageError: no such profile.
    """
    if not text or (profile is None and not name):
        return ()
    if profile is not None:
        name = None
    # A name alone has nobody whose days could count, and a corpus may hold thousands of names and days.
    day = day_of(date) if _target(profile, name).people else None
    return tuple((mention.start, mention.end) for mention in _finder(profile, name, day).find(text))


@cache
def _finder(profile: str | None, name: str | None, day: Date | None) -> MentionFinder:
    return MentionFinder(_target(profile, name), day)


@cache
def _target(profile: str | None, name: str | None) -> TargetProfile:
    if profile is not None:
        return load_profile(profile)
    known = _shipped().get(name or "")
    return known or TargetProfile(name=name or "-", aliases=(name or "-",))


@cache
def _shipped() -> dict[str, TargetProfile]:
    """Return the shipped profiles by file name and by display name; a corpus may hold thousands of targets."""
    profiles = {name: load_profile(name) for name in list_profiles()}
    return {profile.name: profile for profile in profiles.values()} | profiles
