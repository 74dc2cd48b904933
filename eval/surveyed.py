"""`read_survey`: the counted sentences of a scored archive in cells, and those of them that people annotated."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from newstance.errors import InputError
from newstance.model.codebook import Layer
from newstance.scoring.counted import cell_value, check_key, column_of, counted, encoded, scored_files, scored_parts

from .gold import Gold

__all__ = ["Survey", "read_survey"]

_COLUMNS = ("article", "index", "role", "target_spans", "voice", "insider", "outlet", "date")
#: The column of a run that holds a layer, by its kind.
_STORED = {"single": "stance", "multi": "frames"}


@dataclass(frozen=True, eq=False)
class Survey:
    """Counted sentences of an archive, and the sample of them.

    Attributes:
        labels: (sentences,) number of the model's label in the layer; or (sentences, labels), whether the model gives
            each of a multi-label layer.
        articles: (sentences,) number of the article.
        cells: (sentences,) number of the cell.
        names: for each cell its values, in the order of the keys.
        rows: (annotated,) which of the sentences were annotated.
        gold: the annotators' labels of these, shaped alike.
        clusters: (annotated,) the articles' ids.
        elsewhere: annotated ids that are not among the counted sentences.
    """

    labels: npt.NDArray[Any]
    articles: npt.NDArray[np.int64]
    cells: npt.NDArray[np.int64]
    names: list[tuple[str, ...]]
    rows: npt.NDArray[np.int64]
    gold: npt.NDArray[Any]
    clusters: list[str]
    elsewhere: list[str]


def read_survey(
    source: str | Path,
    layer: Layer,
    gold: Gold | None = None,
    *,
    by: Sequence[str] = (),
    unnamed: bool = False,
    insiders: bool = True,
) -> Survey:
    """Read what is counted of a scored archive.

    Args:
        source: folder of a run, or a scored file.
        layer: the layer that is counted: the one that played the stance in the run, or the frames.
        gold: the annotators' labels of a sample; ids are `ARTICLE#INDEX`, as `newstance sample` writes them.
        by: some of `KEYS`: one cell for each combination of their values.
        unnamed: count sentences that do not name the target too.
        insiders: count what the target's own people say.

    Raises:
        UsageError: there is no scored archive, or a key is unknown.
        InputError: a part cannot be read; the archive has labels that the layer lacks; a sentence of the sample has
            another text in the archive; or nothing is counted.
    """
    for key in by:
        check_key(key, "--by")
    sample = {} if gold is None else {one.id: number for number, one in enumerate(gold.sentences)}
    sampled_articles = {name.rpartition("#")[0] for name in sample}
    numbers: dict[str, int] = {}
    cells: dict[tuple[str, ...], int] = {}
    labels, articles, cell_numbers = [], [], []
    rows: dict[str, int] = {}
    before = 0
    columns = [*_COLUMNS, _STORED[layer.kind], *(["text"] if sample else [])]
    for path in scored_files(source):
        whole = next(scored_parts(path, columns))
        table = whole.filter(counted(whole, unnamed=unnamed, insiders=insiders))
        names, of_name = encoded(table["article"])
        labels.append(_codes(table, layer, path))
        articles.append(np.array([numbers.setdefault(name, len(numbers)) for name in names], dtype=np.int64)[of_name])
        cell_numbers.append(_cells(table, by, cells))
        if sample:
            assert gold is not None
            found = _annotated(table, names, of_name, sampled_articles, sample)
            _same_texts(table, found, sample, gold, path)
            rows |= {name: before + row for name, row in found.items()}
        before += len(table)
    if not before:
        raise InputError("holds no sentence that is counted: of a headline or body, naming the target", path=source)
    known = [name for name in sample if name in rows]
    return Survey(
        np.concatenate(labels),
        np.concatenate(articles),
        np.concatenate(cell_numbers),
        list(cells),
        np.array([rows[name] for name in known], dtype=np.int64),
        np.array([]) if gold is None else gold.labels[[sample[name] for name in known]].astype(np.int64),
        [name.rpartition("#")[0] for name in known],
        [name for name in sample if name not in rows],
    )


def _codes(table: Any, layer: Layer, path: Path) -> npt.NDArray[np.int8]:
    if layer.kind == "multi":
        return _several(table, layer, path)
    names, rows = encoded(table["stance"])
    if strangers := [name for name in names if name not in layer.codes]:
        raise _strange(strangers[0], layer, path)
    return np.array([layer.codes.index(name) for name in names], dtype=np.int8)[rows]


def _several(table: Any, layer: Layer, path: Path) -> npt.NDArray[np.int8]:
    """Return for each row which of a multi-label layer's labels the model shows, (rows, labels)."""
    import pyarrow.compute as pc

    column = table["frames"].combine_chunks()
    if column.null_count == len(column) and len(column):
        raise InputError(f"the model that scored it has no layer {layer.name!r}", path=path)
    names, of_entry = encoded(pc.struct_field(pc.list_flatten(column), "code"))
    if strangers := [name for name in names if name not in layer.codes]:
        raise _strange(strangers[0], layer, path)
    found = np.zeros((len(column), len(layer.codes)), dtype=np.int8)
    rows = pc.list_parent_indices(column).to_numpy()
    found[rows, np.array([layer.codes.index(name) for name in names], dtype=np.int64)[of_entry]] = 1
    return found


def _strange(name: str, layer: Layer, path: Path) -> InputError:
    return InputError(
        f"the label {name!r} is not in the codebook ({', '.join(layer.codes)}): give --codebook", path=path
    )


def _cells(table: Any, by: Sequence[str], cells: dict[tuple[str, ...], int]) -> npt.NDArray[np.int64]:
    """Return each row's cell, and add those that are new."""
    if not by:
        cells.setdefault((), 0)
        return np.zeros(len(table), dtype=np.int64)
    values, codes = [], []
    for key in by:
        given, rows = encoded(table[column_of(key)])
        named = [cell_value(key, value) for value in given]
        different = list(dict.fromkeys(named))
        values.append(different)
        codes.append(np.array([different.index(name) for name in named], dtype=np.int64)[rows])
    combinations, of_row = np.unique(np.stack(codes, axis=1), axis=0, return_inverse=True)
    names = [tuple(values[i][code] for i, code in enumerate(one)) for one in combinations]
    return np.array([cells.setdefault(name, len(cells)) for name in names], dtype=np.int64)[of_row.ravel()]


def _annotated(
    table: Any,
    names: Sequence[str],
    of_name: npt.NDArray[np.int64],
    articles: set[str],
    sample: Mapping[str, int],
) -> dict[str, int]:
    """Return the rows of the sample's sentences by their ids."""
    near = np.flatnonzero(np.array([name in articles for name in names], dtype=bool)[of_name])
    indices = table["index"].take(near).to_pylist()
    ids = (f"{names[of_name[row]]}#{index}" for row, index in zip(near, indices, strict=True))
    return {name: int(row) for name, row in zip(ids, near, strict=True) if name in sample}


def _same_texts(table: Any, found: Mapping[str, int], sample: Mapping[str, int], gold: Gold, path: Path) -> None:
    """Raise `InputError` where a sentence of the sample reads otherwise in the archive."""
    texts = table["text"].take(list(found.values())).to_pylist() if found else []
    for name, text in zip(found, texts, strict=True):
        if not _reads_alike(text, gold.sentences[sample[name]].text):
            raise InputError(f"has another text of the annotated sentence {name}: is that of this run?", path=path)


def _reads_alike(text: str, annotated: str) -> bool:
    """Return whether two texts are one, but for what spreadsheets change: quotes, dashes, blanks, lost characters."""
    if " ".join(text.split()) == " ".join(annotated.split()):
        return True
    plain = _plain(text)
    # Of a text that is hardly of Latin letters, what is left would say too little.
    return 2 * len(plain) > sum(map(str.isalnum, text)) and plain == _plain(annotated)


def _plain(text: str) -> str:
    """Return the ASCII letters and digits of a text: others may become a question mark in an encoding without them."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if c.isascii() and c.isalnum())
