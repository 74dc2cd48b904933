"""Stance is counted by voice and speaker, and every counted sentence once."""

from __future__ import annotations

from dataclasses import replace

from newstance.scoring import ScoredSentence, stance_by_voice

STANCES = ("favor", "against", "neutral")
PLAIN = ScoredSentence(
    article="a",
    index=0,
    text="It rained.",
    start=0,
    end=10,
    role="body",
    section=None,
    target="the council",
    target_spans=[],
    speaker=None,
    voice="outlet",
    stance="neutral",
    stance_probability=dict.fromkeys(STANCES, 1 / 3),
    stance_logits=[0.0, 0.0, 0.0],
    frames=None,
    frame_logits=None,
    evidence=None,
    abstained=False,
    truncated=False,
    model="-",
)
SENTENCES = [
    PLAIN,
    replace(PLAIN, stance="against"),
    replace(PLAIN, voice="quoted", speaker="Ida Brandt", insider=False, stance="against"),
    replace(PLAIN, voice="paraphrased", speaker="Ida Brandt", insider=False, abstained=True),
    replace(PLAIN, voice="quoted", speaker="Petra Lindqvist", insider=True, stance="favor"),
    replace(PLAIN, voice="quoted", speaker=None),
    replace(PLAIN, role="credit", voice=None),
    replace(PLAIN, role="caption"),
]


def test_the_outlets_own_voice_comes_first_and_every_counted_sentence_has_one() -> None:
    voices = stance_by_voice(SENTENCES, STANCES)["by_voice"]
    assert list(voices) == ["outlet", "quoted", "paraphrased"]
    assert [v["sentences"] for v in voices.values()] == [2, 3, 1]
    assert voices["outlet"]["stance"] == {"favor": 0, "against": 1, "neutral": 1}


def test_speakers_are_ranked_and_insiders_stand_against_others() -> None:
    found = stance_by_voice(SENTENCES, STANCES)
    assert [(s["speaker"], s["insider"], s["sentences"]) for s in found["speakers"]] == [
        ("Ida Brandt", False, 2),
        ("Petra Lindqvist", True, 1),
    ]
    assert found["insiders"]["stance"]["favor"] == found["others"]["stance"]["against"] == 1
    assert found["others"]["abstained"] == 1
