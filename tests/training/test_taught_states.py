"""A student that also learns what its teacher's last layer makes of each word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from newstance.corpora import read_annotations
from newstance.errors import UsageError
from newstance.eval.inputs import sentence_inputs
from newstance.model import Checkpoint, EncodedSentence, Predictor, SentenceInput, Window, collate, load_codebook
from newstance.model.torch_runtime import TorchRuntime
from newstance.training.config import TrainingConfig, load_config
from newstance.training.finetune import Progress, finetune
from newstance.training.losses import unexplained
from newstance.training.taught_states import StatesWriter, TaughtStates, fitted_view

#: "dams hold": the teacher cuts the first word into two tokens, the student the second.
SPANS = ((0, 4), (5, 9))
TEACHER = EncodedSentence((Window([1, 7, 8, 9, 2], [0] * 5, [-1, 0, 0, 1, -1]),), SPANS, False)
STUDENT = EncodedSentence((Window([1, 5, 6, 7, 2], [0] * 5, [-1, 0, 1, 1, -1]),), SPANS, False)


def written(folder: Path, *states: list[list[float]]) -> None:
    writer = StatesWriter(folder)
    for row, given in enumerate(states):
        writer.add(row, TEACHER, [{"token_states": np.array(given, dtype=np.float32)}])
    writer.finish(len(states) + 1)


def test_states_are_of_words_whatever_tokens_each_side_cuts_them_into(tmp_path: Path) -> None:
    written(tmp_path, [[9, 9], [1, 0], [3, 0], [5, 4], [9, 9]], [[9, 9], [0, 0], [0, 2], [3, 6], [9, 9]])
    states = TaughtStates(tmp_path, 3)
    assert states.size == 2
    assert states.words_of_tokens(0, STUDENT) == [-1, 0, 1, 1, -1]
    assert states.words_of_tokens(1, STUDENT) == [-1, 2, 3, 3, -1]
    assert states.words_of_tokens(2, STUDENT) == [-1] * 5, "a row that was not asked about"
    other = EncodedSentence(STUDENT.windows, ((0, 3), (5, 9)), False)
    assert states.words_of_tokens(0, other) == [-1, -1, 1, 1, -1], "a word that the teacher did not see as one"
    means = np.array([[2, 0], [5, 4], [0, 1], [3, 6]], dtype=np.float32)
    np.testing.assert_allclose(states.of(np.arange(4)), (means - means.mean(0)) / means.std(0), rtol=1e-5)


def test_states_that_are_not_whole_or_of_other_rows_are_refused(tmp_path: Path) -> None:
    written(tmp_path, [[9, 9], [1, 0], [3, 0], [5, 4], [9, 9]])
    with pytest.raises(UsageError, match="not about the 3 training rows"):
        TaughtStates(tmp_path, 3)
    file = tmp_path / "teacher-states.f16"
    file.write_bytes(file.read_bytes()[:-2])
    with pytest.raises(UsageError, match="not whole") as caught:
        TaughtStates(tmp_path, 2)
    assert caught.value.path == str(file)
    with pytest.raises(UsageError, match="states of several teachers have no mean"):
        load_config("smoke", ["teacher={checkpoints: [a, b], states_weight: 1}"])


def test_the_loss_is_the_mean_over_words_of_what_is_missed() -> None:
    words = torch.tensor([[-1, 0, 0, 1], [2, -1, -1, -1]])
    taught = torch.tensor([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])
    viewed = torch.tensor([[[9.0, 9], [1, 0], [3, 0], [1, 1]], [[0, 3], [9, 9], [9, 9], [9, 9]]])
    assert unexplained(viewed, words, taught, torch.ones(2)) == 0
    viewed[0, 3] += torch.tensor([2.0, 0.0])  # one word of three is off by 2 in one of two dimensions
    torch.testing.assert_close(unexplained(viewed, words, taught, torch.tensor([1.0, 7.0])), torch.tensor(2 / 3))
    torch.testing.assert_close(unexplained(viewed, words, taught, torch.tensor([3.0, 7.0])), torch.tensor(2.0))
    assert unexplained(viewed, torch.full((2, 4), -1), taught[:0], torch.ones(2)) == 0


def taught(tiny_config: Path, teacher: Path, weight: float, *settings: str) -> TrainingConfig:
    section = f"teacher={{checkpoints: [{teacher}], weight: 0.9, states_weight: {weight}}}"
    # Narrower than its teacher, so that not every state of it can be had by turning one's own.
    return load_config(tiny_config, [section, "report.baselines=[]", "feed_forward=8", "seed=21", *settings])


def missed(teacher: Path, student: Path, sentences: list[SentenceInput], folder: Path) -> float:
    """Return the share of the teacher's states' variance that the best view of the student's states leaves over."""
    predictor = Predictor.open(Checkpoint(teacher), runtime="torch")
    assert isinstance(predictor.runtime, TorchRuntime)
    predictor.runtime.network.shows_states = True
    encoded = predictor.encoding.encode(sentences)
    writer = StatesWriter(folder)
    outputs = predictor.outputs(predictor.start(encoded))
    for row, (sentence, windows) in enumerate(zip(encoded, outputs, strict=True)):
        writer.add(row, sentence, windows)
    writer.finish(len(sentences))
    states = TaughtStates(folder, len(sentences))
    learner = Predictor.open(Checkpoint(student), runtime="torch")
    assert isinstance(learner.runtime, TorchRuntime)
    network = learner.runtime.network
    view = fitted_view(network, learner.encoding, sentences, states)
    batch = collate([sentence.windows[0] for sentence in encoded], learner.encoding.pad_id)
    network.shows_states = True
    with torch.inference_mode():
        found: Tensor = network(**{n: torch.from_numpy(a) for n, a in batch.items()})["token_states"]
        words = np.full(batch["input_ids"].shape, -1)
        for row, sentence in enumerate(encoded):
            of_tokens = states.words_of_tokens(row, sentence)
            words[row, : len(of_tokens)] = of_tokens
        wanted = torch.from_numpy(states.of(np.arange(words.max() + 1)))
        return float(unexplained(view(found), torch.from_numpy(words), wanted, torch.ones(len(sentences))))


def test_a_student_comes_closer_to_its_teachers_states_and_keeps_no_trace_of_how(
    tiny_config: Path, tiny_checkpoint: Path, annotations_file: Path, tmp_path: Path
) -> None:
    sentences = sentence_inputs(read_annotations(annotations_file, load_codebook()))
    found = {}
    for name, weight in (("answers", 0.0), ("states", 10.0)):
        out = tmp_path / name
        folder = finetune(taught(tiny_config, tiny_checkpoint, weight), out)
        assert (out / "teacher-states.f16").is_file() == (weight > 0)
        with safe_open(folder / "model.safetensors", framework="pt") as weights:
            assert not [key for key in weights.keys() if not key.startswith(("encoder.", "heads."))]  # noqa: SIM118
        (tmp_path / f"measured-{name}").mkdir()
        found[name] = missed(tiny_checkpoint, folder, list(sentences), tmp_path / f"measured-{name}")
    assert found["states"] < 0.7 * found["answers"], found


def test_the_first_view_is_the_best_one(tiny_checkpoint: Path, annotations_file: Path, tmp_path: Path) -> None:
    """Of a model as its own teacher nothing is left over, but for the ridge and half precision."""
    sentences = list(sentence_inputs(read_annotations(annotations_file, load_codebook())))
    assert missed(tiny_checkpoint, tiny_checkpoint, sentences, tmp_path) < 0.1


def test_the_first_view_is_fitted_on_rows_that_are_taught(
    tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As under `labelled_only`, where a step over all rows may meet none of those that the teacher was asked about."""
    monkeypatch.setattr("newstance.training.taught_states._FITTED_ON", 4)
    sentences = [SentenceInput(f"The council sold quay {number} to the harbour.") for number in range(8)]
    predictor = Predictor.open(Checkpoint(tiny_checkpoint), runtime="torch")
    assert isinstance(predictor.runtime, TorchRuntime)
    network = predictor.runtime.network
    network.shows_states = True
    encoded = predictor.encoding.encode(sentences)
    writer = StatesWriter(tmp_path)
    outputs = predictor.outputs(predictor.start(encoded))
    for row, (sentence, windows) in enumerate(zip(encoded, outputs, strict=True)):
        if row % 2:
            writer.add(row, sentence, windows)
    writer.finish(len(sentences))
    states = TaughtStates(tmp_path, len(sentences))
    assert states.taught_rows().tolist() == [1, 3, 5, 7]
    view = fitted_view(network, predictor.encoding, sentences, states)
    assert torch.isfinite(view.weight).all() and view.weight.abs().sum() > 0


class Killed(BaseException):
    pass


def killing_after(steps: int) -> Progress:
    @contextmanager
    def progress(_: str, __: int | None) -> Iterator[Callable[[], None]]:
        left = iter(range(steps - 1, -1, -1))

        def step() -> None:
            if next(left) == 0:
                raise Killed

        yield step

    return progress


def test_a_killed_run_resumes_to_the_very_same_weights(
    tiny_config: Path, tiny_checkpoint: Path, tmp_path: Path
) -> None:
    config = taught(tiny_config, tiny_checkpoint, 10.0, "epochs=2", "batch_size=8", "save_every=2", "masking.rows=1.0")
    whole = finetune(config, tmp_path / "whole")
    with pytest.raises(Killed):
        finetune(config, tmp_path / "run", progress=killing_after(7))
    folder = finetune(config, tmp_path / "run", resume=True)
    assert Checkpoint(folder).config.files["model.safetensors"] == Checkpoint(whole).config.files["model.safetensors"]
    # And a later run may start from a state that holds a view.
    on = load_config(tiny_config, [f"start_from={tmp_path / 'run/steps/checkpoint-10'}", "feed_forward=8", "epochs=1"])
    finetune(on, tmp_path / "on")


def test_hidden_words_are_not_taught(tmp_path: Path) -> None:
    from newstance.training.collator import Collator
    from newstance.training.sections import MaskingConfig

    written(tmp_path, *[[[9, 9], [1, 0], [3, 0], [5, 4], [9, 9]]] * 2)
    states = TaughtStates(tmp_path, 3)
    rows = []
    for number in (0, 2, 1):
        window = STUDENT.windows[0]
        row = {"row": number, "input_ids": window.input_ids, "token_type_ids": [0] * 5, "words": window.words}
        rows.append(row | {"target": [], "weight": 1.0, "taught_words": states.words_of_tokens(number, STUDENT)})
    batch = Collator(0, set(), MaskingConfig(rows=0), states=states)(rows)
    assert batch["taught_words"].tolist() == [[-1, 0, 1, 1, -1], [-1] * 5, [-1, 2, 3, 3, -1]]
    torch.testing.assert_close(batch["taught_states"], torch.from_numpy(states.of(np.arange(4))))
    hiding = Collator(0, set(), MaskingConfig(rows=1.0, up_to=0.99), seed=3, states=states)(rows)
    seen = hiding["taught_words"] >= 0
    assert 0 < seen.sum() < 6
    assert not (seen & (hiding["pool_mask"] == 0)).any()
    assert len(hiding["taught_states"]) == hiding["taught_words"].max() + 1
