from __future__ import annotations

import errno
import re
from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import Trainer

from newstance.errors import OutputError, TrainingError
from newstance.model import Checkpoint
from newstance.training.checking import check_config
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.losses import LayerLosses
from newstance.training.stops import last_state


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_good_state(
    tiny_config: Path, tmp_path: Path
) -> None:
    # 36 rows in batches of 12: three steps an epoch, whose rate sends the weights out of what floats can hold.
    config = load_config(
        tiny_config, ["epochs=4", "learning_rate=1.0e+30", "head_learning_rate=1.0e+30", "save_every=1", "warmup=0.5"]
    )
    with pytest.raises(TrainingError, match=r"the loss is (nan|inf) at step \d+.*is kept in .*checkpoint-\d+"):
        finetune(config, tmp_path / "run")
    state = last_state(tmp_path / "run" / "steps")
    assert state is not None and (state / "model.safetensors").is_file()


def test_other_settings_go_on_from_the_weights_that_a_stopped_run_kept(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = LayerLosses.__call__, iter(range(100))

    def failing(*arguments: object) -> object:
        if next(calls) == 4:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return whole(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch, pytest.raises(TrainingError) as caught:
        patch.setattr(LayerLosses, "__call__", failing)
        finetune(load_config(tiny_config, ["epochs=2"]), tmp_path / "run")
    advice = re.search(r"--set (start_from=\S+) and another --out", str(caught.value))
    assert advice is not None and advice[1].endswith("checkpoint-4")
    # With rates near 0 the new run's weights are those that were kept, the head's too.
    settings = [advice[1], "batch_size=4", "epochs=1", "learning_rate=1.0e-9", "head_learning_rate=1.0e-9"]
    config = load_config(tiny_config, [*settings, "round_weights=false"])
    assert not check_config(config)[0]
    folder = finetune(config, tmp_path / "smaller")
    before, after = (load_file(path / "model.safetensors") for path in (Path(str(config.start_from)), folder))
    assert before.keys() == after.keys() and all(torch.allclose(before[x], after[x], atol=1e-6) for x in before)
    provenance = Checkpoint(folder).config.provenance
    assert provenance["config"]["start_from"] == "the state after step 4 of the run tiny"
    assert provenance["learnt_through"] == {"the state after step 4 of the run tiny": ["annotations"]}
    (tmp_path / "run" / "config.json").unlink()
    assert "whose configuration cannot be read" in check_config(config)[0][0]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_running_out_of_memory_stops_the_run_with_advice_and_a_state_to_resume_from(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def failing(*_: object) -> None:
        raise error

    config = load_config(tiny_config, ["epochs=1"])
    with monkeypatch.context() as patch:
        patch.setattr(LayerLosses, "__call__", failing)
        with pytest.raises(TrainingError, match=r"out of memory at step 1: lower batch_size \(now 12\)"):
            finetune(config, tmp_path / "run")
    assert last_state(tmp_path / "run" / "steps") is not None
    finetune(config, tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 249920 vs 249808"),
    ],
)
def test_a_state_that_cannot_be_written_is_one_line_and_the_run_goes_on_from_the_one_before(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    whole, calls = Trainer._save_checkpoint, iter(range(100))

    def failing(trainer: Trainer, *arguments: object, **named: object) -> None:
        whole(trainer, *arguments, **named)
        if next(calls) == 1:
            (Path(str(trainer.args.output_dir)) / "checkpoint-6" / "trainer_state.json").unlink()
            raise error

    config, steps = load_config(tiny_config, ["epochs=2", "report.baselines=[]"]), tmp_path / "run" / "steps"
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_save_checkpoint", failing)
        with pytest.raises(OutputError, match=r"steps/checkpoint-6: cannot be written: .*go on with --resume"):
            finetune(config, tmp_path / "run")
    assert [path.name for path in steps.iterdir()] == ["checkpoint-3"]
    said: list[str] = []
    finetune(config, tmp_path / "run", resume=True, say=said.append)
    assert "going on after step 3 of 6" in said


def test_another_error_is_left_as_it_is(tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(LayerLosses, "__call__", failing)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        finetune(load_config(tiny_config, ["epochs=1"]), tmp_path / "run")
