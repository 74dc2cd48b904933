"""The YAML file of behaviour tests, swaps and parties, read and checked."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from newstance.errors import UsageError
from newstance.model import SentenceInput

__all__ = ["BehaviourFile", "BehaviourTest", "Case", "read_behaviour"]

_SLOT = re.compile(r"\{([a-z_]+)\}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Variant(_Strict):
    """What a variant changes; what is absent stays as in its case."""

    text: str | None = None
    before: str | None = None
    after: str | None = None


class Case(_Strict):
    """One case: a sentence with its target, the label that it must get, or the variants that must not change it."""

    text: str = Field(min_length=1)
    target: str | None = None
    before: str = ""
    after: str = ""
    stance: str | None = None
    variants: tuple[Variant, ...] = ()


class BehaviourTest(_Strict):
    """A test: `label` wants each case's stance, `same` wants one label for all fillings and variants of a case."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str = ""
    expects: Literal["label", "same"]
    vary: dict[str, tuple[str, ...]] = {}
    cases: tuple[Case, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _can_be_run(self) -> BehaviourTest:
        if len(self.vary) > 1:
            raise ValueError("vary takes one slot")
        for number, case in enumerate(self.cases, start=1):
            where = f"case {number} of {self.name}"
            if self.expects == "label" and case.stance is None:
                raise ValueError(f"{where} needs a stance")
            if self.expects == "same" and not self.vary and not case.variants:
                raise ValueError(f"{where} needs variants, or the test something to vary")
            for slot in _SLOT.findall(case.text):
                if slot not in self.vary:
                    raise ValueError(f"{where} has the slot {{{slot}}}, which vary does not fill")
            for sentence in self.inputs(case):
                if case.target is not None and not sentence.target_spans:
                    raise ValueError(f"{where} does not name its target {case.target!r} in: {sentence.text}")
        return self

    def inputs(self, case: Case) -> list[SentenceInput]:
        """Return what the model is asked: the case, then everything that must get the same label."""
        slot, values = next(iter(self.vary.items()), ("", ("",)))
        found = [_filled(case, case.text, slot, value) for value in values]
        for variant in case.variants:
            changed = case.model_copy(update=variant.model_dump(exclude_none=True))
            found.append(_filled(changed, changed.text, slot, values[0]))
        return found


class BehaviourFile(_Strict):
    """All of the file.

    Attributes:
        tests: the behaviour tests.
        swaps: names that take the place of the target's mentions in evaluated data.
        parties: for each party, words of a target's name or mention that tell it.
    """

    tests: tuple[BehaviourTest, ...] = ()
    swaps: tuple[str, ...] = ()
    parties: dict[str, tuple[str, ...]] = {}


def read_behaviour(path: Path | None = None) -> BehaviourFile:
    """Return the tests that ship; with a file, its own are added, and take the place of those of the same name.

    Raises:
        UsageError: the file cannot be read or is not what it should be; names its fields.
    """
    shipped = resources.files("newstance.configs") / "behaviour.yaml"
    base = _parse(shipped.read_text(encoding="utf-8"), Path("behaviour.yaml"))
    if path is None:
        return base
    try:
        own = _parse(path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot be read: {error}", path=path) from error
    tests = {test.name: test for test in (*base.tests, *own.tests)}
    return BehaviourFile(tests=tuple(tests.values()), swaps=own.swaps or base.swaps, parties=base.parties | own.parties)


def _parse(text: str, path: Path) -> BehaviourFile:
    try:
        return BehaviourFile.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {error}", path=path) from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'top level'}: {e['msg']}" for e in error.errors())
        raise UsageError(f"not a file of behaviour tests: {problems}", path=path) from error


def _filled(case: Case, text: str, slot: str, value: str) -> SentenceInput:
    """Fill the slot and find the target: the slot itself when it is called target, else the case's name for it."""
    parts = text.split(f"{{{slot}}}") if slot else [text]
    filled = value.join(parts)
    if slot == "target":
        starts = [sum(map(len, parts[: i + 1])) + i * len(value) for i in range(len(parts) - 1)]
        spans = tuple((start, start + len(value)) for start in starts)
        filled = filled[:1].upper() + filled[1:]
    else:
        spans = tuple(m.span() for m in re.finditer(_name(case.target), filled, re.IGNORECASE)) if case.target else ()
    return SentenceInput(
        text=filled,
        target_spans=spans,
        target=value if slot == "target" else case.target or "",
        before=case.before,
        after=case.after,
    )


def _name(target: str) -> str:
    return rf"\b{re.escape(target)}\b"
