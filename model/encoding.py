"""Encoding: a sentence and its target become token ids, and every token knows its word.

The first segment is the sentence, its target mentions marked or masked; the second holds the target's name
(only when marked: a masked model must not see who is in office) and, where the model was trained with it, the
neighbouring text. Only the sentence's own tokens are pooled, so all evidence lies on the sentence's own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer

from newstance.errors import CheckpointError

from .words import Span, word_spans

__all__ = ["EncodedSentence", "EncodingConfig", "SentenceEncoding", "SentenceInput", "Window", "collate"]

Batch = dict[str, npt.NDArray[np.int64]]
_NO_WORD = -1


class EncodingConfig(BaseModel):
    """How sentences are turned into the model's input; a part of every checkpoint.

    Attributes:
        target_mode: `mark` puts marker tokens around each mention, `mask` replaces each by the mask token.
        context: neighbouring text in the second segment: none, the text before, or both sides.
        context_tokens: at most this many tokens are taken from each side, those nearest to the sentence; fewer where
            the second segment would be more than half of a window.
        max_length: tokens per window, special tokens included.
        max_windows: longer sentences are cut after so many half-overlapping windows and flagged `truncated`.
        open_marker: vocabulary entry put before a marked mention.
        close_marker: vocabulary entry put after it.
        mask_token: vocabulary entry that stands for a masked mention. Where this and the next two are None, training
            asks the encoder's tokenizer and writes its answer into the checkpoint; nobody to ask means BERT's names.
        unknown_token: stands for a sentence of which the tokenizer keeps nothing.
        pad_token: fills shorter rows of a batch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_mode: Literal["mark", "mask"] = "mask"
    context: Literal["none", "before", "both"] = "none"
    context_tokens: int = Field(default=48, ge=1)
    max_length: int = Field(default=192, ge=16)
    max_windows: int = Field(default=64, ge=1)
    open_marker: str = "[unused1]"
    close_marker: str = "[unused2]"
    mask_token: str | None = None
    unknown_token: str | None = None
    pad_token: str | None = None

    def named(self, *, mask: str | None = None, unknown: str | None = None, pad: str | None = None) -> EncodingConfig:
        """Return the configuration with names for the tokens that it leaves open, BERT's where None is given."""
        names = {
            "mask_token": self.mask_token or mask or "[MASK]",
            "unknown_token": self.unknown_token or unknown or "[UNK]",
            "pad_token": self.pad_token or pad or "[PAD]",
        }
        return self.model_copy(update=names)


@dataclass(frozen=True, slots=True)
class SentenceInput:
    """A sentence as the model is asked about it; all spans are code-point offsets into their own text."""

    text: str
    target_spans: tuple[Span, ...] = ()
    target: str = ""
    before: str = ""
    after: str = ""
    before_spans: tuple[Span, ...] = ()
    after_spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """One row for the model: lists of one length, and for each token its word (-1: not the sentence's).

    `hidden` are positions that the model neither attends to nor pools: words taken away without moving the others.
    `target` are the positions of the target's mentions in the sentence, markers included.
    """

    input_ids: list[int]
    token_type_ids: list[int]
    words: list[int]
    hidden: tuple[int, ...] = ()
    target: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class EncodedSentence:
    """A sentence as one or more windows.

    Attributes:
        windows: one, or several that overlap by half when the sentence is longer than the model.
        words: display span of each word, in order; `Window.words` points into it.
        truncated: whether words were left out because even `max_windows` did not hold them.
    """

    windows: tuple[Window, ...]
    words: tuple[Span, ...]
    truncated: bool


@dataclass(frozen=True, slots=True)
class _Tokens:
    ids: list[int]
    words: list[int]
    target: list[bool]

    def cut(self, start: int, end: int) -> _Tokens:
        return _Tokens(self.ids[start:end], self.words[start:end], self.target[start:end])


class SentenceEncoding:
    """Turn sentences into windows of token ids with one tokenizer and one configuration."""

    def __init__(self, tokenizer: Tokenizer, config: EncodingConfig) -> None:
        """Prepare the tokenizer (no padding, no truncation, special tokens in a text are text) and look up its own.

        Raises:
            CheckpointError: the vocabulary lacks one of the tokens that the configuration names.
        """
        tokenizer.no_padding()
        tokenizer.no_truncation()
        # A text that says "[SEP]" says so in words; the tokens that are meant are put in as ids.
        tokenizer.encode_special_tokens = True
        config = config.named()
        self._tokenizer = tokenizer
        self.config = config
        self.pad_id = self._id(config.pad_token)
        self._unknown = self._id(config.unknown_token)
        if config.target_mode == "mark":
            self._open, self._close = self._id(config.open_marker), self._id(config.close_marker)
        else:
            self._mask = self._id(config.mask_token)
        self._frame = _special_tokens(tokenizer)

    def _id(self, token: str | None) -> int:
        found = None if token is None else self._tokenizer.token_to_id(token)
        if found is None:
            raise CheckpointError(f"the tokenizer has no token {token!r} that the encoding asks for")
        return int(found)

    def encode(self, inputs: Sequence[SentenceInput]) -> list[EncodedSentence]:
        """Encode sentences in one batched tokenizer call; results come in the order given."""
        marked, context = self.config.target_mode == "mark", self.config.context
        texts: list[str] = []
        for item in inputs:
            # What the second segment leaves out is not worth the time: neighbours are as long as sentences.
            name = item.target if marked else ""
            before = item.before if context in ("before", "both") else ""
            after = item.after if context == "both" else ""
            texts += [item.text, name, before, after]
        encodings = self._tokenizer.encode_batch([_encodable(t) for t in texts], add_special_tokens=False)
        return [self._encode_one(item, *encodings[4 * row : 4 * row + 4]) for row, item in enumerate(inputs)]

    def _encode_one(self, item: SentenceInput, text: Any, name: Any, before: Any, after: Any) -> EncodedSentence:
        spans = _clean_spans(item.target_spans, len(item.text))
        masked = self.config.target_mode == "mask"
        full, shown = word_spans(item.text, spans if masked else ())
        tokens = self._with_target(text, spans, _word_of_tokens(text.offsets, full))
        if not tokens.ids:
            tokens = _Tokens([self._unknown], [0 if shown else _NO_WORD], [False])
        second = self._second_segment(item, name, before, after)
        windows, truncated = self._windows(tokens, second)
        return EncodedSentence(windows, tuple(shown), truncated)

    def _with_target(self, encoding: Any, spans: Sequence[Span], words: Sequence[int]) -> _Tokens:
        """Insert markers around the mentions, or put one mask token in place of each."""
        ids: list[int] = []
        owner: list[int] = []
        target: list[bool] = []

        def put(token: int, word: int, *, hit: bool) -> None:
            ids.append(token)
            owner.append(word)
            target.append(hit)

        current = 0
        inside = False
        masked = self.config.target_mode == "mask"
        for token, (start, end), word in zip(encoding.ids, encoding.offsets, words, strict=True):
            while current < len(spans) and spans[current][1] <= start:
                if inside and not masked:
                    put(self._close, owner[-1], hit=True)
                inside = False
                current += 1
            hit = current < len(spans) and spans[current][0] < max(end, start + 1)
            if hit and not inside:
                put(self._mask if masked else self._open, word, hit=True)
            inside = inside or hit
            if not (hit and masked):
                put(token, word, hit=hit)
        if inside and not masked:
            put(self._close, owner[-1], hit=True)
        return _Tokens(ids, owner, target)

    def _second_segment(self, item: SentenceInput, name: Any, before: Any, after: Any) -> list[int]:
        most = self.config.context_tokens
        # At least half of a window is the sentence's own, however long the second segment is.
        room = self.config.max_length // 2 - len(self._frame.pair)
        ids: list[int] = name.ids[: min(most, room)] if self.config.target_mode == "mark" else []
        earlier: list[int] = []
        later: list[int] = []
        if self.config.context in ("before", "both") and item.before:
            earlier = self._context(before, item.before_spans, item.before)[-most:]
        if self.config.context == "both" and item.after:
            later = self._context(after, item.after_spans, item.after)[:most]
        # Each side has half of what the name leaves, and what the other does not need of its half.
        room -= len(ids)
        after_room = min(len(later), max(room // 2, room - len(earlier)))
        before_room = min(len(earlier), room - after_room)
        return [*ids, *earlier[len(earlier) - before_room :], *later[:after_room]]

    def _context(self, encoding: Any, spans: Sequence[Span], text: str) -> list[int]:
        clean = _clean_spans(spans, len(text))
        return self._with_target(encoding, clean, [_NO_WORD] * len(encoding.ids)).ids

    def _windows(self, tokens: _Tokens, second: list[int]) -> tuple[tuple[Window, ...], bool]:
        frame = self._frame
        room = self.config.max_length - len(second) - len(frame.pair)
        step = max(1, room // 2)
        starts = range(0, max(1, len(tokens.ids) - room + step), step) if len(tokens.ids) > room else range(1)
        kept = starts[: self.config.max_windows]
        windows = tuple(self._window(tokens.cut(s, s + room), second) for s in kept)
        return windows, len(kept) < len(starts)

    def _window(self, tokens: _Tokens, second: list[int]) -> Window:
        frame = self._frame
        tail = frame.middle + second + frame.end if second else frame.single_end
        tail_types = [frame.first_type] * len(frame.middle) + [frame.second_type] * (len(tail) - len(frame.middle))
        return Window(
            input_ids=[*frame.start, *tokens.ids, *tail],
            token_type_ids=[frame.first_type] * (len(frame.start) + len(tokens.ids))
            + (tail_types if second else [frame.first_type] * len(tail)),
            words=[_NO_WORD] * len(frame.start) + tokens.words + [_NO_WORD] * len(tail),
            target=tuple(i for i, hit in enumerate(tokens.target, start=len(frame.start)) if hit),
        )


def collate(windows: Sequence[Window], pad_id: int) -> Batch:
    """Pad windows to the longest and stack them.

    Returns:
        int64 arrays of shape (rows, tokens): `input_ids`, `attention_mask`, `token_type_ids`, `pool_mask`, which is 1
        on the tokens that belong to the sentence itself, and `target_mask`, 1 on those of the target's mentions; the
        masks are 0 on hidden ones.
    """
    rows, width = len(windows), max(len(w.input_ids) for w in windows)
    batch: Batch = {
        "input_ids": np.full((rows, width), pad_id, dtype=np.int64),
        "attention_mask": np.zeros((rows, width), dtype=np.int64),
        "token_type_ids": np.zeros((rows, width), dtype=np.int64),
        "pool_mask": np.zeros((rows, width), dtype=np.int64),
        "target_mask": np.zeros((rows, width), dtype=np.int64),
    }
    for row, window in enumerate(windows):
        size = len(window.input_ids)
        batch["input_ids"][row, :size] = window.input_ids
        batch["attention_mask"][row, :size] = 1
        batch["token_type_ids"][row, :size] = window.token_type_ids
        batch["pool_mask"][row, :size] = np.asarray(window.words) >= 0
        batch["target_mask"][row, list(window.target)] = 1
        if window.hidden:
            for mask in ("attention_mask", "pool_mask", "target_mask"):
                batch[mask][row, list(window.hidden)] = 0
        if not batch["pool_mask"][row].any():
            batch["pool_mask"][row, 0] = 1  # a sentence without a single word: pool the start token
    return batch


@dataclass(frozen=True, slots=True)
class _Frame:
    """The special tokens around one and two segments, as the tokenizer's own template sets them."""

    start: list[int]
    middle: list[int]
    end: list[int]
    single_end: list[int]
    first_type: int
    second_type: int

    @property
    def pair(self) -> list[int]:
        return self.start + self.middle + self.end


def _special_tokens(tokenizer: Tokenizer) -> _Frame:
    pair, single = tokenizer.encode("a", "b"), tokenizer.encode("a")
    first, second = pair.sequence_ids.index(0), pair.sequence_ids.index(1)
    return _Frame(
        start=list(pair.ids[:first]),
        middle=list(pair.ids[first + 1 : second]),
        end=list(pair.ids[second + 1 :]),
        single_end=list(single.ids[single.sequence_ids.index(0) + 1 :]),
        first_type=pair.type_ids[first],
        second_type=pair.type_ids[second],
    )


def _encodable(text: str) -> str:
    """Replace lone surrogates, one for one, which no tokenizer takes; offsets stay as they are."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= char <= "\udfff" else char for char in text)


def _clean_spans(spans: Sequence[Span], length: int) -> list[Span]:
    """Sort spans, drop empty ones and those outside the text, merge those that overlap."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if not 0 <= start < end <= length:
            continue
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _word_of_tokens(offsets: Sequence[Span], words: Sequence[Span]) -> list[int]:
    """Return for each token the word that its first character lies in."""
    owner: list[int] = []
    word = 0
    for start, _ in offsets:
        while word + 1 < len(words) and words[word][1] <= start:
            word += 1
        owner.append(word)
    return owner
