"""The model card that a run writes beside its weights (after Mitchell et al., 2019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from newstance.model import Calibration, Codebook, ModelConfig

from .origins import licence_of, line_of
from .report import MODEL, NotFitted, Row

__all__ = ["model_card"]


def model_card(
    config: ModelConfig,
    codebook: Codebook,
    calibration: Calibration,
    report: Sequence[Row] = (),
    missing: Sequence[NotFitted] = (),
) -> str:
    """Return the card as Markdown: data with licences, recipe, figures on development data, limits and uses.

    Args:
        config: the checkpoint's configuration with its provenance.
        codebook: its layers.
        calibration: its temperatures and thresholds.
        report: figures of the model and of baselines.
        missing: baselines that have none.
    """
    provenance = config.provenance
    mode = config.encoding.target_mode
    sections = [
        f"# {config.name}",
        "Stance and framing of news sentences toward an administration's actions, with per-word evidence. "
        f"Encoder {config.encoder_source} ({config.encoder.get('num_hidden_layers')} layers of "
        f"{config.encoder.get('hidden_size')}), additive heads, target mode `{mode}`"
        + (": the model does not see the target's name." if mode == "mask" else ": the target's name is in sight."),
        "## Labels",
        _labels(codebook),
        "## Training data",
        _data(provenance),
        "## Figures on development data",
        "Macro-F1, on the data that the epoch, the temperature and the thresholds were chosen by.",
        _scores(provenance),
        _report([row for row in report if row.part == "dev"]),
        _tests([row for row in report if row.part == "test"]),
        "\n".join(f"- {one}" for one in missing),
        "## Calibration",
        calibration.describe(),
        "## Uses",
        "For studying how news text takes sides toward an administration, together with human annotation of a sample "
        "of the same material. Not for rating journalists or outlets by itself, not for moderating or ranking people's "
        "speech, not for any decision about a person.",
        "## Limits",
        _limits(config),
        "## Made by",
        "Versions: " + ", ".join(f"{name} {number}" for name, number in provenance.get("versions", {}).items()) + ".",
        _made_again(provenance),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _made_again(provenance: Mapping[str, Any]) -> str:
    """Return what it takes to make the model once more."""
    run: dict[str, Any] = provenance.get("config", {})
    start = f"Seed {run.get('seed')}. "
    if parts := provenance.get("average_of"):
        hashes = ", ".join(part["checkpoint"] for part in parts)
        return (
            f"{start}This is the mean of the checkpoints {hashes}, which no single configuration makes: "
            "`provenance.average_of` in `config.json` holds the weight and the configuration of each, and "
            "`provenance.config` the one by which `newstance average` took and calibrated their mean."
        )
    if shrunk := provenance.get("shrunk"):
        kept = ",".join(map(str, shrunk["kept"]))
        width = f" --feed-forward {shrunk['feed_forward']}" if shrunk.get("feed_forward") else ""
        return (
            f"{start}The whole configuration stands in `config.json` under `provenance.config`: from a file of its own "
            f"`newstance shrink --keep {kept}{width} --epochs {shrunk['epochs']}` makes the model again of checkpoint "
            f"{shrunk['of']}, whose answers it learnt beside the labels (model output)."
        )
    named = {"start_from": [run["start_from"]] if run.get("start_from") else []}
    named["teacher.checkpoints"] = list((run.get("teacher") or {}).get("checkpoints", ()))
    begin = f"{start}The whole configuration stands in `config.json` under `provenance.config`: from a file of its own "
    if not any(named.values()):
        return f"{begin}`newstance train` makes the model again from the same data."
    needed = "; ".join(f"in `{key}` {' and '.join(models)}" for key, models in named.items() if models)
    return (
        f"{begin}`newstance train` makes the model again from the same data and the models that it names by hash, once "
        f"their folders stand in their places: {needed}."
    )


def _labels(codebook: Codebook) -> str:
    return "\n".join(f"- {layer.name} ({layer.kind}): {', '.join(layer.codes)}" for layer in codebook.layers)


def _data(provenance: dict[str, Any]) -> str:
    parts: list[dict[str, Any]] = provenance.get("average_of", [])
    lines: list[str] = []
    for part in parts:
        epochs = part["config"].get("epochs")
        long = f"{epochs} epoch{'' if epochs == 1 else 's'}"
        lines.append(f"- {part['weight']:.0%} of the weights' mean: a run of at most {long} on")
        lines += [f"  {line}" for line in _sources(part)]
    if not parts:
        rows = provenance.get("rows", {})
        lines = [*_sources(provenance), f"- {rows.get('train')} training sentences"]
    lines.append(f"- for development, calibration and thresholds: {provenance.get('rows', {}).get('dev')} sentences")
    return "\n".join(lines)


def _sources(part: Mapping[str, Any]) -> list[str]:
    """Return a line for each source of a run and for each model behind it, from its provenance."""
    run: dict[str, Any] = part.get("config", {})
    lines = [f"- {_source(source)}" for source in run.get("data", {}).get("train", [])]
    if run.get("start_from"):
        lines.append(f"- starting from {_with_origins(run['start_from'], part)}")
    if teacher := run.get("teacher"):
        more = ", about another name in each sentence too" if teacher.get("other_mentions") else ""
        answers = " and ".join(_with_origins(name, part) for name in teacher["checkpoints"])
        lines.append(f"- model output: the answers of {answers}{more}")
        lines += [f"- answers alone, labels ignored: {_source(source)}" for source in teacher.get("data", ())]
    return lines


def _source(source: Mapping[str, Any]) -> str:
    share = source.get("share", 1.0)
    return line_of(source["corpus"]) + (f" {share:.0%} of its rows." if share < 1 else "")


def _with_origins(name: str, part: Mapping[str, Any]) -> str:
    corpora = part.get("learnt_through", {}).get(name)
    return name + (f" (which learnt from {', '.join(licence_of(one) for one in corpora)})" if corpora else "")


def _scores(provenance: dict[str, Any]) -> str:
    scores: dict[str, dict[str, float]] = provenance.get("dev_macro_f1", {})
    if not scores:
        return ""
    layers = list(next(iter(scores.values())))
    lines = [f"| weights | {' | '.join(layers)} |", "|---" * (len(layers) + 1) + "|"]
    lines += [f"| {name} | " + " | ".join(f"{found[x]:.3f}" for x in layers) + " |" for name, found in scores.items()]
    return "\n".join(lines)


def _report(rows: Sequence[Row]) -> str:
    """Return a line for each system on each set: baselines were fitted on the same training rows as the model."""
    if not rows:
        return ""
    lines = ["| layer | data | system | macro-F1 | 95% interval | n |", "|---|---|---|---|---|---|"]
    for row in rows:
        figure = row.figures["macro_f1"]
        system = f"**{row.system}**" if row.system == MODEL else row.system
        lines.append(f"| {row.layer} | {row.data} | {system} | {figure.shown()} | {figure.within()} | {figure.n} |")
    return "\n".join(lines)


def _tests(rows: Sequence[Row]) -> str:
    if not rows:
        return (
            "## Figures on held-out data\n\nNone in this run; `newstance evaluate` measures on annotations that it has "
            "not seen."
        )
    return "## Figures on held-out data\n\nMeasured once, after everything was chosen.\n\n" + _report(rows)


def _limits(config: ModelConfig) -> str:
    lines = [
        "- English only; one sentence at a time"
        + (", without its neighbours." if config.encoding.context == "none" else ", with its neighbours."),
        "- Irony, two-sided sentences, and stances that only the context reveals are often misread.",
    ]
    if not config.unnamed_targets:
        lines.append("- It was not trained on sentences that do not name the target, and abstains from them.")
    return "\n".join(lines)
