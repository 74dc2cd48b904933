from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from newstance.errors import CheckpointError
from newstance.model import EncodingConfig, SentenceEncoding, SentenceInput, collate

TEXT = "Fishermen blamed the council for a cruel plan; the council met."
SPANS = ((21, 28), (51, 58))


def encoding(tokenizer: Tokenizer, **settings_: object) -> SentenceEncoding:
    return SentenceEncoding(tokenizer, EncodingConfig.model_validate(settings_))


def tokens(tokenizer: Tokenizer, ids: list[int]) -> list[str]:
    return [tokenizer.id_to_token(i) for i in ids]


def test_mask_replaces_each_mention_and_never_shows_the_name(tokenizer: Tokenizer) -> None:
    window = encoding(tokenizer, target_mode="mask").encode([SentenceInput(TEXT, SPANS, "the council")])[0].windows[0]
    found = tokens(tokenizer, window.input_ids)
    assert found.count("[MASK]") == 2
    assert "council" not in found
    assert found.count("[SEP]") == 1


def test_swapping_the_name_changes_nothing_under_mask(tokenizer: Tokenizer) -> None:
    one = encoding(tokenizer).encode([SentenceInput("Thank the council now.", ((10, 17),), "the council")])
    two = encoding(tokenizer).encode([SentenceInput("Thank the ministry now.", ((10, 18),), "the ministry")])
    assert one[0].windows[0].input_ids == two[0].windows[0].input_ids


def test_mark_surrounds_each_mention_and_names_the_target_behind(tokenizer: Tokenizer) -> None:
    item = SentenceInput(TEXT, SPANS, "the council")
    window = encoding(tokenizer, target_mode="mark").encode([item])[0].windows[0]
    found = tokens(tokenizer, window.input_ids)
    assert found.count("[unused1]") == found.count("[unused2]") == 2
    assert found[found.index("[unused1]") + 1] == "council"
    assert found.index("[SEP]") < len(found) - 1
    assert window.token_type_ids[-1] == 1
    assert set(window.words[found.index("[SEP]") :]) == {-1}


def test_the_tokens_of_the_target_are_those_of_its_mentions_with_their_markers(tokenizer: Tokenizer) -> None:
    item = SentenceInput(TEXT, SPANS, "the council", before="The council met.", before_spans=((4, 11),))
    for mode, shown in (("mask", ["[MASK]"] * 2), ("mark", ["[unused1]", "council", "[unused2]"] * 2)):
        coder = encoding(tokenizer, target_mode=mode, context="before")
        window = coder.encode([item])[0].windows[0]
        assert tokens(tokenizer, [window.input_ids[i] for i in window.target]) == shown
        batch = collate([window], coder.pad_id)
        assert batch["target_mask"][0].nonzero()[0].tolist() == list(window.target)
    long = SentenceInput("plan " * 40 + TEXT, tuple((200 + s, 200 + e) for s, e in SPANS))
    windows = encoding(tokenizer, max_length=24).encode([long])[0].windows
    assert not windows[0].target
    found = {id_ for w in windows for i, id_ in enumerate(w.input_ids) if i in w.target}
    assert tokens(tokenizer, list(found)) == ["[MASK]"]


def test_context_is_masked_too_and_stays_out_of_the_evidence(tokenizer: Tokenizer) -> None:
    item = SentenceInput("It works.", before="The council met.", before_spans=((4, 11),), after="Members met.")
    window = encoding(tokenizer, context="both").encode([item])[0].windows[0]
    found = tokens(tokenizer, window.input_ids)
    assert "[MASK]" in found and "council" not in found
    assert all(word == -1 for word, kind in zip(window.words, window.token_type_ids, strict=True) if kind == 1)


WORDS = ["harbour", "plan", "council", "town", "members", "annex", "noon", "chapters"]
FAR, NEAR = " ".join(WORDS[:4] * 30), " ".join(WORDS[4:])


def context_of(tokenizer: Tokenizer, item: SentenceInput, **settings_: object) -> list[str]:
    window = encoding(tokenizer, max_length=48, **settings_).encode([item])[0].windows[0]
    second = [i for i, kind in zip(window.input_ids, window.token_type_ids, strict=True) if kind == 1]
    return tokens(tokenizer, second[:-1])


def ids_of(tokenizer: Tokenizer, text: str) -> list[str]:
    return tokens(tokenizer, tokenizer.encode(text, add_special_tokens=False).ids)


def test_of_a_context_longer_than_its_room_what_is_nearest_stays(tokenizer: Tokenizer) -> None:
    before, after = ids_of(tokenizer, f"{FAR} {NEAR}"), ids_of(tokenizer, f"{NEAR} {FAR}")
    item = SentenceInput("It works.", before=f"{FAR} {NEAR}", after=f"{NEAR} {FAR}")
    assert context_of(tokenizer, item, context="before", context_tokens=40) == before[-21:]
    assert context_of(tokenizer, item, context="both", context_tokens=40) == before[-11:] + after[:10]


def test_a_short_side_leaves_its_room_to_the_other(tokenizer: Tokenizer) -> None:
    long = ids_of(tokenizer, f"{NEAR} {FAR}")
    alone = {"context": "both", "context_tokens": 40}
    assert (
        context_of(tokenizer, SentenceInput("It works.", before="plan", after=f"{NEAR} {FAR}"), **alone)
        == [
            *ids_of(tokenizer, "plan"),
            *long,
        ][:21]
    )
    before = ids_of(tokenizer, f"{FAR} {NEAR}")
    found = context_of(tokenizer, SentenceInput("It works.", before=f"{FAR} {NEAR}", after="plan"), **alone)
    assert found == [*before, *ids_of(tokenizer, "plan")][-21:]


def test_the_name_keeps_its_place_before_a_long_context(tokenizer: Tokenizer) -> None:
    item = SentenceInput("It works.", target="the council", before=f"{FAR} {NEAR}")
    found = context_of(tokenizer, item, target_mode="mark", context="before", context_tokens=40)
    name = ids_of(tokenizer, "the council")
    assert found == name + ids_of(tokenizer, f"{FAR} {NEAR}")[-(21 - len(name)) :]


@pytest.mark.parametrize("mode", ["mask", "mark"])
@pytest.mark.parametrize("written", ["[MASK]", "[SEP]", "[PAD]", "[CLS]"])
def test_a_special_token_that_a_text_spells_out_is_text(tokenizer: Tokenizer, mode: str, written: str) -> None:
    text = f"{written} lied about the council."
    start = text.index("council")
    item = SentenceInput(text, ((start, start + 7),), "the council", before=f"It was {written}.")
    plain = SentenceInput("x lied about the council.", ((17, 24),), "the council", before="It was x.")
    coder = encoding(tokenizer, target_mode=mode, context="before")
    sentence, other = coder.encode([item, plain])
    found, wanted = (tokens(tokenizer, one.windows[0].input_ids) for one in (sentence, other))
    assert found.count(written) == wanted.count(written)
    window = sentence.windows[0]
    shown = ["[MASK]"] if mode == "mask" else ["[unused1]", "council", "[unused2]"]
    assert tokens(tokenizer, [window.input_ids[i] for i in window.target]) == shown


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=80), st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80)), max_size=4))
def test_any_text_and_any_spans_encode(tokenizer: Tokenizer, text: str, spans: list[tuple[int, int]]) -> None:
    for mode in ("mask", "mark"):
        config = {"target_mode": mode, "max_length": 24}
        sentence = encoding(tokenizer, **config).encode([SentenceInput(text, tuple(spans), "x")])[0]
        for window in sentence.windows:
            assert len(window.input_ids) == len(window.token_type_ids) == len(window.words) <= 24
            assert all(-1 <= word < max(1, len(sentence.words)) for word in window.words)
        for start, end in sentence.words:
            assert 0 <= start < end <= len(text)


@pytest.mark.parametrize("text", ["\ud800 plan \udfff", "plan\x00plan", "\u202eplan", "🙂" * 40])
def test_odd_characters_encode(tokenizer: Tokenizer, text: str) -> None:
    assert encoding(tokenizer).encode([SentenceInput(text)])[0].windows


def test_long_sentences_become_overlapping_windows_that_cover_every_word(tokenizer: Tokenizer) -> None:
    sentence = encoding(tokenizer, max_length=32).encode([SentenceInput("plan " * 100)])[0]
    seen = {word for window in sentence.windows for word in window.words if word >= 0}
    assert seen == set(range(100))
    assert not sentence.truncated


def test_what_even_the_windows_cannot_hold_is_flagged(tokenizer: Tokenizer) -> None:
    sentence = encoding(tokenizer, max_length=32, max_windows=2).encode([SentenceInput("plan " * 100)])[0]
    assert len(sentence.windows) == 2
    assert sentence.truncated


def test_a_missing_marker_is_named(tokenizer: Tokenizer) -> None:
    with pytest.raises(CheckpointError, match=r"\[nowhere\]"):
        encoding(tokenizer, target_mode="mark", open_marker="[nowhere]")


def test_collate_pads_and_pools_only_the_sentence(tokenizer: Tokenizer) -> None:
    coder = encoding(tokenizer, target_mode="mark")
    short, long = coder.encode([SentenceInput("It works.", (), "it"), SentenceInput(TEXT, SPANS, "it")])
    batch = collate([short.windows[0], long.windows[0]], coder.pad_id)
    assert batch["input_ids"].shape == (2, len(long.windows[0].input_ids))
    assert batch["attention_mask"].sum(axis=1).tolist() == [len(w.windows[0].input_ids) for w in (short, long)]
    assert (batch["pool_mask"] <= batch["attention_mask"]).all()
    assert batch["pool_mask"][0].sum() == sum(word >= 0 for word in short.windows[0].words)
