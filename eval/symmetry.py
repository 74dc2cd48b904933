"""Partisan symmetry: does the model err alike toward administrations of different parties?

Two views. Of the annotated sentences, those about different parties: how often each wrong stance is given, and the
lean, which is the mean of decided minus gold stance (favor 1, neutral 0, against -1). And the swap: other names put in
the place of the target's mentions, with everything else as it was.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.corpora.own import administration_parties
from newstance.model import Checkpoint, Prediction, Predictor, SentenceInput, Span, probabilities

from .behaviour_file import BehaviourFile
from .bootstrap import FEWEST_CLUSTERS, Figure
from .inputs import TokenKey, layer_logits, token_keys
from .judged import Judged
from .parts import Part, difference, part_of

__all__ = [
    "Difference",
    "PartyFigures",
    "Swap",
    "Symmetry",
    "party_of",
    "symmetry",
    "symmetry_warnings",
    "with_mentions_replaced",
]

Floats = npt.NDArray[np.floating]
_SIGN = {"favor": 1.0, "neutral": 0.0, "against": -1.0}
#: What a lean, or a change of P(favor) minus P(against), can be.
_LEANS = (-2.0, 2.0)
#: Parties with fewer sentences are not compared.
_FEWEST = 20
#: Every two of this many largest parties are compared.
_COMPARED = 4


@dataclass(frozen=True, slots=True)
class PartyFigures:
    """Errors on the sentences about one party's administrations.

    Attributes:
        party: its name.
        accuracy: share of right stances.
        false_against: share decided `against` of those whose gold is another stance.
        false_favor: share decided `favor` of those whose gold is another stance.
        lean: mean of decided minus gold stance, -2 to 2; above 0 is too friendly.
        articles: that the sentences come from; the intervals are over these alone.
        few: whether they are too few to say much of others.
    """

    party: str
    accuracy: Figure
    false_against: Figure
    false_favor: Figure
    lean: Figure
    articles: int
    few: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """The first party's figure minus the second's; an interval that holds 0 shows no difference.

    Attributes:
        first: a party.
        second: another.
        metric: one of the figures of `PartyFigures`.
        figure: the difference.
        few: whether one of the two figures comes from too few articles to say much.
    """

    first: str
    second: str
    metric: str
    figure: Figure
    few: bool


@dataclass(frozen=True, slots=True)
class Swap:
    """What another name in the target's place changes.

    Attributes:
        name: the name put there.
        unchanged: share of sentences with the same label as before.
        lean: mean P(favor) minus P(against) with this name, minus the mean with the sentences' own names.
        few: whether the sentences come from too few articles to say much of others.
        same_input: whether the model reads the same tokens with this name in every sentence: nothing can change.
    """

    name: str
    unchanged: Figure
    lean: Figure
    few: bool
    same_input: bool


@dataclass(frozen=True, slots=True)
class Symmetry:
    """Both views; a list is empty where the data say nothing of it."""

    parties: list[PartyFigures]
    differences: list[Difference]
    swaps: list[Swap]
    swap_unchanged: Figure | None


def symmetry(
    checkpoint: Checkpoint,
    predictor: Predictor,
    judged: Judged,
    file: BehaviourFile,
    *,
    seed: int,
    most: int = 200,
) -> Symmetry | None:
    """Return the partisan symmetry of a stance layer, or None where its labels are not favor, against and neutral.

    Args:
        checkpoint: the model.
        predictor: the model, opened.
        judged: the stance layer on the evaluated data.
        file: names to swap in, and words that tell a party.
        seed: of the draw of sentences to swap names in.
        most: sentences that names are swapped in.
    """
    if not set(_SIGN) <= set(judged.layer.codes):
        return None
    parties = np.array(
        [
            party_of(record, file, asked.target_spans) or ""
            for record, asked in zip(judged.sentences, judged.inputs, strict=True)
        ]
    )
    sizes = {party: int((parties == party).sum()) for party in dict.fromkeys(parties.tolist()) if party}
    large = sorted((party for party, n in sizes.items() if n >= _FEWEST), key=lambda party: -sizes[party])
    values = _values(judged)
    parts = {
        party: {name: _part(judged, value, parties == party, name) for name, value in values.items()} for party in large
    }
    articles = {party: len(set(judged.groups[parties == party].tolist())) for party in large}
    found = [
        PartyFigures(
            party,
            **{name: part.figure for name, part in own.items()},
            articles=articles[party],
            few=articles[party] < FEWEST_CLUSTERS,
        )
        for party, own in parts.items()
    ]
    differences = [
        Difference(one, two, name, difference(a, b), a.few or b.few)
        for one, two in combinations(large[:_COMPARED], 2)
        for name in values
        for a, b in [(parts[one][name], parts[two][name])]
    ]
    swaps, unchanged = _swaps(checkpoint, predictor, judged, file.swaps, seed=seed, most=most)
    return Symmetry(found, differences, swaps, unchanged)


def symmetry_warnings(found: Symmetry) -> list[str]:
    """Return what to beware of: parties with few articles."""
    return [
        f"partisan symmetry: only {party.articles} article{'' if party.articles == 1 else 's'} about {party.party}: "
        "its figures, and differences from it, are wide and say little"
        for party in found.parties
        if party.few
    ]


def party_of(record: Annotation, file: BehaviourFile, spans: Sequence[Span]) -> str | None:
    """Return the party of the administration that a sentence is about, or None where nothing or two things tell it.

    Args:
        record: the sentence.
        file: words that tell a party.
        spans: where the sentence mentions its target.
    """
    if record.corpus == "newstance":
        return administration_parties().get(record.target or "")
    named = " ".join([record.target or "", *(record.text[start:end] for start, end in spans)])
    words = set(re.findall(r"\w+", named))
    found = {party for party, telling in file.parties.items() if words & set(telling)}
    return found.pop() if len(found) == 1 else None


def with_mentions_replaced(sentence: SentenceInput, name: str) -> SentenceInput:
    """Return the sentence with every mention of its target, also in its neighbours, replaced by another name."""
    text, spans = _replaced(sentence.text, sentence.target_spans, name)
    before, before_spans = _replaced(sentence.before, sentence.before_spans, name)
    after, after_spans = _replaced(sentence.after, sentence.after_spans, name)
    return SentenceInput(text, spans, name, before, after, before_spans, after_spans)


def _replaced(text: str, spans: Sequence[tuple[int, int]], name: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    parts, found, position, length = [], [], 0, 0
    for start, end in sorted(spans):
        if start < position:
            continue
        length += start - position
        parts += [text[position:start], name]
        found.append((length, length + len(name)))
        length, position = length + len(name), end
    return "".join([*parts, text[position:]]), tuple(found)


def _values(judged: Judged) -> dict[str, tuple[Floats, Floats]]:
    """Return, for each figure, what is summed above and below the line, both (sentences,)."""
    codes = judged.layer.codes
    sign = np.array([_SIGN.get(code, 0.0) for code in codes])
    one = np.ones(len(judged.gold))
    found: dict[str, tuple[Floats, Floats]] = {"accuracy": (judged.right.astype(float), one)}
    for name, code in (("false_against", "against"), ("false_favor", "favor")):
        number = codes.index(code)
        other = (judged.gold != number).astype(float)
        found[name] = (other * (judged.predicted == number), other)
    found["lean"] = (sign[judged.predicted] - sign[judged.gold], one)
    return found


def _part(judged: Judged, value: tuple[Floats, Floats], mask: npt.NDArray[np.bool_], name: str) -> Part:
    above, below = (each[mask] for each in value)
    bounds = _LEANS if name == "lean" else (0.0, 1.0)
    return part_of(above, below, judged.groups[mask], bounds=bounds)


def _swaps(
    checkpoint: Checkpoint,
    predictor: Predictor,
    judged: Judged,
    names: Sequence[str],
    *,
    seed: int,
    most: int,
) -> tuple[list[Swap], Figure | None]:
    named = np.flatnonzero(judged.named)
    if not len(named) or not names:
        return [], None
    chosen = np.sort(np.random.default_rng(seed).permutation(named)[:most])
    inputs = [judged.inputs[i] for i in chosen]
    codes = judged.layer.codes
    temperature = checkpoint.calibration.layer(judged.layer.name).temperature
    asked = [*inputs, *(with_mentions_replaced(sentence, name) for name in names for sentence in inputs)]
    keys = token_keys(predictor, asked)
    logits = layer_logits(_predict_once(predictor, asked, keys), judged.layer)
    p = probabilities(logits, judged.layer, temperature)
    p = p.reshape(len(names) + 1, len(inputs), len(codes))
    lean = p[..., codes.index("favor")] - p[..., codes.index("against")]
    same = (p[1:].argmax(axis=2) == p[0].argmax(axis=1)).astype(float)
    groups, n = judged.groups[chosen].tolist(), len(inputs)
    one = np.ones(n)
    found = []
    for i, name in enumerate(names):
        unchanged = part_of(same[i], one, groups)
        same_input = keys[(i + 1) * n : (i + 2) * n] == keys[:n]
        change = Figure(0.0, 0.0, 0.0, n)
        if not same_input:
            change = part_of(lean[i + 1] - lean[0], one, groups, bounds=_LEANS).figure
        found.append(Swap(name, unchanged.figure, change, unchanged.few, same_input))
    every = part_of(same.ravel(), np.ones(same.size), [*groups] * len(names))
    return found, every.figure


def _predict_once(predictor: Predictor, inputs: Sequence[SentenceInput], keys: Sequence[TokenKey]) -> list[Prediction]:
    """Predict, asking once for sentences that come to the same tokens, as all swaps do where the target is masked."""
    first = dict(zip(reversed(keys), reversed(range(len(keys))), strict=True))
    predicted = dict(zip(first, predictor.predict([inputs[i] for i in first.values()]), strict=True))
    return [predicted[key] for key in keys]
