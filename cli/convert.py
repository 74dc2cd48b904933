"""`newstance data convert`."""

from __future__ import annotations

import sys
from pathlib import Path

from newstance.corpora import labelstudio_config, open_annotations, save_annotations
from newstance.errors import OutputError
from newstance.model import Codebook, load_codebook

from .column_options import as_format, codebook_of_option, column_map

__all__ = ["run_convert", "write_interface"]


def run_convert(
    source: str,
    target: Path,
    *,
    format: str,
    to: str,
    split: str | None,
    map_path: Path | None,
    column: list[str],
    codebook: Path | None,
) -> None:
    """Read, write, and say how much."""
    known = codebook_of_option(codebook)
    columns = column_map(map_path, column)
    records = open_annotations(source, as_format(format), split=split, columns=columns, codebook=known)
    kind = as_format(to, "--to")
    save_annotations(target, records, kind, codebook=known)
    sys.stderr.write(f"{len(records)} records in {target}\n")
    if kind == "labelstudio" or (kind == "annotations" and target.suffix.lower() == ".json"):
        write_interface(target, known or load_codebook())


def write_interface(tasks: Path, codebook: Codebook) -> None:
    """Write the labelling interface that Label Studio needs for these tasks beside them."""
    path = tasks.with_suffix(".xml")
    try:
        path.write_text(labelstudio_config(codebook), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", path=path) from error
    sys.stderr.write(f"the project's labelling interface (Settings, Labeling Interface, Code) is in {path}\n")
