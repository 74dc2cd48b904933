"""`newstance data suggest`."""

from __future__ import annotations

import sys
from pathlib import Path

from newstance.corpora import Annotation, Suggestion, save_annotations
from newstance.errors import ArticleError, UsageError
from newstance.model import Codebook
from newstance.scoring import ScoredArticle, ScoredSentence, Scorer
from newstance.scoring.writers import encodable

from .asked import ArticleOptions
from .column_options import as_format
from .convert import check_interface, write_interface
from .progress import progress
from .score_options import open_archive
from .scored import ScoredArticles

__all__ = ["run_suggest"]

#: Kinds of text that count toward an article's totals; nobody need judge a byline.
_JUDGED = ("headline", "body")
#: What each tool imports.
_SUFFIXES = {"labelstudio": ".json", "doccano": ".jsonl"}


def run_suggest(options: ArticleOptions, out: Path, *, target: str, model: str | None, to: str, named: bool) -> int:
    """Score articles and write their sentences, or those that name the target, as tasks with the model's answers.

    Returns:
        0 when all articles were read, 1 when some were refused and left out.
    """
    kind = as_format(to, "--to")
    if kind not in _SUFFIXES:
        raise UsageError(f"takes labelstudio or doccano, not {to!r}", field="--to")
    archive = open_archive(options, [out])
    _check_place(out, _SUFFIXES[kind])
    scorer = Scorer.load(model, target=target)
    codebook = scorer.checkpoint.codebook
    if kind == "labelstudio":
        check_interface(out, codebook)
    suggestions: list[Suggestion] = []
    articles = ScoredArticles(scorer, archive, explain="none")
    with progress("articles", None) as step:
        for scored in articles:
            suggestions += _suggestions(scored, codebook, named=named)
            step()
    for line in archive.unused.lines():
        sys.stderr.write(f"newstance: {line}\n")
    if not articles.articles:
        raise ArticleError("no article could be read, so nothing was written", path=out)
    save_annotations(out, [], kind, codebook=codebook, suggestions=suggestions)
    sys.stderr.write(f"{len(suggestions)} sentences of {articles.articles} articles in {out}\n")
    if kind == "labelstudio":
        write_interface(out, codebook)
    return 1 if articles.refused else 0


def _check_place(out: Path, suffix: str) -> None:
    """Raise `UsageError` unless tasks can be written there without loss.

    OUT is the last of many words: where it was forgotten, the last article of a pattern stands in its place.
    """
    if out.suffix.lower() != suffix:
        raise UsageError(f"the last word is the file to write, and must end in {suffix}", path=out)
    if out.exists():
        raise UsageError("the last word is the file to write, and this is there already; give another name", path=out)


def _suggestions(scored: ScoredArticle, codebook: Codebook, *, named: bool) -> list[Suggestion]:
    sentences = scored.sentences
    found = []
    for place, sentence in enumerate(sentences):
        if sentence.role not in _JUDGED or (named and not sentence.target_spans):
            continue
        before = sentences[place - 1] if place else None
        after = sentences[place + 1] if place + 1 < len(sentences) else None
        judged = _judged(sentence, codebook)
        row = {
            "id": f"{sentence.article}#{sentence.index}",
            "text": sentence.text,
            "target": sentence.target,
            "target_spans": _local(sentence),
            "before": before.text if before else "",
            "before_spans": _local(before) if before else (),
            "after": after.text if after else "",
            "after_spans": _local(after) if after else (),
            "article": sentence.article,
            "outlet": scored.article.get("outlet"),
            "date": scored.article.get("date"),
            "stance": judged.pop("stance", None),
            "frames": judged.pop("frames", None),
            "labels": judged,
            # A tool that does not ask for the voice could not hold it.
            "voice": sentence.voice if "voice" in codebook else None,
            "speaker": sentence.speaker,
            "annotator": f"newstance {sentence.model}",
        }
        record = Annotation.model_validate(encodable(row))
        found.append(Suggestion(record, round(sentence.confidence, 4)))
    return found


def _judged(sentence: ScoredSentence, codebook: Codebook) -> dict[str, str | tuple[str, ...]]:
    """Return what the model answers, by the names of its layers, which may be a user's own."""
    found: dict[str, str | tuple[str, ...]] = {}
    if codebook.stance is not None:
        found[codebook.stance.name] = sentence.stance
    if codebook.frames is not None and sentence.frames is not None:
        found[codebook.frames.name] = tuple(frame.code for frame in sentence.frames)
    return found


def _local(sentence: ScoredSentence) -> tuple[tuple[int, int], ...]:
    """Return the mentions as offsets into the sentence."""
    return tuple((start - sentence.start, end - sentence.start) for start, end in sentence.target_spans)
