from __future__ import annotations

from pathlib import Path

import pytest

from newstance.errors import InputError, UsageError
from newstance.model import load_codebook


def test_the_shipped_codebook_has_three_stances_and_fifteen_frames() -> None:
    codebook = load_codebook()
    assert codebook.layer("stance").codes == ("favor", "against", "neutral")
    assert len(codebook.layer("frames").codes) == 15


def test_a_codebook_reads_back_equal(tmp_path: Path) -> None:
    codebook = load_codebook()
    (tmp_path / "labels.yaml").write_text(codebook.to_yaml(), encoding="utf-8")
    assert load_codebook(tmp_path / "labels.yaml") == codebook


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name: x\nlayers: []", "layers"),
        ("name: x\nlayers: [{name: stance, kind: single, labels: [{code: a}, {code: a}]}]", "twice"),
        ("name: x\nlayers: [{name: stance, kind: single, labels: [{code: a}]}]", "two labels"),
        ("name: x\nlayers: [{name: stance, kind: ranked, labels: [{code: a}]}]", "kind"),
        ("name: [", "not YAML"),
        ("name: 2031-13-01", "not YAML"),
    ],
)
def test_a_bad_codebook_says_where(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem) as caught:
        load_codebook(path)
    assert "labels.yaml" in str(caught.value)


def test_an_unknown_layer_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match="stance, frames"):
        load_codebook().layer("tone")
