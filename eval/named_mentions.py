"""Are mentions by name found? Against the mentions that people marked in NewsMTSC.

::

    python -m newstance.eval.named_mentions us-trump-2017 Trump --data-dir DIR

Takes the marked mentions of `hf_rw` train and dev that hold the name, and asks the profile's finder about each sentence
by itself, without a date. What was not found is listed: a relative or a business that bears the name is no mention of
the administration, so the share found is a lower bound. No model is asked, and no test split is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from newstance.articles import MentionFinder, TargetProfile, load_profile
from newstance.corpora import Annotation, read_newsmtsc
from newstance.errors.command import run_command

__all__ = ["NamedMentions", "named_mentions"]


@dataclass(frozen=True, slots=True)
class NamedMentions:
    """Marked mentions that hold a name.

    Attributes:
        marked: how many.
        missed: those that no found mention touches, with the words around them, and how often.
    """

    marked: int
    missed: Counter[str]

    @property
    def found(self) -> int:
        """Return how many were found."""
        return self.marked - self.missed.total()


def named_mentions(records: Iterable[Annotation], profile: TargetProfile, name: str) -> NamedMentions:
    """Look for the marked mentions that hold a name as a word."""
    finder, word = MentionFinder(profile), re.compile(rf"\b{re.escape(name)}\b")
    marked, missed = 0, Counter[str]()
    for record in records:
        for start, end in record.target_spans:
            if word.search(record.text[start:end]) is None:
                continue
            marked += 1
            if not any(found.start < end and start < found.end for found in finder.find(record.text)):
                missed[" ".join(record.text[max(0, start - 12) : end + 18].split())] += 1
    return NamedMentions(marked, missed)


def main(
    target: Annotated[str, typer.Argument(help="A target profile: a name or a file.")],
    name: Annotated[str, typer.Argument(help="The name that the marked mentions hold.")],
    data_dir: Annotated[Path, typer.Option("--data-dir", help="Folder with newsmtsc/hf_rw.")],
) -> None:
    """Count the marked mentions of a name that a target profile finds."""
    folder = data_dir / "newsmtsc" / "hf_rw"
    records = [record for part in ("train", "dev") for record in read_newsmtsc(folder / f"{part}.jsonl")]
    result = named_mentions(records, load_profile(target), name)
    typer.echo(f"{result.found} of {result.marked} mentions with {name!r} found")
    for text, count in result.missed.most_common():
        typer.echo(f"  missed {count}: {text}")


if __name__ == "__main__":
    run_command(main)
