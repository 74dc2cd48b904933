"""Labels of tools that keep one flat list of them: which layer of the codebook does each belong to?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook, Label, Layer, load_codebook

from .annotation import OWN_FIELDS, Annotation
from .columns import NONE_OF_THEM, column_of

__all__ = ["prefixed_codes", "refuse_lost_labels", "sorted_into_layers", "span_columns", "tool_codebook"]

#: Labels of spans that are fields of the record.
SPAN_LABELS = ("rationale", "target_spans")


def tool_codebook(codebook: Codebook) -> Codebook:
    """Return the layers that an annotation tool offers: with a stance goes the question whose voice it is.

    Models that ship learn voice from no layer of theirs, so their codebooks lack it; records have a field for it.
    """
    if "stance" not in codebook or "voice" in codebook:
        return codebook
    voice = Layer(
        name="voice",
        kind="single",
        description="Whose words or view the sentence carries.",
        labels=(
            Label(code="outlet", description="nobody else is credited"),
            Label(code="quoted", description="a direct quotation carries the point"),
            Label(code="paraphrased", description="reported in the outlet's words"),
        ),
    )
    return codebook.model_copy(update={"layers": (*codebook.layers, voice)})


def prefixed_codes(record: Annotation, codebook: Codebook) -> list[str]:
    """Return a record's labels as `layer:code`, in the order of layers; `layer:(none)` where none applies."""
    found = []
    for layer in codebook.layers:
        codes = record.codes(layer)
        if codes is not None:
            found += [f"{layer.name}:{code}" for code in codes or (NONE_OF_THEM,)]
    return found


def refuse_lost_labels(record: Annotation, codebook: Codebook) -> None:
    """Raise `AnnotationError` when a record was judged on a layer that the codebook, and so the tool, lacks."""
    given = [name for name in OWN_FIELDS if record.judged(name) is not None] + sorted(record.labels)
    for name in given:
        if name not in codebook:
            raise AnnotationError(f"{record.id}: the codebook has no such layer, its label would be lost", field=name)


def span_columns(spans: Iterable[tuple[str, list[int]]], control: str = "spans") -> dict[str, list[list[int]]]:
    """Return labelled spans as columns `CONTROL.LABEL`; what `spans` calls rationale or target_spans is that field."""
    columns: dict[str, list[list[int]]] = {}
    for label, span in spans:
        columns.setdefault(f"{control}.{label}", []).append(span)
        if control == "spans" and label in SPAN_LABELS:
            columns.setdefault(label, []).append(span)
    return columns


def sorted_into_layers(
    labels: Iterable[str], codebook: Codebook | None, mapped: Iterable[str] = ()
) -> dict[str, list[Any]]:
    """Return the labels by the column of their layer.

    Args:
        labels: as `layer:code`, or bare codes that only one layer of the codebook has.
        codebook: the layers; None takes the one that ships.
        mapped: columns that a map reads whole; where there are any, bare codes are left to them.

    Raises:
        AnnotationError: a bare code that no layer has, or several have.
    """
    codebook = codebook or load_codebook()
    layers = {layer.name: layer for layer in codebook.layers}
    found: dict[str, list[Any]] = {}
    for label in labels:
        prefix, colon, code = label.partition(":")
        if colon and (prefix in layers or prefix in OWN_FIELDS):
            found.setdefault(column_of(prefix), []).append(code)
            continue
        if mapped:
            continue
        owners = [layer for layer in codebook.layers if label in layer.codes]
        if len(owners) != 1:
            which = "several layers" if owners else "no layer"
            known = ", ".join(layers)
            raise AnnotationError(
                f"{which} of the codebook ({known}) has the label {label!r}; name the column with a map, "
                f"or the label as layer:code",
                field="label",
            )
        found.setdefault(column_of(owners[0]), []).append(label)
    return found
