"""Bytes become text: byte order marks, UTF-8 (strictly, then with a few bad bytes), then detection.

A text of UTF-8 with one bad byte, from a paste or a cut, is still UTF-8: read as anything else, every quotation mark
in it would become three signs. Western single-byte text is the common other case in news archives and the one that
general detectors get wrong on short texts, so Windows-1252 is preferred wherever the detector finds it possible at all.
"""

from __future__ import annotations

import codecs
import re

from newstance.errors import ArticleError
from newstance.files import mended_utf8

__all__ = ["decode", "normalise_newlines"]

#: UTF-32 before UTF-16: the little-endian mark of the first begins with that of the second.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

#: Formats that people do put into article folders, by their first bytes.
_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or office document"),
    (b"\xd0\xcf\x11\xe0", "an old office document"),
    (b"\x1f\x8b", "gzip data"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"PAR1", "a Parquet file"),
)

#: Control characters that no text of any era has: everything below the space but tab, newlines, form feed,
#: escape and the Ctrl-Z that old editors wrote at the end.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x19\x1c-\x1f]")
_CONTROL_TEXT = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f\x7f-\x84\x86-\x9f]")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.IGNORECASE)

#: EBCDIC code pages, in which almost any bytes are "letters".
_MAINFRAME = ("cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140")
#: Encodings of old Macintoshes, which detectors see in any short Western text; a page that is in one declares it.
_MACINTOSH = ("mac_cyrillic", "mac_greek", "mac_iceland", "mac_latin2", "mac_roman", "mac_turkish")
_IN_WORD = re.compile(r"[^\W\d_][¡-©«-±´¶-¸»-¿×÷][^\W\d_]|[^\W\d_][²³¹ºª][^\W\d_]")

#: Detection reads this much: enough for any statistic, and it keeps a 10 MB file linear and quick.
_SAMPLE = 256 * 1024


def decode(data: bytes, *, path: str | None = None, page: bool = False) -> tuple[str, str]:
    r"""Decode an article's bytes.

    Args:
        data: the file's bytes.
        path: named in errors.
        page: whether a ``<meta charset>`` in the first 4096 bytes counts.

    Returns:
        The text without byte order mark, newlines as in the file, and the name of its encoding. Bytes that are bad in
        a text that is clearly UTF-8 are U+FFFD.

    Raises:
        ArticleError: the data is empty or is not text.
    """
    if not data.strip(b" \t\r\n\x0b\x0c\x00"):
        raise ArticleError("the file is empty; give a file that holds an article's text", path=path)
    for signature, what in _SIGNATURES:
        if data.startswith(signature):
            raise ArticleError(f"this is {what}, not text; convert it to .txt, .md or .html first", path=path)
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, encoding, path)
    if b"\x00" in data[:_SAMPLE]:
        return _utf16_without_mark(data, path)
    if b"\x00" in data:
        raise _not_text(path)
    declared = _declared(data) if page else None
    text = _try(data, "utf-8") or mended_utf8(data, declared=declared in ("utf-8", "utf8"))
    if text is not None:
        if len(_CONTROL.findall(data[:_SAMPLE])) > 0.05 * min(len(data), _SAMPLE):
            raise _not_text(path)
        return text, "utf-8"
    if declared is not None and (text := _try(data, declared)) is not None:
        return text, declared
    return _detect(data, path)


def normalise_newlines(text: str) -> str:
    r"""Turn ``\r\n`` and lone ``\r`` into ``\n``, the only change ever made to an article's text."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _marked(data: bytes, encoding: str, path: str | None) -> tuple[str, str]:
    text = _try(data, encoding)
    if text is None and encoding == "utf-8-sig" and (mended := mended_utf8(data, declared=True)) is not None:
        text = mended.removeprefix("\ufeff")
    if text is None:
        raise _not_text(path)
    return text, encoding


def _declared(data: bytes) -> str | None:
    found = _CHARSET.search(data[:4096])
    return found.group(1).decode("ascii").lower() if found else None


def _try(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _not_text(path: str | None) -> ArticleError:
    return ArticleError("this is not text in any known encoding; give a .txt, .md or .html file", path=path)


def _utf16_without_mark(data: bytes, path: str | None) -> tuple[str, str]:
    """Accept null bytes only where every second byte of Western UTF-16 has them, else refuse as binary."""
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = len(sample) / 2
    if len(data) % 2 == 0 and max(even, odd) > 0.4 * half and min(even, odd) < 0.05 * half:
        encoding = "utf-16-be" if even > odd else "utf-16-le"
        text = _try(data, encoding)
        if text is not None and "\x00" not in text:
            return text, encoding
    raise ArticleError("the file holds null bytes, so it is binary and not an article's text", path=path)


def _detect(data: bytes, path: str | None) -> tuple[str, str]:
    from charset_normalizer import from_bytes

    if len(_CONTROL.findall(data[:_SAMPLE])) > 0.01 * min(len(data), _SAMPLE):
        raise _not_text(path)
    matches = from_bytes(data[:_SAMPLE], cp_exclusion=[*_MAINFRAME, *_MACINTOSH])
    best = matches.best()
    western = any({"cp1252", "latin_1"} & {match.encoding, *match.could_be_from_charset} for match in matches)
    # No verdict means Western text too short to judge, or badly broken UTF-8: Windows-1252 reads both best.
    guesses = [] if best is None else [best.encoding]
    guesses = ["cp1252", *guesses] if western and not _foreign(best.encoding if best else "") else [*guesses, "cp1252"]
    for encoding in [*guesses, "latin-1"]:
        text = _try(data, encoding)
        if text is not None and encoding == "cp1252" and best is not None and _IN_WORD.search(text[:_SAMPLE]):
            continue  # a sign inside a word: these bytes are letters in another encoding
        if text is not None and len(_CONTROL_TEXT.findall(text[:_SAMPLE])) <= 0.01 * len(text[:_SAMPLE]):
            return text, encoding
    raise _not_text(path)


def _foreign(encoding: str) -> bool:
    """Whether the detector saw a multi-byte script, whose statistics are too strong to overrule."""
    return encoding.startswith(("big5", "gb", "hz", "euc", "shift", "cp932", "cp949", "johab", "iso2022", "utf"))
