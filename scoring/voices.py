"""Stance by whose voice carries it: the outlet's own first, then each speaker, insiders against others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from newstance.articles.records import TOTALLED_ROLES

from .records import ScoredSentence

__all__ = ["VOICE_NAMES", "stance_by_voice", "stance_counts"]

#: Codes of the voice layer with what readers are shown, in the order in which they are shown.
VOICE_NAMES = {"outlet": "the outlet's own voice", "quoted": "quoted", "paraphrased": "paraphrased"}


def stance_by_voice(sentences: Iterable[ScoredSentence], stances: Sequence[str]) -> dict[str, Any]:
    """Count stances by voice and by speaker over headlines and bodies, of one article or of many.

    Args:
        sentences: scored sentences; captions, bylines, headings and credits are left out.
        stances: codes of the stance layer.

    Returns:
        `by_voice` (outlet, quoted, paraphrased, in this order), `insiders` and `others` (who is credited and belongs
        to the target, or does not) and `speakers` (most sentences first, then by name, each with `speaker` and
        `insider`). Every count holds `sentences`, `abstained` and `stance` (decided ones by code).
    """
    counted = [s for s in sentences if s.role in TOTALLED_ROLES and s.voice is not None]
    credited = [s for s in counted if s.voice != "outlet" and s.speaker is not None]
    speakers: dict[tuple[str, bool | None], list[ScoredSentence]] = {}
    for sentence in credited:
        speakers.setdefault((str(sentence.speaker), sentence.insider), []).append(sentence)
    ranked = sorted(speakers.items(), key=lambda item: (-len(item[1]), item[0][0]))
    return {
        "by_voice": {voice: stance_counts([s for s in counted if s.voice == voice], stances) for voice in VOICE_NAMES},
        "insiders": stance_counts([s for s in credited if s.insider], stances),
        "others": stance_counts([s for s in credited if not s.insider], stances),
        "speakers": [
            {"speaker": name, "insider": insider, **stance_counts(theirs, stances)}
            for (name, insider), theirs in ranked
        ],
    }


def stance_counts(sentences: Sequence[ScoredSentence], stances: Sequence[str]) -> dict[str, Any]:
    """Return how many `sentences` there are, how many `abstained`, and the decided ones by `stance`."""
    decided = [s.stance for s in sentences if not s.abstained]
    return {
        "sentences": len(sentences),
        "abstained": len(sentences) - len(decided),
        "stance": {code: decided.count(code) for code in stances},
    }
