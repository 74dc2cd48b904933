"""`newstance data convert`."""

from __future__ import annotations

import sys
from os.path import realpath
from pathlib import Path

from newstance.corpora import Format, labelstudio_config, open_annotations, save_annotations
from newstance.errors import AnnotationError, UsageError
from newstance.files import whole_file
from newstance.model import Codebook, load_codebook

from .column_options import as_format, codebook_of_option, column_map
from .overwriting import refuse_overwriting

__all__ = ["check_interface", "run_convert", "write_interface"]


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
    kind = as_format(to, "--to")
    refuse_overwriting([source, *filter(None, (map_path, codebook))], [target])
    folder = Path(source)
    if folder.is_dir() and target.exists() and Path(realpath(folder)) in Path(realpath(target)).parents:
        raise UsageError(f"is a file of the folder {source}, which is read; give another place", path=target)
    interface = _labels_in_label_studio(kind, target)
    if interface:
        check_interface(target, known or load_codebook())
    if interface or kind == "doccano":  # a tool offers the codebook's labels alone; so its reader names bad rows
        known = known or load_codebook()
    records = open_annotations(source, as_format(format), split=split, columns=columns, codebook=known)
    try:
        save_annotations(target, records, kind, codebook=known)
    except AnnotationError as error:
        raise AnnotationError(error.message, path=error.path or source, field=error.field) from error
    sys.stderr.write(f"{len(records)} records in {target}\n")
    if interface:
        write_interface(target, known or load_codebook())


def _labels_in_label_studio(kind: Format, target: Path) -> bool:
    return kind == "labelstudio" or (kind == "annotations" and target.suffix.lower() == ".json")


def check_interface(tasks: Path, codebook: Codebook) -> None:
    """Raise `UsageError` when the labelling interface beside these tasks would replace a file that says otherwise."""
    if tasks.suffix.lower() != ".json":
        raise UsageError("Label Studio imports tasks from .json; give a file that ends in it", path=tasks)
    path = tasks.with_suffix(".xml")
    same = path.is_file() and path.read_bytes() == labelstudio_config(codebook).encode()
    if path.exists() and not same:
        raise UsageError(
            "is there already and is not the labelling interface of these tasks, which would be written there; "
            f"move it away, or give {tasks} another name",
            path=path,
        )


def write_interface(tasks: Path, codebook: Codebook) -> None:
    """Write the labelling interface that Label Studio needs for these tasks beside them."""
    path = tasks.with_suffix(".xml")
    with whole_file(path) as place:
        place.write_bytes(labelstudio_config(codebook).encode())
    sys.stderr.write(f"the project's labelling interface (Settings, Labeling Interface, Code) is in {path}\n")
