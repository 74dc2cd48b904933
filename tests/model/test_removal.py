"""Taking words away: by editing token ids, in both ways, leaving the rest as it was."""

from __future__ import annotations

from tokenizers import Tokenizer

from newstance.model import EncodingConfig, SentenceEncoding, SentenceInput, collate, without
from newstance.model.window_cache import window_key

TEXT = "The council wrecked the harbour and lied about it."


def encoding(tokenizer: Tokenizer, **settings: int) -> SentenceEncoding:
    return SentenceEncoding(tokenizer, EncodingConfig.model_validate(settings))


def test_deleting_a_word_gives_the_ids_of_the_text_without_it(tokenizer: Tokenizer) -> None:
    whole, shorter = encoding(tokenizer).encode(
        [SentenceInput(TEXT), SentenceInput("The council the harbour and lied about it.")]
    )
    (window,) = without(whole, {2}).windows
    assert window.input_ids == shorter.windows[0].input_ids
    assert window.token_type_ids == shorter.windows[0].token_type_ids
    assert 2 not in window.words and {0, 1, 3, 4, 5, 6, 7, 8} <= set(window.words)


def test_the_target_stays_where_it_is_when_another_word_goes(tokenizer: Tokenizer) -> None:
    (whole,) = encoding(tokenizer).encode([SentenceInput(TEXT, ((4, 11),))])
    mask = tokenizer.token_to_id("[MASK]")
    for gone, left in (({0}, [mask]), ({1}, []), ({4}, [mask])):
        (window,) = without(whole, gone).windows
        assert [window.input_ids[i] for i in window.target] == left


def test_masking_a_word_moves_nothing_and_hides_only_its_tokens(tokenizer: Tokenizer) -> None:
    (whole,) = encoding(tokenizer).encode([SentenceInput(TEXT)])
    (window,) = without(whole, {2, 5}, "mask").windows
    assert window.input_ids == whole.windows[0].input_ids
    batch = collate([window], 0)
    hidden = {i for i, word in enumerate(window.words) if word in (2, 5)}
    assert hidden
    for i, word in enumerate(window.words):
        assert batch["attention_mask"][0, i] == (i not in hidden)
        assert batch["pool_mask"][0, i] == (word >= 0 and i not in hidden)


def test_a_masked_word_makes_another_window_for_the_cache(tokenizer: Tokenizer) -> None:
    (whole,) = encoding(tokenizer).encode([SentenceInput(TEXT)])
    kinds = [whole, without(whole, {2}, "mask"), without(whole, {3}, "mask"), without(whole, {2}), without(whole, {3})]
    assert len({window_key(sentence.windows[0]) for sentence in kinds}) == len(kinds)


def test_a_sentence_without_its_last_word_pools_the_start_token(tokenizer: Tokenizer) -> None:
    (whole,) = encoding(tokenizer).encode([SentenceInput(TEXT)])
    for how in ("delete", "mask"):
        batch = collate(without(whole, range(9), how).windows, 0)
        assert batch["pool_mask"][0].tolist() == [1] + [0] * (batch["pool_mask"].shape[1] - 1)


def test_a_word_goes_from_every_window_that_holds_it(tokenizer: Tokenizer) -> None:
    (whole,) = encoding(tokenizer, max_length=16).encode([SentenceInput(" ".join(["harbour"] * 40))])
    assert len(whole.windows) > 1
    holding = [20 in window.words for window in whole.windows]
    assert sum(holding) > 1
    shorter = without(whole, {20})
    assert all(20 not in window.words for window in shorter.windows)
    for had, old, new in zip(holding, whole.windows, shorter.windows, strict=True):
        assert (old == new) is not had
