"""`newstance calibrate`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newstance.errors import UsageError
from newstance.eval.calibrating import Fitted, HeldOutLosses, check_place, fit_calibration, write_calibration
from newstance.eval.data import CORPORA, is_reported, read_data
from newstance.eval.learnt_part import learnt_part
from newstance.model import Checkpoint

from .column_options import as_part, column_map_of_model
from .naming import naming

__all__ = ["run_calibrate", "verdict_of", "warnings_of"]

#: What is read of a corpus where no split is asked for.
_SPLIT = "dev"
#: A log loss that is lower by less than this, or by fewer standard errors, is not worth another way to calibrate: of
#: 100 draws of 20 to 200 sentences without any such shift, 15 to 0 gained 0.02 by chance.
_WORTH_A_WORD = 0.02
_ERRORS = 1.64
#: Of a layer's table: probabilities at temperature 1, those of the model as it was given, those of what was fitted.
_COLUMNS = ("never calibrated", "model as given", "fitted now")
#: Fewer sentences were never tried (docs/evaluation.md).
_FEW = 20


def run_calibrate(
    model: str,
    *,
    data: list[Path],
    map_path: Path | None,
    column: list[str],
    corpora: list[str],
    data_dir: Path | None,
    split: str | None,
    part: str | None,
    layers: list[str] | None,
    target: str | None,
    risk: float,
    offsets: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Fit, write, and print what changed."""
    if split == "test":
        raise UsageError("figures are reported on test splits: calibrate on another", field="--split")
    if part == "test":
        raise UsageError("figures are reported on the part `test`: calibrate on dev", field="--part")
    for name in corpora:
        if is_reported(name, split or _SPLIT):
            raise UsageError(
                f"figures of {name} are reported on its {CORPORA[name].split} split: calibrate on another, on train "
                "where the model has not learnt from it",
                field="--split",
            )
    checkpoint = Checkpoint.find(model)
    check_place(checkpoint, out)  # before the data are read and predicted
    records = read_data(
        checkpoint.codebook,
        files=data,
        columns=column_map_of_model(model, checkpoint.codebook, map_path, column),
        corpora=corpora,
        data_dir=data_dir,
        split=split,
        corpus_split=_SPLIT,
        part=as_part(part),
    )
    if split is None and any(record.split == "test" for record in records):
        raise UsageError("the data hold a test split, which figures are reported on: give --split dev", field="--split")
    with naming(data if not corpora else ()):
        fitted = fit_calibration(checkpoint, records, layers=layers, target_risk=risk, target=target, offsets=offsets)
    folder = write_calibration(checkpoint, {name: found.after for name, found in fitted.items()}, out)
    if part is None and (learnt := learnt_part(checkpoint, data)) is not None:
        sys.stderr.write(f"warning: {learnt}\n")
    for name, found in fitted.items():
        for warning in warnings_of(found, offsets=offsets):
            sys.stderr.write(f"warning: {name}: {warning}\n")
    if as_json:
        changes = {
            name: asdict(f) | {"before": f.before.model_dump(), "after": f.after.model_dump()}
            for name, f in fitted.items()
        }
        sys.stdout.write(json.dumps({"model": Checkpoint(folder).hash, "layers": changes}) + "\n")
    else:
        _print(fitted)
        sys.stderr.write(_done(fitted, folder, copied=out is not None) + "\n")


def warnings_of(found: Fitted, *, offsets: bool) -> Iterator[str]:
    """Yield what speaks against a calibration, or for another.

    Args:
        found: what calibrating a layer came to.
        offsets: whether offsets were asked for.
    """
    if found.after.warning:
        yield found.after.warning
    if found.unnamed is not None:
        yield found.unnamed
    if found.tied:
        yield f"left out, as annotators tie: {_sentences(found.tied)}"
    if found.sentences < _FEW:
        yield f"fitted on {_sentences(found.sentences)}: on fewer than {_FEW} of them it says little"
    loss = found.log_loss
    if loss is None:
        if found.after.offsets:
            yield "all sentences are of one article: whether offsets help could not be checked"
        yield from _rises(found)
        return
    said = _losses(loss)
    if _is_better_as_it_was(found):
        yield f"the model as it was predicts these annotations better: keep it ({said})"
    elif found.after.offsets and loss.temperature <= loss.with_offsets:
        yield f"offsets predict these annotations no better: leave --offsets out ({said})"
    elif not offsets and loss.temperature - loss.with_offsets > max(_WORTH_A_WORD, _ERRORS * loss.error):
        yield (
            "labels are commoner or rarer here than where it learnt: if these sentences are a random sample of your "
            f"text, --offsets predicts better, and gives rare labels less often ({said})"
        )


def _sentences(n: int) -> str:
    return f"{n} sentence{'' if n == 1 else 's'}"


def _is_better_as_it_was(found: Fitted) -> bool:
    """Return whether a layer's warnings advise to keep the model as it was."""
    if found.log_loss is None:
        return any(True for _ in _rises(found))
    return found.log_loss.as_it_was <= min(found.log_loss.temperature, found.log_loss.with_offsets)


def _losses(loss: HeldOutLosses) -> str:
    return (
        f"log loss in articles not fitted to: as it was {loss.as_it_was:.3f}, temperature {loss.temperature:.3f}, "
        f"with offsets {loss.with_offsets:.3f}"
    )


def verdict_of(found: Fitted) -> str:
    """Return in a word which of the three ways the annotations speak for."""
    loss = found.log_loss
    assert loss is not None
    if _is_better_as_it_was(found):
        return "keep the model as it was"
    gain = loss.temperature - loss.with_offsets
    if gain > max(_WORTH_A_WORD, _ERRORS * loss.error):
        return "offsets are worth it"
    return "a temperature is enough" if not found.after.offsets or gain <= 0 else "offsets are level with a temperature"


def _done(fitted: dict[str, Fitted], folder: Path, *, copied: bool) -> str:
    """Return what was written where, and whether it is to be used."""
    wrote = f"a calibrated copy was written to {folder}" if copied else f"{folder} is calibrated anew"
    worse = [name for name, found in fitted.items() if _is_better_as_it_was(found)]
    if not worse:
        return wrote
    advice = "go on with the model as it was" if copied else "a copy from before is better"
    return f"{wrote}; but for {', '.join(worse)} {advice} (see the warnings)"


def _rises(found: Fitted) -> Iterator[str]:
    """Yield where the calibration error is larger than before, to the digits that are printed."""
    for corpus, (_, before, after) in found.errors.items():
        if round(after, 3) > round(before, 3):
            yield f"the calibration error on {corpus} rose from {before:.3f} to {after:.3f}: keep the model as it was"


def _print(fitted: dict[str, Fitted]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    for layer, found in fitted.items():
        before, after = found.before, found.after
        threshold = "abstain below" if after.target_risk is not None else "show above"
        old, new = ((c.abstain_below if after.target_risk is not None else c.show_above) for c in (before, after))
        console.print(
            f"[bold]{layer}[/bold], {_sentences(found.sentences)}: temperature {before.temperature:.2f} to "
            f"{after.temperature:.2f}, {threshold} {old:.2f} to {new:.2f}"
            + (f", {after.kept:.0%} kept" if after.kept is not None else "")
            + (f"; {after.offsets_in_words()}" if after.offsets or before.offsets else "")
        )
        table = Table("calibration error on (sentences fitted to)", *_COLUMNS, box=None)
        for corpus, errors in found.errors.items():
            table.add_row(Text(corpus), *(f"{error:.3f}" for error in errors))
        console.print(table)
        if found.log_loss is not None:
            console.print(f"{_losses(found.log_loss)}; {verdict_of(found)}")
    console.print(
        "The error is how far the probabilities are from the share of decisions that are right: lower is better. It is "
        "given for the model's own numbers, for the model as you gave it, and for what was fitted now."
    )
