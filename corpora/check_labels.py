"""What is doubtful about labels: too few, too uneven, unknown to training, disagreed on, given away by one word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from newstance.model.codebook import Codebook

from .agreement import alpha_of_items, mean_alpha
from .annotation import Annotation, meant
from .cues import Cue, single_word_cues
from .findings import Finding, found, some
from .items import HELD_OUT, NONE, TIE, Item

__all__ = [
    "agreement_of",
    "cue_findings",
    "cues_of",
    "label_counts",
    "label_findings",
    "low_agreement",
    "strange_codes",
]

#: Below it, Krippendorff (2004) draws no conclusions at all.
_LEAST_ALPHA = 0.667
#: A label with fewer sentences is hardly learnt, and its figures say little.
_FEW = 20
_SKEW = 10


def label_counts(items: Sequence[Item], layers: dict[str, bool]) -> dict[str, dict[str, dict[str, int]]]:
    """Return layer to split to code to sentences, the commonest first."""
    counts: dict[str, dict[str, Counter[str]]] = {name: defaultdict(Counter) for name in layers}
    for item in items:
        for name, many in layers.items():
            codes = item.codes(name, many=many)
            if codes is not None:
                counts[name][item.split].update(codes or (NONE,))
    return {n: {s: dict(c.most_common()) for s, c in by_split.items()} for n, by_split in counts.items()}


def label_findings(
    counts: dict[str, dict[str, dict[str, int]]], codebook: Codebook | None, layers: dict[str, bool], *, trains: bool
) -> Iterable[Finding]:
    """Find labels that training never shows, or hardly ever, and labels that drown the others.

    Args:
        counts: as `label_counts` gives them.
        codebook: labels of it that nobody gave are rare too.
        layers: layer to whether it takes many codes.
        trains: whether there is a split `train`; of a layer that it lacks nothing is learnt.
    """
    for layer, by_split in counts.items():
        learnt = by_split.get("train", {}) if trains else None
        unseen = [
            f"{layer}: {code} ({count} in {split})"
            for split, codes in by_split.items()
            for code, count in codes.items()
            if learnt is not None
            and split not in ("train", HELD_OUT)
            and code not in learnt
            and code not in (TIE, NONE)
        ]
        if unseen:
            yield Finding(
                "error",
                "label_not_in_train",
                f"labels that train never shows: {'; '.join(unseen)}",
                "No model can learn them, and every figure counts them as mistakes. Split anew, or drop the label.",
                len(unseen),
                tuple(unseen),
            )
        split, first = ("train", learnt) if learnt is not None else next(iter(by_split.items()))
        real = {code: count for code, count in first.items() if code not in (TIE, NONE)}
        if codebook is not None:
            real |= {code: 0 for code in codebook.layer(layer).codes if code not in real}
        few = {code: count for code, count in real.items() if count < _FEW}
        if few:
            names = ", ".join(f"{code} ({count})" for code, count in few.items())
            yield Finding(
                "warning",
                "few_of_a_label",
                f"{layer}: fewer than {_FEW} sentences in {split} of {names}",
                "Hardly enough to learn from. Label more of them, or merge the label with another.",
                len(few),
                tuple(few),
            )
        most, least = max(real.values(), default=0), min(real.values(), default=0)
        if not layers[layer] and least and most > _SKEW * least:
            yield Finding(
                "warning",
                "imbalance",
                f"{layer}: the commonest label of {split} has {most / least:.0f} times the sentences of the rarest",
                "A model may never predict the rare label. Read macro-F1, not accuracy; try `class_weights: balanced`.",
                1,
                (layer,),
            )


def strange_codes(
    records: Sequence[tuple[str, Annotation]], places: Sequence[str], codebook: Codebook
) -> Iterable[Finding]:
    """Find codes that a codebook lacks, of the layers that it has: each with its rows and the code that was meant.

    Args:
        records: name of the split and record.
        places: what messages call each record; without them the split and the record's id.
        codebook: the codes; of layers that it lacks nothing is asked.
    """
    where: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for number, (split, record) in enumerate(records):
        for layer in codebook.layers:
            value = record.judged(layer.name)
            for code in () if value is None else (value,) if isinstance(value, str) else dict.fromkeys(value):
                if code not in layer.codes:
                    where[layer.name, code].append(places[number] if places else f"{split}/{record.id}")
    if where:
        lines = [
            f"{name}: {code!r}{meant(code, codebook.layer(name))} {some(rows)}" for (name, code), rows in where.items()
        ]
        yield Finding(
            "warning", "label_not_in_codebook", f"{len(where)} labels are none of the codebook that ships",
            "Correct them, or map them (`values`). Labels of your own come with --codebook; others are then errors.",
            len(where), tuple(lines),
        )  # fmt: skip


def agreement_of(items: Sequence[Item], layer: str, *, many: bool) -> float:
    """Return Krippendorff's alpha of a layer; where it takes many codes the mean over them, each yes or no."""
    votes = [item.votes(layer) for item in items]
    return mean_alpha(votes) if many else alpha_of_items(votes)


def low_agreement(agreement: dict[str, float]) -> Iterable[Finding]:
    """Find layers on which annotators agree too little to learn from."""
    for layer, value in agreement.items():
        if value < _LEAST_ALPHA:
            yield Finding(
                "warning", "low_agreement", f"{layer}: Krippendorff's alpha is {value:.2f}",
                f"Below {_LEAST_ALPHA} not even tentative conclusions hold. Sharpen the codebook with the sentences "
                "that annotators disagree on; a model cannot be judged better than they agree.",
                1, (layer,),
            )  # fmt: skip


def cues_of(items: Sequence[Item], layers: dict[str, bool]) -> list[Cue]:
    """Return the cues of every layer, from the sentences that are learnt from."""
    learnt = [item for item in items if item.split == "train"] or list(items)
    cues = []
    for name, many in layers.items():
        judged = [(item.text, item.codes(name, many=many)) for item in learnt]
        texts = [text for text, codes in judged if codes is not None]
        cues += [
            Cue(c.word, f"{name}:{c.label}", c.texts, c.share, c.low, c.high, c.base, c.pmi, c.pmi_low, c.pmi_high)
            for c in single_word_cues(texts, [codes for _, codes in judged if codes is not None])
        ]
    return cues


def cue_findings(cues: Sequence[Cue]) -> Iterable[Finding]:
    """Report the cues, with their shares and intervals."""
    where = [
        f"{c.word} → {c.label}: {c.share:.0%} of {c.texts} texts [{c.low:.0%}, {c.high:.0%}], {c.base:.0%} of all; "
        f"PMI {c.pmi:.2f} bits [{c.pmi_low:.2f}, {c.pmi_high:.2f}]"
        for c in cues
    ]
    yield from found(
        "warning", "single_word_cues", where, "words raise the odds of a label fourfold or more by themselves",
        "Fine where the word is the matter (“praised”, “tariff”); a name, place or outlet among them is an accident "
        "of sampling that a model will learn. Balance it with counter-examples.",
    )  # fmt: skip
