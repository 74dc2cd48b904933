"""`Renamed`: one layer under two names, with other codes for the same labels, so that two models can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from newstance.corpora import Annotation
from newstance.corpora.annotation import OWN_FIELDS
from newstance.errors import UsageError
from newstance.model import Codebook
from newstance.model.codebook import Layer

from .judged import Judged

__all__ = ["Renamed", "owner"]


@dataclass(frozen=True, slots=True)
class Renamed:
    """What a layer of one model, in whose words the data are annotated, is called by the other.

    Attributes:
        layer: its name where the data have it.
        other: its name in the other model.
        codes: each code to the other model's.
    """

    layer: str
    other: str
    codes: Mapping[str, str]

    def fits(self, own: Codebook, others: Codebook) -> bool:
        """Return whether the two codebooks have these layers with these codes, one for one."""
        if self.layer not in own or self.other not in others:
            return False
        one, two = own.layer(self.layer), others.layer(self.other)
        whole = set(one.codes) == set(self.codes) and set(two.codes) == set(self.codes.values())
        return whole and one.kind == two.kind and len(one.codes) == len(two.codes)

    def record(self, record: Annotation) -> Annotation:
        """Return the record with its label as the other model calls it, and none under the first name."""
        given = record.judged(self.layer)
        labels = {name: value for name, value in record.labels.items() if name not in (self.layer, self.other)}
        update: dict[str, object] = {name: None for name in (self.layer, self.other) if name in OWN_FIELDS}
        if given is not None:
            # A code that is none is left as it is: judging names it.
            codes = tuple(self.codes.get(code, code) for code in ((given,) if isinstance(given, str) else given))
            value = codes[0] if isinstance(given, str) else codes
            if self.other in OWN_FIELDS:
                update[self.other] = value
            else:
                labels[self.other] = value
        return record.model_copy(update=update | {"labels": labels})

    def judged(self, judged: Judged, layer: Layer) -> Judged:
        """Return what the first model says of its layer as if it were the other's layer, its codes in that order."""
        back = {new: old for old, new in self.codes.items()}
        order = [judged.layer.codes.index(back[code]) for code in layer.codes]
        arrays = {name: getattr(judged, name)[:, order] for name in ("probability", "uncalibrated", "tied_probability")}
        if layer.kind == "multi":
            arrays |= {name: getattr(judged, name)[:, order] for name in ("gold", "predicted")}
        else:
            arrays |= {name: np.argsort(order)[getattr(judged, name)] for name in ("gold", "predicted")}
        return replace(judged, layer=layer, **arrays)


def owner(renamed: Sequence[Renamed], first: Codebook, second: Codebook) -> int:
    """Return which model's words the data are annotated in, 0 or 1; without renamed layers the first's.

    Raises:
        UsageError: neither has the layers and codes of all of them where the other has what they are called there, or
            a layer is given twice.
    """
    if any(len({getattr(one, name) for one in renamed}) < len(renamed) for name in ("layer", "other")):
        raise UsageError("names a layer that another --as names too", field="--as")
    for number, (own, others) in enumerate(((first, second), (second, first))):
        if all(one.fits(own, others) for one in renamed):
            return number
    told = "; ".join(
        f"the {which} has " + ", ".join(f"{layer.name} ({', '.join(layer.codes)})" for layer in codebook.layers)
        for which, codebook in (("first", first), ("second", second))
    )
    raise UsageError(
        f"gives no layer of one model, with all of its labels, one for one another layer of the other; {told}",
        field="--as",
    )
