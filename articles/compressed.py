"""Files as byte streams: plain, gzip (``.gz``) and Zstandard (``.zst``), never unpacked as a whole."""

from __future__ import annotations

import gzip
import zlib
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any, cast

__all__ = ["DAMAGED", "inner_suffix", "open_bytes"]

_PACKED = frozenset({".gz", ".zst"})
#: What reading a damaged or cut stream raises, and Arrow at a file name that is not UTF-8.
DAMAGED = (OSError, EOFError, zlib.error, UnicodeEncodeError)


def inner_suffix(path: str | PathLike[str]) -> str:
    """Return a file's suffix in lower case, looking through ``.gz`` and ``.zst``: ``a.JSONL.gz`` has ``.jsonl``."""
    name = Path(path)
    if name.suffix.lower() in _PACKED:
        name = name.with_suffix("")
    return name.suffix.lower()


def open_bytes(path: str | PathLike[str]) -> IO[bytes]:
    """Open a file for reading its unpacked bytes.

    Raises:
        OSError: it cannot be opened; reading on may raise any of `DAMAGED`.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if suffix == ".zst":
        import pyarrow  # as heavy as a table's reader, and needed only here

        stream: Any = pyarrow.CompressedInputStream(pyarrow.OSFile(fspath(path), "rb"), "zstd")
        return stream  # type: ignore[no-any-return]
    return Path(path).open("rb")
