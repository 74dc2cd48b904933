"""`newstance targets`: the shipped profiles in a line each, or one profile whole."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from newstance.articles import Person, TargetProfile, list_profiles, load_profile
from newstance.articles.targets import path_of

from .flat import flat

__all__ = ["run_targets"]


def run_targets(given: str | None) -> None:
    """Print the shipped profiles, or what the given one holds.

    Raises:
        UsageError: there is no such profile, or it is not valid.
    """
    if given is None:
        for name in list_profiles():
            sys.stdout.write(f"{name:20} {_title(load_profile(name))}\n")
        return
    profile = load_profile(given)
    sys.stdout.writelines(f"{flat(line)}\n" for line in _described(profile, path_of(given)))


def _title(profile: TargetProfile) -> str:
    return ", ".join(filter(None, (profile.name, profile.term)))


def _described(profile: TargetProfile, path: str) -> Iterator[str]:
    """Yield what a profile holds, in the order and by the keys of its file."""
    yield _title(profile)
    if profile.description:
        yield profile.description
    about = (profile.kind, profile.country, profile.party)
    yield f"{' · '.join(filter(None, about))} · {path}"
    for key, entries in (
        ("aliases", profile.aliases),
        ("offices", profile.offices),
        ("institutions", profile.institutions),
    ):
        yield f"{key} ({len(entries)}): {', '.join(entries)}".removesuffix(": ")
    yield f"people ({len(profile.people)})"
    for person in profile.people:
        yield f"  {_person(person)}"
    yield f"not ({len(profile.exclude)}): {', '.join(profile.exclude)}".removesuffix(": ")


def _person(person: Person) -> str:
    names = f"{person.name} (short: {', '.join(person.short)})" if person.short else person.name
    ends = (f"from {person.since}" if person.since else "", f"to {person.until}" if person.until else "")
    days = " ".join(filter(None, ends)) or "on every day"
    return ", ".join([names, *filter(None, (person.role, *person.titles)), days])
