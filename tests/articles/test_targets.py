"""Profiles load by name or path, and say every problem at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from newstance.articles import DEFAULT_PROFILE, TargetProfile, list_profiles, load_profile
from newstance.errors import UsageError

GOOD = """
name: the Doe administration
aliases: [Doe administration]
people:
  - {name: Jane Doe, short: [Doe], role: President, from: 2030-01-20, to: 2034-01-20}
not: [Doe Tower]
"""


@pytest.mark.parametrize("name", list_profiles())
def test_every_shipped_profile_loads_and_is_coherent(name: str) -> None:
    profile = load_profile(name)
    assert profile.description
    entries = (*profile.aliases, *profile.offices, *profile.institutions, *profile.exclude)
    assert len(set(entries)) == len(entries)
    for person in profile.people:
        assert person.role
        assert person.since is not None
    heads = [p for p in profile.people if p.role in ("President", "Prime Minister")]
    assert len(heads) == (0 if profile.kind == "generic" else 1)
    terms = {(p.name, p.since) for p in profile.people}
    assert len(terms) == len(profile.people)


def test_the_shipped_profiles() -> None:
    assert DEFAULT_PROFILE in list_profiles()
    assert {"us-trump-2025", "us-biden-2021", "us-trump-2017", "uk-starmer-2024"} <= set(list_profiles())


def test_a_profiles_term_is_that_of_its_people_as_far_as_it_is_known() -> None:
    def term(*people: str) -> str:
        listed = [{"name": "Jane Doe"} | dict(pair.split("=") for pair in person.split()) for person in people]
        return TargetProfile.model_validate({"name": "a", "aliases": ["a"], "people": listed}).term

    assert term() == term("") == ""
    assert term("from=2030-01-20 to=2031-01-01", "from=2030-02-01 to=2034-01-20") == "2030-01-20 to 2034-01-20"
    assert term("from=2030-01-20 to=2031-01-01", "from=2030-02-01") == "since 2030-01-20"
    assert term("to=2031-01-01") == "until 2031-01-01"


def test_administrations_of_both_parties_have_the_same_kinds_of_entries() -> None:
    profiles = [load_profile(name) for name in ("us-trump-2025", "us-biden-2021", "us-trump-2017")]
    shared = set.intersection(*(set(profile.institutions) for profile in profiles))
    assert all(len(set(profile.institutions) - shared) <= 3 for profile in profiles)
    assert len({profile.offices for profile in profiles}) == 1
    forms = [{alias.replace(p.aliases[0].split()[0], "X") for alias in p.aliases if "-" not in alias} for p in profiles]
    assert forms[0] == forms[1] == forms[2]
    roles = [{person.role for person in p.people if not (person.role or "").startswith("Acting")} for p in profiles]
    assert roles[0] == roles[1] == roles[2]


def test_a_profile_by_path(tmp_path: Path) -> None:
    file = tmp_path / "doe.yaml"
    file.write_text(GOOD)
    profile = load_profile(file)
    assert profile.people[0].since == date(2030, 1, 20)
    assert profile.exclude == ("Doe Tower",)
    assert load_profile(str(file)) == profile


def test_an_unknown_name_gives_the_nearest_and_the_known() -> None:
    with pytest.raises(UsageError, match="did you mean 'us-biden-2021'") as caught:
        load_profile("us-biden-2020")
    assert all(name in str(caught.value) for name in list_profiles())
    with pytest.raises(UsageError, match="no such profile file"):
        load_profile("missing.yaml")


def test_every_problem_is_given_at_once_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(
        "aliasses: [x]\nkind: planet\ninstitutions: ['--']\n"
        "people:\n  - {name: A B, rol: President}\n  - {name: C, from: 2030-01-02, to: 2030-01-01}\n"
        "  - {name: D, from: 2024}\n  - {name: E, from: 1 May 2024}\n"
    )
    with pytest.raises(UsageError) as caught:
        load_profile(file)
    said = str(caught.value)
    assert said.startswith(str(file))
    for part in (
        "name: is missing",
        "aliasses: unknown key, did you mean 'aliases'?",
        "kind: 'planet' is none of generic, national,",
        "institutions: '--' has no letter",
        "people[0].rol: unknown key, did you mean 'role'?",
        "people[1]: `to` lies before `from`",
        "people[2].from: 2024 is no date: write YYYY-MM-DD",
        "people[3].from: '1 May 2024' is no date: write YYYY-MM-DD",
    ):
        assert part in said
    assert "\n" not in said
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: [", "not valid YAML"),
        ("- a\n- b\n", "mapping"),
        ("", "mapping"),
        ("name: x\n", "names nothing"),
        ("name: x\naliases: the government\n", "aliases"),
    ],
)
def test_files_that_are_no_profile(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(UsageError, match=says):
        load_profile(file)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("aliases: the government", "aliases: must be a list, also of one: [Jane Doe]"),
        ("people: {name: A B}", "people: must be a list, with a dash before each person: `- name: Jane Doe`"),
        (
            "people: [A B]",
            "people[0]: 'A B' must be a mapping, as in `name: Jane Doe`; its keys are name, short, role, titles, "
            "from, to",
        ),
        ("people: [{name: A B, short: B}]", "people[0].short: must be a list, also of one: [Jane Doe]"),
        ("offices: [yes]", "offices[0]: True is not read as a text: put it in quotation marks"),
        ("offices:", "offices: is empty: write what belongs there, or leave it out"),
        ("people: [{name: ''}]", "people[0].name: is empty: write what belongs there, or leave it out"),
    ],
)
def test_problems_are_said_in_the_words_of_the_file(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(f"name: x\n{line}\n")
    with pytest.raises(UsageError) as caught:
        load_profile(file)
    assert str(caught.value) == f"{file}: {says}"


def test_a_profile_cannot_be_changed() -> None:
    profile = load_profile(DEFAULT_PROFILE)
    with pytest.raises(ValueError, match="frozen"):
        profile.name = "x"  # type: ignore[misc]
    assert isinstance(profile, TargetProfile)
