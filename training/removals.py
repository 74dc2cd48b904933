"""Removals: what a trained model says of sentences with words taken away, computed once and kept in a file.

For each sentence: words alone, all of them or some, and a few random handfuls of words, which teach how effects add
up. One forward pass each, about 30 a sentence if every word is taken, so they are the expensive part of fitting an
evidence head; the file is appended to as they come, and an interrupted run goes on from it.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.errors import OutputError, UsageError
from newstance.model import EncodedSentence, Prediction, Predictor, Removal, SentenceInput, without

__all__ = ["Removals", "RemovalsConfig", "compute_removals"]

Floats = npt.NDArray[np.floating]

#: Sentences whose removals are run together, so that batches hold rows of one length.
_GROUP = 16
_DIGITS = 5


@dataclass(frozen=True, slots=True)
class RemovalsConfig:
    """How words are taken away.

    Attributes:
        how: `delete` or `mask` for single words.
        words: so many single words of each sentence, drawn at random; None takes every one.
        handfuls: random sets of 2 words up to 60% of the sentence, half of them deleted and half masked.
        seed: of the words and the handfuls.
    """

    how: Removal = "delete"
    words: int | None = None
    handfuls: int = 6
    seed: int = 13


@dataclass(frozen=True, slots=True)
class Removals:
    """One sentence and what became of its logits; labels of all layers stand side by side, in the model's order.

    Attributes:
        sentence: the sentence as the model was asked about it.
        full: logits with all words, (labels,).
        gone: for each removal the numbers of the words taken away.
        drops: how much each removal lowered the logits, (removals, labels).
    """

    sentence: SentenceInput
    full: Floats
    gone: list[tuple[int, ...]]
    drops: Floats


def compute_removals(
    predictor: Predictor,
    sentences: Sequence[SentenceInput],
    file: Path,
    *,
    model: str,
    config: RemovalsConfig = RemovalsConfig(),
    minutes: float | None = None,
    step: Callable[[], None] = lambda: None,
) -> list[Removals]:
    """Return the removals of sentences, in order, reading those that the file holds and adding those it does not.

    Args:
        predictor: the model.
        sentences: what to take words from; those longer than one window are left out.
        file: JSON Lines; made when missing.
        model: hash of the weights; a file of another model is refused.
        config: how words are taken away; a file made otherwise is refused.
        minutes: stop computing after so long, with the sentences done until then.
        step: called after each sentence.

    Raises:
        UsageError: the file belongs to another model or another configuration.
        OutputError: the file cannot be written.
    """
    head: dict[str, Any] = {
        "format": "newstance-removals/1",
        "model": model,
        "layers": list(predictor.layers),
        "how": config.how,
    }
    head |= {"handfuls": config.handfuls, "seed": config.seed}
    if config.words is not None:
        head["words"] = config.words
    known = _read(file, head)
    pairs = [(s, e) for s, e in zip(sentences, predictor.encoding.encode(sentences), strict=True) if _fits(e)]
    end = None if minutes is None else monotonic() + 60 * minutes
    missing = [(s, e) for s, e in pairs if _key(s) not in known]
    for _ in range(len(pairs) - len(missing)):
        step()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            if out.tell() == 0:
                out.write(json.dumps(head) + "\n")
            for start in range(0, len(missing), _GROUP):
                if end is not None and monotonic() > end:
                    break
                for sentence, row in _removals(predictor, missing[start : start + _GROUP], config):
                    known[_key(sentence)] = row
                    out.write(json.dumps({"key": _key(sentence), **row}) + "\n")
                    step()
                out.flush()
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror or error}", path=file) from error
    return [_as_removals(s, known[_key(s)]) for s, _ in pairs if _key(s) in known]


def _fits(encoded: EncodedSentence) -> bool:
    return len(encoded.windows) == 1 and len(encoded.words) > 1


def _key(sentence: SentenceInput) -> str:
    """Return what names a sentence in the file; the file holds no text."""
    return f"{zlib.crc32(repr(sentence).encode('utf-8', 'replace')):08x}-{len(sentence.text)}"


def _removals(
    predictor: Predictor, group: Sequence[tuple[SentenceInput, EncodedSentence]], config: RemovalsConfig
) -> Iterator[tuple[SentenceInput, dict[str, Any]]]:
    jobs: list[EncodedSentence] = []
    gone: list[list[tuple[int, ...]]] = []
    for sentence, encoded in group:
        words = len(encoded.words)
        singles = _singles(words, config, _key(sentence))
        drawn = list(_handfuls(words, config, _key(sentence)))
        jobs += [encoded, *(without(encoded, one, config.how) for one in singles)]
        jobs += [without(encoded, some, "delete" if i % 2 else "mask") for i, some in enumerate(drawn)]
        gone.append(singles + drawn)
    predictions = iter(predictor.predict_encoded(jobs))
    for (sentence, _), sets in zip(group, gone, strict=True):
        full = _flat(next(predictions), predictor.layers)
        drops = [full - _flat(next(predictions), predictor.layers) for _ in sets]
        rounded = [[round(float(x), _DIGITS) for x in drop] for drop in drops]
        yield sentence, {"full": [round(float(x), _DIGITS) for x in full], "gone": sets, "drops": rounded}


def _singles(words: int, config: RemovalsConfig, key: str) -> list[tuple[int, ...]]:
    if config.words is None or words <= config.words:
        return [(word,) for word in range(words)]
    drawn = random.Random(f"{config.seed}/{key}/words").sample(range(words), config.words)
    return [(word,) for word in sorted(drawn)]


def _handfuls(words: int, config: RemovalsConfig, key: str) -> Iterator[tuple[int, ...]]:
    generator = random.Random(f"{config.seed}/{key}")
    if words < 4:
        return
    for _ in range(config.handfuls):
        yield tuple(sorted(generator.sample(range(words), generator.randint(2, max(2, int(0.6 * words))))))


def _flat(prediction: Prediction, layers: Sequence[str]) -> Floats:
    return np.concatenate([prediction.logits[layer] for layer in layers])


def _as_removals(sentence: SentenceInput, row: dict[str, Any]) -> Removals:
    gone = [tuple(words) for words in row["gone"]]
    return Removals(sentence, np.array(row["full"]), gone, np.array(row["drops"]))


def _read(file: Path, head: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the rows that a file holds by their key; a last line cut short by a crash is taken off the file."""
    if not file.exists():
        return {}
    text = file.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, encoding="utf-8")
    lines = whole.splitlines()
    if not lines:
        return {}
    try:
        found, rows = json.loads(lines[0]), [json.loads(line) for line in lines[1:]]
    except ValueError as error:
        raise UsageError("is no file of removals; give another --removals", path=file) from error
    if found != head:
        raise UsageError("holds removals of another model or made otherwise; give another --removals", path=file)
    return {row["key"]: row for row in rows}
