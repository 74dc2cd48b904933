"""Archives to measure with: the corpus's own sentences, made unique, or repeated on purpose."""

from __future__ import annotations

import json
import random
from pathlib import Path

__all__ = ["SENTENCES_PER_ARTICLE", "unique_sentences", "write_archive"]

SENTENCES_PER_ARTICLE = 5


def unique_sentences(number: int, *, seed: int = 0) -> list[str]:
    """Return sentences of the shipped corpus in random order, no two alike.

    When there are not enough, they come again with two of their words exchanged: of the same length, and new.
    """
    from newstance.corpora.own import SPLITS, read_corpus

    known = list(dict.fromkeys(row.text for split in SPLITS for row in read_corpus(split)))
    chance = random.Random(seed)
    chance.shuffle(known)
    found = dict.fromkeys(known[:number])
    while len(found) < number:
        words = chance.choice(known).split()
        if len(words) > 3:
            one, two = chance.sample(range(len(words) - 1), 2)
            words[one], words[two] = words[two], words[one]
            found[" ".join(words)] = None
    return list(found)


def write_archive(path: Path, sentences: list[str], *, duplicates: float = 0.0, seed: int = 0) -> int:
    """Write sentences as a JSON Lines archive of articles of five sentences each.

    Args:
        path: the file.
        sentences: what to write, in order.
        duplicates: share of the sentences that are replaced by one of a hundred others, as wire copy is.
        seed: of the replacing.

    Returns:
        How many articles were written.
    """
    chance = random.Random(seed)
    wire = sentences[:100]
    shown = [chance.choice(wire) if chance.random() < duplicates else sentence for sentence in sentences]
    articles = [shown[i : i + SENTENCES_PER_ARTICLE] for i in range(0, len(shown), SENTENCES_PER_ARTICLE)]
    with path.open("w", encoding="utf-8") as file:
        for number, article in enumerate(articles):
            # A sentence a paragraph: the references get the same sentences, however they end.
            file.write(json.dumps({"id": f"article-{number}", "text": "\n\n".join(article)}) + "\n")
    return len(articles)
