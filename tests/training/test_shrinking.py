"""A smaller model keeps the parts that matter, comes to say what the large one says, and can be trained on."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel

from newstance.errors import CheckpointError, TrainingError, UsageError
from newstance.model import Checkpoint, write_config
from newstance.model.torch_runtime import load_network
from newstance.training.average import average_checkpoints
from newstance.training.config import load_config
from newstance.training.finetune import Progress, finetune
from newstance.training.four_bits import StraightThrough
from newstance.training.rounding import snap_to_grid
from newstance.training.shortening import LayersLeft, depth, evenly, keep_layers
from newstance.training.shrinking import ShrinkConfig, answers_off, shrink_model

IDLE = 1


def test_layers_are_kept_evenly_and_each_stands_for_those_up_to_the_next() -> None:
    assert evenly(6, 12).kept == (0, 2, 4, 6, 8, 10)
    assert evenly(6, 12).ends == (2, 4, 6, 8, 10, 12)
    assert evenly(5, 12).ends == (2, 4, 7, 9, 12)
    assert evenly(1, 3).ends == (3,)
    assert LayersLeft((0, 2, 3), 4).ends == (2, 3, 4)


def test_the_others_are_taken_out_of_an_encoder_of_berts_kind_alone() -> None:
    config = BertConfig(vocab_size=50, hidden_size=32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64)
    encoder = BertModel(config)
    lowest, highest = encoder.encoder.layer[0], encoder.encoder.layer[3]
    keep_layers(encoder, (0, 3))
    assert list(encoder.encoder.layer) == [lowest, highest]
    assert depth(encoder) == encoder.config.num_hidden_layers == 2
    assert depth(DistilBertModel(DistilBertConfig(vocab_size=50, dim=16, n_layers=2, n_heads=2, hidden_dim=32))) is None


def test_answers_are_least_off_where_they_are_the_same() -> None:
    taught = torch.tensor([[2.0, -1.0, 0.5]])
    for name in ("stance", "frames"):
        layer = Checkpoint.shipped().codebook.layer(name)
        same, other = answers_off(layer, taught, taught), answers_off(layer, taught.flip(1), taught)
        assert same.shape == (1,)
        assert same < other


def test_a_shrunk_model_comes_near_the_large_one_and_can_be_trained_on(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config = load_config(tiny_config, ["report.baselines=[]"])
    large = load_network(Checkpoint(tiny_checkpoint))
    count, width = depth(large.encoder), large.encoder.config.intermediate_size  # type: ignore[union-attr]
    assert count is not None
    said: list[str] = []
    shrink = ShrinkConfig(layers=count - 1, feed_forward=width // 2, epochs=80, learning_rate=2e-3)
    folder = shrink_model(tiny_checkpoint, tmp_path / "small", config, shrink, say=said.append)
    found = Checkpoint(folder)
    small = load_network(found)
    assert depth(small.encoder) == count - 1
    assert small.encoder.config.intermediate_size == width // 2  # type: ignore[union-attr]
    note = found.config.provenance["shrunk"]
    assert note["of"] == Checkpoint(tiny_checkpoint).hash
    assert len(note["kept"]) == count - 1
    idle = ShrinkConfig(layers=count - 1, feed_forward=width // 2, epochs=1, learning_rate=0.0)
    still = Checkpoint(shrink_model(tiny_checkpoint, tmp_path / "still", config, idle))
    missed = still.config.provenance["shrunk"]["unexplained"]
    assert all(now < 0.7 * before for now, before in zip(note["unexplained"], missed, strict=True))
    assert any("leaves unexplained" in line for line in said)
    assert found.config.provenance["config"]["epochs"] == 80
    assert f"`newstance shrink --keep {note['kept'][0]} --feed-forward" in (folder / "README.md").read_text(
        encoding="utf-8"
    )
    with pytest.raises(CheckpointError, match="another architecture"):
        average_checkpoints([tiny_checkpoint, folder], tmp_path / "mean", config)
    more = load_config(tiny_config, ["report.baselines=[]", f"start_from={folder}", "epochs=1"])
    trained = finetune(more, tmp_path / "more")
    assert depth(load_network(Checkpoint(trained)).encoder) == count - 1


class Killed(BaseException):
    pass


def killing_after(steps: int) -> Progress:
    @contextmanager
    def progress(_: str, total: int | None) -> Iterator[Callable[[], None]]:
        assert total == 9
        left = iter(range(steps - 1))

        def step() -> None:
            if next(left, None) is None:
                raise Killed

        yield step

    return progress


@pytest.mark.parametrize("steps", [3, 8])
def test_a_model_that_was_being_shrunk_is_gone_on_with_to_the_very_same_weights(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path, steps: int
) -> None:
    config = load_config(tiny_config, ["report.baselines=[]", "save_every=2", "round_weights=false"])
    shrink = ShrinkConfig(1, 32, epochs=3, dropout=0.2)
    unbroken = Checkpoint(shrink_model(tiny_checkpoint, tmp_path / "unbroken", config, shrink))
    out, state = tmp_path / "small", tmp_path / "small.shrinking"
    with pytest.raises(Killed):
        shrink_model(tiny_checkpoint, out, config, shrink, progress=killing_after(steps))
    assert not any(out.iterdir()) and state.is_file()
    with pytest.raises(UsageError, match=r"small\.shrinking: is of a call that was stopped; give --resume"):
        shrink_model(tiny_checkpoint, out, config, shrink)
    with pytest.raises(UsageError, match=r"small\.shrinking: is of a call with other settings, rows or model"):
        shrink_model(tiny_checkpoint, out, config, ShrinkConfig(1, 16, epochs=3, dropout=0.2), resume=True)
    said: list[str] = []
    found = Checkpoint(shrink_model(tiny_checkpoint, out, config, shrink, resume=True, say=said.append))
    assert f"going on after step {steps} of 9" in said
    assert found.config.files["model.safetensors"] == unbroken.config.files["model.safetensors"]
    assert found.config.provenance["shrunk"] == unbroken.config.provenance["shrunk"]
    assert {path.name for path in tmp_path.iterdir()} == {"unbroken", "small"}


def test_a_damaged_state_is_one_line_and_without_one_a_call_begins(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config, state = load_config(tiny_config, ["report.baselines=[]"]), tmp_path / "small.shrinking"
    state.write_bytes(b"half of a")
    with pytest.raises(UsageError, match=r"small\.shrinking: is no state to go on from; remove it"):
        shrink_model(tiny_checkpoint, tmp_path / "small", config, ShrinkConfig(1), resume=True)
    state.unlink()
    assert Checkpoint(shrink_model(tiny_checkpoint, tmp_path / "small", config, ShrinkConfig(1), resume=True))


def test_every_layer_learns_also_those_that_the_recipe_freezes(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config = load_config(tiny_config, ["report.baselines=[]", "freeze_layers=1"])
    folder = shrink_model(tiny_checkpoint, tmp_path / "small", config, ShrinkConfig(1, labels=0.0))
    kept = Checkpoint(folder).config.provenance["shrunk"]["kept"][0]
    large, small = (load_network(Checkpoint(path)).encoder for path in (tiny_checkpoint, folder))
    before = dict(large.encoder.layer[kept].named_parameters())  # type: ignore[union-attr,index]
    after = dict(small.encoder.layer[0].named_parameters())  # type: ignore[union-attr,index]
    assert all(not torch.equal(before[name], after[name]) for name in before)


def test_what_cannot_be_shrunk_is_refused_before_it_is_tried(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config, out = load_config(tiny_config), tmp_path / "small"
    with pytest.raises(UsageError, match="not empty"):
        shrink_model(tiny_checkpoint, tiny_checkpoint, config, ShrinkConfig(1))
    with pytest.raises(UsageError, match="layers, not 9"):
        shrink_model(tiny_checkpoint, out, config, ShrinkConfig(9))
    for kept in ((), (0, 0), (1, 0), (0, 9)):
        with pytest.raises(UsageError, match="--keep: takes numbers from 0 to 1, ascending"):
            shrink_model(tiny_checkpoint, out, config, ShrinkConfig(kept))
    with pytest.raises(UsageError, match="units, not 9999"):
        shrink_model(tiny_checkpoint, out, config, ShrinkConfig(1, 9999))
    with pytest.raises(UsageError, match="here --layers says it"):
        shrink_model(tiny_checkpoint, out, load_config(tiny_config, ["encoder_layers=4"]), ShrinkConfig(1))
    with pytest.raises(CheckpointError, match="other heads"):
        shrink_model(tiny_checkpoint, out, load_config(tiny_config, ["pooling.stance=mean"]), ShrinkConfig(1))
    with pytest.raises(TrainingError, match="no longer a number"):
        shrink_model(tiny_checkpoint, out, config, ShrinkConfig(1, epochs=9, learning_rate=1e30))


def test_a_model_whose_labels_stand_in_another_order_is_refused(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    other = Path(shutil.copytree(tiny_checkpoint, tmp_path / "other"))
    text = (other / "labels.yaml").read_text(encoding="utf-8")
    assert "favor" in text
    swapped = text.replace("favor", "x-x").replace("against", "favor").replace("x-x", "against")
    (other / "labels.yaml").write_text(swapped, encoding="utf-8")
    write_config(other, Checkpoint(tiny_checkpoint).config)
    with pytest.raises(CheckpointError, match="other heads"):
        shrink_model(other, tmp_path / "small", load_config(tiny_config), ShrinkConfig(1))


def test_a_run_learns_on_the_four_bit_grid_and_saves_what_lies_on_it(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(tiny_config, ["round_weights=int4", "epochs=1", "report.baselines=[]"])
    rounded: list[int] = []
    forward = StraightThrough.forward
    monkeypatch.setattr(
        StraightThrough, "forward", lambda layer, found: (rounded.append(layer.in_features), forward(layer, found))[1]
    )
    trained = finetune(config, tmp_path / "run")
    assert rounded
    rounded.clear()
    shrunk = shrink_model(tiny_checkpoint, tmp_path / "small", config, ShrinkConfig(1))
    assert rounded
    for folder in (trained, shrunk):
        network = load_network(Checkpoint(folder))
        before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        snap_to_grid(network, "int4-weights")
        assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
