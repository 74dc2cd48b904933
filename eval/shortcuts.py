"""Can the own corpus be solved without reading it? By one command.

::

    python -m newstance.eval.shortcuts

Trains classifiers that see only the policy area, only the target's name, only the words of the mentions, or a bag of
all words, on the corpus's training split, and measures them on its test split (extra `train`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from newstance.corpora import Annotation, corpus_articles, read_corpus
from newstance.errors.command import run_command
from newstance.model import load_codebook

from .baselines import text_classifier
from .bootstrap import Figure
from .figures import macro_f1
from .gold import clusters, gold_labels

__all__ = ["VIEWS", "shortcut_figures"]

VIEWS: dict[str, Callable[[Annotation], str]] = {
    "policy area only": lambda record: corpus_articles()[record.article or ""].area,
    "target's name only": lambda record: record.target or "",
    "words of the mentions only": lambda record: " ".join(record.text[a:b] for a, b in record.target_spans) or "none",
    "bag of words": lambda record: record.text,
}


def shortcut_figures(*, samples: int = 1000, seed: int = 0) -> dict[str, Figure]:
    """Return the stance macro-F1 on the test split of a classifier for each view.

    Args:
        samples: bootstrap samples.
        seed: of the bootstrap.
    """
    layer = load_codebook().layer("stance")
    train, test = (gold_labels(read_corpus(split), layer) for split in ("train", "test"))
    found = {}
    for name, view in VIEWS.items():
        model = text_classifier(layer, min_df=1)
        model.fit([view(record) for record in train.sentences], train.labels)
        predicted = model.predict([view(record) for record in test.sentences])
        found[name] = macro_f1(layer, test.labels, predicted, clusters(test.sentences), samples=samples, seed=seed)
    return found


def main() -> None:
    """Print a line for each view."""
    for name, figure in shortcut_figures().items():
        sys.stdout.write(f"{name:28} {figure.value:.3f} ({figure.within()}), n {figure.n}\n")


if __name__ == "__main__":
    run_command(main)
