"""WARC files: the pages of a web archive, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

from newstance.articles.drafts import Draft, Refusal
from newstance.errors import ArticleError
from newstance.files import DAMAGED

__all__ = ["read_warc"]


def read_warc(
    path: str, stream: IO[bytes], *, most: int, passed_over: Callable[[int], None] = lambda status: None
) -> Iterator[Draft | Refusal]:
    """Yield the HTML pages of a WARC file; other records are passed over.

    So are the pages that servers send with an error or a redirect, which are no articles. A page's id is its record's
    id, its path the address that it was fetched from.

    Args:
        path: the file, named in errors.
        stream: its bytes; gzip is recognised.
        most: bytes of a page at most; a longer one is refused.
        passed_over: told the HTTP status of every page that is left out since the status is not 200 to 299.
    """
    try:
        from fastwarc.warc import ArchiveIterator, WarcRecordType
    except ImportError:
        yield Refusal(ArticleError("reading WARC needs: pip install 'newstance[warc]'", path=path))
        return
    number = 0
    try:
        records = ArchiveIterator(
            stream, record_types=WarcRecordType.response | WarcRecordType.resource, auto_decode="all"
        )
        for number, record in enumerate(records, start=1):
            if "html" not in (record.http_content_type or record.headers.get("Content-Type") or ""):
                continue
            status = record.http_headers.status_code if record.http_headers is not None else None  # resources: none
            if status is None or 200 <= status <= 299:
                yield _page(record, path, number, most)
            else:
                passed_over(status)
    except (*DAMAGED, ValueError) as error:
        yield Refusal(
            ArticleError(f"damaged, the rest of the file cannot be read ({error})", path=path, line=number + 1)
        )
        return
    if not number:
        yield Refusal(ArticleError("holds no WARC record of a page", path=path))


def _page(record: Any, path: str, number: int, most: int) -> Draft | Refusal:
    id = str(record.record_id).strip("<>").removeprefix("urn:uuid:")
    address = record.headers.get("WARC-Target-URI") or path
    body = record.reader.read(most + 1)
    if len(body) > most:
        return Refusal(ArticleError(f"the page has more than {most:,} bytes", path=path, line=number), id)
    return Draft(id=id, path=address, line=number, page=body)
