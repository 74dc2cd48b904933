"""Partisan symmetry: does the model err alike toward administrations of different parties?

Two views. Of the annotated sentences, those about different parties: how often each wrong stance is given, and the
lean, which is the mean of decided minus gold stance (favor 1, neutral 0, against -1). And the swap: other names put in
the place of the target's mentions, with everything else as it was.

A lean mixes how a party is treated with how it is written of. Who errs toward the middle is too friendly to a party
whose sentences are mostly against it and too hostile to one that is praised, whatever the name. So parties are compared
by the standardised lean: the mean lean of each gold label apart, weighted by one mix of gold labels for all parties
(direct standardisation; Kitagawa, JASA 1955). A classifier that does not see the party, and finds a label's sentences
equally hard for both, has no difference there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from newstance.corpora import Annotation
from newstance.corpora.own import administration_parties
from newstance.model import Checkpoint, Predictor, Span

from .behaviour_file import BehaviourFile
from .bootstrap import FEWEST_CLUSTERS, Figure
from .judged import Judged
from .parts import Part, difference, part_of, weighted_sum
from .swaps import Swap, swaps

__all__ = [
    "STANDARDISED",
    "Difference",
    "PartyErrors",
    "PartyFigures",
    "Symmetry",
    "party_of",
    "symmetry",
    "symmetry_warnings",
]

Floats = npt.NDArray[np.floating]
#: The metric of the differences that parties are compared by.
STANDARDISED = "standardised_lean"
#: What the labels of a layer count in a lean: the friendly one, that in between, the hostile one.
_STANCE = {"favor": 1.0, "neutral": 0.0, "against": -1.0}
_SENTIMENT = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}
#: What a lean can be.
_LEANS = (-2.0, 2.0)
#: Parties with fewer sentences are not compared.
_FEWEST = 20
#: Every two of this many largest parties are compared.
_COMPARED = 4
#: A true difference of so many half-widths of its 95% interval leaves 0 out of the interval in 80% of data sets.
_DETECTABLE = 1 + NormalDist().inv_cdf(0.8) / NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class PartyFigures:
    """Errors on the sentences about one party's administrations.

    Attributes:
        party: its name.
        accuracy: share of right stances.
        false_against: share decided `against` of those whose gold is another stance.
        false_favor: share decided `favor` of those whose gold is another stance.
        lean: mean of decided minus gold stance, -2 to 2. It mixes treatment with the party's mix of gold labels.
        lean_by_gold: for each gold label that occurs, the lean of its sentences, in the order of the layer's labels.
        articles: that the sentences come from; the intervals are over these alone.
        few: whether they are too few to say much of others.
    """

    party: str
    accuracy: Figure
    false_against: Figure
    false_favor: Figure
    lean: Figure
    lean_by_gold: dict[str, Figure]
    articles: int
    few: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """The first party's figure minus the second's; an interval that holds 0 shows no difference.

    Attributes:
        first: a party.
        second: another.
        metric: `standardised_lean`, by which parties are compared, or one of the figures of `PartyFigures`, which hang
            on what is written of the two parties too.
        figure: the difference; not a number where the two have no gold label in common.
        few: whether too few articles stand behind one of the two figures, or one of its gold labels, to say much.
        detectable: how large a true difference has to be for the interval to leave out 0 in 80% of data sets like this.
    """

    first: str
    second: str
    metric: str
    figure: Figure
    few: bool
    detectable: float


@dataclass(frozen=True, slots=True)
class PartyErrors:
    """Errors toward the parties, of one layer against its own gold labels.

    Attributes:
        mix: share of each gold label among the sentences of the compared parties, which leans are standardised to.
        parties: those with enough sentences.
        differences: between every two of the largest.
    """

    mix: dict[str, float]
    parties: list[PartyFigures]
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class Symmetry(PartyErrors):
    """Both views of stance, and the first of sentiment; a list is empty where the data say nothing of it.

    Attributes:
        swaps: one for each name.
        swap_unchanged: share of sentences with the same label under another name.
        sentiment: errors of the sentiment layer toward the same parties, where the data were judged for such a layer.
        of_stance: whether stance was compared: the data were judged for a layer of favor, against and neutral.
    """

    swaps: list[Swap]
    swap_unchanged: Figure | None
    sentiment: PartyErrors | None
    of_stance: bool


def symmetry(
    checkpoint: Checkpoint,
    predictor: Predictor,
    stance: Judged | None,
    file: BehaviourFile,
    *,
    sentiment: Judged | None = None,
    seed: int,
    most: int = 200,
) -> Symmetry | None:
    """Return the partisan symmetry, or None where neither layer was judged by labels that have a sign.

    Args:
        checkpoint: the model.
        predictor: the model, opened.
        stance: the stance layer on the evaluated data, where they have it; its errors are counted where it is one of
            favor, against and neutral.
        file: names to swap in, and words that tell a party.
        sentiment: the layer of that name on the evaluated data, whose errors are counted the same way where it is one
            of positive, negative and neutral. Without a stance layer, names are swapped in its sentences.
        seed: of the draw of sentences to swap names in.
        most: sentences that names are swapped in.
    """
    of_stance = None if stance is None else _party_errors(stance, file, _STANCE)
    of_sentiment = None if sentiment is None else _party_errors(sentiment, file, _SENTIMENT)
    # Names are swapped in the sentences of whichever layer is compared, stance first.
    asked = stance if of_stance is not None else sentiment
    if asked is None or (of_stance is None and of_sentiment is None):
        return None
    layer = checkpoint.codebook.stance
    found_swaps: list[Swap] = []
    unchanged = None
    if layer is not None and set(_STANCE) <= set(layer.codes):
        found_swaps, unchanged = swaps(checkpoint, predictor, layer, asked, file.swaps, seed=seed, most=most)
    found = of_stance or PartyErrors({}, [], [])
    compared = of_stance is not None
    return Symmetry(found.mix, found.parties, found.differences, found_swaps, unchanged, of_sentiment, compared)


def _party_errors(judged: Judged, file: BehaviourFile, signs: Mapping[str, float]) -> PartyErrors | None:
    """Return the errors toward the parties, or None where the layer is not one of the labels that have a sign."""
    codes = judged.layer.codes
    if judged.layer.kind != "single" or not set(signs) <= set(codes):
        return None
    parties = np.array(
        [
            party_of(record, file, asked.target_spans) or ""
            for record, asked in zip(judged.sentences, judged.inputs, strict=True)
        ]
    )
    sizes = {party: int((parties == party).sum()) for party in dict.fromkeys(parties.tolist()) if party}
    large = sorted((party for party, n in sizes.items() if n >= _FEWEST), key=lambda party: -sizes[party])
    compared = large[:_COMPARED]
    values = _values(judged, signs)
    parts = {
        party: {name: _part(judged, value, parties == party, name) for name, value in values.items()} for party in large
    }
    by_gold = {party: _by_gold(judged, values["lean"], parties == party, signs) for party in large}
    counts = np.bincount(judged.gold[np.isin(parties, compared)], minlength=len(codes))
    mix = {code: float(n / counts.sum()) for code, n in zip(codes, counts, strict=True) if n}
    articles = {party: len(set(judged.groups[parties == party].tolist())) for party in large}
    found = [
        PartyFigures(
            party,
            **{name: part.figure for name, part in own.items()},
            lean_by_gold={code: part.figure for code, part in by_gold[party].items()},
            articles=articles[party],
            few=articles[party] < FEWEST_CLUSTERS,
        )
        for party, own in parts.items()
    ]
    differences = []
    # By name, so that a difference has the same sign in every set of data, whichever party it has more of.
    for one, two in combinations(sorted(compared), 2):
        figure, few = _standardised(by_gold[one], by_gold[two], mix)
        differences.append(_difference(one, two, STANDARDISED, figure, few))
        for name in values:
            a, b = parts[one][name], parts[two][name]
            differences.append(_difference(one, two, name, difference(a, b), a.few or b.few))
    return PartyErrors(mix, found, differences)


def _standardised(one: Mapping[str, Part], two: Mapping[str, Part], mix: Mapping[str, float]) -> tuple[Figure, bool]:
    """Return the difference between two parties' leans at the same mix of gold labels, and whether it says little.

    A label of which one of the two has no sentence cannot be compared; the mix is that of the others.

    Args:
        one: the first party's leans by gold label.
        two: the second's.
        mix: shares of the gold labels.
    """
    both = [code for code in mix if code in one and code in two]
    if not both:
        return Figure(math.nan, math.nan, math.nan, 0), True
    whole = sum(mix[code] for code in both)
    terms = [(sign * mix[code] / whole, own[code]) for sign, own in ((1, one), (-1, two)) for code in both]
    return weighted_sum(terms), any(part.few for _, part in terms)


def _difference(one: str, two: str, metric: str, figure: Figure, few: bool) -> Difference:
    return Difference(one, two, metric, figure, few, _DETECTABLE * (figure.high - figure.low) / 2)


def symmetry_warnings(found: Symmetry) -> list[str]:
    """Return what to beware of: parties with few articles, and labels that one of two compared parties lacks.

    Those of sentiment's errors follow stance's and say that they are sentiment's.
    """
    of_sentiment = _error_warnings("partisan symmetry of sentiment", found.sentiment) if found.sentiment else []
    return _error_warnings("partisan symmetry", found) + of_sentiment


def _error_warnings(what: str, found: PartyErrors) -> list[str]:
    few = [
        f"{what}: only {party.articles} article{'' if party.articles == 1 else 's'} about {party.party}: "
        "its figures, and differences from it, are wide and say little"
        for party in found.parties
        if party.few
    ]
    standardised = [difference for difference in found.differences if difference.metric == STANDARDISED]
    apart = [
        f"{what}: {difference.first} and {difference.second} have no annotated label in common: not compared"
        for difference in standardised
        if not difference.figure.n
    ]
    compared = {party for d in standardised if d.figure.n for party in (d.first, d.second)}
    lacking = [
        f"{what}: no sentence about {party.party} is annotated {' or '.join(missing)}: its standardised "
        "lean is compared over the other labels"
        for party in found.parties
        if party.party in compared and (missing := [code for code in found.mix if code not in party.lean_by_gold])
    ]
    return few + apart + lacking


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


def _values(judged: Judged, signs: Mapping[str, float]) -> dict[str, tuple[Floats, Floats]]:
    """Return, for each figure, what is summed above and below the line, both (sentences,)."""
    codes = judged.layer.codes
    sign = np.array([signs.get(code, 0.0) for code in codes])
    friendly, _, hostile = signs
    one = np.ones(len(judged.gold))
    found: dict[str, tuple[Floats, Floats]] = {"accuracy": (judged.right.astype(float), one)}
    for name, code in (("false_against", hostile), ("false_favor", friendly)):
        number = codes.index(code)
        other = (judged.gold != number).astype(float)
        found[name] = (other * (judged.predicted == number), other)
    found["lean"] = (sign[judged.predicted] - sign[judged.gold], one)
    return found


def _part(judged: Judged, value: tuple[Floats, Floats], mask: npt.NDArray[np.bool_], name: str) -> Part:
    above, below = (each[mask] for each in value)
    bounds = _LEANS if name == "lean" else (0.0, 1.0)
    return part_of(above, below, judged.groups[mask], bounds=bounds)


def _by_gold(
    judged: Judged, lean: tuple[Floats, Floats], mask: npt.NDArray[np.bool_], signs: Mapping[str, float]
) -> dict[str, Part]:
    """Return a party's lean on the sentences of each gold label that it has."""
    found = {}
    above, below = lean
    for number, code in enumerate(judged.layer.codes):
        own = mask & (judged.gold == number)
        if own.any():
            # Of sentences that are against, none can be decided too hostilely.
            bounds = (-1.0 - signs.get(code, 0.0), 1.0 - signs.get(code, 0.0))
            found[code] = part_of(above[own], below[own], judged.groups[own], bounds=bounds)
    return found
