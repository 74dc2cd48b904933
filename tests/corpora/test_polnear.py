"""PolNeAR's layout is read article by article, each once; what is not its layout is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from newstance.corpora.polnear import half_of, read_polnear
from newstance.errors import AnnotationError

TEXT = "Ida Brandt said the plan was dead. It rained."
ANN = (
    "T1\tSource 0 10\tIda Brandt\nT2\tCue 11 15\tsaid\nT3\tContent 16 25;26 33\tthe plan was dead\n"
    "T4\tAttribution 11 15\tsaid\nE1\tAttribution:T4 Source:T1 Cue:T2 Content:T3\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attributions").mkdir()
    (tmp_path / "text").mkdir()
    for stem in ("story_aa", "story_bb"):
        (tmp_path / "attributions" / f"{stem}.ann").write_text(ANN, encoding="utf-8")
        (tmp_path / "text" / f"{stem}.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def test_an_article_with_two_annotators_counts_once_and_lies_in_one_half(folder: Path) -> None:
    (article,) = read_polnear(folder, half=half_of("story"))
    other = "test" if half_of("story") == "development" else "development"
    assert read_polnear(folder, half=other) == []
    (attribution,) = article.attributions
    assert article.text[slice(*attribution.source[0])] == "Ida Brandt"
    assert attribution.content == ((16, 25), (26, 33))


def test_a_line_that_is_no_span_is_refused_with_its_place(folder: Path) -> None:
    for path in (folder / "attributions").iterdir():
        path.write_text("T1\tSource zero 10\tIda\n", encoding="utf-8")
    with pytest.raises(AnnotationError) as caught:
        read_polnear(folder, half=half_of("story"))
    assert caught.value.line == 1


def test_another_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AnnotationError, match="PolNeAR layout"):
        read_polnear(tmp_path, half="test")
