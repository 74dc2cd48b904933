"""The corpus with voices as neighbouring text keeps every judgement and hides the target's name."""

from __future__ import annotations

from newstance.corpora import read_corpus
from newstance.corpora.voice_input import with_voice


def test_every_judgement_stays_and_only_the_neighbours_change() -> None:
    before = read_corpus("dev")
    after = list(with_voice(before))
    assert [r.stance for r in after] == [r.stance for r in before]
    assert [r.text for r in after] == [r.text for r in before]
    assert all(r.before.split()[0] in ("outlet", "quoted", "paraphrased") for r in after)


def test_all_annotators_of_a_sentence_see_the_same_voice() -> None:
    seen: dict[str, set[str]] = {}
    for record in with_voice(read_corpus("dev")):
        seen.setdefault(record.id, set()).add(record.before)
    assert all(len(texts) == 1 for texts in seen.values())


def test_a_speaker_who_bears_the_targets_name_is_marked_for_masking() -> None:
    named = [r for r in with_voice(read_corpus("dev")) if r.before_spans]
    assert named
    for record in named:
        for start, end in record.before_spans:
            assert record.before[start:end] in (record.target or "")
