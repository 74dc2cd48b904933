"""Target profiles: who and what counts as one administration, read from YAML."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib.resources import files
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from newstance.articles.shipped_yaml import LOADER
from newstance.errors import UsageError
from newstance.errors.hints import did_you_mean

__all__ = ["DEFAULT_PROFILE", "Person", "TargetProfile", "list_profiles", "load_profile", "path_of"]

#: The profile that names nobody.
DEFAULT_PROFILE = "government"

Kind = Literal["generic", "national", "subnational", "supranational"]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=True)


class Person(_Strict):
    """One person who speaks and acts for the target while in office.

    Attributes:
        name: full name, as an article first gives it.
        short: shorter names under which later sentences go on, usually the surname.
        role: office held, also matched as a title before the name ("Secretary of State").
        titles: further titles that may stand before the name.
        since: first day in office (`from` in YAML), None if open.
        until: last day in office (`to` in YAML), None if open.
    """

    name: str = Field(min_length=1)
    short: tuple[str, ...] = ()
    role: str | None = None
    titles: tuple[str, ...] = ()
    since: date | None = Field(default=None, alias="from")
    until: date | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> Person:
        if self.since and self.until and self.until < self.since:
            raise ValueError("`to` lies before `from`")
        return self

    def in_office(self, day: date | None) -> bool:
        """Whether the person holds the office on a day; without a day everybody counts."""
        if day is None:
            return True
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class TargetProfile(_Strict):
    """The names under which articles speak of one administration.

    Attributes:
        name: what it is called on the page and shown to the model: "the Doe administration".
        kind: what it governs.
        description: one line for people.
        aliases: names of the whole ("the administration", "the Doe government").
        offices: offices that stand for it ("the president").
        institutions: bodies under it ("the Treasury Department").
        people: persons with their dates in office.
        exclude: phrases that are no mention though they contain one ("Doe Tower"); `not` in YAML.
        country: for people; nothing reads it.
        party: for people; reports compare the parties that a file of behaviour tests gives.
    """

    name: str = Field(min_length=1)
    kind: Kind = "national"
    description: str = ""
    aliases: tuple[str, ...] = ()
    offices: tuple[str, ...] = ()
    institutions: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    exclude: tuple[str, ...] = Field(default=(), alias="not")
    country: str | None = None
    party: str | None = None

    @property
    def term(self) -> str:
        """Return the days on which anybody listed was in office, in words, as far as they are known: else empty."""
        if not self.people:
            return ""
        since, until = ([getattr(p, end) for p in self.people] for end in ("since", "until"))
        first, last = (None if None in since else min(since)), (None if None in until else max(until))
        if first and last:
            return f"{first} to {last}"
        return f"since {first}" if first else f"until {last}" if last else ""

    @field_validator("aliases", "offices", "institutions", "exclude")
    @classmethod
    def _words(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            if not any(c.isalnum() for c in value):
                raise ValueError(f"{value!r} has no letter or digit")
        return values

    @model_validator(mode="after")
    def _names_something(self) -> TargetProfile:
        if not (self.aliases or self.offices or self.institutions or self.people):
            raise ValueError("names nothing: give aliases, offices, institutions or people")
        return self


def list_profiles() -> list[str]:
    """Return the names of the shipped profiles, sorted."""
    folder = files("newstance.configs").joinpath("targets")
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def path_of(name_or_path: str | PathLike[str]) -> str:
    """Return the path of a profile's file.

    What has a folder separator or ends in ``.yaml`` or ``.yml`` is a path, all else the name of a shipped profile.
    """
    given = fspath(name_or_path)
    if given.lower().endswith((".yaml", ".yml")) or "/" in given or "\\" in given:
        return given
    return str(files("newstance.configs").joinpath("targets", f"{given}.yaml"))


def load_profile(name_or_path: str | PathLike[str]) -> TargetProfile:
    """Load a shipped profile by name, or a YAML file by path; `path_of` says which of the two is meant.

    Raises:
        UsageError: there is no such profile or file (the nearest names are given), or it is not a valid
            profile (every problem is given at once).
    """
    given = fspath(name_or_path)
    return _read(given) if path_of(given) == given else _shipped(given)


@lru_cache(maxsize=32)
def _shipped(name: str) -> TargetProfile:
    known = list_profiles()
    if name not in known:
        hint = did_you_mean(name.lower(), known, cutoff=0.5)
        raise UsageError(f"no target profile is called {name!r}{hint}; known: {', '.join(known)}, or a YAML file")
    resource = files("newstance.configs").joinpath("targets", f"{name}.yaml")
    return _profile(resource.read_text(encoding="utf-8"), f"{name}.yaml")


def _read(path: str) -> TargetProfile:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UsageError(
            f"no such profile file; shipped profiles go by name: {', '.join(list_profiles())}", path=path
        ) from None
    except (OSError, UnicodeError, ValueError) as error:
        raise UsageError(f"the profile cannot be read ({error})", path=path) from error
    return _profile(text, path)


def _profile(text: str, path: str) -> TargetProfile:
    try:
        data = yaml.load(text, Loader=LOADER)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise UsageError(
            f"not valid YAML: {problem}", path=path, line=None if mark is None else mark.line + 1
        ) from error
    if not isinstance(data, dict):
        raise UsageError("a profile is a mapping with at least `name` and `aliases`", path=path)
    try:
        return TargetProfile.model_validate(data)
    except ValidationError as error:
        raise UsageError("; ".join(_problems(error)), path=path) from error


def _problems(error: ValidationError) -> Iterator[str]:
    """Describe each validation error with its path, in the words of somebody who writes YAML."""
    for problem in error.errors(include_url=False):
        place, kind, given = problem["loc"], problem["type"], problem["input"]
        where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        keys = _keys(Person if "people" in place[:-1] else TargetProfile)
        message: str = problem["msg"].removeprefix("Value error, ")
        if kind.startswith("date_"):
            message = f"{given!r} is no date: write YYYY-MM-DD"
        elif kind == "extra_forbidden":
            message = "unknown key" + (did_you_mean(str(place[-1]), keys, cutoff=0.5) or f"; known: {', '.join(keys)}")
        elif kind == "literal_error":
            message = f"{given!r} is none of {', '.join(get_args(Kind))}"
        elif kind == "missing":
            message = "is missing"
        elif kind == "string_too_short" or (given is None and kind.endswith("_type")):
            message = "is empty: write what belongs there, or leave it out"
        elif kind == "tuple_type":
            message = f"must be a list, {_AS_LIST.get(str(place[-1]), 'also of one: [Jane Doe]')}"
        elif kind == "model_type":
            message = f"{given!r} must be a mapping, as in `name: Jane Doe`; its keys are {', '.join(keys)}"
        elif kind == "string_type":
            message = f"{given!r} is not read as a text: put it in quotation marks"
        yield f"{where}: {message}" if where else message


#: How a list is written that is no list of short texts.
_AS_LIST = {"people": "with a dash before each person: `- name: Jane Doe`"}


def _keys(model: type[BaseModel]) -> list[str]:
    fields: dict[str, Any] = dict(model.model_fields)
    return [field.alias or name for name, field in fields.items()]
