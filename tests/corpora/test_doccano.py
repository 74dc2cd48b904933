"""doccano: exports of each kind of project, and archives of several annotators."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from newstance.corpora import ColumnMap, open_annotations
from newstance.errors import AnnotationError
from newstance.model.codebook import Codebook

Write = Callable[[str, str], Path]


def test_doccano_exports_of_each_kind_of_project_are_read(write: Write, own: Codebook) -> None:
    rows = [
        {"id": 1, "text": "It failed.", "label": ["against"]},
        {"id": 2, "text": "It failed.", "label": ["jobs", "topics:harbour", "position:for"]},
    ]
    records = open_annotations(write("x.jsonl", "\n".join(map(json.dumps, rows))), codebook=own)
    assert [r.labels for r in records] == [
        {"position": "against"},
        {"topics": ("jobs", "harbour"), "position": "for"},
    ]
    entity = {"label": "rationale", "start_offset": 3, "end_offset": 9}
    spans = {"id": 3, "text": "It failed.", "cats": ["for"], "entities": [entity]}
    assert open_annotations(write("y.jsonl", json.dumps(spans)), codebook=own)[0].rationale == ((3, 9),)
    mapped = {"id": 4, "text": "It failed.", "label": ["Bad"]}
    columns = ColumnMap(fields={"position": "label"}, values={"position": {"Bad": "against"}})
    assert open_annotations(write("z.jsonl", json.dumps(mapped)), columns=columns, codebook=own)[0].labels == {
        "position": "against"
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_with_damaged_contents_is_said_in_one_line(tmp_path: Path, method: int, own: Codebook) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("all.jsonl", "".join(f'{{"text": "It met {n * n}.", "cats": ["for"]}}\n' for n in range(300)))
    whole = bytearray(path.read_bytes())
    start = 30 + len("all.jsonl")  # where the member's own bytes begin
    whole[start + 12 : start + 400] = bytes(388)
    path.write_bytes(whole)
    with pytest.raises(AnnotationError, match=r"x.zip/all.jsonl: not a readable archive: .") as caught:
        open_annotations(path, codebook=own)
    assert "\n" not in str(caught.value)


def test_a_malformed_export_of_doccano_is_said_in_one_line(write: Write) -> None:
    path = write("c.jsonl", json.dumps({"text": "A.", "entities": 5, "label": ["favor"]}))
    with pytest.raises(AnnotationError, match="entities: is no list of spans"):
        open_annotations(path)
