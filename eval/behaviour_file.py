"""The YAML file of behaviour tests, swaps and parties, read and checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from newstance.errors import UsageError
from newstance.errors.hints import did_you_mean
from newstance.model import Codebook, SentenceInput, Span, load_codebook

__all__ = ["BehaviourFile", "BehaviourTest", "Case", "read_behaviour"]

_SLOT = re.compile(r"\{(\w+)\}")


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
        for slot, values in self.vary.items():
            if not values:
                raise ValueError(f"vary gives {{{slot}}} nothing to be filled with")
        for number, case in enumerate(self.cases, start=1):
            where = f"case {number} of {self.name}"
            if self.expects == "label" and case.stance is None:
                raise ValueError(f"{where} needs a stance")
            self._check_slots(case, where)
            self._check_inputs(case, where)
        return self

    def _check_slots(self, case: Case, where: str) -> None:
        own = [case.text, case.before, case.after]
        for text in (*own, *(text for v in case.variants for text in (v.text, v.before, v.after) if text)):
            for slot in _SLOT.findall(text):
                if slot not in self.vary:
                    raise ValueError(f"{where} has the slot {{{slot}}}, which vary does not fill")
        for slot in self.vary:
            if not any(f"{{{slot}}}" in text for text in own):
                raise ValueError(f"{where} has no slot {{{slot}}}, which vary fills")

    def _check_inputs(self, case: Case, where: str) -> None:
        inputs = self.inputs(case)
        if self.expects == "same" and len(inputs) < 2:
            raise ValueError(f"{where} needs variants, or vary two fillings or more")
        seen: set[tuple[str, str, str]] = set()
        for sentence in inputs:
            if case.target is not None and not sentence.target_spans:
                raise ValueError(f"{where} does not name its target {case.target!r} in: {sentence.text}")
            # A text beside itself is a check that cannot fail.
            if (key := (sentence.before, sentence.text, sentence.after)) in seen:
                raise ValueError(f"{where} comes to the same text twice: {sentence.text}")
            seen.add(key)

    def inputs(self, case: Case) -> list[SentenceInput]:
        """Return what the model is asked: the case, then everything that must get the same label."""
        slot, values = next(iter(self.vary.items()), ("", ("",)))
        found = [_filled(case, slot, value) for value in values]
        for variant in case.variants:
            changed = case.model_copy(update=variant.model_dump(exclude_none=True))
            found.append(_filled(changed, slot, values[0]))
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


def read_behaviour(path: Path | None = None, codebook: Codebook | None = None) -> BehaviourFile:
    """Return the tests that ship; with a file, its own are added, and take the place of those of the same name.

    Args:
        path: the file.
        codebook: the model's; a stance in the file must be a label of one of its layers, or of the codebook that ships.

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
    shipping = load_codebook()
    _check_labels(own, path, (shipping, codebook or shipping))
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


def _check_labels(file: BehaviourFile, path: Path, codebooks: Sequence[Codebook]) -> None:
    """Refuse labels that no layer knows, all at once; those of other models' layers may stand in a file."""
    known = list(dict.fromkeys(code for book in codebooks for layer in book.layers for code in layer.codes))
    problems = []
    for t, test in enumerate(file.tests):
        for c, case in enumerate(test.cases):
            if case.stance is not None and case.stance not in known:
                hint = did_you_mean(case.stance.lower(), known)
                problems.append(f"tests.{t}.cases.{c}.stance: no layer has a label {case.stance!r}{hint}")
    if problems:
        raise UsageError(f"not a file of behaviour tests: {'; '.join(problems)}", path=path)


def _filled(case: Case, slot: str, value: str) -> SentenceInput:
    """Fill the slot and find the target: the slot itself when it is called target, else the case's name for it."""
    (text, spans), (before, before_spans), (after, after_spans) = (
        _filled_text(part, case.target, slot, value) for part in (case.text, case.before, case.after)
    )
    target = value if slot == "target" else case.target or ""
    return SentenceInput(text, spans, target, before, after, before_spans, after_spans)


def _filled_text(text: str, target: str | None, slot: str, value: str) -> tuple[str, tuple[Span, ...]]:
    parts = text.split(f"{{{slot}}}") if slot else [text]
    filled = value.join(parts)
    if slot == "target":
        starts = [sum(map(len, parts[: i + 1])) + i * len(value) for i in range(len(parts) - 1)]
        return filled[:1].upper() + filled[1:], tuple((start, start + len(value)) for start in starts)
    found = re.finditer(rf"\b{re.escape(target)}\b", filled, re.IGNORECASE) if target else ()
    return filled, tuple(match.span() for match in found)
