from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from newstance.errors import AnnotationError, OutputError, UsageError
from newstance.model import Checkpoint, EncodingConfig, Predictor, SentenceEncoding, SentenceInput
from newstance.training.collator import Collator
from newstance.training.config import load_config
from newstance.training.export import export_checkpoint
from newstance.training.finetune import finetune
from newstance.training.rounding import round_rows, snap_to_grid
from newstance.training.run import Run
from newstance.training.sections import MaskingConfig


def test_a_run_leaves_a_complete_checkpoint_with_its_provenance(tiny_checkpoint: Path) -> None:
    checkpoint = Checkpoint(tiny_checkpoint)
    assert {"model.safetensors", "tokenizer.json", "labels.yaml", "calibration.json"} <= set(checkpoint.config.files)
    assert checkpoint.config.provenance["rows"] == {"train": 36, "dev": 36}
    assert checkpoint.config.provenance["config"]["data"]["root"] == "."
    assert checkpoint.calibration.layer("stance").temperature > 0
    assert "# tiny" in (tiny_checkpoint / "README.md").read_text()


def test_the_same_seed_gives_the_same_weights(tiny_config: Path, tmp_path: Path) -> None:
    config = load_config(tiny_config, ["epochs=1"])
    hashes = {Checkpoint(finetune(config, tmp_path / name)).config.files["model.safetensors"] for name in "ab"}
    assert len(hashes) == 1


@pytest.mark.parametrize("wrong", ["class_weights={stance: {favour: 2}}", "report_to=[nonsense]"])
def test_settings_that_stop_a_run_leave_its_folder_free(tiny_config: Path, tmp_path: Path, wrong: str) -> None:
    for _ in range(2):
        with pytest.raises(UsageError, match=r"favour|nonsense"):
            finetune(load_config(tiny_config, ["epochs=1", wrong]), tmp_path / "run")
        assert not (tmp_path / "run" / "teacher.npz").exists(), "answers about rows of another run are not kept"
        (tmp_path / "run" / "teacher.npz").write_bytes(b"left over")


@pytest.mark.parametrize("wrong", ["class_weights={stance: {favour: 2}}", "report_to=[nonsense]"])
def test_no_teacher_is_asked_where_another_setting_is_wrong(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path, wrong: str
) -> None:
    said: list[str] = []
    with pytest.raises(UsageError, match=r"favour|nonsense"):
        settings = [wrong, f"teacher={{checkpoints: [{tiny_checkpoint}]}}"]
        finetune(load_config(tiny_config, settings), tmp_path / "run", say=said.append)
    assert not [line for line in said if line.startswith("asking")]


def test_a_full_disk_leaves_no_half_of_what_a_run_is_known_by(
    tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"rows\.sha256: cannot be written: No space left"):
        finetune(load_config(tiny_config, ["epochs=1"]), tmp_path / "run")
    assert not (tmp_path / "run" / "config.json").exists(), "the folder is free for the next call"


def test_a_folder_in_use_is_not_overwritten(tiny_config: Path, tmp_path: Path) -> None:
    config = load_config(tiny_config, ["epochs=1"])
    finetune(config, tmp_path / "run")
    with pytest.raises(UsageError, match="--resume"):
        finetune(config, tmp_path / "run")
    with pytest.raises(UsageError, match="another configuration"):
        finetune(load_config(tiny_config, ["epochs=2"]), tmp_path / "run", resume=True)


def test_a_layer_without_labels_is_an_error(tiny_config: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="frames"):
        finetune(load_config(tiny_config, ["layers=[stance, frames]"]), tmp_path / "run")


def test_hidden_words_are_whole_and_never_the_target(tokenizer) -> None:  # type: ignore[no-untyped-def]
    coder = SentenceEncoding(tokenizer, EncodingConfig())
    window = coder.encode([SentenceInput("Fishermen blamed the council for a cruel plan.", ((21, 28),))])[0].windows[0]
    row = {"input_ids": window.input_ids, "token_type_ids": window.token_type_ids, "words": window.words}
    row |= {"target": list(window.target)}
    row |= {"labels_stance": [1.0, 0.0, 0.0], "weight": 1.0, "rationale": [0.0] * len(window.words)}
    rows = [row | {"row": number} for number in range(64)]
    mask_id = tokenizer.token_to_id("[MASK]")
    collator = Collator(coder.pad_id, {mask_id}, MaskingConfig(rows=1.0, up_to=0.9))
    batch = collator(rows)
    assert (collator(rows)["attention_mask"] == batch["attention_mask"]).all()  # whatever was drawn before
    collator.epoch = 1
    assert (collator(rows)["attention_mask"] != batch["attention_mask"]).any()
    target = window.input_ids.index(mask_id)
    assert (batch["attention_mask"][:, target] == 1).all()
    assert (batch["attention_mask"] == 0).any()
    for mask in batch["attention_mask"].tolist():
        hidden = {w for w, kept in zip(window.words, mask, strict=True) if not kept}
        assert not hidden & {w for w, kept in zip(window.words, mask, strict=True) if kept}


def test_rounded_rows_are_within_half_a_step() -> None:
    weight = torch.randn(20, 30)
    values, scale = round_rows(weight)
    assert values.dtype == torch.int8
    assert ((values.float() * scale - weight).abs() <= scale / 2 + 1e-7).all()


def test_weights_on_the_grid_stay_where_they_are() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(30, 20), torch.nn.Embedding(2000, 8))
    once = {k: v.clone() for k, v in snap_to_grid(network).state_dict().items()}
    again = snap_to_grid(network).state_dict()
    assert all(torch.allclose(once[k], again[k], atol=1e-7) for k in once)


def test_a_checkpoint_and_its_rounded_export_are_the_same_model(tiny_checkpoint: Path, tiny_exported: Path) -> None:
    inputs = [SentenceInput("The council wrecked the harbour.", ((4, 11),)), SentenceInput("plan " * 300)]
    one, two = (Predictor.open(Checkpoint(folder)).predict(inputs) for folder in (tiny_checkpoint, tiny_exported))
    for a, b in zip(one, two, strict=True):
        assert a.logits["stance"] == pytest.approx(b.logits["stance"], abs=1e-4)
        assert a.evidence["stance"] == pytest.approx(b.evidence["stance"], abs=1e-4)


def test_a_run_can_start_from_another_checkpoint(tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path) -> None:
    said: list[str] = []
    config = load_config(tiny_config, ["epochs=1", f"start_from={tiny_checkpoint}", "learning_rate=1.0e-9"])
    folder = finetune(config, tmp_path / "run", say=said.append)
    assert any("weights from" in line for line in said)
    assert Checkpoint(folder).config.provenance["config"]["start_from"].startswith("checkpoint ")
    assert Checkpoint(folder).config.provenance["dev_macro_f1"]["as trained"]["stance"] > 0.8


def test_heads_of_other_labels_start_fresh(tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path) -> None:
    """The same words in another order, or more of them, are another question: the encoder alone is taken over."""
    codes = ["neutral", "against", "favor"]
    for own in (codes, [*codes, "unclear"]):
        labels = ", ".join(f"{{code: {code}, name: {code}}}" for code in own)
        codebook = f"codebook={{name: own, layers: [{{name: stance, kind: single, labels: [{labels}]}}]}}"
        said: list[str] = []
        settings = ["epochs=1", f"start_from={tiny_checkpoint}", "learning_rate=1.0e-9", "head_learning_rate=1.0e-9"]
        folder = finetune(load_config(tiny_config, [*settings, codebook]), tmp_path / str(len(own)), say=said.append)
        assert any(line.endswith("fresh heads: stance") for line in said)
        before, after = (load_file(path / "model.safetensors") for path in (tiny_checkpoint, folder))
        name = "encoder.encoder.layer.0.output.dense.weight"
        assert torch.allclose(before[name], after[name], atol=1e-3)
        head = "heads.stance.attention_hidden.weight"
        assert not torch.allclose(before[head], after[head], atol=1e-3)


def test_a_head_that_pools_otherwise_takes_over_what_both_have(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    said: list[str] = []
    settings = ["epochs=1", f"start_from={tiny_checkpoint}", "learning_rate=1.0e-9", "head_learning_rate=1.0e-9"]
    folder = finetune(load_config(tiny_config, [*settings, "pooling=target"]), tmp_path / "run", say=said.append)
    assert not any("fresh" in line for line in said)
    before, after = (load_file(path / "model.safetensors") for path in (tiny_checkpoint, folder))
    assert "heads.stance.target_bonus" in after.keys() - before.keys()
    head = "heads.stance.attention_hidden.weight"
    assert torch.allclose(before[head], after[head], atol=1e-3)


def test_export_keeps_out_what_is_there_already(tiny_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        export_checkpoint(tiny_checkpoint, tmp_path)


def test_an_exported_model_says_how_its_weights_are_stored(tiny_exported: Path) -> None:
    config = json.loads((tiny_exported / "config.json").read_text())
    assert config["quantisation"] == "int8-weights"
    assert not (tiny_exported / "model.safetensors").exists()


def test_an_exported_model_tells_nothing_of_the_machine_that_made_it(tiny_exported: Path) -> None:
    data = (tiny_exported / "model.onnx").read_bytes()
    assert b".py" not in data
    assert b"stack_trace" not in data


def test_a_run_whose_data_cannot_be_read_leaves_its_folder_free(tiny_config: Path, tmp_path: Path) -> None:
    with pytest.raises(AnnotationError):
        finetune(load_config(tiny_config, ["data.root=/nowhere"]), tmp_path / "run")
    finetune(load_config(tiny_config, ["epochs=1"]), tmp_path / "run")


def test_a_run_can_learn_rationales_and_needs_a_head_that_weighs(
    tiny_config: Path, annotations_file: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    marked = [row | ({} if row["stance"] == "neutral" else {"rationale": [[0, 3]]}) for row in rows]
    path = tmp_path / "marked.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in marked), encoding="utf-8")
    wanted = [f"data.train=[{{corpus: annotations, path: '{path}'}}]", "epochs=1", "rationale_weight=1.0"]
    plain = finetune(load_config(tiny_config, wanted[:2]), tmp_path / "plain")
    held = finetune(load_config(tiny_config, wanted), tmp_path / "held")
    one, two = (load_file(folder / "model.safetensors") for folder in (plain, held))
    scores = "heads.stance.attention_scores.weight"
    assert one.keys() == two.keys() and not torch.equal(one[scores], two[scores])
    with pytest.raises(UsageError, match="rationale_weight: needs attention"):
        load_config(tiny_config, [*wanted, "pooling=mean"])


def test_a_run_that_abstains_from_everything_warns_and_its_card_says_so(tiny_config: Path, tmp_path: Path) -> None:
    rows = [{"id": str(n), "text": "It met.", "stance": code} for n, code in enumerate(["favor", "against"] * 6)]
    (tmp_path / "coin.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    dev = f"data.dev=[{{corpus: annotations, path: {tmp_path / 'coin.jsonl'}}}]"
    said: list[str] = []
    folder = finetune(load_config(tiny_config, ["epochs=1", dev]), tmp_path / "run", say=said.append)
    assert any(line.startswith("stance: it abstains from everything") for line in said)
    assert any(line.startswith("warning: stance: ") and "allow a higher risk" in line for line in said)
    assert Checkpoint(folder).calibration.layer("stance").kept == 0
    assert "it abstains from everything" in (folder / "README.md").read_text(encoding="utf-8")


def _judged(folder: Path, **layers: object) -> str:
    """Write rows that carry labels of these layers, and return them as a source."""
    path = folder / f"{'-'.join(layers) or 'none'}.jsonl"
    rows = [{"id": str(n), "text": f"The council met on day {n}."} | layers for n in range(3)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return f"[{{corpus: annotations, path: {path}}}]"


def test_development_rows_must_judge_some_layer(tiny_config: Path, tmp_path: Path) -> None:
    train = f"data.train={_judged(tmp_path, stance='favor', frames=['health'])}"
    settings = ["layers=[stance, frames]", "epochs=1", "report.baselines=[]", train]
    other = f"data.dev={_judged(tmp_path, labels={'sentiment': 'positive'})}"
    with pytest.raises(UsageError, match=r"no row has a label of 'stance', 'frames'") as caught:
        finetune(load_config(tiny_config, [*settings, other]), tmp_path / "run")
    assert caught.value.field == "data.dev"
    said: list[str] = []
    some = f"data.dev={_judged(tmp_path, stance='favor')}"
    folder = finetune(load_config(tiny_config, [*settings, some]), tmp_path / "run", say=said.append)
    assert any("no row has a label of the layer 'frames'" in line for line in said)
    assert set(Checkpoint(folder).calibration.layers) == {"stance"}


def test_a_window_longer_than_the_encoder_reads_is_an_error(tiny_config: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reads 512 tokens at most, not 513") as caught:
        finetune(load_config(tiny_config, ["encoding.max_length=513"]), tmp_path / "run")
    assert caught.value.field == "encoding.max_length"


def test_rows_that_only_a_teacher_labels_count_by_their_sources_weight(tiny_config: Path, tmp_path: Path) -> None:
    more = _judged(tmp_path, stance="favor").replace("}]", ", weight: 0.25}]")
    config = load_config(tiny_config, [f"teacher={{checkpoints: [x], data: {more}}}"])
    run = Run.prepare(config, lambda _: None)
    assert [item.weight for item in run.train] == [1.0] * 36 + [0.25] * 3
