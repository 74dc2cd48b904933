"""`WindowCache`: what the model said of sentences seen before: wire copy, boilerplate, repeated headlines."""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict

from .encoding import Window
from .runtime import Outputs

__all__ = ["WindowCache", "window_key"]

#: Bytes that a row's dictionary and arrays take beside their numbers.
_OVERHEAD = 900


def window_key(window: Window) -> bytes:
    """Return 16 bytes that two windows share only if the model sees the same in both."""
    digest = hashlib.blake2b(array("i", window.input_ids).tobytes(), digest_size=16)
    digest.update(bytes(window.token_type_ids))
    digest.update(bytes(word >= 0 for word in window.words))
    digest.update(array("i", [len(window.hidden), *window.hidden, *window.target]).tobytes())
    return digest.digest()


class WindowCache:
    """Keep the outputs of the windows used last, within a bound in bytes."""

    def __init__(self, max_bytes: int) -> None:
        """Start empty."""
        self.max_bytes = max_bytes
        self._bytes = 0
        self._rows: OrderedDict[bytes, Outputs] = OrderedDict()

    def get(self, key: bytes) -> Outputs | None:
        """Return a window's outputs, or None."""
        found = self._rows.get(key)
        if found is not None:
            self._rows.move_to_end(key)
        return found

    def put(self, key: bytes, outputs: Outputs) -> None:
        """Remember a window's outputs, and forget those not used for longest."""
        if key in self._rows:
            return
        self._rows[key] = outputs
        self._bytes += _size(outputs)
        while self._bytes > self.max_bytes:
            self._bytes -= _size(self._rows.popitem(last=False)[1])

    def __len__(self) -> int:
        """Return how many windows are remembered."""
        return len(self._rows)


def _size(outputs: Outputs) -> int:
    return _OVERHEAD + sum(array.nbytes for array in outputs.values())
