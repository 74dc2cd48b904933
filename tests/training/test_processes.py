"""Two processes share one run: one checkpoint, one voice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newstance.model import Checkpoint

distributed = pytest.importorskip("torch.distributed")
pytestmark = pytest.mark.skipif(
    not (distributed.is_available() and distributed.is_gloo_available()), reason="this torch has no gloo"
)


def launched(config: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # Without a graphics card `--multi_gpu` starts as many processes on the processor; port 0 is any that is free.
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2", "--num_machines=1"]
    launch += ["--mixed_precision=no", "--dynamo_backend=no", "--main_process_port=0", "--module", "newstance.cli"]
    train = ["train", str(config), "--out", str(out), "--set", "epochs=2", "--set", "report.baselines=[]", *options]
    return subprocess.run(
        [sys.executable, *launch, *train],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
    )


def test_two_processes_write_one_checkpoint_and_speak_with_one_voice(tiny_config: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = launched(tiny_config, out)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("checkpoint: ") == done.stderr.count("epoch 2 of 2") == 1
    checkpoint = Checkpoint(out / "model")
    checkpoint.verified(Path("model.safetensors"))
    # 36 rows in batches of 12, on two processes: two steps an epoch where one process takes three.
    assert {folder.name for folder in (out / "steps").iterdir()} == {"checkpoint-2", "checkpoint-4"}
    assert {file.name for file in (out / "steps" / "checkpoint-4").glob("rng_state*")} == {
        "rng_state_0.pth",
        "rng_state_1.pth",
    }
