"""`TrainingConfig`: the one home of every default of a training run, read from YAML."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from newstance.errors import UsageError
from newstance.model import EncodingConfig
from newstance.model.embedded import EMBEDDED
from newstance.model.head_config import Pooling

__all__ = ["AttentionCode", "DataConfig", "MaskingConfig", "Source", "TrainingConfig", "load_config"]


AttentionCode = Literal["auto", "eager", "sdpa"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """One file or folder of annotations, by the adapter that reads it.

    Attributes:
        corpus: `newsmtsc`, `newsmtsc-codebook` (the same rows, judged by the codebook: model output), `seesaw`,
            `newstance` (the project's own, no path needed) or `annotations` (records).
        path: relative to `data.root`.
        split: which split, for corpora that hold several.
        weight: how much each of its rows counts in the loss, and its labels where two sources judge the same row.
        share: take only this share of its rows, always the same ones.
        target: profile (a shipped one's name or a YAML file) that finds the mentions in rows without `target_spans`;
            without it the row's own `target` is looked for.
    """

    corpus: Literal["newsmtsc", "newsmtsc-codebook", "seesaw", "newstance", "annotations"]
    path: str = ""
    split: str | None = None
    weight: float = Field(default=1.0, gt=0)
    share: float = Field(default=1.0, gt=0, le=1)
    target: str | None = None


class DataConfig(_Strict):
    """What is trained on, what is chosen by, and what must stay out of training.

    Attributes:
        root: folder that the sources' paths start from.
        train: what is trained on.
        dev: what the best epoch, the temperature and the thresholds are chosen by.
        held_out: read only so that their texts can be kept out of training.
        drop_repeated_texts: leave training rows out whose text also stands in `dev` or `held_out`.
    """

    root: str = "."
    train: tuple[Source, ...] = Field(min_length=1)
    dev: tuple[Source, ...] = Field(min_length=1)
    held_out: tuple[Source, ...] = ()
    drop_repeated_texts: bool = True


class MaskingConfig(_Strict):
    """Random hiding of words in training, so that a text with words removed is nothing new to the model.

    Attributes:
        rows: share of the rows of a batch that lose words.
        up_to: each such row loses a share of its words drawn evenly between 0 and this.
    """

    rows: float = Field(default=0.5, ge=0, le=1)
    up_to: float = Field(default=0.3, ge=0, lt=1)


class TrainingConfig(_Strict):
    """One training run.

    Attributes:
        name: name of the resulting model.
        layers: layers of the codebook to train; a layer without labels in the data is an error.
        codebook: path of a codebook YAML, or None for the shipped one.
        encoder: `all-MiniLM-L6-v2` (embedded), a folder, or a name on a model hub.
        attention_code: what computes the encoder's attention: `auto` is `sdpa` where the encoder has it, the faster.
        start_from: a newstance checkpoint whose weights the run starts from, heads of the same layers included.
        encoding: how sentences become token ids.
        pooling: how heads pool tokens.
        masking: random hiding of words.
        freeze_embeddings: keep the embedding table as it is; it is half of the parameters.
        class_weights: `balanced` weighs each label of a single-label layer by its inverse frequency.
        label_smoothing: share of the probability spread evenly over labels.
        learning_rate: peak rate of the encoder.
        head_learning_rate: peak rate of the heads, which start from nothing.
        weight_decay: AdamW's.
        warmup: share of the steps over which the rates rise.
        batch_size: rows a step.
        epochs: passes over the training rows.
        seed: of initialisation, order, dropout and masking.
        round_weights: put the finished weights on the int8 grid that an export stores, so that the checkpoint and its
            export are the same model; calibration follows, and the cost on development data is recorded.
        target_risk: share of wrong decisions among those kept, for which the abstention threshold is chosen.
    """

    name: str
    data: DataConfig
    layers: tuple[str, ...] = ("stance",)
    codebook: str | None = None
    encoder: str = EMBEDDED
    attention_code: AttentionCode = "auto"
    start_from: str | None = None
    encoding: EncodingConfig = EncodingConfig()
    pooling: Pooling = "attention"
    masking: MaskingConfig = MaskingConfig()
    freeze_embeddings: bool = True
    class_weights: Literal["none", "balanced"] = "none"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    learning_rate: float = Field(default=8e-5, gt=0)
    head_learning_rate: float = Field(default=5e-4, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    batch_size: int = Field(default=16, ge=1)
    epochs: int = Field(default=4, ge=1)
    seed: int = 13
    round_weights: bool = True
    target_risk: float = Field(default=0.15, gt=0, lt=1)


def load_config(name_or_path: str | Path, overrides: Sequence[str] = ()) -> TrainingConfig:
    """Read a configuration and apply `a.b=value` overrides, whose values are YAML.

    Args:
        name_or_path: a YAML file, or the name of a shipped one (`default`, `smoke`).
        overrides: as given with `--set`.

    Raises:
        UsageError: the file is missing or wrong; every error is named at once, with the nearest valid key.
    """
    text, where = _read(name_or_path)
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"not YAML: {error}", path=where) from error
    if not isinstance(data, dict):
        raise UsageError("not a configuration: the top level must be a mapping", path=where)
    for override in overrides:
        _apply(data, override)
    try:
        return TrainingConfig.model_validate(data)
    except ValidationError as error:
        raise UsageError(_explain(error), path=where) from error


def _read(name_or_path: str | Path) -> tuple[str, str]:
    path = Path(name_or_path)
    shipped = resources.files("newstance.configs") / f"{name_or_path}.yaml"
    if not path.is_file() and path.suffix == "" and shipped.is_file():
        return shipped.read_text(encoding="utf-8"), f"{name_or_path}.yaml"
    try:
        return path.read_text(encoding="utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read the configuration: {reason}", path=path) from error


def _apply(data: dict[str, Any], override: str) -> None:
    key, separator, value = override.partition("=")
    if not separator or not key:
        raise UsageError(f"--set takes key=value, not {override!r}")
    *parents, last = key.split(".")
    node = data
    for part in parents:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            raise UsageError(f"--set {override}: {part} is not a section")
        node = child
    try:
        node[last] = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise UsageError(f"--set {override}: the value is not YAML") from error


def _explain(error: ValidationError) -> str:
    problems = []
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"])
        message = item["msg"]
        if item["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(item["loc"][-1]), _keys(item["loc"][:-1]), n=1)
            message = "unknown key" + (f", did you mean {near[0]!r}?" if near else "")
        problems.append(f"{place}: {message}")
    return "; ".join(problems)


def _keys(location: Iterable[int | str]) -> list[str]:
    """Return the valid keys of the section at a location of the configuration."""
    model: Any = TrainingConfig
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        if field is None:
            return []
        annotation = field.annotation
        inner = getattr(annotation, "__args__", ())
        model = inner[0] if inner else annotation
        if not hasattr(model, "model_fields"):
            return []
    return list(model.model_fields)
