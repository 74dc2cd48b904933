"""`TrainingConfig`: the one home of every default of a training run, read from YAML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from newstance.errors import UsageError
from newstance.errors.hints import did_you_mean
from newstance.model import Codebook, EncodingConfig, load_codebook
from newstance.model.embedded import EMBEDDED
from newstance.model.head_config import Pooling

from .config_file import BASE, TO_BEGIN_WITH, config_text, read_config, shipped_configs
from .sections import DataConfig, MaskingConfig, ReportConfig, Section, TeacherConfig, Weight

__all__ = [
    "TO_BEGIN_WITH",
    "AttentionCode",
    "MixedPrecision",
    "TrainingConfig",
    "codebook_of",
    "config_text",
    "load_config",
    "shipped_configs",
]

AttentionCode = Literal["auto", "eager", "sdpa"]
MixedPrecision = Literal["auto", "no", "bf16", "fp16"]


class TrainingConfig(Section):
    """One training run.

    Attributes:
        name: name of the resulting model.
        layers: layers of the codebook to train; a layer without labels in the data is an error.
        codebook: path of a codebook YAML, a codebook written out in place, or None for the shipped one.
        encoder: `all-MiniLM-L6-v2` (embedded), a folder, or a name on a model hub.
        attention_code: what computes the encoder's attention: `auto` is `sdpa` where the encoder has it, the faster.
        start_from: a newstance checkpoint, or a state under a run's `steps`, whose weights the run starts from, heads
            of the same layers included.
        feed_forward: narrow the encoder's feed-forward blocks to so many units before training, those that the training
            rows use most; None leaves them. Cheaper to run by as much: a third of the units is a fifth of the work.
        encoder_layers: give the encoder copies of its layers until it has so many, which begin by adding nothing; None
            leaves it. A larger model that starts from what a smaller one knows; slower to run by as much.
        teacher: models whose answers are learnt besides the labels, or None.
        encoding: how sentences become token ids: target mode, context, lengths, special tokens.
        pooling: how heads pool tokens, for all layers or by layer.
        layer_weights: how much each layer's loss counts; 1 where not given.
        rationale_weight: of a penalty on attention that the stance head pays to words outside the annotators'
            rationales; rows without one add nothing. 0 is off.
        masking: random hiding of words.
        freeze_embeddings: keep the embedding table as it is; it is half of the parameters.
        freeze_layers: keep so many of the encoder's lowest layers as they are.
        dropout: share of units hidden while training, in the encoder and before the heads; None is what the encoder
            comes with, and 0.1 before the heads.
        keep_frozen_states: run those layers once for each row instead of once an epoch, and keep everything below the
            first trained layer as it is. Needs memory, and rows of which no words are hidden (`masking.rows: 0`).
        class_weights: of labels in the loss: `balanced` weighs each label of a single-label layer by its inverse
            frequency; a map gives them by layer and code, 1 where not given. In a multi-label layer the map weighs a
            label's whole loss, of rows that have the label and of rows that do not.
        label_smoothing: share of the probability spread evenly over the labels of a single-label layer; multi-label
            layers are left as they are.
        soft_labels: learn the share of annotators for each label; otherwise the label that most gave, and nothing from
            ties.
        learning_rate: peak rate of the encoder's top layer.
        layer_decay: each layer below learns at this multiple of the rate of the layer above it.
        head_learning_rate: peak rate of the heads, which start from nothing.
        weight_decay: AdamW's.
        warmup: share of the steps over which the rates rise.
        batch_size: rows a step and device.
        gradient_accumulation: batches a step.
        epochs: passes over the training rows at most.
        early_stopping: stop after so many epochs without a better one; None never stops early.
        seed: of initialisation, order, dropout and masking.
        mixed_precision: `auto` is bf16 on hardware that multiplies it natively, else none; or `no`, `bf16`, `fp16`.
        save_every: keep a state to resume from every so many steps, besides one an epoch.
        report_to: what the Trainer logs to: `tensorboard`, `wandb`, `mlflow` and others that are installed.
        round_weights: put the finished weights on the int8 grid that an export stores, so that the checkpoint and its
            export are the same model; calibration follows, and the cost on development data is recorded. `int4`: learn
            with the encoder's weights on the int4 grid, for an export with `--quantise int4-weights`.
        target_risk: share of wrong decisions among those kept, for which the abstention threshold is chosen.
        report: what the run's report holds.
    """

    name: str
    data: DataConfig
    layers: tuple[str, ...] = Field(default=("stance",), min_length=1)
    codebook: str | Codebook | None = None
    encoder: str = EMBEDDED
    attention_code: AttentionCode = "auto"
    start_from: str | None = None
    feed_forward: int | None = Field(default=None, ge=1)
    encoder_layers: int | None = Field(default=None, ge=1)
    teacher: TeacherConfig | None = None
    encoding: EncodingConfig = EncodingConfig()
    pooling: Pooling | dict[str, Pooling] = "attention"
    layer_weights: dict[str, Weight] = Field(default_factory=dict)
    rationale_weight: float = Field(default=0.0, ge=0)
    masking: MaskingConfig = MaskingConfig()
    freeze_embeddings: bool = True
    freeze_layers: int = Field(default=0, ge=0)
    keep_frozen_states: bool = False
    dropout: float | None = Field(default=None, ge=0, lt=1)
    class_weights: Literal["none", "balanced"] | dict[str, dict[str, Weight]] = "none"
    label_smoothing: float = Field(default=0.0, ge=0, lt=1)
    soft_labels: bool = True
    learning_rate: float = Field(default=8e-5, gt=0)
    layer_decay: float = Field(default=1.0, gt=0, le=1)
    head_learning_rate: float = Field(default=5e-4, gt=0)
    weight_decay: float = Field(default=0.01, ge=0)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    batch_size: int = Field(default=16, ge=1)
    gradient_accumulation: int = Field(default=1, ge=1)
    epochs: int = Field(default=4, ge=1)
    early_stopping: int | None = Field(default=None, ge=1)
    seed: int = Field(default=13, ge=0)
    mixed_precision: MixedPrecision = "auto"
    save_every: int | None = Field(default=None, ge=1)
    report_to: tuple[str, ...] = ()
    round_weights: bool | Literal["int4"] = True
    target_risk: float = Field(default=0.15, gt=0, lt=1)
    report: ReportConfig = ReportConfig()

    @field_validator("round_weights", mode="before")
    @classmethod
    def _a_grid(cls, value: Any) -> Any:
        if isinstance(value, str) and value not in ("int4", "true", "false"):
            raise ValueError(f"takes true, false or int4, not {value!r}")
        return value

    @field_validator("mixed_precision", mode="before")
    @classmethod
    def _no_is_a_word(cls, value: Any) -> Any:
        """Take YAML's bare `no`, which it reads as false, for what was meant."""
        return "no" if value is False else value

    @model_validator(mode="after")
    def _settings_fit_each_other(self) -> Self:
        if problems := [*self._strange_layers(), *self._misfits()]:
            raise ValueError("; ".join(problems))
        return self

    def _strange_layers(self) -> Iterator[str]:
        for key in ("pooling", "class_weights", "layer_weights"):
            value = getattr(self, key)
            for name in value if isinstance(value, dict) else ():
                if name not in self.layers:
                    hint = did_you_mean(name, self.layers)
                    yield f"{key}: {name!r} is none of the layers {', '.join(self.layers)}{hint}"

    def _misfits(self) -> Iterator[str]:
        if len(set(self.layers)) < len(self.layers):
            yield "layers: a name stands twice"
        if self.rationale_weight > 0 and "stance" not in self.layers:
            yield "rationale_weight: rationales are of the layer stance, which is not among the layers"
        elif self.rationale_weight > 0 and self.pooling_of("stance") not in ("attention", "target"):
            yield "rationale_weight: needs attention or target pooling of the layer stance"
        if self.keep_frozen_states and (self.masking.rows > 0 or self.freeze_layers == 0):
            yield "keep_frozen_states: needs masking.rows: 0 and freeze_layers of at least 1"

    def pooling_of(self, layer: str) -> Pooling:
        """Return how the head of a layer pools tokens."""
        return self.pooling.get(layer, "attention") if isinstance(self.pooling, dict) else self.pooling


def codebook_of(config: TrainingConfig) -> Codebook:
    """Return the layers that a run trains, in the order of the model's heads.

    Raises:
        InputError: the codebook's file is wrong.
        UsageError: the codebook has no such layer.
    """
    given = config.codebook
    return (given if isinstance(given, Codebook) else load_codebook(given)).only(config.layers)


def load_config(name_or_path: str | Path, overrides: Sequence[str] = ()) -> TrainingConfig:
    """Read a configuration and apply `a.b=value` overrides, whose values are YAML.

    Args:
        name_or_path: a YAML file, or the name of a shipped one; see `shipped_configs`.
        overrides: as given with `--set`.

    Raises:
        UsageError: the file is missing or wrong; every error is named at once, with the nearest valid key.
    """
    return checked(*read_config(name_or_path, overrides))


def checked(data: Any, where: str) -> TrainingConfig:
    """Return settings as a configuration.

    Args:
        data: as read from YAML or JSON.
        where: what to call their file in errors.

    Raises:
        UsageError: some are wrong; every error is named at once, with the nearest valid key.
    """
    try:
        return TrainingConfig.model_validate(data)
    except ValidationError as error:
        raise UsageError(_explain(error), path=where) from error


def _explain(error: ValidationError) -> str:
    """Return every problem with its path; of a value that may be of several kinds, one problem is enough."""
    problems: dict[str, str] = {}
    # Of a value that may be text or a section, what is wrong in the section says more than that it is no text.
    inner = {item["loc"][0] for item in error.errors() if "Codebook" in str(item["loc"][1:2])}
    places = [_place(item["loc"]) for item in error.errors()]
    for item, location in zip(error.errors(), places, strict=True):
        if item["type"] == "string_type" and item["loc"][0] in inner and item["loc"][1:] == ("str",):
            continue
        deeper = any(len(one) > len(location) and one[: len(location)] == location for one in places)
        # Items that are wrong are not counted, and a map with a wrong value is no word: neither says anything.
        if deeper and (item["type"] == "too_short" or _names_a_type(item["loc"][-1])):
            continue
        place = ".".join(str(part) for part in location)
        message = item["msg"].removeprefix("Value error, ")
        if item["type"] == "extra_forbidden":
            message = "unknown key" + did_you_mean(str(location[-1]), _keys(location[:-1]))
        problems.setdefault(place, message)
    return "; ".join(f"{place}: {message}" if place else message for place, message in problems.items())


def _place(location: Iterable[int | str]) -> list[int | str]:
    return [part for part in location if not _names_a_type(part)]


def _names_a_type(part: int | str) -> bool:
    """Return whether pydantic put this into a location to say which member of a union it tried."""
    beginnings = ("literal[", "dict[", "function-", "Codebook")
    return isinstance(part, str) and (part in ("str", "bool") or part.startswith(beginnings))


def _keys(location: Iterable[int | str]) -> list[str]:
    """Return the valid keys of the section at a location of the configuration."""
    section: type[BaseModel] = TrainingConfig
    for part in location:
        if isinstance(part, int):
            continue
        field = section.model_fields.get(part)
        inner = _section_in(field.annotation) if field is not None else None
        if inner is None:
            return []
        section = inner
    return [*section.model_fields, *([BASE] if section is TrainingConfig else [])]


def _section_in(annotation: Any) -> type[BaseModel] | None:
    """Return the section that an annotation is, or holds: `X`, `tuple[X, ...]`, `X | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section_in(part)) is not None), None)
