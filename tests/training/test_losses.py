from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from newstance.errors import UsageError
from newstance.model import Codebook
from newstance.training.config import TrainingConfig, load_config
from newstance.training.losses import LayerLosses

CODEBOOK = Codebook.model_validate(
    {
        "name": "own",
        "layers": [
            {"name": "stance", "kind": "single", "labels": [{"code": c} for c in ("favor", "against", "neutral")]},
            {"name": "frames", "kind": "multi", "labels": [{"code": c} for c in ("ports", "rail")]},
        ],
    }
)
STANCE = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [-1.0, -1, -1], [-1.0, -1, -1]])
FRAMES = torch.tensor([[1.0, 0], [-1.0, -1], [0.0, 0], [-1.0, -1]])


@pytest.fixture
def config(tiny_config: Path) -> TrainingConfig:
    return load_config(tiny_config, ["layers=[stance, frames]"])


def logits() -> dict[str, Tensor]:
    torch.manual_seed(3)
    return {
        "stance_logits": torch.randn(4, 3, requires_grad=True),
        "frames_logits": torch.randn(4, 2, requires_grad=True),
    }


def batch(**more: Tensor) -> dict[str, Tensor]:
    return {"labels_stance": STANCE, "labels_frames": FRAMES, "weight": torch.ones(4), **more}


def test_a_row_without_a_label_contributes_nothing_to_that_head(config: TrainingConfig) -> None:
    outputs = logits()
    LayerLosses(config, CODEBOOK, [])(outputs, batch()).backward()
    touched = {name: tensor.grad.abs().sum(dim=1) > 0 for name, tensor in outputs.items()}  # type: ignore[union-attr]
    assert touched["stance_logits"].tolist() == [True, True, False, False]
    assert touched["frames_logits"].tolist() == [True, False, True, False]


def test_a_row_of_twice_the_weight_pulls_twice_as_hard_whatever_its_neighbours_weigh(config: TrainingConfig) -> None:
    losses = LayerLosses(config, CODEBOOK, [])

    def pulls(*weights: float) -> Tensor:
        outputs = logits()
        losses(outputs, batch() | {"weight": torch.tensor(weights)}).backward()
        gradient = outputs["stance_logits"].grad
        assert gradient is not None
        return gradient

    once = pulls(1, 1, 1, 1)
    torch.testing.assert_close(pulls(2, 1, 1, 1), once * torch.tensor([[2.0], [1], [1], [1]]))
    torch.testing.assert_close(pulls(2, 5, 1, 1)[0], 2 * once[0])


def test_a_weight_counts_where_all_rows_of_a_layer_come_from_one_source(tiny_config: Path) -> None:
    codebook = CODEBOOK.only(("stance",))
    plain, held = (load_config(tiny_config, [f"rationale_weight={weight}"]) for weight in (0, 0.5))
    marked = torch.eye(4, 5)
    outputs = logits() | {"stance_weights": torch.full((4, 5, 3), 0.2)}
    for config in (plain, held):
        losses = LayerLosses(config, codebook, [])
        full = losses(outputs, batch(rationale=marked))
        light = losses(outputs, batch(rationale=marked) | {"weight": torch.full((4,), 0.3)})
        torch.testing.assert_close(light, 0.3 * full)


def test_a_map_weighs_labels_and_names_a_code_that_is_none(config: TrainingConfig) -> None:
    outputs = logits()
    plain = LayerLosses(config, CODEBOOK.only(("stance",)), [])(outputs, batch())
    one = config.model_copy(update={"class_weights": {"stance": {"favor": 0.0, "against": 2.0}}})
    weighed = LayerLosses(one, CODEBOOK.only(("stance",)), [])(outputs, batch())
    only_against = -torch.log_softmax(outputs["stance_logits"], dim=1)[1, 1]
    torch.testing.assert_close(weighed, only_against)
    assert not torch.isclose(plain, weighed)
    wrong = config.model_copy(update={"class_weights": {"stance": {"favour": 2.0}}})
    with pytest.raises(UsageError, match="favour"):
        LayerLosses(wrong, CODEBOOK, [])


def test_a_layer_can_count_more(config: TrainingConfig) -> None:
    outputs = logits()
    heavy = config.model_copy(update={"layer_weights": {"frames": 3.0}})
    one, three = (LayerLosses(c, CODEBOOK, [])(outputs, batch()) for c in (config, heavy))
    frames = LayerLosses(config, CODEBOOK.only(("frames",)), [])(outputs, batch())
    torch.testing.assert_close(three - one, 2 * frames)


def test_a_teacher_teaches_rows_with_and_without_labels(tiny_config: Path) -> None:
    config = load_config(tiny_config, ["teacher={checkpoints: [x], weight: 0.25, temperature: 2.0}"])
    codebook = CODEBOOK.only(("stance",))
    outputs = logits()
    taught = torch.softmax(torch.randn(4, 3), dim=1)
    found = LayerLosses(config, codebook, [])(outputs, batch(teacher_stance=taught))
    rows = outputs["stance_logits"]
    soft = -(taught * torch.log_softmax(rows / 2.0, dim=1)).sum(dim=1) * 4.0
    hard = -torch.log_softmax(rows, dim=1)[[0, 1], [0, 1]]
    expected = torch.cat([0.75 * hard + 0.25 * soft[:2], soft[2:]]).mean()
    torch.testing.assert_close(found, expected)


def test_rationales_pull_the_weights_of_the_stance_head_and_nothing_else(tiny_config: Path) -> None:
    codebook = CODEBOOK.only(("stance",))
    plain, held = (load_config(tiny_config, [f"rationale_weight={weight}"]) for weight in (0, 0.5))
    scores = torch.zeros(4, 5, 3, requires_grad=True)
    marked = torch.zeros(4, 5)
    marked[0, 1], marked[0, 2], marked[1, 3] = 1.0, 1.0, 0.5
    outputs = logits() | {"stance_weights": scores.softmax(dim=1)}
    without = LayerLosses(plain, codebook, [])(outputs, batch(rationale=marked))
    loss = LayerLosses(held, codebook, [])(outputs, batch(rationale=marked))
    torch.testing.assert_close(loss - without, 0.5 * torch.tensor(5.0).log())  # of weights all alike, one in five
    loss.backward()
    assert scores.grad is not None
    assert (scores.grad[0, 1:3] < 0).all() and (scores.grad[1, 3] < 0).all()
    assert (scores.grad[2:] == 0).all()  # rows without a mark


def test_a_row_that_no_teacher_was_asked_about_learns_its_label_alone(tiny_config: Path) -> None:
    config = load_config(tiny_config, ["teacher={checkpoints: [x], weight: 0.25, temperature: 2.0}"])
    codebook = CODEBOOK.only(("stance",))
    taught = torch.softmax(torch.randn(4, 3), dim=1)
    taught[1] = taught[3] = -1.0
    outputs = logits()
    LayerLosses(config, codebook, [])(outputs, batch(teacher_stance=taught)).backward()
    gradient = outputs["stance_logits"].grad
    assert gradient is not None and (gradient.abs().sum(dim=1) > 0).tolist() == [True, True, True, False]
    alone = logits()["stance_logits"]
    (-torch.log_softmax(alone, dim=1)[1, 1] / 3).backward()
    assert alone.grad is not None
    torch.testing.assert_close(gradient[1], alone.grad[1])
