"""Files as byte streams: plain, gzip (``.gz``) and Zstandard (``.zst``), never unpacked as a whole."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from os import PathLike, fspath
from pathlib import Path
from typing import IO, Any, cast

__all__ = ["DAMAGED", "NO_VALUE", "create_text", "inner_stem", "inner_suffix", "is_packed", "open_bytes", "open_text"]

_PACKED = frozenset({".gz", ".zst"})
#: What reading a damaged or cut stream raises, and Arrow at a file name that is not UTF-8.
DAMAGED = (OSError, EOFError, zlib.error, UnicodeEncodeError)
#: What Arrow raises at a cell that Python cannot hold: a year too late, bytes in a column of texts that are not UTF-8,
#: a time zone that nobody knows (a KeyError).
NO_VALUE = (OverflowError, ValueError, KeyError)


def is_packed(path: str | PathLike[str]) -> bool:
    """Return whether a file's suffix says that it is packed."""
    return Path(path).suffix.lower() in _PACKED


def inner_suffix(path: str | PathLike[str]) -> str:
    """Return a file's suffix in lower case, looking through ``.gz`` and ``.zst``: ``a.JSONL.gz`` has ``.jsonl``."""
    return _inner(path).suffix.lower()


def inner_stem(path: str | PathLike[str]) -> str:
    """Return a file's name without its suffix, whether packed or not: ``a.jsonl.gz`` is called ``a``."""
    return _inner(path).stem


def _inner(path: str | PathLike[str]) -> Path:
    name = Path(path)
    return name.with_suffix("") if is_packed(name) else name


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


def open_text(path: str | PathLike[str], *, errors: str = "strict") -> IO[str]:
    """Open a file for reading its unpacked text, UTF-8 with or without a mark.

    Args:
        path: the file.
        errors: what becomes of bytes that are not UTF-8, as `open` takes it.

    Raises:
        OSError: it cannot be opened; reading on may raise any of `DAMAGED`, and `UnicodeDecodeError`.
    """
    return io.TextIOWrapper(cast("io.BufferedReader", open_bytes(path)), encoding="utf-8-sig", errors=errors)


@contextmanager
def create_text(place: Path, name: str | PathLike[str], *, newline: str) -> Iterator[IO[str]]:
    r"""Open a file for writing text, UTF-8, packed where its name says so, so that `open_text` reads it back.

    Args:
        place: where to write.
        name: the name that it is to have in the end, as `whole_file` gives it.
        newline: what becomes of ``\n``, as `open` takes it.

    Raises:
        OSError: it cannot be opened, written or closed.
    """
    suffix = Path(name).suffix.lower()
    with ExitStack() as stack:
        file: Any = stack.enter_context(place.open("wb"))
        if suffix == ".gz":  # without name and time: the same text gives the same file
            file = stack.enter_context(gzip.GzipFile("", "wb", fileobj=file, mtime=0))
        elif suffix == ".zst":
            import pyarrow

            file = stack.enter_context(pyarrow.CompressedOutputStream(file, "zstd"))
        yield stack.enter_context(io.TextIOWrapper(file, encoding="utf-8", newline=newline))
