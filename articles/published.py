"""The day on which a page says that it was published: in its metadata, and last in its own address.

Metadata are meta tags, JSON-LD and `<time datetime>`; where these give no day, a whole one counts that stands alone in
the path of the address that the page gives as its own. A year in the footer, a day in the prose, a folder of pictures
or the address of a copy may be of any time, and the day decides who was in office.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date as Date
from email.utils import parsedate
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

__all__ = ["UNKNOWN", "day_in", "published"]

#: Names (or properties, or itemprops) of meta tags that give a day of publication, the most exact first.
_META = (
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "article:published",
    "og:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "published_time",
    "publication_date",
    "citation_publication_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "dc.date.created",
    "date",
)
#: Years come first, so that day and month cannot be confused: ``2025-01-21``, ``2025/1/21``, ``20250121``.
_DAY = re.compile(r"\s*([12]\d{3})(?:([-/.])(\d\d?)\2(\d\d?)|(\d\d)(\d\d))(?!\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
#: ``March 4, 2021``, ``Thursday, 4 Mar. 2021``: a month that is named cannot be confused either.
_NAMED_MONTH = re.compile(
    r"\s*(?:[a-z]+day,?\s+)?(?:(\d\d?)(?:st|nd|rd|th)?\s+)?"
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?,?\s+(?:(\d\d?)(?:st|nd|rd|th)?,?\s+)?([12]\d{3})\b",
    re.IGNORECASE,
)
#: What programs write where they know no day.
UNKNOWN = ("1970-01-01", "0001-01-01")
#: ``/2025/01/21/title``, ``/2025-01-21-title``. Without the next slash, the last number may be another:
#: ``/2025/01/21-ways-to-vote``.
_ADDRESS_DAY = re.compile(r"/((?:19|20)\d\d)(?:/(\d\d)/(\d\d)(?=/)|-(\d\d)-(\d\d)(?!\d))")
#: A day anywhere in a path. Beside another it may be an event's: ``/fairs/2025-01-20-2025-01-22``.
_WRITTEN_DAY = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
#: Hides JSON from old browsers, or from readers of XML.
_WRAPPING = re.compile(r"(?:\s|//|/\*|\*/|<!--|<!\[CDATA\[)*")
_JSON = json.JSONDecoder(strict=False)
#: What is not the article: other articles' teasers and the page's frame.
_ELSEWHERE = ("aside", "nav", "footer")
_MARKED = re.compile(r"\b(?:entry-date|published|pubdate|datepublished)\b", re.IGNORECASE)
_PROSE = re.compile(r"[.!?][\"”’)]*\s*$")


def published(tree: Any) -> str | None:
    """Return the day of publication that a page's metadata give.

    Args:
        tree: the page as `lxml` parsed it.

    Returns:
        An ISO date, of the page's own address where no metadata can be understood. Without one there either, the first
        of the metadata as it stands, such as ``21/01/2025``, whose day and month nobody can tell apart; None where
        there are none. Numbers and the first day of 1970 count as none.
    """
    texts = [text for text in (*_in_meta(tree), *_in_json(tree)) if text.strip()]
    days = (day_in(text) for text in chain(texts, _in_time(tree), _in_address(tree)))  # one by one, as some are dear
    flat = (" ".join(text.split()) for text in texts)
    as_written = (text for text in flat if not (_NUMBER.fullmatch(text) or text.startswith(UNKNOWN)))
    return next((day for day in days if day is not None), None) or next(as_written, None)


def day_in(text: str) -> str | None:
    """Return the day that a text begins with, as written whatever the time zone."""
    if found := _DAY.match(text):
        year, month, day = int(found[1]), int(found[3] or found[5]), int(found[4] or found[6])
    elif (found := _NAMED_MONTH.match(text)) and bool(found[1]) != bool(found[3]):
        year, month, day = int(found[4]), _MONTHS.index(found[2][:3].lower()) + 1, int(found[1] or found[3])
    elif mail := parsedate(text):  # Tue, 21 Jan 2025 10:00:00 GMT
        year, month, day = mail[:3]
    else:
        return None
    try:
        date = Date(year, month, day).isoformat()
    except ValueError:
        return None
    return None if date in UNKNOWN else date


def _in_meta(tree: Any) -> list[str]:
    given: dict[str, list[str]] = {}
    for element in tree.iter("meta"):
        content = element.get("content") or element.get("datetime") or ""
        for attribute in ("property", "name", "itemprop"):
            given.setdefault((element.get(attribute) or "").lower(), []).append(content)
    return [content for name in _META for content in given.get(name, ())]


def _in_json(tree: Any) -> list[str]:
    """Return the dates of the page's own JSON-LD objects, those of articles first."""
    found: list[tuple[bool, str]] = []
    for element in tree.iter("script"):
        if (element.get("type") or "").strip().lower() != "application/ld+json":
            continue
        try:
            text = element.text or ""
            start = _WRAPPING.match(text)
            data, _ = _JSON.raw_decode(text, start.end() if start else 0)
        except (ValueError, RecursionError):
            continue
        for thing in _things(data):
            date = thing.get("datePublished")
            if isinstance(date, list):
                date = next((one for one in date if isinstance(one, str)), None)
            if isinstance(date, str):
                found.append((not re.search("Article|Posting|Report", str(thing.get("@type"))), date))
    return [date for _, date in sorted(found, key=lambda one: one[0])]


def _things(data: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects that are about the page: at the top, in a list there, or in a graph, and their main entities.

    Not what else lies in them.
    """
    for top in data if isinstance(data, list) else [data]:
        graph = top.get("@graph") if isinstance(top, dict) else None
        for thing in (top, *(graph if isinstance(graph, list) else ())):
            if isinstance(thing, dict):
                yield thing
                if isinstance(entity := thing.get("mainEntity"), dict):
                    yield entity


def _in_time(tree: Any) -> Iterator[str]:
    """Yield what `<time datetime>` says: where it is marked as the date of publication, then where it stands alone.

    Not in the frame of the page; unmarked ones not in links, which lead to other articles, nor in sentences.
    """
    times = [e for e in tree.iter("time") if e.get("datetime") and not _inside(e, *_ELSEWHERE)]
    marked = [
        e for e in times if e.get("pubdate") is not None or _MARKED.search(f"{e.get('itemprop')} {e.get('class')}")
    ]
    yield from (element.get("datetime") for element in marked)
    prose: dict[Any, bool] = {}  # once an element, since one may hold thousands of them
    for element in times:
        if not _inside(element, "a") and not any(_is_prose(around, prose) for around in _around(element)):
            yield element.get("datetime")


def _in_address(tree: Any) -> Iterator[str]:
    """Yield the day in the paths of the canonical link and of `og:url`, if they hold one and no other."""
    links = [e.get("href") or "" for e in tree.iter("link") if "canonical" in (e.get("rel") or "").lower().split()]
    metas = [e.get("content") or "" for e in tree.iter("meta") if (e.get("property") or "").lower() == "og:url"]
    paths = [_path(address) for address in links + metas]
    days = {"-".join(filter(None, found.groups())) for path in paths for found in _ADDRESS_DAY.finditer(path)}
    if len(days) == 1 and days.issuperset(day for path in paths for day in _WRITTEN_DAY.findall(path)):
        yield from days


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # brackets that hold no IPv6 address
        return ""


def _is_prose(element: Any, known: dict[Any, bool]) -> bool:
    """Return whether an element's text ends as a sentence does, and enter the answer into `known`."""
    if element not in known:
        known[element] = _PROSE.search(element.text_content()) is not None
    return known[element]


def _inside(element: Any, *tags: str) -> bool:
    return next(element.iterancestors(*tags), None) is not None


def _around(element: Any) -> Iterator[Any]:
    return element.iterancestors("p", "li", "blockquote")  # type: ignore[no-any-return]
