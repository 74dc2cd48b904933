"""Where a plain text names a target: what training and evaluation ask of rows that do not say it themselves."""

from __future__ import annotations

from functools import cache

from newstance.articles.mentions import MentionFinder
from newstance.articles.targets import TargetProfile, list_profiles, load_profile

__all__ = ["find_spans"]


def find_spans(text: str, profile: str | None, name: str | None) -> tuple[tuple[int, int], ...]:
    """Return where a text mentions a target: by a profile, else by the target's own name.

    Args:
        text: the text.
        profile: a shipped profile's name or a YAML file, or None.
        name: the target's name, used when no profile is given; a shipped profile's display name finds all that the
            profile knows.

    Returns:
        Half-open code-point spans, in order.

    Raises:
        UsageError: no such profile.
    """
    if not text or (profile is None and not name):
        return ()
    found = _finder(profile, name).find(text)
    return tuple((mention.start, mention.end) for mention in found)


@cache
def _finder(profile: str | None, name: str | None) -> MentionFinder:
    if profile is not None:
        return MentionFinder(load_profile(profile))
    known = _shipped().get(name or "")
    return MentionFinder(known or TargetProfile(name=name or "-", aliases=(name or "-",)))


@cache
def _shipped() -> dict[str, TargetProfile]:
    """Return the shipped profiles by file name and by display name; a corpus may hold thousands of targets."""
    profiles = {name: load_profile(name) for name in list_profiles()}
    return {profile.name: profile for profile in profiles.values()} | profiles
