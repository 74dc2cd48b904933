"""An exported model with some of its encoder's products in int8, so that what such arithmetic costs can be measured.

A product of tokens and weights becomes QuantizeLinear, MatMulInteger and two scales. Processors without VNNI add
pairs of u8 x s8 products in 16 bits, which saturate, and then give other results than processors with it. Tokens are
therefore rounded to 7 bits: 2 x 127 x 127 fits, and the sum of integers is exact everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from newstance.errors import CheckpointError

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto

__all__ = ["LEAST_GELU", "MOST", "TWO_SIDED", "Product", "Rounding", "encoder_products", "with_integer_products"]

Floats = npt.NDArray[np.floating]

_ENCODER = "network.encoder."
#: Seven bits: levels 0 to `MOST`, or `TWO_SIDED` of them on either side of a zero point of 64.
MOST, TWO_SIDED, _ZERO = 127, 63, 64
#: GELU is never below -0.17, so seven bits reach twice as far when they start there.
LEAST_GELU = -0.17


@dataclass(frozen=True, slots=True)
class Product:
    """One product of the encoder.

    Attributes:
        name: of the linear layer.
        tokens: name of the tensor (rows, tokens, inputs) that it multiplies.
        output: name of the result, before the bias is added.
        weight: (outputs, inputs), the int8 columns times their scales, turned.
        after_gelu: whether `tokens` comes out of a GELU.
    """

    name: str
    tokens: str
    output: str
    weight: Floats
    after_gelu: bool


@dataclass(frozen=True, slots=True)
class Rounding:
    """How the tokens that go into a product, or into several, are rounded.

    Attributes:
        centre: (inputs,) taken off the tokens first; the bias gives it back.
        scale: (inputs,) what channels are divided by, and the weights multiplied with (Xiao et al., SmoothQuant,
            ICML 2023), so that no channel takes all of the levels.
        step: one step for all tokens; None for each token's own, its largest value by the number of levels.
    """

    centre: Floats | None = None
    scale: Floats | None = None
    step: float | None = None


def encoder_products(model: ModelProto) -> list[Product]:
    """Return the encoder's products of an exported model, in order.

    Raises:
        CheckpointError: the model has no weights in int8 columns; exports before version 0.3 have rows.
    """
    from onnx import TensorProto, numpy_helper

    made_by = {output: node for node in model.graph.node for output in node.output}
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    found = []
    for node in model.graph.node:
        columns = _rounded_weight(node, made_by)
        if columns is None or not columns.startswith(_ENCODER):
            continue
        name = columns.removesuffix(".columns")
        if tensors[columns].data_type != TensorProto.INT8:  # in four bits
            continue
        values, scale = (numpy_helper.to_array(tensors[f"{name}.{part}"]) for part in ("columns", "scale"))
        before = made_by.get(node.input[0])
        gelu = before is not None and before.op_type == "Gelu"
        found.append(Product(name, node.input[0], node.output[0], np.ascontiguousarray((values * scale).T), gelu))
    if not found:
        raise CheckpointError("has no weights in int8 columns; export it (again) with --quantise int8-weights")
    return found


def _rounded_weight(node: NodeProto, made_by: Mapping[str, NodeProto]) -> str | None:
    """Return the name of the int8 columns that a node multiplies with, if it does."""
    maker = made_by.get(node.input[1]) if node.op_type == "MatMul" else None
    if maker is None or maker.op_type != "DequantizeLinear":
        return None
    name = str(maker.input[0])
    return name if name.endswith(".columns") else None


def with_integer_products(model: ModelProto, roundings: Mapping[str, Rounding]) -> ModelProto:
    """Return a copy of an exported model that multiplies some tensors in int8; the others stay in fp32.

    Args:
        model: as `export` writes it, with weights in int8 columns.
        roundings: for each tensor that goes into products, how it is rounded.
    """
    from onnx import ModelProto as Model

    copy = Model()
    copy.CopyFrom(model)
    products = {product.output: product for product in encoder_products(model) if product.tokens in roundings}
    writer = _Writer(copy)
    for node in model.graph.node:
        product = products.get(node.output[0])
        if product is None:
            writer.keep(node)
        else:
            writer.multiply(product, roundings[product.tokens])
    writer.finish()
    return copy


class _Writer:
    """Writes a graph's nodes anew."""

    def __init__(self, model: ModelProto) -> None:
        from onnx import helper, numpy_helper

        self._helper, self._numpy = helper, numpy_helper
        self._graph = model.graph
        self._tensors = {tensor.name: tensor for tensor in model.graph.initializer}
        self._nodes: list[NodeProto] = []
        self._rounded: dict[str, tuple[str, str, str]] = {}
        self._moved: dict[str, Floats] = {}
        self.constant("int8.last", np.array([-1]))
        self.constant("int8.second", np.array([1]))
        self.constant("int8.weight_zero", np.array(0, np.int8))

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        tensor = self._numpy.from_array(value, name)
        self._tensors[name] = tensor
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes: int) -> str:
        made = self._helper.make_node(kind, inputs, [output])
        made.attribute.extend(self._helper.make_attribute(name, value) for name, value in attributes.items())
        self._nodes.append(made)
        return output

    def keep(self, node: NodeProto) -> None:
        """Keep a node; where it adds a bias to a product of moved tokens, the bias gives the way back."""
        moved = next((name for name in node.input if name in self._moved), None)
        if moved is not None:
            if node.op_type != "Add":
                raise CheckpointError(f"the product {moved} has no bias that could take its centre")
            place = 1 - list(node.input).index(moved)
            bias = self._numpy.to_array(self._tensors[node.input[place]])
            changed = type(node)()
            changed.CopyFrom(node)
            changed.input[place] = self.constant(f"{moved}.bias", (bias + self._moved[moved]).astype(np.float32))
            node = changed
        self._nodes.append(node)

    def multiply(self, product: Product, rounding: Rounding) -> None:
        """Write a product in int8; tensors that go into several are rounded once."""
        if product.tokens not in self._rounded:
            self._rounded[product.tokens] = self._round(product, rounding)
        rounded, step, zero = self._rounded[product.tokens]
        name = product.name
        weight = product.weight if rounding.scale is None else product.weight * rounding.scale
        scale = np.maximum(np.abs(weight).max(axis=1, keepdims=True), 1e-12) / 127
        whole = np.round(weight / scale).astype(np.int8)
        columns = self.constant(f"{name}.columns", np.ascontiguousarray(whole.T))
        self.node("MatMulInteger", [rounded, columns, zero, "int8.weight_zero"], f"{name}.sums")
        self.node("Cast", [f"{name}.sums"], f"{name}.floats", to=self._helper.np_dtype_to_tensor_dtype(np.dtype("f4")))
        self.node("Mul", [f"{name}.floats", step], f"{name}.by_token")
        scales = self.constant(f"{name}.scales", scale[:, 0].astype(np.float32))
        self.node("Mul", [f"{name}.by_token", scales], f"{name}.rows")
        self.node("Shape", [product.tokens], f"{name}.shape", start=0, end=2)
        outputs = self.constant(f"{name}.outputs", np.array([len(weight)]))
        self.node("Concat", [f"{name}.shape", outputs], f"{name}.full", axis=0)
        self.node("Reshape", [f"{name}.rows", f"{name}.full"], product.output)
        if (centre := _centre(product, rounding)) is not None:
            self._moved[product.output] = product.weight @ centre

    def _round(self, product: Product, rounding: Rounding) -> tuple[str, str, str]:
        """Write how a tensor is rounded; return the names of its whole numbers, their steps and their zero point."""
        name = f"{product.tokens}.int8"
        inputs = product.weight.shape[1]
        tokens = self.node(
            "Reshape", [product.tokens, self.constant(f"{name}.flat", np.array([-1, inputs]))], f"{name}.0"
        )
        if (centre := _centre(product, rounding)) is not None:
            self.constant(f"{name}.centre", centre.astype(np.float32))
            tokens = self.node("Sub", [tokens, f"{name}.centre"], f"{name}.1")
        if rounding.scale is not None:
            self.constant(f"{name}.inverse", (1 / rounding.scale).astype(np.float32))
            tokens = self.node("Mul", [tokens, f"{name}.inverse"], f"{name}.2")
        levels, zero = (MOST, 0) if product.after_gelu else (TWO_SIDED, _ZERO)
        zero_point = self.constant(f"{name}.zero", np.array(zero, np.uint8))
        if rounding.step is not None:
            step = self.constant(f"{name}.step", np.array(rounding.step, np.float32))
            # QuantizeLinear itself would stop at 255, where sums of two products no longer fit.
            low, high = (
                self.constant(f"{name}.{end}", np.array((level - zero) * rounding.step, np.float32))
                for end, level in (("low", 0), ("high", MOST))
            )
            tokens = self.node("Clip", [tokens, low, high], f"{name}.clipped")
            return self.node("QuantizeLinear", [tokens, step, zero_point], f"{name}.whole"), step, zero_point
        sizes = tokens if product.after_gelu else self.node("Abs", [tokens], f"{name}.sizes")
        most = self.node("ReduceMax", [sizes, "int8.last"], f"{name}.most", keepdims=0)
        share = self.constant(f"{name}.share", np.array(1 / levels, np.float32))
        small = self.constant(f"{name}.small", np.array(1e-9, np.float32))
        steps = self.node("Max", [self.node("Mul", [most, share], f"{name}.shares"), small], f"{name}.steps")
        # QuantizeLinear wants a zero point for each step.
        nought = self.constant(f"{name}.nought", np.array(0, np.float32))
        zeros = self.node("Mul", [steps, nought], f"{name}.zeros")
        whole_zeros = self.node(
            "Cast", [zeros], f"{name}.zeros8", to=self._helper.np_dtype_to_tensor_dtype(np.dtype("u1"))
        )
        points = self.node("Add", [whole_zeros, zero_point], f"{name}.points")
        whole = self.node("QuantizeLinear", [tokens, steps, points], f"{name}.whole", axis=0)
        return whole, self.node("Unsqueeze", [steps, "int8.second"], f"{name}.column"), zero_point

    def finish(self) -> None:
        """Leave out what nothing needs any more, and put the rest into the graph."""
        needed = {output.name for output in self._graph.output}
        kept: list[NodeProto] = []
        for node in reversed(self._nodes):
            if needed.intersection(node.output):
                kept.append(node)
                needed.update(node.input)
        for field in ("node", "initializer", "value_info"):
            self._graph.ClearField(field)
        self._graph.node.extend(reversed(kept))
        self._graph.initializer.extend(tensor for name, tensor in self._tensors.items() if name in needed)


def _centre(product: Product, rounding: Rounding) -> Floats | None:
    return np.full(product.weight.shape[1], LEAST_GELU) if product.after_gelu else rounding.centre
