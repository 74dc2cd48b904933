"""`KeptAnswers`: what a teacher said of training rows, in a file, so that its student can be made without it.

A file holds no sentence: rows are found by the hash of what the teacher was asked. It is written by

::

    python -m newstance.training.answers runs/teacher/model answers.npz --config default --set data.root=DIR

and named by a configuration as `teacher.answers`, beside or instead of `teacher.checkpoints`.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import typer

from newstance.errors import InputError, NewstanceError, UsageError
from newstance.errors.command import run_command
from newstance.files import whole_file
from newstance.model import Checkpoint, Codebook, SentenceInput

__all__ = ["KeptAnswers", "keep_answers"]

Floats = npt.NDArray[np.floating]

#: Rows that are asked about between two states of the file.
_PIECE = 4096
_NOTE = "note"
#: What files that are something else raise.
_DAMAGED = (
    AttributeError,
    EOFError,
    LookupError,
    NewstanceError,
    OSError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, eq=False)
class KeptAnswers:
    """A teacher's logits for sentences that it was asked about.

    Attributes:
        path: the file.
        codebook: the teacher's.
        teacher: what to call it: a checkpoint, by its hash.
        corpora: those that it learnt from.
        keys: of the sentences, ascending, (sentences,) of uint64.
        logits: by layer, (sentences, labels) of float16, labels in the codebook's order.
    """

    path: Path
    codebook: Codebook
    teacher: str
    corpora: tuple[str, ...]
    keys: npt.NDArray[np.uint64]
    logits: dict[str, Floats]

    @classmethod
    def find(cls, name_or_path: str | Path) -> KeptAnswers:
        """Read a file, or the one of that name that comes with the installation.

        Raises:
            UsageError: there is none.
            InputError: it is no file of answers.
        """
        path = Path(name_or_path)
        shipped = Path(str(resources.files("newstance.corpora"))) / "passes" / f"{name_or_path}.npz"
        if not path.is_file() and not path.suffix and shipped.is_file():
            path = shipped
        if not path.is_file():
            raise UsageError("no such file of answers, and none of that name comes with the installation", path=path)
        try:
            with np.load(path, allow_pickle=False) as found:
                note: dict[str, Any] = json.loads(str(found[_NOTE]))
                logits = {name: found[name] for name in note["layers"]}
                keys = found["keys"]
            codebook = Codebook.model_validate(note["codebook"])
            if any(x.shape != (len(keys), len(codebook.layer(name).codes)) for name, x in logits.items()):
                raise ValueError("its tables are not of one length")
            return cls(path, codebook, note["teacher"], tuple(note["corpora"]), keys, logits)
        except _DAMAGED as error:
            raise InputError(f"no file of a teacher's answers: {error}", path=path) from error

    @property
    def described(self) -> str:
        """Return what provenance calls them: by the teacher, without a path of this machine."""
        return f"answers of {self.teacher}"

    def of(self, layer: str, inputs: Sequence[SentenceInput]) -> Floats:
        """Return the logits for sentences, (sentences, labels); nan for those that the teacher was not asked about."""
        wanted = _keys(inputs)
        known = self.logits[layer]
        found = np.full((len(inputs), known.shape[1]), np.nan, dtype=np.float32)
        if len(self.keys):
            at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
            there = self.keys[at] == wanted
            found[there] = known[at[there]]
        return found

    def knows(self, inputs: Sequence[SentenceInput]) -> npt.NDArray[np.bool_]:
        """Return for each sentence whether the teacher was asked about it."""
        return np.isin(_keys(inputs), self.keys)

    def with_more(self, inputs: Sequence[SentenceInput], logits: dict[str, Floats]) -> KeptAnswers:
        """Return the answers with others beside them; `inputs` are all new and differ."""
        keys = np.concatenate([self.keys, _keys(inputs)])
        order = np.argsort(keys)
        together = {name: np.concatenate([self.logits[name], logits[name]]) for name in self.logits}
        tables = {name: x.astype(np.float16)[order] for name, x in together.items()}
        return KeptAnswers(self.path, self.codebook, self.teacher, self.corpora, keys[order], tables)

    def write(self) -> None:
        """Write the file whole or not at all.

        Raises:
            OutputError: it cannot be written.
        """
        note = {
            "teacher": self.teacher,
            "corpora": list(self.corpora),
            "layers": list(self.logits),
            "codebook": self.codebook.model_dump(mode="json"),
        }
        with whole_file(self.path) as temporary, temporary.open("wb") as file:
            tables: dict[str, Any] = {_NOTE: np.array(json.dumps(note)), "keys": self.keys, **self.logits}
            np.savez_compressed(file, **tables)


def keep_answers(
    teacher: Checkpoint,
    inputs: Sequence[SentenceInput],
    out: Path,
    *,
    bf16: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> KeptAnswers:
    """Ask a teacher about sentences and keep what it says; those that the file knows already are not asked about.

    What has been answered is kept if the command is stopped.

    Args:
        teacher: whom to ask.
        inputs: the sentences; those that stand there twice are asked about once.
        out: the file to write, or to go on with.
        bf16: let a network of torch multiply in bf16.
        say: told how far it is.

    Raises:
        UsageError: the file holds the answers of another teacher.
        InputError: there is a file that holds no answers.
        OutputError: it cannot be written.
    """
    from .origins import corpora_of, described
    from .teacher import open_teacher

    by = described(str(teacher.path))
    if out.exists():
        answers = KeptAnswers.find(out)
        if answers.teacher != by:
            raise UsageError(f"holds the answers of {answers.teacher}, not of {by}; give another file", path=out)
    else:
        none = {x.name: np.zeros((0, len(x.codes)), dtype=np.float16) for x in teacher.codebook.layers}
        corpora = tuple(corpora_of(teacher.config.provenance))
        answers = KeptAnswers(out, teacher.codebook, by, corpora, np.zeros(0, dtype=np.uint64), none)
    different = dict(zip(_keys(inputs).tolist(), inputs, strict=True))
    known = answers.knows(list(different.values()))
    new = [one for one, there in zip(different.values(), known, strict=True) if not there]
    say(f"{len(inputs)} rows, {len(different)} different, {len(new)} of them not asked about yet")
    predictor = open_teacher(teacher, bf16=bf16) if new else None
    for start in range(0, len(new), _PIECE):
        piece = new[start : start + _PIECE]
        assert predictor is not None
        predictions = predictor.predict(piece)
        answers = answers.with_more(
            piece, {name: np.stack([prediction.logits[name] for prediction in predictions]) for name in answers.logits}
        )
        answers.write()
        say(f"{start + len(piece)} of {len(new)}")
    return answers


def _keys(inputs: Sequence[SentenceInput]) -> npt.NDArray[np.uint64]:
    """Return the start of the SHA-256 of all that a model may see of each sentence."""
    found = [hashlib.sha256(json.dumps(astuple(one), ensure_ascii=False).encode()).digest()[:8] for one in inputs]
    return np.frombuffer(b"".join(found), dtype=">u8").astype(np.uint64)


def main(
    teacher: Annotated[str, typer.Argument(help="Model folder, or the name of a shipped model.")],
    out: Annotated[Path, typer.Argument(help="File to write (.npz), or to go on with.")],
    config: Annotated[str, typer.Option(help="The student's recipe: its training rows are asked about.")] = "default",
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override a key of it; may be repeated.")
    ] = None,
) -> None:
    """Keep what a teacher says of a recipe's training rows, for `teacher.answers`."""
    from .config import load_config
    from .precision import precision_of
    from .run import Run

    def say(line: str) -> None:
        typer.echo(line, err=True)

    settings = load_config(config, overrides or [])
    run = Run.prepare(settings, say)
    bf16 = precision_of(settings.mixed_precision) == "bf16"
    kept = keep_answers(Checkpoint.find(teacher), [item.input for item in run.train], out, bf16=bf16, say=say)
    say(f"answers: {out}, {len(kept.keys)} sentences")


if __name__ == "__main__":
    run_command(main)
