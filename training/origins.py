"""Where what a model knows comes from: the corpora that it learnt from, itself and through other models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from newstance.corpora import FORMATS, frac, newsmtsc, own, pstance, seesaw
from newstance.errors import NewstanceError
from newstance.model import Checkpoint

from .answers import KeptAnswers
from .config import TrainingConfig
from .states import RunState

__all__ = ["answers_of", "corpora_of", "described", "learnt_through", "licence_of", "line_of"]

_LICENCES: dict[str, tuple[str, str]] = {
    "newstance": (own.LICENCE, own.CITATION),
    "newsmtsc": (newsmtsc.LICENCE, newsmtsc.CITATION),
    "newsmtsc-codebook": (
        f"{newsmtsc.LICENCE}; labels: model output",
        f"Its rows judged by the codebook by a language model. {newsmtsc.CITATION}",
    ),
    "newsmtsc-mentions": (
        f"{newsmtsc.LICENCE}; labels: model output",
        f"Its training sentences, judged toward other names in them by a language model. {newsmtsc.CITATION}",
    ),
    "seesaw": (seesaw.LICENCE, seesaw.CITATION),
    "pstance": (pstance.LICENCE, pstance.CITATION),
    "frac": (frac.LICENCE, frac.CITATION),
}
#: Files of the user's own, of whatever format.
_OWN = FORMATS[: FORMATS.index("newstance")]


def licence_of(corpus: str) -> str:
    """Return a corpus with its licence, and whether weights that learnt from it may be passed on.

    Args:
        corpus: what a source calls it; or a model (see `learnt_through`), whose data nobody recorded.
    """
    if corpus in _OWN:
        return "the user's own annotations" + (f" ({corpus})" if corpus != "annotations" else "")
    if corpus not in _LICENCES:
        return f"{corpus}, whose data are not recorded"
    licence, _ = _LICENCES[corpus]
    restricted = ": research only, weights must not be shipped" if "-NC" in licence or "only" in licence else ""
    return f"{corpus} ({licence}{restricted})"


def line_of(corpus: str) -> str:
    """Return a corpus with its licence and whom to cite."""
    return f"{licence_of(corpus)}. {_LICENCES[corpus][1]}" if corpus in _LICENCES else licence_of(corpus)


def described(name_or_path: str) -> str:
    """Return what to call a model that a configuration names: by hash, without a path of this machine.

    Raises:
        CheckpointError: there is none.
    """
    state = RunState.find(name_or_path)
    return f"checkpoint {Checkpoint.find(name_or_path).hash}" if state is None else state.name


def answers_of(name_or_path: str) -> str:
    """Return what to call a file of a teacher's answers that a configuration names: by the teacher's hash.

    Raises:
        InputError: it holds none.
        UsageError: there is no such file.
    """
    return KeptAnswers.find(name_or_path).described


def learnt_through(config: TrainingConfig) -> dict[str, list[str]]:
    """Return, for each model that a run starts from or is taught by, the corpora that it had learnt from itself.

    Models whose own beginnings their provenance does not record stand among the corpora, by their names.

    Raises:
        InputError: there is no such model, or a file of answers cannot be read.
        UsageError: there is no such file of answers.
    """
    found: dict[str, list[str]] = {}
    for file in config.teacher.answers if config.teacher else ():
        answers = KeptAnswers.find(file)
        found[answers.described] = list(answers.corpora)
    for name in (config.start_from, *(config.teacher.checkpoints if config.teacher else ())):
        if name is not None:
            state = RunState.find(name)
            provenance = Checkpoint.find(name).config.provenance if state is None else _of_state(state)
            found[described(name)] = corpora_of(provenance)
    return found


def _of_state(state: RunState) -> dict[str, Any]:
    run = state.config.model_dump(mode="json")
    try:
        return {"config": run, "learnt_through": learnt_through(state.config)}
    except NewstanceError:  # what it began from is not there any more, and its path is nobody's business
        run["start_from"], run["teacher"] = run["start_from"] and "another model", None
        return {"config": run}


def corpora_of(provenance: Mapping[str, Any]) -> list[str]:
    """Return the corpora that a model learnt from, itself and through others, as its provenance records them."""
    parts: Sequence[Mapping[str, Any]] = provenance.get("average_of") or [provenance]
    found: dict[str, None] = {}
    for part in parts:
        run = part.get("config", {})
        teacher = run.get("teacher") or {}
        sources = [*run.get("data", {}).get("train", ()), *teacher.get("data", ())]
        found |= dict.fromkeys(source["corpus"] for source in sources)
        recorded = part.get("learnt_through", {})
        for name in (run.get("start_from"), *teacher.get("checkpoints", ()), *teacher.get("answers", ())):
            if name is not None:
                found |= dict.fromkeys(recorded.get(name, [name]))
    return list(found)
