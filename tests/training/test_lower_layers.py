"""Frozen layers run once for each row, and training on what they said is training on top of them."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from newstance.errors import UsageError
from newstance.model import Checkpoint
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.lower_layers import kept_lower_layers
from newstance.training.run import Run

PAD = 0
KEPT = ["freeze_layers=1", "keep_frozen_states=true", "masking.rows=0", "epochs=2", "batch_size=8"]


@pytest.fixture
def encoder() -> BertModel:
    torch.manual_seed(0)
    config = BertConfig(vocab_size=50, hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32)
    return BertModel(config).eval()


def batch(*rows: list[int]) -> dict[str, Tensor]:
    longest = max(len(row) for row in rows)
    ids = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != PAD).long(), "token_type_ids": torch.zeros_like(ids)}


def test_states_that_are_kept_are_the_encoder_s_own_to_half_precision(encoder: BertModel) -> None:
    rows = batch([5, 6, 7, 8, 9], [10, 11])
    with torch.no_grad():
        plain = encoder(**rows).last_hidden_state
        with kept_lower_layers(encoder, 2, PAD):
            first = encoder(**rows).last_hidden_state
            again = encoder(**rows).last_hidden_state
    own = rows["attention_mask"].bool()
    assert torch.allclose(plain[own], first[own], atol=5e-3)
    assert not torch.equal(plain[own], first[own]), "nothing was kept in half precision: nothing was kept"
    assert torch.equal(first[own], again[own])


def test_a_row_costs_the_lower_layers_once_whatever_batch_it_comes_in(encoder: BertModel) -> None:
    counted: list[int] = []
    original = BertModel.forward

    class Counting(BertModel):
        def forward(self, *args: object, **named: object) -> object:
            if len(self.encoder.layer) == 2:
                counted.append(len(named["input_ids"]))  # type: ignore[arg-type]
            return original(self, *args, **named)

    encoder.__class__ = Counting
    with kept_lower_layers(encoder, 2, PAD, [batch([5, 6, 7]), batch([10, 11])]), torch.no_grad():
        assert sum(counted) == 2
        encoder(**batch([10, 11], [5, 6, 7]))
        assert sum(counted) == 2
        encoder(**batch([10, 11], [5, 6, 8]))
        assert sum(counted) == 3


def test_rows_are_asked_about_where_the_encoder_is(encoder: BertModel) -> None:
    asked: list[torch.device] = []

    class Elsewhere(BertModel):
        def forward(self, *args: object, **named: Tensor) -> object:
            asked.extend(tensor.device for tensor in named.values())
            return SimpleNamespace(last_hidden_state=torch.zeros(*named["input_ids"].shape, 16))

    encoder.__class__ = Elsewhere
    # A device without data stands for a graphics card.
    with kept_lower_layers(encoder.to("meta"), 2, PAD, [batch([5, 6, 7])]):
        assert asked == [torch.device("meta")] * 3


def test_the_second_segment_is_part_of_what_a_row_is(encoder: BertModel) -> None:
    one, other = batch([5, 6, 7]), batch([5, 6, 7])
    other["token_type_ids"][0, 2] = 1
    with kept_lower_layers(encoder, 2, PAD), torch.no_grad():
        assert not torch.equal(encoder(**one).last_hidden_state, encoder(**other).last_hidden_state)


def test_only_what_is_above_learns_and_afterwards_the_encoder_is_whole(encoder: BertModel) -> None:
    names, before = set(encoder.state_dict()), {n: t.clone() for n, t in encoder.state_dict().items()}
    wanted = {name for name, parameter in encoder.named_parameters() if parameter.requires_grad}
    optimiser = torch.optim.SGD(encoder.parameters(), lr=0.5)
    with kept_lower_layers(encoder, 2, PAD):
        encoder(**batch([5, 6, 7, 8])).last_hidden_state.square().sum().backward()
        optimiser.step()
    assert set(encoder.state_dict()) == names
    assert {name for name, parameter in encoder.named_parameters() if parameter.requires_grad} == wanted
    changed = {name for name, tensor in encoder.state_dict().items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all(name.startswith("encoder.layer.2.") for name in changed)


def test_what_is_kept_of_the_upper_layers_fits_the_whole_encoder(encoder: BertModel) -> None:
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    with kept_lower_layers(encoder, 2, PAD):
        state = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    assert {name.partition(".attention")[0] for name in state if "attention" in name} == {"encoder.layer.2"}
    encoder.load_state_dict(state, strict=False)
    assert all(torch.equal(tensor, before[name]) for name, tensor in encoder.state_dict().items())


def test_another_run_starts_from_a_state_with_the_layers_that_it_lacks(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    settings = [*KEPT, f"start_from={tiny_checkpoint}", "round_weights=false", "report.baselines=[]"]
    wanted = load_file(finetune(load_config(tiny_config, settings), tmp_path / "run") / "model.safetensors")
    (state,) = {
        json.loads(path.read_text(encoding="utf-8"))["best_model_checkpoint"]
        for path in (tmp_path / "run" / "steps").glob("checkpoint-10/trainer_state.json")
    }
    run = Run.prepare(load_config(tiny_config, [f"start_from={state}"]), lambda _: None)
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in run.network.state_dict().items())


def test_an_encoder_that_is_built_otherwise_is_refused() -> None:
    with pytest.raises(UsageError, match="keep_frozen_states"), kept_lower_layers(nn.Linear(2, 2), 1, PAD):
        pass


@pytest.mark.parametrize("wrong", ["masking.rows=0.5", "freeze_layers=0"])
def test_settings_under_which_kept_states_would_be_wrong_are_refused(tiny_config: Path, wrong: str) -> None:
    with pytest.raises(UsageError, match=r"keep_frozen_states: needs masking.rows: 0 and freeze_layers"):
        load_config(tiny_config, [*KEPT, wrong])


def test_a_run_that_keeps_states_writes_a_whole_checkpoint_and_repeats_itself(
    tiny_config: Path, tmp_path: Path
) -> None:
    settings = load_config(tiny_config, KEPT)
    said: list[str] = []
    first = Checkpoint(finetune(settings, tmp_path / "first", say=said.append))
    second = Checkpoint(finetune(settings, tmp_path / "second"))
    assert "asking the lowest 1 layers about 36 rows, once" in said
    assert first.config.files["model.safetensors"] == second.config.files["model.safetensors"]
