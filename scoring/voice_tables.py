"""Tables of stance by voice, by speaker, and of insiders against others, for one article's page and for many's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .templating import stacked_bar
from .voices import VOICE_NAMES

__all__ = ["VoiceTally", "voice_tables", "voice_tally"]

#: How a row counts: sentences, decided ones by stance in the codebook's order, abstained ones.
Numbers = tuple[int, ...]
_Key = TypeVar("_Key")
_GROUPS = {"insiders": "speakers who belong to the target (insiders)", "others": "other speakers"}


@dataclass(frozen=True, slots=True)
class VoiceTally:
    """Sentences by voice and speaker; numbers alone, so that an archive's fit into memory.

    Attributes:
        voices: numbers by voice, and of `insiders` and `others`.
        speakers: numbers by name and by whether the speaker belongs to the target.
    """

    voices: dict[str, Numbers] = field(default_factory=dict)
    speakers: dict[tuple[str, bool | None], Numbers] = field(default_factory=dict)


def voice_tally(summary: Mapping[str, Any], stances: Sequence[str]) -> VoiceTally:
    """Return the numbers in an article's summary (see `newstance.scoring.stance_by_voice`)."""
    groups = summary["by_voice"] | {group: summary[group] for group in _GROUPS}
    return VoiceTally(
        {group: _numbers(counts, stances) for group, counts in groups.items()},
        {(s["speaker"], s["insider"]): _numbers(s, stances) for s in summary["speakers"]},
    )


def voice_tables(tallies: Iterable[VoiceTally], stances: Sequence[str], *, most: int | None = None) -> dict[str, Any]:
    """Add up tallies and return what the template `voices.html` shows.

    Args:
        tallies: one an article.
        stances: codes of the stance layer.
        most: speakers that are listed, those with most sentences first; None for all.

    Returns:
        `columns`, `voices` (the outlet's own first, then quoted, paraphrased, and, where anybody is credited, insiders
        and others), `speakers` and `more`, the number of speakers left out.
    """
    total = VoiceTally()
    for tally in tallies:
        _add(total.voices, tally.voices)
        _add(total.speakers, tally.speakers)
    names = VOICE_NAMES | (_GROUPS if total.speakers else {})
    nothing = (0,) * (len(stances) + 2)
    ranked = sorted(total.speakers.items(), key=lambda item: (-item[1][0], item[0][0]))
    shown = ranked[:most]
    return {
        "columns": ["sentences", *stances, "abstained"],
        "voices": [_row(name, total.voices.get(code, nothing), stances) for code, name in names.items()],
        "speakers": [_row(name, numbers, stances, insider=insider) for (name, insider), numbers in shown],
        "more": len(ranked) - len(shown),
    }


def _numbers(counts: Mapping[str, Any], stances: Sequence[str]) -> Numbers:
    return (counts["sentences"], *(counts["stance"][code] for code in stances), counts["abstained"])


def _add(total: dict[_Key, Numbers], more: Mapping[_Key, Numbers]) -> None:
    for key, numbers in more.items():
        known = total.get(key)
        total[key] = numbers if known is None else tuple(a + b for a, b in zip(known, numbers, strict=True))


def _row(name: str, numbers: Numbers, stances: Sequence[str], *, insider: bool | None = None) -> dict[str, Any]:
    bar = stacked_bar(list(zip((*stances, "out"), numbers[1:], strict=True)))
    return {"name": name, "insider": insider, "numbers": numbers, "bar": bar}
