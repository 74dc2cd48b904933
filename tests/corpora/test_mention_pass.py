"""Other names in NewsMTSC's training sentences: labels only, of names, and of training sentences alone."""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from importlib import resources

import pytest

from newstance.corpora import Annotation, mention_pass, read_newsmtsc
from newstance.corpora.codebook_pass import row_key, start_of_hash
from newstance.corpora.mention_pass import ANNOTATOR
from newstance.errors import AnnotationError
from newstance.model import load_codebook

#: As `corpora/passes/README.md` says.
ROWS = 8_745


def test_the_file_holds_labels_and_offsets_and_no_sentence() -> None:
    text = (resources.files("newstance.corpora") / "passes" / "newsmtsc-mentions.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    assert len({(row["key"], row["spans"]) for row in rows}) == len(rows) == ROWS
    stances = load_codebook().layer("stance").codes
    for row in rows:
        assert set(row) == {"key", "text", "spans", "stance", "sentiment"}
        assert len(row["key"]) == 16 and int(row["key"], 16) >= 0
        assert row["stance"] in stances
        assert row["sentiment"] in {"positive", "neutral", "negative"}


def test_rows_that_the_pass_does_not_cover_give_nothing() -> None:
    assert mention_pass([Annotation(id="elsewhere", text="Nothing of the kind.", stance="neutral")]) == []


def test_it_asks_of_other_names_in_training_sentences_alone(shared) -> None:  # type: ignore[no-untyped-def]
    folder = shared / "data" / "newsmtsc"
    published = read_newsmtsc(folder / "hf_rw" / "train.jsonl")
    taken = defaultdict(list)
    for row in published:
        taken[row.text] += row.target_spans
    found = mention_pass(published)
    assert len({record.id for record in found}) == len(found) == ROWS
    for record in found:
        start, end = record.target_spans[0]
        assert record.target == record.text[start:end] and record.annotator == ANNOTATOR
        for start, end in record.target_spans:
            assert not any(start < other_end and other < end for other, other_end in taken[record.text])
    for name in ("hf_rw/dev", "hf_mt/dev", "hf_rw/test", "hf_mt/test"):
        held_out = read_newsmtsc(folder / f"{name}.jsonl")
        assert mention_pass(held_out) == []
        assert not {record.text for record in held_out} & {record.text for record in found}


def test_offsets_are_never_taken_from_another_text(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Voss thanked Quill for the pier."
    judged = {"sentence": start_of_hash(text, 8), "spans": ((13, 18),), "stance": "favor", "sentiment": "positive"}
    module = sys.modules[mention_pass.__module__]  # the package shows the function under the module's name
    monkeypatch.setattr(module, "_judged", lambda: {row_key("pier-1"): [judged]})
    row = Annotation(id="pier-1", text=text, target="Voss", target_spans=((0, 4),), stance="neutral", voice="outlet")
    (found,) = mention_pass([row])
    assert (found.id, found.target, found.target_spans) == ("pier-1_other_13_18", "Quill", ((13, 18),))
    assert (found.stance, found.labels, found.annotator) == ("favor", {"sentiment": "positive"}, ANNOTATOR)
    problems: list[AnnotationError] = []
    other = row.model_copy(update={"text": "Voss thanked nobody."})
    assert mention_pass([other], path="rows.jsonl", problems=problems) == []
    assert "pier-1" in str(problems[0]) and "rows.jsonl" in str(problems[0])
    with pytest.raises(AnnotationError):
        mention_pass([other])
