"""`Codebook`: the label layers that a model predicts and annotations carry, read from YAML."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from newstance.errors import InputError, UsageError

__all__ = ["Codebook", "Label", "Layer", "load_codebook"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Strict):
    """One label: `code` is what files hold, `name` what people read, `sign` one character for terminals."""

    code: str = Field(min_length=1)
    name: str = ""
    sign: str = ""
    description: str = ""


class Layer(_Strict):
    """One question asked of each sentence: `single` takes exactly one label, `multi` any number."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: Literal["single", "multi"]
    description: str = ""
    labels: tuple[Label, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _codes_are_unique(self) -> Layer:
        codes = self.codes
        if len(set(codes)) != len(codes):
            raise ValueError(f"layer {self.name} lists a code twice")
        if self.kind == "single" and len(codes) < 2:
            raise ValueError(f"layer {self.name} is single and needs two labels or more")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes in the order of the model's logits."""
        return tuple(label.code for label in self.labels)


class Codebook(_Strict):
    """All layers, in the order of the model's heads."""

    name: str
    version: int = 1
    layers: tuple[Layer, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Codebook:
        names = [layer.name for layer in self.layers]
        if len(set(names)) != len(names):
            raise ValueError("a layer's name stands twice")
        return self

    def __contains__(self, name: object) -> bool:
        """Return whether a layer of that name exists."""
        return any(layer.name == name for layer in self.layers)

    def layer(self, name: str) -> Layer:
        """Return the layer called `name`; raise `UsageError` when there is none."""
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise UsageError(f"the codebook {self.name} has no layer {name!r}; it has {known}")

    @property
    def stance(self) -> Layer | None:
        """Return the layer that plays the stance: the one of that name, else the first that takes one label."""
        return self._role("stance", "single")

    @property
    def frames(self) -> Layer | None:
        """Return the layer that plays the frames: the one of that name, else the first that takes any number."""
        return self._role("frames", "multi")

    def _role(self, name: str, kind: Literal["single", "multi"]) -> Layer | None:
        alike = [layer for layer in self.layers if layer.kind == kind]
        return next((layer for layer in alike if layer.name == name), alike[0] if alike else None)

    def only(self, names: tuple[str, ...]) -> Codebook:
        """Return a codebook with only the named layers, in the given order."""
        return self.model_copy(update={"layers": tuple(self.layer(name) for name in names)})

    def to_yaml(self) -> str:
        """Return the YAML that `load_codebook` reads back as an equal codebook."""
        data = self.model_dump(mode="json", exclude_defaults=True) | {"version": self.version}
        return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)


def load_codebook(path: str | Path | None = None) -> Codebook:
    """Read a codebook from YAML; without a path, the one that ships.

    Raises:
        InputError: the file is missing, no YAML, or not a codebook; names file and field.
    """
    if path is None:
        source = resources.files("newstance.configs") / "codebook.yaml"
        text, where = source.read_text(encoding="utf-8"), "codebook.yaml"
    else:
        where = str(path)
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the codebook: {error}", path=where) from error
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none; nested too deep
        raise InputError(f"the codebook is not YAML: {error}", path=where) from error
    try:
        return Codebook.model_validate(data)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in e['loc']) or 'top level'}: {e['msg']}" for e in error.errors()
        )
        raise InputError(f"not a codebook: {problems}", path=where) from error
