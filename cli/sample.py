"""`newstance sample`: a sheet of random sentences of a scored archive, to be annotated by hand."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path

import typer

from newstance.errors import InputError, UsageError
from newstance.files import DAMAGED, BadRecord, open_table, whole_file
from newstance.model import load_codebook
from newstance.model.codebook import Layer
from newstance.scoring.counted import unfinished
from newstance.scoring.sampling import Drawn, draw_sentences

from .column_options import codebook_of_option

__all__ = ["run_sample"]

#: What an annotator need not know, and may be swayed by.
_SOURCES = ("outlet", "date", "voice")


def run_sample(
    run: Path,
    *,
    out: Path,
    n: int,
    per: str | None,
    layers: list[str],
    exclude: list[Path],
    show: str | None,
    codebook: Path | None,
    unnamed: bool,
    insiders: bool,
    seed: int,
) -> None:
    """Draw, write the sheet, and say what was drawn."""
    if out.suffix.lower() != ".csv":
        raise UsageError("the sheet is a table: give FILE.csv", field="--out", path=out)
    if out.exists():
        raise UsageError("is there already, and may hold annotations; give another name", field="--out", path=out)
    shown = [name.strip() for name in (show or "").split(",") if name.strip()]
    for name in shown:
        if name not in _SOURCES:
            raise UsageError(f"no column {name!r} to show; there are {', '.join(_SOURCES)}", field="--show")
    book = codebook_of_option(codebook) or load_codebook()
    asked = [book.layer(name) for name in dict.fromkeys(layers)] or [book.stance or book.layers[0]]
    known = {name for path in exclude for name in _ids(path)}
    drawn = draw_sentences(run, n, per=per, seed=seed, exclude=known, unnamed=unnamed, insiders=insiders)
    if (told := unfinished(run)) is not None:
        typer.echo(f"newstance: {told}", err=True)
    with whole_file(out) as temporary:
        temporary.write_bytes(_sheet(drawn, asked, shown).encode("utf-8-sig"))
    typer.echo(
        f"{out}: {len(drawn.sentences):,} of {drawn.counted:,} sentences that are counted"
        + (f", {drawn.left_out:,} left out as already drawn" if exclude else "")
    )
    for name, (found, of) in drawn.by_cell.items():
        typer.echo(f"  {name}: {found:,} of {of:,}")
    if per is not None:
        typer.echo(f"shares of the whole archive need `newstance shares --drawn-per {per}`")


def _sheet(drawn: Drawn, layers: list[Layer], shown: list[str]) -> str:
    """Return the table; half of the articles are for calibration (dev), the others for evaluation (test)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    # A layer of another name than the record's own fields is read from labels.NAME.
    labels = [x.name if x.name in ("stance", "frames") else f"labels.{x.name}" for x in layers]
    columns = ["id", "article", *shown, "target", "target_spans", "before", "text", "after"]
    columns += [*labels, "annotator", "split"]
    writer.writerow(columns)
    for one in drawn.sentences:
        row = {name: getattr(one, name) for name in (*shown, "id", "article", "target", "before", "text", "after")}
        row |= {"target_spans": json.dumps(one.target_spans), "split": _half(one.article)}
        writer.writerow([row.get(name, "") for name in columns])
    return text.getvalue()


def _half(article: str) -> str:
    """Return the half that an article falls into, by its id alone: the same in every sheet."""
    return "dev" if hashlib.sha256(article.encode("utf-8", "replace")).digest()[0] < 128 else "test"


def _ids(path: Path) -> list[str]:
    """Return the ids in a sheet's column `id`."""
    try:
        with open_table(path) as table:
            if "id" not in table.header:
                raise InputError("has no column id: give a sheet that `newstance sample` wrote", path=path)
            at = table.header.index("id")
            found = []
            for line, cells in table.records():
                if isinstance(cells, BadRecord):  # an id lost there would be drawn again
                    raise InputError(cells.message, path=path, line=line)
                found += cells[at : at + 1]
            return found
    except (OSError, *DAMAGED) as error:
        raise InputError(f"cannot be read: {error}", path=path) from error
