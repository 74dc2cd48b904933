"""Other names in NewsMTSC's training sentences: labels only, of names, and of training sentences alone."""

from __future__ import annotations

import csv
from collections import defaultdict
from importlib import resources

from newstance.corpora import Annotation, mention_pass, read_newsmtsc
from newstance.corpora.mention_pass import ANNOTATOR
from newstance.model import load_codebook


def test_the_file_holds_labels_and_offsets_and_no_sentence() -> None:
    text = (resources.files("newstance.corpora") / "passes" / "newsmtsc-mentions.tsv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
    assert len({(row["key"], row["spans"]) for row in rows}) == len(rows) > 5000
    stances = load_codebook().layer("stance").codes
    for row in rows:
        assert set(row) == {"key", "spans", "stance", "sentiment"}
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
    assert len({record.id for record in found}) == len(found)
    for record in found:
        start, end = record.target_spans[0]
        assert record.target == record.text[start:end] and record.annotator == ANNOTATOR
        for start, end in record.target_spans:
            assert not any(start < other_end and other < end for other, other_end in taken[record.text])
    for name in ("hf_rw/dev", "hf_mt/dev", "hf_rw/test", "hf_mt/test"):
        held_out = read_newsmtsc(folder / f"{name}.jsonl")
        assert mention_pass(held_out) == []
        assert not {record.text for record in held_out} & {record.text for record in found}
