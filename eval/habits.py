"""What hand is the own corpus written in? Its habits beside those of collected news sentences, by one command.

::

    python -m newstance.eval.habits DIR/newsmtsc/hf_rw/train.jsonl

Prints, for the training sentences that each version of the corpus added and for a NewsMTSC file, in which share of them
a construction stands. A construction much commoner in the corpus is a mannerism of its writers: a model may lean on it.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from newstance.corpora import corpus_articles, read_corpus, read_newsmtsc
from newstance.errors.command import run_command

__all__ = ["HABITS", "habit_shares"]

#: What is counted, and the pattern that finds it; a sentence counts once.
HABITS = {
    "a figure": r"\d",
    "ends on a short afterthought (, and ...)": r", and [^,]{3,40}[.]$",
    "said Somebody, who ...": r"\bsaid [A-Z][^,\"”]*, who\b",
    "said Somebody, 88": r"\bsaid [A-Z][^,\"”]*, \d\d\b",
    "nobody, no one, none, not one": r"(?i)\b(?:nobody|no one|none|not one)\b",
    "a semicolon": r";",
    "something eaten or drunk": r"(?i)\b(?:coffee|tea|soup|cake|eggs?|bread|pie|milk|beer)\b",
    "an animal": r"(?i)\b(?:dogs?|goats?|cats?|horses?|mules?|bears?|hens?|cows?|sheep)\b",
    "a strong verb of saying (slammed, hailed ...)": (
        r"(?i)\b(?:slam|blast|hail|prais|tout|vow|accus|warn|defend|dismiss|condemn|denounc)\w*"
    ),
    "ends in he said, she said": r"\b(?:he|she|they) said[.]$",
    "six words or fewer": r"^\S+(?:\s+\S+){0,5}$",
}


def habit_shares(texts: Sequence[str]) -> dict[str, float]:
    """Return the share of the texts that have each habit, between 0 and 1."""
    return {name: statistics.fmean(bool(re.search(p, text)) for text in texts) for name, p in HABITS.items()}


def _groups(path: Path) -> Iterable[tuple[str, list[str]]]:
    articles = corpus_articles()
    written = [record for record in read_corpus("train") if record.annotator == "writer"]
    for version in sorted({article.version for article in articles.values()}):
        yield f"version {version}", [r.text for r in written if articles[r.article or ""].version == version]
    yield "NewsMTSC", list(dict.fromkeys(record.text for record in read_newsmtsc(path)))


def _command(newsmtsc: Annotated[Path, typer.Argument(help="A file of NewsMTSC.")]) -> None:
    groups = dict(_groups(newsmtsc))
    shares = {name: habit_shares(texts) for name, texts in groups.items()}
    typer.echo(f"{'':46}" + "".join(f"{name:>12}" for name in groups))
    typer.echo(f"{'sentences':46}" + "".join(f"{len(texts):>12,}" for texts in groups.values()))
    for habit in HABITS:
        typer.echo(f"{habit:46}" + "".join(f"{shares[name][habit]:>12.1%}" for name in groups))


if __name__ == "__main__":
    run_command(_command)
