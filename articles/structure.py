"""Blocks become sentences with roles: what is headline, byline, heading, body and credit.

Everything is decided from shape: length, final punctuation, position, neighbours and case. Markup, where
there is some, wins over shape.
"""

from __future__ import annotations

from collections.abc import Sequence

from newstance.articles import shapes
from newstance.articles.blocks import Block
from newstance.articles.records import Role, Sentence
from newstance.articles.sentences import split_sentences

__all__ = ["sentences_of"]

#: A headline has at most this many words, a heading inside the text this many.
_HEADLINE_WORDS = 32
_HEADING_WORDS = 14
#: Above the first paragraph there are at most this many blocks, none longer than this many words.
_TOP_BLOCKS = 9
_TOP_WORDS = 60


def sentences_of(text: str, blocks: Sequence[Block], *, markdown: bool = False) -> tuple[Sentence, ...]:
    """Split blocks into sentences with their roles and sections.

    Args:
        text: the whole article.
        blocks: its blocks in reading order.
        markdown: whether sentences may hold markdown syntax.

    Returns:
        Sentences in reading order; ``text[s.start:s.end] == s.text`` for each.
    """
    blocks = _join_datelines(text, blocks)
    roles = _roles(text, blocks)
    sentences: list[Sentence] = []
    section: str | None = None
    for number, (block, role) in enumerate(zip(blocks, roles, strict=True)):
        if role in ("headline", "heading"):
            spans = [(block.start, block.end)]
            if role == "heading":
                section = " ".join(text[block.start : block.end].split())
        else:
            keep = block.start + shapes.dateline_end(text[block.start : min(block.end, block.start + 200)])
            spans = split_sentences(text, block.start, block.end, keep=keep + 1, markdown=markdown)
        for start, end in spans:
            above = None if role in ("headline", "heading", "credit") else section
            sentences.append(Sentence(len(sentences), text[start:end], start, end, role, number, above))
    return tuple(_closing_credits(sentences))


def _join_datelines(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Put a dateline that stands on a line of its own back in front of its paragraph."""
    out: list[Block] = []
    alone = False
    for given in blocks:
        block = Block(out.pop().start, given.end) if alone and given.kind == "text" else given
        out.append(block)
        piece = text[block.start : min(block.end, block.start + 200)]
        alone = block.kind == "text" and 0 < shapes.dateline_end(piece) == block.end - block.start
    return out


def _roles(text: str, blocks: Sequence[Block]) -> list[Role]:
    # Emphasis hides a shape: "*By Ann Doe*" is a byline.
    pieces = [text[block.start : block.end].strip("*_ ") or "*" for block in blocks]
    roles: list[Role] = ["body"] * len(blocks)
    last = _credits(pieces, blocks, roles)
    first = _top(pieces[:last], blocks, roles)
    _headings(pieces, blocks, roles, first, last)
    for number, block in enumerate(blocks):
        if block.kind in ("headline", "heading", "caption"):
            roles[number] = block.kind
        elif roles[number] == "body" and (shapes.is_caption(pieces[number]) or shapes.is_mark(pieces[number])):
            roles[number] = "caption"
    return roles


def _credits(pieces: Sequence[str], blocks: Sequence[Block], roles: list[Role]) -> int:
    """Mark the credits at the end; return where they begin."""
    end = len(pieces)
    at = end
    while at > 1:
        piece = pieces[at - 1]
        if blocks[at - 1].kind != "text":
            break
        if shapes.is_credit(piece[:600]) or shapes.is_mark(piece):
            end = at = at - 1
        elif at > 2 and _tag(piece) and at - 1 > 0:
            at -= 1  # an agency's name, a contact: counts only below the last paragraph
        else:
            break
    if at < end and (end < len(pieces) or at == len(pieces) - 1):
        end = at
    if any(any(c.isalnum() for c in piece) for piece in pieces[:end]):
        roles[end:] = ["credit"] * (len(pieces) - end)
        return end
    return len(pieces)


def _tag(piece: str) -> bool:
    """Whether a last line is a name or tag: four words at most, none in lower case, no full stop."""
    words = piece.split()
    return len(words) <= 4 and not shapes.ends_sentence(piece) and not any(word[0].islower() for word in words)


def _top(pieces: Sequence[str], blocks: Sequence[Block], roles: list[Role]) -> int:
    """Mark headline, captions and bylines above the text; return where the text begins."""
    limit = 0
    while limit < min(_TOP_BLOCKS, len(pieces)) and shapes.words_in(pieces[limit]) <= _TOP_WORDS:
        limit += 1
    signed = [n for n in range(limit) if shapes.is_byline(pieces[n]) or shapes.is_stamp(pieces[n])]
    headline = _headline(pieces, blocks, signed)
    if headline is None and not (signed and signed[0] == 0):
        return 0
    end = _top_end(pieces, blocks, signed, 0 if headline is None else headline + 1, limit)
    for number, piece in enumerate(pieces[:end]):
        if number == headline:
            roles[number] = "headline"
        elif number in signed or (shapes.is_name(piece) and number > 0):
            roles[number] = "byline"
        elif shapes.is_credit(piece):
            roles[number] = "credit"
        else:
            roles[number] = "caption"
    return end


def _top_end(pieces: Sequence[str], blocks: Sequence[Block], signed: Sequence[int], start: int, limit: int) -> int:
    """Return where the text begins: at a dateline, below the last byline, or below decks and captions."""
    dated = (n for n in range(start, min(limit + 1, len(pieces))) if shapes.dateline_end(pieces[n][:200]))
    end = next(dated, None)
    if end is None and signed:
        end = max(start, signed[-1] + 1)
        if end < len(pieces) - 1 and shapes.is_caption(pieces[end]):
            end += 1
    elif end is None:
        end = start
        while end < len(pieces) - 1 and _under_headline(pieces, blocks, end):
            end += 1
    # Marked headings belong to the text, whatever stands above or below them.
    return next((n for n in range(start, end) if blocks[n].kind == "heading"), end)


def _headline(pieces: Sequence[str], blocks: Sequence[Block], signed: Sequence[int]) -> int | None:
    """Return the number of the headline's block, None if the text begins with a paragraph."""
    marked = next((n for n, block in enumerate(blocks[:_TOP_BLOCKS]) if block.kind == "headline"), None)
    if marked is not None:
        return marked
    for number, piece in enumerate(pieces[:3]):
        if number in signed or shapes.is_mark(piece):
            continue
        if number + 1 >= len(pieces) or shapes.dateline_end(piece[:200]) or blocks[number].kind == "item":
            return None
        following = pieces[number + 1]
        if shapes.is_heading(piece, most=_HEADLINE_WORDS):
            # A section's name over the headline: in capitals, or one or two words.
            kicker = (
                number + 1 not in signed
                and number + 2 < len(pieces)
                and (shapes.words_in(piece) <= 2 or (piece.isupper() and not following.isupper()))
                and shapes.words_in(piece) <= 4 < shapes.words_in(following)
                and shapes.is_heading(following, most=_HEADLINE_WORDS)
            )
            if kicker:
                continue
            return number
        # Some papers put a full stop after the headline; then only byline or dateline below tell it.
        below = number + 1 in signed or shapes.dateline_end(following[:200]) > 0
        if below and shapes.words_in(piece) <= 20:
            return number
        return None
    return None


def _under_headline(pieces: Sequence[str], blocks: Sequence[Block], number: int) -> bool:
    """Whether a block under the headline is a deck, a name or a caption rather than the first paragraph."""
    if blocks[number].kind != "text":
        return False
    piece = pieces[number]
    if shapes.is_caption(piece) or shapes.is_name(piece) or shapes.is_mark(piece):
        return True
    return shapes.is_heading(piece, most=40) and not shapes.ends_sentence(piece)


def _headings(pieces: Sequence[str], blocks: Sequence[Block], roles: list[Role], first: int, last: int) -> None:
    """Mark the headings between paragraphs."""
    could = [
        first < n < last - 1
        and blocks[n].kind == "text"
        and shapes.is_heading(pieces[n], most=_HEADING_WORDS)
        and not shapes.has_inner_end(pieces[n])
        and not shapes.is_caption(pieces[n])
        and not shapes.dateline_end(pieces[n][:200])
        and not pieces[n].startswith(("-", "•", "*", "…"))
        for n in range(len(pieces))
    ]
    heads: list[int] = []
    n = first
    while n < last:
        run = n
        while run < last and could[run]:
            run += 1
        # Three short lines in a row are a list or a verse; and a heading heads a paragraph.
        if run - n <= 2 and run < last:
            heads.extend(range(n, run))
        n = run + 1
    asks = {n for n in heads if shapes.ends_sentence(pieces[n])}
    plain = len(asks) < len(heads) or any(block.kind == "heading" for block in blocks)
    for n in heads:
        if n not in asks or _asking_heading(pieces[n], plain):
            roles[n] = "heading"


def _asking_heading(piece: str, plain: bool) -> bool:
    """Whether a question (or cry) is a heading: it is quoted, in title case, or among plain headings."""
    if _quoted(piece) or piece.istitle():
        return True
    # "But why?" between paragraphs is a paragraph.
    return plain and not piece.endswith("!") and not piece.startswith(("And ", "But ", "So ", "Or ", "Yet "))


def _quoted(piece: str) -> bool:
    return piece[:1] in "\"'“‘«" and piece[-1:] in "\"'”’»"


def _closing_credits(sentences: list[Sentence]) -> list[Sentence]:
    """Mark credits that stand on the last paragraph's own line: "He left. (Reporting by ...)"."""
    at = len(sentences)
    while at and sentences[at - 1].role == "credit":
        at -= 1
    paragraph = sentences[at - 1].paragraph if at else -1
    while at > 1 and sentences[at - 1].paragraph == paragraph and sentences[at - 1].role == "body":
        sentence = sentences[at - 1]
        if not shapes.is_credit(sentence.text):
            break
        sentences[at - 1] = Sentence(sentence.index, sentence.text, sentence.start, sentence.end, "credit", paragraph)
        at -= 1
    return sentences
