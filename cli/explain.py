"""`newstance explain`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from functools import partial
from typing import cast, get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from newstance.articles import MentionFinder, load_profile
from newstance.articles.decode import decode
from newstance.errors import ArticleError, UsageError
from newstance.eval.neighbours import Neighbour, Neighbours
from newstance.model import Checkpoint, Method, Predictor, SentenceInput
from newstance.scoring.explain import ExplainedSentence, explain_sentence

from .progress import READING, progress

__all__ = ["run_explain"]

_BAR = 20
#: Less than this is rounding.
_NOTHING = 0.005
#: Points of the integral when nobody says.
_STEPS = 10


def run_explain(
    sentence: str,
    *,
    target: str,
    model: str | None,
    method: str,
    steps: int | None,
    flip: bool,
    neighbours: bool,
    as_json: bool,
) -> None:
    """Explain one sentence and print it, as a table or as one JSON object."""
    if method not in get_args(Method):
        raise UsageError(f"--method takes {', '.join(get_args(Method))}, not {method!r}")
    if steps is not None and method != "ig":
        raise UsageError("--steps goes with --method ig")
    text = " ".join((_standard_input() if sentence == "-" else sentence).split())
    if not text:
        raise ArticleError("there is no sentence to explain")
    finder = MentionFinder(load_profile(target))
    checkpoint = Checkpoint.find(model)
    predictor = Predictor.open(checkpoint, runtime="torch" if method == "ig" else "auto")
    explained = explain_sentence(
        checkpoint, predictor, text, finder, method=cast("Method", method), steps=steps or _STEPS, flip=flip
    )
    near = _nearest(checkpoint, predictor, explained) if neighbours else None
    if as_json:
        data = explained.to_dict() | ({} if near is None else {"neighbours": [asdict(one) for one in near]})
        sys.stdout.write(json.dumps(data, ensure_ascii=True) + "\n")
    else:
        _print(explained, near, finder.profile.name)


def _standard_input() -> str:
    """Return standard input in whatever encoding it is, as `newstance score -` reads it."""
    if sys.stdin is None:
        raise ArticleError("standard input is closed; give a sentence, or something to read", path="-")
    return decode(sys.stdin.buffer.read(), path="standard input")[0]


def _nearest(checkpoint: Checkpoint, predictor: Predictor, explained: ExplainedSentence) -> list[Neighbour]:
    corpus = Neighbours.open(checkpoint, predictor, partial(progress, READING))
    spans = tuple((start, end) for start, end in explained.target_spans)
    return corpus.of(predictor, predictor.encoding.encode([SentenceInput(explained.text, target_spans=spans)]))[0]


def _print(explained: ExplainedSentence, near: list[Neighbour] | None, target: str) -> None:
    console = Console(width=None if sys.stdout.isatty() else 100, highlight=False)
    probability = explained.stance_probability[explained.stance]
    console.print(Text(explained.text, style="bold"))
    sign = "? " if explained.abstained else ""
    decided = f"{sign}{explained.stance} ({probability:.0%}), by {explained.margin:.2f} logits over {explained.against}"
    console.print(Text(f"{decided}; weights by {explained.method}"))
    if explained.abstained:
        unsure = f"its probability, {probability:.3f}, is below the threshold of {explained.abstain_below:.3f}"
        unseen = "it was not trained on sentences that do not name the target"
        console.print(f"? = the model abstains: {unsure if probability < explained.abstain_below else unseen}")
    if not explained.target_spans:
        console.print(Text(f"no mention of the target found ({target})"))
    table = Table("weight", "", "word", box=None, pad_edge=False, header_style="dim")
    largest = max((abs(word.weight) for word in explained.words), default=0.0) or 1.0
    for word in explained.words:
        bar = ("+" if word.weight > 0 else "-") * round(_BAR * abs(word.weight) / largest)
        table.add_row(f"{word.weight:+.2f}", Text(bar), Text(word.word))
    console.print(table)
    if explained.method == "evidence" and abs(explained.residual) > _NOTHING:
        console.print(f"{explained.residual:+.2f} offsets of the two labels, from its calibration")
    phrases = ", ".join(f"“{phrase.text}” {phrase.weight:+.2f}" for phrase in explained.phrases)
    console.print(Text(f"carried by: {phrases or 'nothing'}"))
    if explained.flip is not None:
        words = ", ".join(f"“{word.word}”" for word in explained.flip.words)
        console.print(Text(f"without {words} it would say {explained.flip.stance} (the smallest deletion found)"))
    if near is not None:
        console.print("nearest labelled sentences:")
        for one in near:
            console.print(Text(f"  {one.similarity:.2f} {one.stance:8} {one.text}  [{one.id}]"))
