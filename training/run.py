"""`Run`: everything that a training run holds, from its data to the checkpoint that it writes."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer
from transformers import PreTrainedModel

from newstance.corpora import Annotation, without_texts_of
from newstance.errors import UsageError
from newstance.files import write_together
from newstance.model import (
    Calibration,
    Checkpoint,
    Codebook,
    EncodingConfig,
    HeadConfig,
    ModelConfig,
    Prediction,
    Predictor,
    SentenceEncoding,
    write_config,
)
from newstance.model.network import SentenceClassifier
from newstance.model.torch_runtime import TorchRuntime

from .calibrate import calibrate, has_answer, macro_f1_by_layer
from .card import model_card
from .checking import few_to_choose_by, length_problem, name_problem, no_dev_label, without_dev_labels
from .config import TrainingConfig, codebook_of
from .data import Item, merge_annotators
from .deepening import deepen, layers_of
from .dropout import set_dropout
from .encoder import load_encoder, load_tokenizer
from .encoder_batches import encoder_batches
from .narrowing import feed_forward_width, narrow_feed_forward
from .optimiser import freeze
from .origins import answers_of, described, learnt_through
from .other_mentions import asked_of_others
from .precision import precision_of
from .report import EvaluationSet, NotFitted, Row, make_report, write_report
from .reworded import reworded
from .rounding import snap_to_grid
from .sources import ALL_REPEATED, read_sources
from .start import start_from
from .weights import save_weights

__all__ = ["Run", "Say"]

Say = Callable[[str], None]

#: Rows that say which feed-forward units are used: tens of thousands of tokens for a few thousand units a layer.
_NARROWED_BY = 1000


@dataclass
class Run:
    """One training run: its data, its network, and what development data say of it."""

    config: TrainingConfig
    codebook: Codebook
    network: SentenceClassifier
    encoding: SentenceEncoding
    tokenizer: Tokenizer
    train: list[Item]
    dev: list[Item]
    records: list[Annotation]
    sets: list[EvaluationSet]
    say: Say

    @classmethod
    def prepare(cls, config: TrainingConfig, say: Say) -> Run:
        """Read the data, build the network and load its weights.

        Raises:
            UsageError: a layer has a name that no head can have, or no labels to train on, no layer has any to choose
                by, every row is held out too, or `encoding.max_length` is more than the encoder reads.
            AnnotationError: the data cannot be read.
            CheckpointError: the checkpoint to start from does not fit.
        """
        codebook = codebook_of(config)
        if (problem := name_problem(codebook)) is not None:
            raise UsageError(problem, field="codebook")
        root = config.data.root
        by_source = [(source, read_sources([source], root, codebook)) for source in config.data.dev]
        dev_pairs = [pair for _, pairs in by_source for pair in pairs]
        tests = [(source, read_sources([source], root, codebook)) for source in config.data.test]
        sets = [EvaluationSet(source.name, "dev", [r for r, _ in pairs]) for source, pairs in by_source]
        sets += [EvaluationSet(source.name, "test", [r for r, _ in pairs]) for source, pairs in tests]
        held_out = [r for r, _ in read_sources(config.data.held_out, root, codebook)]
        held_out += [r for _, pairs in tests for r, _ in pairs]
        train_pairs = read_sources(config.data.train, root, codebook)
        held_out_or_dev = held_out + [record for record, _ in dev_pairs]
        kept = train_pairs
        if config.data.drop_repeated_texts:
            kept = _without_texts_of(train_pairs, held_out_or_dev)
            if not kept:
                raise UsageError(ALL_REPEATED, field="data.train")
            if len(kept) < len(train_pairs):
                say(f"left out of training: {len(train_pairs) - len(kept)} rows whose text is held out too")
        train = merge_annotators(kept, codebook, soft=config.soft_labels)
        train = _with_something_to_learn(train, config, say)
        dev = merge_annotators(dev_pairs, codebook)
        for layer in codebook.layers:
            if not any(item.labels[layer.name] is not None for item in train):
                raise UsageError(f"no training row has a label of the layer {layer.name!r}", field="layers")
        unjudged = [layer.name for layer in codebook.layers if not any(has_answer(item, layer) for item in dev)]
        if (problem := without_dev_labels(unjudged, codebook)) is not None:
            raise UsageError(problem, field="data.dev")
        for name in unjudged:
            say(f"warning: data.dev: {no_dev_label(name)}")
        if (warning := few_to_choose_by([record for record, _ in dev_pairs])) is not None:
            say(f"warning: data.dev: {warning}")
        tokenizer, described = load_tokenizer(config.encoder, config.encoding)
        encoder = load_encoder(config.encoder, config.attention_code)
        if (problem := length_problem(encoder.config.to_dict(), config.encoding.max_length)) is not None:
            raise UsageError(problem, field="encoding.max_length")
        encoding = SentenceEncoding(tokenizer, described)
        if config.teacher is not None:
            train += _for_the_teacher(config, codebook, train, held_out_or_dev, say)
            train += _reworded(config, train, encoder, tokenizer, described, say)
        network = _network(config, codebook, encoder, encoding, train, say)
        records = [record for record, _ in kept]
        return cls(config, codebook, network, encoding, tokenizer, train, dev, records, sets, say)

    def target_tokens(self) -> set[int]:
        """Return the ids of the tokens that stand for or around the target."""
        encoding = self.encoding.config
        mask = encoding.target_mode == "mask"
        names = [encoding.mask_token] if mask else [encoding.open_marker, encoding.close_marker]
        return {number for name in names if name and (number := self.tokenizer.token_to_id(name)) is not None}

    def _predict_dev(self) -> list[Prediction]:
        layers = [layer.name for layer in self.codebook.layers]
        predictor = Predictor(self.encoding, TorchRuntime(self.network), layers)
        return predictor.predict([item.input for item in self.dev])

    def dev_scores(self) -> dict[str, float]:
        """Return macro-F1 on the development rows, by layer."""
        return macro_f1_by_layer(self.dev, self._predict_dev(), self.codebook)

    def calibrate(self) -> Calibration:
        """Fit temperature and thresholds of each layer on the development rows, and say them with what is wrong."""
        found = calibrate(self.dev, self._predict_dev(), self.codebook, self.config.target_risk)
        for name, layer in found.layers.items():
            self.say(f"{name}: {layer.thresholds()}")
            if layer.warning:
                self.say(f"warning: {name}: {layer.warning}")
        return found

    def save(self, folder: Path, made_by: dict[str, Any]) -> Path:
        """Round the weights if the configuration says so, calibrate, and write the checkpoint, its report and card.

        Args:
            folder: where to.
            made_by: what else the provenance must say.
        """
        folder.mkdir(parents=True, exist_ok=True)
        scores = {"as trained": self.dev_scores()}
        if self.config.round_weights:
            snap_to_grid(self.network, "int4-weights" if self.config.round_weights == "int4" else "int8-weights")
            scores["weights rounded"] = self.dev_scores()
        self.network.states_view = None  # it only served to learn
        save_weights(self.network, folder / "model.safetensors")
        (folder / "tokenizer.json").write_text(self.tokenizer.to_str(pretty=True), encoding="utf-8")
        (folder / "labels.yaml").write_text(self.codebook.to_yaml(), encoding="utf-8")
        calibration = self.calibrate()
        calibration.write(folder / "calibration.json")
        encoder_config = self.network.encoder.config.to_diff_dict()  # type: ignore[union-attr,operator]
        encoder_config.pop("_name_or_path", None)
        config = ModelConfig(
            name=self.config.name,
            encoder=encoder_config,
            encoder_source=self.config.encoder,
            encoding=self.encoding.config,
            heads=tuple(_heads(self.config, self.codebook)),
            unnamed_targets=any(not item.input.target_spans for item in self.train),
            provenance=self._provenance() | made_by | {"dev_macro_f1": scores},
        )
        write_config(folder, config)
        report, missing = self._report(Checkpoint(folder))
        write_report(folder / "report.json", report, missing, {"name": self.config.name, "seed": self.config.seed})
        card = model_card(config, self.codebook, calibration, report, missing)
        write_together({folder / "README.md": card.encode()})
        return folder

    def _report(self, checkpoint: Checkpoint) -> tuple[list[Row], list[NotFitted]]:
        names = self.config.report.baselines
        self.say("measuring the model" + (f" and the baselines {', '.join(names)}" if names else ""))
        predictor = Predictor(self.encoding, TorchRuntime(self.network), [x.name for x in self.codebook.layers])
        rows, missing = make_report(checkpoint, predictor, self.records, self.sets, self.config.report)
        for one in missing:
            self.say(f"warning: {one}")
        measured = {(row.data, row.part) for row in rows}
        for part, name in ((one.part, one.name) for one in self.sets if (one.name, one.part) not in measured):
            self.say(f"warning: data.{part}: {name}: no sentence has an answer on {', '.join(self.config.layers)}")
        return rows, missing

    def _provenance(self) -> dict[str, Any]:
        run = self.config.model_dump(mode="json")
        # A path on somebody's machine says nothing to anybody else.
        run["data"]["root"] = "."
        if self.config.start_from is not None:
            run["start_from"] = described(self.config.start_from)
        if self.config.teacher is not None:
            run["teacher"]["checkpoints"] = [described(name) for name in self.config.teacher.checkpoints]
            run["teacher"]["answers"] = [answers_of(name) for name in self.config.teacher.answers]
        return {
            "config": run,
            "learnt_through": learnt_through(self.config),
            "rows": {"train": len(self.train), "dev": len(self.dev)},
            "precision": precision_of(self.config.mixed_precision),
            "versions": {name: version(name) for name in ("newstance", "torch", "transformers", "tokenizers")}
            | {"python": platform.python_version()},
        }


def _heads(config: TrainingConfig, codebook: Codebook) -> list[HeadConfig]:
    return [HeadConfig(layer=x.name, labels=len(x.codes), pooling=config.pooling_of(x.name)) for x in codebook.layers]


def _without_texts_of(
    pairs: Sequence[tuple[Annotation, float]], held_out: Sequence[Annotation]
) -> list[tuple[Annotation, float]]:
    """Return the records, each with its weight, whose text does not occur in `held_out`."""
    kept = {id(record) for record in without_texts_of([record for record, _ in pairs], held_out)}
    return [pair for pair in pairs if id(pair[0]) in kept]


def _with_something_to_learn(items: list[Item], config: TrainingConfig, say: Say) -> list[Item]:
    """Leave rows out that have no label of any layer and that no teacher is asked about."""
    kept = [item for item in items if any(labels is not None for labels in item.labels.values())]
    if config.teacher is not None and not config.teacher.labelled_only:
        return items
    if len(kept) < len(items):
        say(f"left out of training: {len(items) - len(kept)} rows without a label of {', '.join(config.layers)}")
    return kept


def _for_the_teacher(
    config: TrainingConfig,
    codebook: Codebook,
    train: list[Item],
    held_out: Sequence[Annotation],
    say: Say,
) -> list[Item]:
    """Return the further rows that only the teachers answer for."""
    settings = config.teacher
    assert settings is not None
    records = _without_texts_of(read_sources(settings.data, config.data.root, codebook), held_out)
    more = [_unlabelled(item) for item in merge_annotators(records, codebook)]
    if settings.other_mentions:
        others = asked_of_others(train + more, config.seed)
        say(f"{len(others)} training sentences are asked about another name in them too")
        more += others
    return more


def _reworded(
    config: TrainingConfig,
    rows: list[Item],
    encoder: PreTrainedModel,
    tokenizer: Tokenizer,
    encoding: EncodingConfig,
    say: Say,
) -> list[Item]:
    """Return the copies of all rows so far that the configuration asks for."""
    if config.teacher is None or config.teacher.reworded is None:
        return []
    table: Any = encoder.get_input_embeddings().weight
    unknown = encoding.unknown_token
    copies = reworded(rows, config.teacher.reworded, tokenizer, table, unknown=unknown, seed=config.seed)
    say(f"{len(copies)} reworded copies of sentences for the teacher to answer")
    return copies


def _network(
    config: TrainingConfig,
    codebook: Codebook,
    encoder: PreTrainedModel,
    encoding: SentenceEncoding,
    train: list[Item],
    say: Say,
) -> SentenceClassifier:
    """Put heads on the encoder, load the weights to start from, and bring it to its size."""
    network = SentenceClassifier(encoder, _heads(config, codebook))
    if config.start_from is not None:
        fresh = start_from(network, codebook, config.start_from)
        say(f"weights from {config.start_from}" + (f"; fresh heads: {', '.join(fresh)}" if fresh else ""))
    if config.feed_forward is not None:
        _narrow(network, config.feed_forward, encoding, train, say)
    if config.encoder_layers is not None and config.encoder_layers != (before := layers_of(network.encoder)):
        deepen(network.encoder, config.encoder_layers)
        say(f"{config.encoder_layers} encoder layers instead of {before}; the new ones begin by adding nothing")
    set_dropout(network, config.dropout)
    freeze(network.encoder, config)
    return network


def _unlabelled(item: Item) -> Item:
    return replace(item, labels=dict.fromkeys(item.labels), rationales=())


def _narrow(network: SentenceClassifier, width: int, encoding: SentenceEncoding, train: list[Item], say: Say) -> None:
    """Narrow the feed-forward blocks by what a sample of the training rows makes of them."""
    before = feed_forward_width(network.encoder)
    if before == width:
        return
    sample = train[:: max(1, len(train) // _NARROWED_BY)]
    windows = [encoded.windows[0] for encoded in encoding.encode([item.input for item in sample])]
    narrow_feed_forward(network.encoder, width, encoder_batches(network, windows, encoding.pad_id))
    say(f"feed-forward blocks of {width} units instead of {before}, chosen by {len(sample)} training rows")
