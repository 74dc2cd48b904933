"""Batch planning: rows of like length together, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["MAX_ROWS", "MAX_TOKENS", "plan_batches"]

#: 256 tokens keep the activations of a layer in the cache, and matrix products are no faster with more rows (74 to 77
#: GFLOP/s at 128, 256 and 504). Measured on two AVX2 cores with the shipped model, 81 sentences of a wire article: 1224
#: ms at 2048 tokens, 1096 at 1024, 946 at 512, 904 to 917 at 256; in processor time, least of four, 1145 at 512 against
#: 975 at 256. On 512 sentences of the own corpus the gain is within noise. Small batches also let two workers end
#: together.
MAX_ROWS = 32
MAX_TOKENS = 256
#: A batch that holds this many tokens is closed before a row that would leave more than this share of it empty.
_ENOUGH = 128
_WASTE = 0.06


def plan_batches(lengths: Sequence[int], max_rows: int = MAX_ROWS, max_tokens: int = MAX_TOKENS) -> list[list[int]]:
    """Group row numbers by length so that little is padded.

    Args:
        lengths: tokens of each row.
        max_rows: rows a batch at most.
        max_tokens: tokens a batch at most, padding included; a longer row is a batch of its own.

    Returns:
        Batches of row numbers, the longest rows first, so that several workers end together; each row stands in
        exactly one.
    """
    batches: list[list[int]] = []
    current: list[int] = []
    longest = tokens = 0
    for row in sorted(range(len(lengths)), key=lengths.__getitem__, reverse=True):
        padded = longest * (len(current) + 1)
        wasteful = tokens >= _ENOUGH and padded - tokens - lengths[row] > _WASTE * padded
        if current and (len(current) == max_rows or padded > max_tokens or wasteful):
            batches.append(current)
            current, tokens = [], 0
        if not current:
            longest = lengths[row]
        current.append(row)
        tokens += lengths[row]
    if current:
        batches.append(current)
    return batches
