"""The additive heads: whatever the pooling, the parts are the prediction."""

from __future__ import annotations

from typing import get_args

import pytest

torch = pytest.importorskip("torch")

from newstance.model.head_config import HeadConfig, Pooling  # noqa: E402
from newstance.model.network import AdditiveHead  # noqa: E402

POOL = torch.tensor([[0, 1, 1, 1, 1, 0], [0, 1, 1, 1, 0, 0]])
TARGET = torch.tensor([[0, 0, 1, 0, 0, 0], [0, 0, 0, 0, 0, 0]])


def head(pooling: str, seed: int = 3) -> AdditiveHead:
    torch.manual_seed(seed)
    return AdditiveHead(8, HeadConfig(layer="stance", labels=3, pooling=pooling)).eval()  # type: ignore[arg-type]


@pytest.fixture
def states() -> torch.Tensor:
    return torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("pooling", get_args(Pooling))
def test_parts_lie_on_the_sentences_own_tokens_alone(pooling: str, states: torch.Tensor) -> None:
    parts = head(pooling)(states, POOL, TARGET)
    assert parts.shape == (2, 6, 3)
    assert (parts[POOL == 0] == 0).all() and (parts[POOL == 1] != 0).all()


@pytest.mark.parametrize("pooling", ["attention", "mean", "sum"])
def test_only_target_pooling_asks_where_the_target_is(pooling: str, states: torch.Tensor) -> None:
    chosen = head(pooling)
    assert torch.equal(chosen(states, POOL, TARGET), chosen(states, POOL))


def test_target_pooling_gives_the_mention_more_weight_and_the_other_words_what_is_left(states: torch.Tensor) -> None:
    by_target, by_attention = head("target"), head("attention")
    by_target.load_state_dict(by_attention.state_dict(), strict=False)
    ratio = by_target(states, POOL, TARGET)[0, 1:5] / by_attention(states, POOL)[0, 1:5]
    assert (ratio[1] > 1).all()  # the mention
    others = ratio[[0, 2, 3]]
    assert (others < 1).all() and (others > 0).all()
    torch.testing.assert_close(others, others[:1].expand(3, 3))  # alike: among themselves attention decides


def test_without_a_mention_target_pooling_is_attention(states: torch.Tensor) -> None:
    by_target, by_attention = head("target"), head("attention")
    by_target.load_state_dict(by_attention.state_dict(), strict=False)
    torch.testing.assert_close(by_target(states, POOL, TARGET)[1], by_attention(states, POOL)[1])


def test_the_bonus_of_the_target_is_learnt(states: torch.Tensor) -> None:
    chosen = head("target")
    chosen(states, POOL, TARGET).sum(dim=1)[:, 0].sum().backward()
    grad = chosen.target_bonus.grad
    assert grad is not None and grad[0] != 0 and (grad[1:] == 0).all()
