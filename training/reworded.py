"""`reworded`: the training sentences once more, some of their words replaced by near ones, for a teacher to answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from newstance.errors import UsageError
from newstance.model import SentenceInput, Span

from .data import Item
from .sections import RewordingConfig

__all__ = ["near_words", "reworded"]

#: Whole words of letters; parts of contractions and of hyphenated words stay as they are.
_WORD = re.compile(r"(?<![\w'’-])[A-Za-z]{3,}(?![\w'’-])")
#: Rows of the table of likenesses that are worked out at a time: two hundred megabytes for twenty thousand words.
_PIECE = 1024


def reworded(
    items: Sequence[Item],
    settings: RewordingConfig,
    tokenizer: Tokenizer,
    embeddings: Tensor,
    *,
    unknown: str | None,
    seed: int,
) -> list[Item]:
    """Return for each item `copies` items without labels, in which a share of the words is another one.

    A small model that learns a teacher's answers learns more from sentences that it has not seen, even from such as
    nobody would write (data augmentation of Jiao et al., TinyBERT, EMNLP Findings 2020, who took near words from
    static vectors too). A near word may turn the meaning over, "praised" becoming "criticised": the teacher answers
    for what the sentence says then. The words of the target's mentions stay.

    Args:
        items: the training rows.
        settings: how many copies, and how much of each is replaced.
        tokenizer: of the encoder whose table is given.
        embeddings: the encoder's table of input embeddings, (vocabulary, size).
        unknown: the token that stands for unknown words, which have no vector of their own.
        seed: draws which words are replaced and by what, for each row and copy anew.

    Raises:
        UsageError: there are too few words to replace any.
    """
    texts = (item.input.text for item in items)
    near = near_words(texts, settings.neighbours, tokenizer, embeddings, unknown=unknown)
    if not near:
        raise UsageError(
            f"the training sentences hold no {settings.neighbours + 1} words that the tokenizer keeps whole: too few "
            "to replace any by a near one",
            field="teacher.reworded",
        )
    more = []
    for copy in range(settings.copies):
        for row, item in enumerate(items):
            generator = np.random.default_rng([seed, copy, row])
            drawn = _redrawn(item.input, near, settings.up_to, generator)
            if drawn is not None:
                more.append(replace(item, input=drawn, labels=dict.fromkeys(item.labels), rationales=()))
    return more


def near_words(
    texts: Iterable[str], neighbours: int, tokenizer: Tokenizer, embeddings: Tensor, *, unknown: str | None
) -> dict[str, tuple[str, ...]]:
    """Return for each word of the texts the words of the texts that are nearest to it, both in small letters.

    Near by the cosine of their input embeddings, whose mean is taken out first. Only words that are one token each.

    Args:
        texts: what words are taken from.
        neighbours: how many for each word.
        tokenizer: of the encoder.
        embeddings: its table, (vocabulary, size).
        unknown: the token that stands for unknown words.

    Returns:
        Empty where the texts hold too few such words.
    """
    words = sorted({match.group().lower() for text in texts for match in _WORD.finditer(text)})
    # Byte-level vocabularies hold words with the blank before them; for others it makes no difference.
    tokens = [one.ids for one in tokenizer.encode_batch([f" {word}" for word in words], add_special_tokens=False)]
    nobodys = None if unknown is None else tokenizer.token_to_id(unknown)
    known = [(word, ids[0]) for word, ids in zip(words, tokens, strict=True) if len(ids) == 1 and ids[0] != nobodys]
    if len(known) <= neighbours:
        return {}
    # In double precision, so that no other number of threads turns the order of two neighbours round: a run that is
    # resumed must find the same copies.
    vectors = embeddings.detach()[[token for _, token in known]].double()
    vectors = torch.nn.functional.normalize(vectors - vectors.mean(dim=0), dim=1)
    found: dict[str, tuple[str, ...]] = {}
    for start in range(0, len(known), _PIECE):
        alike = vectors[start : start + _PIECE] @ vectors.T
        alike.diagonal(offset=start).fill_(-torch.inf)  # no word is its own neighbour
        nearest = alike.topk(neighbours, dim=1).indices.tolist()
        for (word, _), numbers in zip(known[start : start + _PIECE], nearest, strict=True):
            found[word] = tuple(known[number][0] for number in numbers)
    return found


def _redrawn(
    sentence: SentenceInput, near: Mapping[str, Sequence[str]], up_to: float, generator: np.random.Generator
) -> SentenceInput | None:
    """Return the sentence with words replaced and spans moved; None where it has no word that may be."""
    places = [
        match.span()
        for match in _WORD.finditer(sentence.text)
        if match.group().lower() in near
        and not any(start < match.end() and match.start() < end for start, end in sentence.target_spans)
    ]
    if not places:
        return None
    count = max(1, round(generator.uniform(0, up_to) * len(places)))
    text, moves, last = "", [(0, 0)], 0
    for number in sorted(generator.permutation(len(places))[:count]):
        start, end = places[number]
        word = sentence.text[start:end]
        choices = near[word.lower()]
        new = choices[int(generator.integers(len(choices)))]
        new = new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new
        text += sentence.text[last:start] + new
        last = end
        moves.append((end, len(text) - end))
    text += sentence.text[last:]
    spans = tuple(_moved(span, moves) for span in sentence.target_spans)
    return replace(sentence, text=text, target_spans=spans)


def _moved(span: Span, moves: Sequence[tuple[int, int]]) -> Span:
    """Return a span that holds no replaced word, moved as far as the last replaced word before it was."""
    by = next(move for place, move in reversed(moves) if place <= span[0])
    return span[0] + by, span[1] + by
