"""The project's corpus with voice and speaker as each sentence's neighbouring text, for one measurement.

::

    python -m newstance.corpora.voice_input FOLDER

writes `train.jsonl` and `dev.jsonl`, whose `before` says whose voice the sentence is ("paraphrased voice, a former
official said") instead of what stands before it. An encoder with `encoding.context: before` then reads both, and one
with `none` reads the same files without them. What came of it stands in docs/voices.md. The words of the target's name
are marked as mentions, so that a masked model does not learn who is in office from who speaks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from newstance.corpora.annotation import Annotation
from newstance.corpora.formats import save_annotations
from newstance.corpora.own import read_corpus
from newstance.errors.command import run_command

__all__ = ["with_voice", "write_voice_input"]


def with_voice(records: list[Annotation]) -> Iterator[Annotation]:
    """Yield the records with their writer's voice and speaker, the same for every annotator, as neighbouring text."""
    given = {record.id: record for record in records if record.annotator == "writer"}
    for record in records:
        writer = given[record.id]
        text = f"{writer.voice} voice" + (f", {writer.speaker} said" if writer.speaker else "")
        names = [word for word in re.findall(r"[\w'-]+", writer.target or "") if word[0].isupper()]
        spans = tuple(sorted({m.span() for name in names for m in re.finditer(rf"\b{re.escape(name)}\b", text)}))
        yield record.model_copy(update={"before": text, "before_spans": spans, "after": "", "after_spans": ()})


def write_voice_input(folder: Path) -> None:
    """Write both files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in ("train", "dev"):
        save_annotations(folder / f"{split}.jsonl", with_voice(read_corpus(split)))


def _command(folder: Annotated[Path, typer.Argument(help="Folder to write into.")]) -> None:
    write_voice_input(folder)


if __name__ == "__main__":
    run_command(_command)
