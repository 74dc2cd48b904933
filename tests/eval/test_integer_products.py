from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import pytest

from newstance.corpora import read_corpus
from newstance.errors import CheckpointError
from newstance.eval import development, integer_products
from newstance.eval.integer_graph import Product, Rounding, encoder_products, with_integer_products
from newstance.eval.integer_products import calibrated, main, roundings
from newstance.model import Checkpoint, Predictor, SentenceEncoding, SentenceInput
from newstance.model.onnx_runtime import OnnxRuntime

SENTENCES = [
    SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),)),
    SentenceInput("Fishermen thanked the ministry for a generous and sensible plan of four chapters.", ((22, 30),)),
    SentenceInput("Nobody met."),
]
Arrays = dict[str, npt.NDArray[np.float32]]


@pytest.fixture(scope="module")
def model(tiny_exported: Path) -> onnx.ModelProto:
    return onnx.load(str(tiny_exported / "model.onnx"))


def runtime(model: onnx.ModelProto, path: Path) -> OnnxRuntime:
    onnx.save(model, path)
    return OnnxRuntime(path)


def batch(rows: int, tokens: int) -> dict[str, npt.NDArray[np.int64]]:
    ids = np.random.default_rng(1).integers(7, 200, (rows, tokens))
    ones = np.ones_like(ids)
    return {"input_ids": ids, "attention_mask": ones, "token_type_ids": 0 * ids, "pool_mask": ones}


def test_an_encoder_multiplies_six_times_a_layer(model: onnx.ModelProto) -> None:
    products = encoder_products(model)
    assert len(products) == 12
    assert len({product.tokens for product in products}) == 8  # query, key and value read the same
    assert sum(product.after_gelu for product in products) == 2
    assert {product.weight.shape for product in products} == {(32, 32), (64, 32), (32, 64)}


@pytest.mark.parametrize("step", [None, 0.05])
def test_rounded_products_stay_near_the_real_ones(
    model: onnx.ModelProto, tiny_exported: Path, tmp_path: Path, step: float | None
) -> None:
    every = {product.tokens: Rounding(step=step) for product in encoder_products(model)}
    rewritten = with_integer_products(model, every)
    assert sum(node.op_type == "MatMulInteger" for node in rewritten.graph.node) == 12
    before = OnnxRuntime(tiny_exported / "model.onnx").run(batch(3, 9))
    after = runtime(rewritten, tmp_path / "rewritten.onnx").run(batch(3, 9))
    for name, values in before.items():
        assert 0 < np.abs(after[name] - values).max() < 0.1 * np.abs(values).max(), name


def test_a_centre_and_a_scale_leave_the_product_as_it_was(model: onnx.ModelProto, tmp_path: Path) -> None:
    first = encoder_products(model)[0]
    plain = with_integer_products(model, {first.tokens: Rounding()})
    rng = np.random.default_rng(0)
    moved = with_integer_products(model, {first.tokens: Rounding(rng.normal(size=32), rng.uniform(0.5, 2, 32))})
    left, right = (runtime(m, tmp_path / f"{n}.onnx").run(batch(2, 7)) for n, m in enumerate((plain, moved)))
    np.testing.assert_allclose(left["stance_logits"], right["stance_logits"], atol=0.1)


def test_with_a_step_for_each_token_a_sentence_does_not_depend_on_its_batch(
    model: onnx.ModelProto, tmp_path: Path
) -> None:
    every = {product.tokens: Rounding() for product in encoder_products(model)}
    rewritten = runtime(with_integer_products(model, every), tmp_path / "rewritten.onnx")
    rows = batch(6, 11)
    together = rewritten.run(rows)
    for row in range(6):
        alone = rewritten.run({name: values[row : row + 1] for name, values in rows.items()})
        for name, values in alone.items():
            np.testing.assert_array_equal(values[0], together[name][row])


@pytest.mark.parametrize("step", [None, 1e-3])
def test_tokens_are_rounded_to_seven_bits_so_that_no_sum_of_two_products_saturates(
    model: onnx.ModelProto, tmp_path: Path, step: float | None
) -> None:
    every = {product.tokens: Rounding(step=step) for product in encoder_products(model)}
    rewritten = with_integer_products(model, every)
    whole = [node.output[0] for node in rewritten.graph.node if node.op_type == "QuantizeLinear"]
    rewritten.graph.output.extend(onnx.helper.make_tensor_value_info(n, onnx.TensorProto.UINT8, None) for n in whole)
    seen = runtime(rewritten, tmp_path / "seen.onnx").run(batch(3, 9), only=whole)
    assert len(seen) == 8
    assert max(int(values.max()) for values in seen.values()) == 127


def test_evidence_still_sums_to_the_logits(model: onnx.ModelProto, tiny_exported: Path, tmp_path: Path) -> None:
    checkpoint = Checkpoint(tiny_exported)
    rewritten = with_integer_products(model, roundings(model, checkpoint, SENTENCES, tmp_path))
    encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)
    predictor = Predictor(encoding, runtime(rewritten, tmp_path / "rewritten.onnx"), ["stance"])
    for prediction in predictor.predict(SENTENCES):
        np.testing.assert_allclose(prediction.evidence["stance"].sum(0), prediction.logits["stance"], atol=1e-4)


def test_calibration_makes_channels_even_and_a_fixed_step_covers_what_it_saw() -> None:
    rng = np.random.default_rng(2)
    tokens = rng.normal(size=(500, 16))
    tokens[:, 3] = 40 + 20 * tokens[:, 3]
    product = Product("linear", "tokens", "output", rng.normal(size=(8, 16)), after_gelu=False)
    found = calibrated(product, tokens, product.weight, step=True)
    assert found.centre is not None and found.scale is not None and found.step is not None
    assert found.centre[3] == pytest.approx(40, abs=3)
    even = np.abs((tokens - found.centre) / found.scale)
    assert even.max(axis=0).max() / np.median(even.max(axis=0)) < 5  # it was twenty times as wide
    assert even.max() == pytest.approx(63 * found.step)


def test_a_model_without_int8_columns_is_refused(model: onnx.ModelProto) -> None:
    plain = onnx.ModelProto()
    plain.CopyFrom(model)
    del plain.graph.node[:]
    with pytest.raises(CheckpointError, match="no weights in int8 columns"):
        encoder_products(plain)


def test_the_command_says_what_each_way_saves_and_changes(
    tiny_exported: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {split: read_corpus(split)[:number] for split, number in (("train", 800), ("dev", 40))}
    for module in (development, integer_products):
        monkeypatch.setattr(module, "read_corpus", few.__getitem__)
    main(str(tiny_exported), None, 2)
    lines = capsys.readouterr().out.splitlines()
    assert sum("times as fast" in line for line in lines) == 4
    assert sum(line.startswith("  stance: equal labels") and "macro-F1" in line for line in lines) == 4


def test_the_command_wants_an_exported_model(tiny_exported: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny_exported, tmp_path / "bare")
    (folder / "model.onnx").unlink()
    with pytest.raises(CheckpointError, match=r"no model\.onnx"):
        main(str(folder), None, 2)
