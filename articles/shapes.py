"""What bylines, datelines, captions, credits and headings look like, whoever published them."""

from __future__ import annotations

import re

__all__ = [
    "dateline_end",
    "ends_sentence",
    "has_inner_end",
    "is_byline",
    "is_caption",
    "is_credit",
    "is_heading",
    "is_mark",
    "is_name",
    "is_stamp",
    "words_in",
]

#: Shapes are read from this much of a block: longer blocks are paragraphs whatever they begin with.
_LOOK = 600

_MONTHS = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]{0,6}\.?"
_PLACE_WORD = r"[A-ZÀ-ÞŠŽ][\w.'’\-]{0,30}"
_DASH = r"(?:—|–|―|--|-)"
_DATE = rf"(?:,?\s*(?:{_MONTHS}\s\d{{1,2}}|\d{{1,2}}\s{_MONTHS})(?:,?\s\d{{4}})?)"
_AGENCY = r"\([A-Z][^()\n]{0,40}\)"
_PLACE = rf"{_PLACE_WORD}(?:[\s,/]{{1,3}}{_PLACE_WORD}){{0,6}}"
_DATELINE = re.compile(
    rf"{_AGENCY}\s*{_DASH}(?=\s|$)"  # (AGENCY) —
    rf"|{_PLACE}{_DATE}?,?\s*{_AGENCY}(?:\s*(?:{_DASH}|:)(?=\s|$)|(?=\s+[A-ZÀ-Þ“\"‘]))"  # CITY (Agency) -
    rf"|(?=[A-ZÀ-ÞŠŽ]{{3}}|(?:St\.|D\.C\.|L\.A\.)\s){_PLACE}{_DATE}?\s*{_DASH}(?=\s|$)"  # CITY —
    rf"|{_PLACE}{_DATE}\s*{_DASH}(?=\s|$)"  # City, 3 March —
)

_BY = re.compile(
    r"(?:(?:(?:Story|Analysis|Written|Reported|Reporting|Opinion|Commentary|Text|Words)\s+)?(?:[Bb]y|BY):?"
    r"|From|FROM)\s+(?=[A-ZÀ-ÞŠŽ])"
)
_SMALL = frozenset(
    """and de da di du del la le van von der den al el bin ben dos y e of the for in at with & | / - – — • ·
    staff writer writers reporter reporters correspondent correspondents editor contributor political senior
    chief white house national""".split()  # noqa: SIM905
)
_ROLE_WORD = re.compile(
    r"(?:staff|writer|reporter|correspondent|editor|columnist|contributor|bureau|desk)s?\b", re.IGNORECASE
)
_DAY = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_STAMP = re.compile(
    r"(?:(?:First |Last )?(?:Published|Updated|Posted|Modified|Filed|Issued)\b.{0,80}"
    rf"|(?:{_DAY},?\s+)?(?:{_MONTHS}\s\d{{1,2}},?\s\d{{4}}|\d{{1,2}}\s{_MONTHS}\s\d{{4}}|\d{{4}}-\d\d-\d\d).{{0,50}}"
    r"|\d{1,2}[- ]min(?:ute)?s?[- ]read"
    r"|\d{1,2}:\d\d\s*(?:[AaPp]\.?[Mm]\.?)?\s*[A-Z]{0,4}.{0,60})\Z",
    re.DOTALL,
)
_PHOTO = re.compile(
    r"\((?:[A-Z]\w+\s)?(?:Photo|Image|Picture|Credit|File)\b[^()]{0,80}\)"
    r"|(?:^|\s)(?:File\s)?(?:Photo(?:graph)?|Image|Picture|Illustration)(?:\scredit)?\s?(?:by|:|/)"
    r"|\b(?:AP|AFP|EPA|Reuters|Agency|Staff|File|Handout)\s(?:[Pp]hoto|[Ff]ile)\b"
    r"|\w/(?:Reuters|REUTERS|AP|AFP|EPA|Getty|Bloomberg|Pool|Handout)\b|(?:REUTERS|AFP|EPA|AP)/\w"
    r"|\bGetty Images\b|^(?:Watch|WATCH|Pictured|PICTURED):"
)
_STAGE = re.compile(r"[(\[][A-Z][A-Z0-9 ,:;.'’\-]{1,80}[)\]]\Z")

#: Sentences that credit or protect.
_CREDIT = re.compile(
    "|".join(
        [
            r"\bcontributed\s+(?:to\s+this\s+(?:report|story|article|piece)|reporting|research)\b",
            r"\bcontributed\s+from\s+[A-Z][\w .]{1,40}\.?\Z",
            r"(?:^|[(\[—–-]\s?)(?:(?:Additional|With\s+additional|Further|With)\s+)?(?:[Rr]eporting|[Ww]riting|"
            r"[Ee]diting|[Rr]esearch|[Cc]ompiled|[Ee]dited|[Pp]roduced|[Tt]ranslated|[Ff]act-checked)"
            r"(?:\s(?:and|&)\s[\w ]{1,30})?\s+(?:by|from)\s+[A-Z]",
            r"^With\s+(?:files|assistance|reports?|material)\s+(?:from|by)\b",
            r"^[©™]|^\([cC]\)\s|^Copyright\b|\b[Aa]ll\s+[Rr]ights\s+[Rr]eserved\b|^Distributed\s+by\b",
            r"\bmay\s+not\s+be\s+(?:published|reproduced|reprinted|republished)\b|^Our\s+Standards:",
            r"\b(?:can|may)\s+be\s+(?:reached|contacted|emailed)\s+(?:at|on|by)\b",
            r"^(?:E-?mail|Contact|Follow)\s.{0,80}(?:@|\bon\s+(?:Twitter|X|Bluesky|Mastodon)\b)",
            r"^(?:This|The)\s+(?:story|article|report|piece)\s+(?:was|is|has\s+been|first|originally)\s.{0,60}"
            r"(?:published|appeared|updated|republished|corrected|translated|produced)\b",
            r"\bis\s+an?\s+(?:[\w-]+\s){0,4}(?:staff\s+writer|reporter|correspondent|columnist)\s+"
            r"(?:at|for|with|covering|based)\b",
            r"^(?:Read\s+more|Related|More\s+on\s+this|See\s+also|Sign\s+up|Subscribe|Advertisement)\b",
        ]
    )
)
_END_MARK = re.compile(r"(?:-\s?30\s?-|#{2,3}|E(?:ND|nd)S?\.?|\(?END\)?|_{2,}|-{2,}|\*{3}|■|●|◼)\Z")
_LAST_MARK = re.compile(r"[.!?…][\"'”’»)\]*_]*\Z")
_SENTENCE_END = re.compile(r"[.!?…:;,][\"'”’»)\]*_]*\Z")
#: A sentence that ends before the block does; words of four letters, to pass over "Sen." and "U.S.".
_INNER_END = re.compile(r"(?:[a-z]{4}\.|[!?])[\"'”’)]*\s")
_WORD = re.compile(r"\w[\w'’.\-]*")


def words_in(block: str) -> int:
    """Count the words in a block's first 600 characters (enough to tell short from long)."""
    return len(_WORD.findall(block[:_LOOK]))


def ends_sentence(block: str) -> bool:
    """Whether a block ends in a full stop, question or exclamation mark, inside quotation marks or not."""
    return _LAST_MARK.search(block[-12:]) is not None


def is_mark(block: str) -> bool:
    """Whether a block has no letter or digit: a rule, stars, a stray mark."""
    return not any(character.isalnum() for character in block)


def dateline_end(block: str) -> int:
    """Return the length of the dateline that a block begins with, 0 if it has none.

    "LONDON, March 3 (Agency) -", "(Agency) —", "SPRINGFIELD —" and "Geneva, 3 March –" are datelines.
    """
    match = _DATELINE.match(block[:160])
    return match.end() if match else 0


def is_byline(block: str) -> bool:
    """Whether a block credits its writers: "By Ann Doe and Bo Roe, Daily Example"."""
    if len(block) > 300 or block.endswith(("?", "!", ":")):
        return False
    label = _BY.match(block)
    words = [word.strip(".,;:()") for word in (block[label.end() :] if label else block).split()]
    words = [word for word in words if word]
    if not words:
        return False
    named = sum(word[:1].isupper() or word[:1] in "@" or "@" in word for word in words)
    small = sum(word.lower() in _SMALL for word in words)
    if label:
        # "By Friday the cabinet had fallen." is a sentence: it has a stop and words that no byline has.
        return named + small >= 0.8 * len(words) and named >= 1 and len(words) <= 40 and not _stops(block)
    roles = _ROLE_WORD.search(block) is not None and len(words) <= 14
    return roles and named >= 2 and named + small >= 0.9 * len(words) and not _stops(block)


def is_name(block: str) -> bool:
    """Whether a block is two to four capitalised words and nothing else, as a bare byline is."""
    words = block.split()
    return (
        2 <= len(words) <= 4
        and all(
            word[:1].isupper() and word.replace(".", "").replace("-", "").replace("’", "").isalpha() for word in words
        )
        and not block.isupper()
    )


def is_stamp(block: str) -> bool:
    """Whether a block is a date line: "Updated 4:15 p.m., Friday", "3 March 2031", "5 min read"."""
    return len(block) <= 120 and _STAMP.match(block) is not None


def is_caption(block: str) -> bool:
    """Whether a block carries a photo credit or is a stage direction such as "(BEGIN VIDEO CLIP)"."""
    if len(block) > _LOOK or words_in(block) > 70:
        return False
    return _PHOTO.search(block) is not None or _STAGE.match(block) is not None


def is_credit(sentence: str) -> bool:
    """Whether a sentence, or a block from its first sentence on, credits, protects or ends an article."""
    if _END_MARK.match(sentence[:_LOOK]):
        return True
    match = _CREDIT.search(sentence[:_LOOK])
    return match is not None and _INNER_END.search(sentence[: match.start()]) is None


def is_heading(block: str, *, most: int) -> bool:
    """Whether a block could head something: short, not a sentence with a full stop, not in lower case.

    Args:
        block: the block's text.
        most: the most words that it may have.

    Returns:
        True also for a question, which only its neighbours can tell from a short paragraph.
    """
    if len(block) > 12 * most or words_in(block) > most or is_mark(block):
        return False
    first = next((c for c in block if c.isalnum()), "")
    if first.islower() or (_SENTENCE_END.search(block[-12:]) and not block.rstrip("\"'”’»)]*_").endswith(("?", "!"))):
        return False
    return not _STAGE.match(block)


def has_inner_end(block: str) -> bool:
    """Whether a sentence ends inside a block, so that it is a paragraph however short."""
    return _INNER_END.search(block[:_LOOK]) is not None


def _stops(block: str) -> bool:
    """Whether the last word is followed by a full stop that no abbreviation explains ("Jr.", "A.P.")."""
    if not block.endswith("."):
        return False
    last = block.rsplit(maxsplit=1)[-1]
    return "." not in last[:-1] and last not in {"Jr.", "Sr.", "Inc.", "Co.", "Ltd."}
