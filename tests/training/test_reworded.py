"""Training sentences with near words in the place of some: for a teacher to answer, the target's words untouched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor

from newstance.corpora import Annotation
from newstance.errors import UsageError
from newstance.model import SentenceInput
from newstance.training.config import load_config
from newstance.training.data import Item
from newstance.training.reworded import near_words, reworded
from newstance.training.run import Run
from newstance.training.sections import RewordingConfig
from newstance.training.teacher import ask_teachers

WORDS = ["[UNK]", "praised", "lauded", "blamed", "plan", "bill", "law", "ministry"]
TEXT = "Critics praised the plan that the plan ministry praised, and PLAN is Plan."


@pytest.fixture
def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    return made


@pytest.fixture
def table() -> Tensor:
    near = torch.tensor(
        [[0.0, 0.0], [1.0, 0.0], [1.0, 0.1], [1.0, 0.3], [0.0, 1.0], [0.1, 1.0], [0.3, 1.0], [-1.0, -1.0]]
    )
    return torch.cat([near, torch.zeros(len(near), 1)], dim=1)


def item(text: str, target: str = "", number: int = 0) -> Item:
    start = text.find(target) if target else 0
    spans = ((start, start + len(target)),) if target else ()
    record = Annotation(id=f"row-{number}", text=text, stance="favor")
    return Item(record, SentenceInput(text, target_spans=spans, target=target), {"stance": np.array([1.0, 0.0, 0.0])})


def test_the_nearest_words_are_those_of_the_texts_whose_vectors_are_nearest(
    tokenizer: Tokenizer, table: Tensor
) -> None:
    texts = ["praised, lauded, blamed, unheard", "a plan, a bill, a law"]  # one word that the tokenizer does not know
    near = near_words(texts, 1, tokenizer, table, unknown="[UNK]")
    assert near == {
        "praised": ("lauded",),
        "lauded": ("praised",),
        "blamed": ("lauded",),
        "plan": ("bill",),
        "bill": ("plan",),
        "law": ("bill",),
    }
    assert near_words(texts, 6, tokenizer, table, unknown="[UNK]") == {}, "six words have no six neighbours each"


def test_words_are_replaced_in_their_case_and_the_target_stays_where_it_is(tokenizer: Tokenizer, table: Tensor) -> None:
    items = [item(TEXT, "plan ministry"), item("lauded, bill, law")]
    settings = RewordingConfig(copies=30, up_to=1.0, neighbours=1)
    more = [made.input for made in reworded(items, settings, tokenizer, table, unknown="[UNK]", seed=1)]
    of_first = [made for made in more if made.target]
    assert len(of_first) == 30
    for made in of_first:
        assert [made.text[a:b] for a, b in made.target_spans] == ["plan ministry"]
        assert made.text.startswith("Critics ") and made.text != TEXT
    texts = {made.text for made in of_first}
    assert {"BILL" in text for text in texts} == {"Bill" in text for text in texts} == {True, False}
    assert any(text == "Critics lauded the bill that the plan ministry lauded, and BILL is Bill." for text in texts)


def test_copies_have_no_labels_and_depend_on_the_seed_alone(tokenizer: Tokenizer, table: Tensor) -> None:
    items = [item(f"praised plan, lauded bill: law {number}") for number in range(10)]
    settings = RewordingConfig(copies=2, neighbours=2)
    first, again, other = (
        reworded(items, settings, tokenizer, table, unknown="[UNK]", seed=seed) for seed in (1, 1, 2)
    )
    assert [x.input for x in first] == [x.input for x in again] != [x.input for x in other]
    assert len(first) == 20 and all(x.labels == {"stance": None} for x in first)
    assert {x.input.text for x in first[:10]} != {x.input.text for x in first[10:]}, "copies differ from each other"


def test_sentences_and_parts_of_words_without_a_near_word_stay(tokenizer: Tokenizer, table: Tensor) -> None:
    items = [item("praised lauded"), item("Nobody un-praised it; plan's, law’s.", number=1)]
    items.append(item("the plan", "plan", number=2))
    more = reworded(items, RewordingConfig(neighbours=1), tokenizer, table, unknown="[UNK]", seed=0)
    assert [x.record.id for x in more] == ["row-0"]


def test_too_few_words_to_replace_any_are_an_error(tokenizer: Tokenizer, table: Tensor) -> None:
    with pytest.raises(UsageError, match="hold no 4 words that the tokenizer keeps whole") as caught:
        reworded([item("praised plan")], RewordingConfig(neighbours=3), tokenizer, table, unknown="[UNK]", seed=0)
    assert caught.value.field == "teacher.reworded"


def test_a_run_asks_its_teacher_about_the_copies(tiny_config: Path, tmp_path: Path) -> None:
    teacher = "teacher={checkpoints: [default], layers: [stance], reworded: {copies: 2, neighbours: 3}}"
    plain = Run.prepare(load_config(tiny_config), lambda _: None)
    run = Run.prepare(load_config(tiny_config, [teacher]), lambda _: None)
    rows = len(plain.train)
    assert rows < len(run.train) <= 3 * rows
    taught, _ = ask_teachers(run, tmp_path)
    assert (taught["stance"] >= 0).all() and len(taught["stance"]) == len(run.train)
    assert all(x.labels["stance"] is None for x in run.train[rows:])
