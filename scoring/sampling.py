"""`draw_sentences`: a random sample of the counted sentences of a scored archive, for people to annotate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from newstance.errors import InputError

from .counted import cell_value, check_key, column_of, counted, encoded, scored_files, scored_parts

__all__ = ["Drawn", "Sentence", "draw_sentences"]

_SHOWN = ("article", "index", "text", "start", "target", "target_spans", "voice", "outlet", "date")


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that was drawn; nothing of it is the model's.

    Attributes:
        id: `ARTICLE#INDEX`.
        article: its article.
        target: the target's name.
        target_spans: where the sentence names it, offsets into `text`.
        before: the sentence before it, empty at the beginning of an article.
        text: the sentence.
        after: the sentence after it.
        voice: whose words it carries.
        outlet: of the article.
        date: of the article.
    """

    id: str
    article: str
    target: str
    target_spans: list[list[int]]
    before: str
    text: str
    after: str
    voice: str
    outlet: str
    date: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sample.

    Attributes:
        sentences: in random order.
        counted: how many sentences the archive counts.
        left_out: how many of these were not to be drawn.
        by_cell: by the key's value how many were drawn, and of how many; empty without a key.
    """

    sentences: list[Sentence]
    counted: int
    left_out: int
    by_cell: dict[str, tuple[int, int]]


def draw_sentences(
    source: str | Path,
    n: int,
    *,
    per: str | None = None,
    seed: int = 1,
    exclude: Collection[str] = (),
    unnamed: bool = False,
    insiders: bool = True,
) -> Drawn:
    """Draw sentences at random, each with the same chance; with a key, `n` of each of its values.

    The model's labels play no part. The archive is read twice: once to count, once for what was drawn.

    Args:
        source: folder of a run, or a scored file.
        n: how many; all where there are no more.
        per: one of `KEYS`: draw `n` for each of its values.
        seed: of the drawing.
        exclude: ids that are not to be drawn, as of an earlier sample.
        unnamed: draw from sentences that do not name the target too.
        insiders: draw from what the target's own people say too.

    Raises:
        UsageError: there is no scored archive, or an unknown key.
        InputError: a part cannot be read, or there is nothing to draw.
    """
    if per is not None:
        check_key(per, "--per")
    places, cells, total = [], [], 0
    names: dict[str, int] = {}
    columns = ["article", "index", "role", "target_spans", "insider", *([column_of(per)] if per else [])]
    excluded_articles = {name.rpartition("#")[0] for name in exclude}
    files = scored_files(source)  # once: a run may add parts meanwhile
    for number, path in enumerate(files):
        table = next(scored_parts(path, columns))
        rows = np.flatnonzero(counted(table, unnamed=unnamed, insiders=insiders).to_numpy(zero_copy_only=False))
        total += len(rows)
        articles, of_row = encoded(table["article"])
        doubtful = np.array([name in excluded_articles for name in articles], dtype=bool)[of_row[rows]]
        if doubtful.any():
            indices = table["index"].to_numpy()
            told = [f"{articles[of_row[row]]}#{indices[row]}" in exclude for row in rows[doubtful]]
            rows = np.delete(rows, np.flatnonzero(doubtful)[np.array(told, dtype=bool)])
        places.append(np.stack([np.full(len(rows), number), rows], axis=1))
        if per is not None:
            given, of_value = encoded(table[column_of(per)])
            codes = [names.setdefault(cell_value(per, value), len(names)) for value in given]
            cells.append(np.array(codes, dtype=np.int64)[of_value[rows]])
    every = np.concatenate(places)
    if not len(every):
        why = "every sentence that is counted was to be left out" if total else "no sentence is counted"
        raise InputError(f"nothing to draw: {why}", path=source)
    rng = np.random.default_rng(seed)
    if per is None:
        chosen, by_cell = rng.permutation(len(every))[:n], {}
    else:
        of_cell = np.concatenate(cells)
        drawn = {name: rng.permutation(np.flatnonzero(of_cell == code))[:n] for name, code in sorted(names.items())}
        by_cell = {name: (len(rows), int((of_cell == names[name]).sum())) for name, rows in drawn.items()}
        by_cell = {name: found for name, found in by_cell.items() if found[1]}
        chosen = rng.permutation(np.concatenate(list(drawn.values())))
    return Drawn(_read(files, every[chosen]), total, total - len(every), by_cell)


def _read(files: Sequence[Path], places: np.ndarray) -> list[Sentence]:
    """Return the sentences at (part, row) places, in their order."""
    found: list[Sentence | None] = [None] * len(places)
    wanted = set(places[:, 0].tolist())
    for number, path in enumerate(files):
        if number not in wanted:
            continue
        table = next(scored_parts(path, _SHOWN))
        for place in np.flatnonzero(places[:, 0] == number):
            found[place] = _sentence(table, int(places[place, 1]))
    return [one for one in found if one is not None]


def _sentence(table: object, row: int) -> Sentence:
    around = table.slice(max(0, row - 1), 3 if row else 2).to_pylist()  # type: ignore[attr-defined]
    at = 1 if row else 0
    one = around[at]
    before = around[0] if at and around[0]["article"] == one["article"] else None
    after = around[at + 1] if len(around) > at + 1 and around[at + 1]["article"] == one["article"] else None
    return Sentence(
        id=f"{one['article']}#{one['index']}",
        article=one["article"],
        target=one["target"] or "",
        target_spans=[[a - one["start"], b - one["start"]] for a, b in one["target_spans"] or []],
        before=before["text"] if before else "",
        text=one["text"],
        after=after["text"] if after else "",
        voice=one["voice"] or "",
        outlet=one["outlet"] or "",
        date=one["date"] or "",
    )
