"""Perturbation: what becomes of a decision when its most important words are taken away, or left alone.

DeYoung et al. (ACL 2020) call them comprehensiveness (probability lost without the words, higher is better) and
sufficiency (probability lost with nothing but them, lower is better). The same shares of words are taken from every
text, so that no method chooses how much it shows. Token ids are edited directly: text that is decoded and tokenised
anew can come back as other tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from newstance.model import EncodedSentence, Prediction, Predictor, Removal, without

__all__ = ["SHARES", "Perturber", "Question", "top_words", "words_for"]

Floats = npt.NDArray[np.floating]

#: Shares of a sentence's words, the most important first.
SHARES = (0.01, 0.05, 0.10, 0.20, 0.50)
#: Sentences whose perturbations are run together.
_GROUP = 16


def words_for(share: float, words: int) -> int:
    """Return how many words a share is: rounded, at least one."""
    return max(1, round(share * words))


@dataclass(frozen=True, slots=True)
class Question:
    """One perturbed sentence: its number, the words taken from it, and how."""

    sentence: int
    gone: frozenset[int]
    how: Removal


@dataclass
class Perturber:
    """Answer questions about perturbed sentences; each is asked of the model once, whatever method asked for it.

    Attributes:
        predictor: the model.
        encoded: the sentences.
        value: from a sentence's number and a prediction to the number that is watched.
    """

    predictor: Predictor
    encoded: Sequence[EncodedSentence]
    value: Callable[[int, Prediction], float]
    _known: dict[Question, float] = field(default_factory=dict)

    def ask(self, questions: Sequence[Question], step: Callable[[], None] = lambda: None) -> None:
        """Run every question that has no answer yet; `step` is called after each sentence."""
        missing: dict[int, list[Question]] = {}
        for question in dict.fromkeys(questions):
            if question not in self._known:
                missing.setdefault(question.sentence, []).append(question)
        sentences = list(missing)
        for start in range(0, len(sentences), _GROUP):
            group = [question for number in sentences[start : start + _GROUP] for question in missing[number]]
            shorter = [without(self.encoded[q.sentence], q.gone, q.how) for q in group]
            for question, prediction in zip(group, self.predictor.predict_encoded(shorter), strict=True):
                self._known[question] = self.value(question.sentence, prediction)
            for _ in sentences[start : start + _GROUP]:
                step()

    def __getitem__(self, question: Question) -> float:
        """Return the answer to a question that was asked."""
        return self._known[question]


def top_words(weights: Floats, count: int) -> frozenset[int]:
    """Return the numbers of the words with the highest weights; of equal ones the earlier."""
    return frozenset(np.argsort(-weights, kind="stable")[:count].tolist())
