"""`mended_utf8`: UTF-8 in which a few bytes are bad."""

from __future__ import annotations

__all__ = ["mended_utf8"]


def mended_utf8(data: bytes, *, declared: bool = False) -> str | None:
    """Decode UTF-8 that has a few bad bytes, each of which becomes U+FFFD.

    Continuation bytes of whole characters are weighed against bad bytes, since hardly any stand in the right place by
    chance: in sentences of twenty-two other encodings (Western, Slavic, Greek, Semitic, Thai, East Asian) there are at
    most 0.4 of them to a bad byte, and beside one curly quotation mark and one bad byte there are two.

    Args:
        data: bytes that are not valid UTF-8 throughout.
        declared: whether the text says that it is UTF-8; then as many as there are bad bytes are enough.

    Returns:
        The text, or None where it is not clearly UTF-8. Without any whole character of several bytes it never is, even
        if declared: Windows-1252 gives single bytes a meaning, and UTF-8 gives them none.
    """
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
    whole = len(text.encode()) - len(text) - 2 * bad
    return text if whole >= (1 if declared else 2) * max(1, bad) else None
