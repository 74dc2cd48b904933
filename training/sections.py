"""The sections of an experiment's configuration, with their defaults."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from newstance.corpora import ColumnMap, Format
from newstance.corpora.division import Part

__all__ = [
    "Baseline",
    "DataConfig",
    "MaskingConfig",
    "ReportConfig",
    "RewordingConfig",
    "Section",
    "Source",
    "TeacherConfig",
    "Weight",
]

Baseline = Literal["majority", "bag_of_words", "frozen_encoder"]


def _no_switch(value: Any) -> Any:
    """Refuse YAML's `true`, `yes` and `on`, which pydantic would read as 1."""
    if isinstance(value, bool):
        raise ValueError(f"Input should be a number, not {str(value).lower()}")
    return value


#: How much something counts.
Weight = Annotated[float, BeforeValidator(_no_switch), Field(ge=0)]


class Section(BaseModel):
    """Part of a configuration: unknown keys, infinite numbers and switches for numbers are refused, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_no_switches(cls, value: Any, info: ValidationInfo) -> Any:
        annotation = cls.model_fields[info.field_name or ""].annotation
        return _no_switch(value) if {int, float} & {annotation, *get_args(annotation)} else value


class Source(Section):
    """One file or folder of annotations, by the adapter that reads it.

    Attributes:
        corpus: `annotations` for a file of whatever format: records, a table, an export of Label Studio, doccano or
            Prodigy, each of which may also be named; or a corpus: `newstance` (the project's own, no path needed),
            `newsmtsc`, `newsmtsc-codebook` (the same rows, judged by the codebook: model output), `newsmtsc-mentions`
            (its training sentences, judged toward other names in them: model output), `seesaw`, `pstance`, `frac`.
        path: relative to `data.root`.
        split: which split, for corpora that hold several.
        weight: how much each of its rows counts in the loss, and its labels where two sources judge the same row. It
            tells sources apart: one weight for all rows of a run does little, as AdamW scales its steps to the loss.
        share: take only this share of its rows, always the same ones.
        target: profile (a shipped one's name or a YAML file) that finds the mentions in rows without `target_spans`;
            without it the row's own `target` is looked for.
        part: of a file without splits, this part of its articles (of its sentences where it names no article): 70, 15
            and 15% by the hash of their names, so that each stays in the same part whatever is added.
        version: of `newstance`, only what the corpus held at this version: a recipe keeps its data when the corpus
            grows.
        since: of `newstance`, only what this version and later ones added.
        layers: use only its labels of these layers; all of them where not given.
        columns: which columns of a table, or controls of a tool, hold what.
    """

    corpus: Format
    path: str = ""
    split: str | None = None
    weight: float = Field(default=1.0, gt=0)
    share: float = Field(default=1.0, gt=0, le=1)
    target: str | None = None
    part: Part | None = None
    version: int | None = Field(default=None, ge=1)
    since: int | None = Field(default=None, ge=1)
    layers: tuple[str, ...] | None = None
    columns: ColumnMap = ColumnMap()

    @model_validator(mode="after")
    def _only_the_own_corpus_has_versions(self) -> Self:
        for name in ("version", "since"):
            if getattr(self, name) is not None and self.corpus != "newstance":
                raise ValueError(f"{name}: only newstance has versions, not {self.corpus}")
        return self

    @property
    def name(self) -> str:
        """Return what reports call it: corpus, path, version, split and part."""
        since = "" if self.since is None else f"since version {self.since}"
        version = "" if self.version is None else f"version {self.version}"
        return " ".join(word for word in (self.corpus, self.path, since, version, self.split, self.part) if word)


class DataConfig(Section):
    """What is trained on, what is chosen by, and what must stay out of training.

    Attributes:
        root: folder that the sources' paths start from.
        train: what is trained on.
        dev: what the best epoch, the temperature and the thresholds are chosen by.
        test: measured once, for the report, after everything has been chosen; kept out of training too.
        held_out: read only so that their texts can be kept out of training.
        drop_repeated_texts: leave training rows out whose text also stands in `dev`, `test` or `held_out`.
    """

    root: str = "."
    train: tuple[Source, ...] = Field(min_length=1)
    dev: tuple[Source, ...] = Field(min_length=1)
    test: tuple[Source, ...] = ()
    held_out: tuple[Source, ...] = ()
    drop_repeated_texts: bool = True


class MaskingConfig(Section):
    """Random hiding of words in training, so that a text with words removed is nothing new to the model.

    Attributes:
        rows: share of the rows of a batch that lose words.
        up_to: each such row loses a share of its words drawn evenly between 0 and this.
    """

    rows: float = Field(default=0.5, ge=0, le=1)
    up_to: float = Field(default=0.3, ge=0, lt=1)


class RewordingConfig(Section):
    """Sentences that only the teachers answer for: copies of the training rows in which near words stand for some.

    Attributes:
        copies: how many of each row, rows of `data` and `other_mentions` included.
        up_to: in each copy a share drawn evenly between 0 and this, at least one, of the words that have near ones is
            replaced.
        neighbours: by a word drawn from so many nearest ones in the encoder's embedding table.
    """

    copies: int = Field(default=1, ge=1)
    up_to: float = Field(default=0.4, gt=0, le=1)
    neighbours: int = Field(default=10, ge=1)


class TeacherConfig(Section):
    """Distillation (Hinton, Vinyals and Dean, 2015): learn what a larger model, or several, would answer.

    A layer is taught where every teacher predicts it, with the same codes and of the same kind. Rows without a label
    of a taught layer learn from the teacher alone, or, with `labelled_only`, from their other labels alone.

    Attributes:
        checkpoints: newstance model folders, or names of shipped models; of several the mean probability is taught.
        answers: files of what further teachers said of the training rows, or names of shipped ones; rows that one of
            them lacks learn from their labels alone. See `newstance.training.answers`.
        layers: the layers that are taught; None: all that every teacher predicts. Leave one out whose labels are
            better than the teachers'.
        weight: the teacher's share of the loss of a labelled row; the rest is the labels'.
        temperature: both sides' logits are divided by it, so that the teacher's second thoughts count too.
        data: further rows of which only the teacher's answers are learnt, their own labels ignored.
        other_mentions: ask the teachers about each training sentence once more, with another name in it as the target,
            where there is one: what the same words say of somebody else.
        reworded: ask the teachers about further copies of the training sentences, too, in which some words are others;
            None asks about none. More to learn from where texts are few, and as much more time to ask and to learn.
        labelled_only: ask only about rows that have a label of some taught layer: quicker where most have none, and the
            others are not drawn to what a teacher guesses. Not together with `data`, `other_mentions` or `reworded`.
        states_weight: of a further part of the loss: the share of the variance of the teacher's last layer, word by
            word, that a linear view of the student's last layer leaves unexplained. 0 is off. Wants one teacher, and
            room on the disk: two bytes for each word and unit, 1 GB for 25,000 sentences of a base-size encoder.
    """

    checkpoints: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    layers: tuple[str, ...] | None = Field(default=None, min_length=1)
    weight: float = Field(default=0.5, gt=0, le=1)
    temperature: float = Field(default=2.0, gt=0)
    data: tuple[Source, ...] = ()
    other_mentions: bool = False
    reworded: RewordingConfig | None = None
    labelled_only: bool = False
    states_weight: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _somebody_teaches(self) -> Self:
        if not self.checkpoints and not self.answers:
            raise ValueError("names nobody: give checkpoints, answers or both")
        if self.states_weight > 0 and self.answers:
            raise ValueError("states_weight: files of answers hold no states; give a checkpoint alone")
        if self.states_weight > 0 and len(self.checkpoints) > 1:
            raise ValueError("states_weight: states of several teachers have no mean; give one of the checkpoints")
        return self

    @model_validator(mode="after")
    def _asked_about_something(self) -> Self:
        if self.labelled_only and (self.other_mentions or self.data or self.reworded):
            raise ValueError(
                "labelled_only: rows of data, other_mentions and reworded have no labels, so nobody would be asked"
            )
        return self


class ReportConfig(Section):
    """What `report.json` and the model card hold besides the model's own figures.

    Attributes:
        baselines: fitted on the same training rows, measured on the same sets.
        samples: bootstrap samples behind each interval.
    """

    baselines: tuple[Baseline, ...] = ("majority", "bag_of_words", "frozen_encoder")
    samples: int = Field(default=1000, ge=100)
