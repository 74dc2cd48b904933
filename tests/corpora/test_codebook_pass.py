"""NewsMTSC's rows judged by the codebook: labels only, valid, and found under the published ids."""

from __future__ import annotations

import csv
from importlib import resources

from newstance.corpora import Annotation, codebook_pass, read_newsmtsc
from newstance.corpora.codebook_pass import ANNOTATOR
from newstance.corpora.pass_agreement import pass_agreement
from newstance.model import load_codebook


def rows() -> list[dict[str, str]]:
    text = (resources.files("newstance.corpora") / "passes" / "newsmtsc.tsv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines(), delimiter="\t"))


def test_every_label_is_of_the_codebook_and_no_sentence_stands_in_the_file() -> None:
    book = load_codebook()
    for row in rows():
        assert set(row) == {"key", "pass", "stance", "voice", "frames"}
        assert len(row["key"]) == 16 and int(row["key"], 16) >= 0
        assert row["stance"] in book.layer("stance").codes
        assert row["voice"] in {"outlet", "quoted", "paraphrased"}
        assert set(filter(None, row["frames"].split(","))) <= set(book.layer("frames").codes)


def test_rows_that_the_pass_does_not_cover_give_nothing() -> None:
    assert codebook_pass([Annotation(id="elsewhere", text="Nothing of the kind.", stance="neutral")]) == []


def test_both_passes_cover_train_and_dev_and_never_test(shared) -> None:  # type: ignore[no-untyped-def]
    folder = shared / "data" / "newsmtsc"
    for name in ("hf_rw/train", "hf_rw/dev", "hf_mt/dev"):
        records = read_newsmtsc(folder / f"{name}.jsonl")
        found = codebook_pass(records)
        assert [r.id for r in found] == [r.id for r in records for _ in range(2)]
        assert {r.annotator for r in found} == {f"{ANNOTATOR} 1", f"{ANNOTATOR} 2"}
        assert all(r.text == s.text for r, s in zip(found[::2], records, strict=True))
    for name in ("hf_rw/test", "hf_mt/test"):
        assert codebook_pass(read_newsmtsc(folder / f"{name}.jsonl")) == []


def test_the_two_passes_agree_as_far_as_their_description_says() -> None:
    found = pass_agreement()
    text = (resources.files("newstance.corpora") / "passes" / "README.md").read_text(encoding="utf-8")
    for name, shown in (("stance", "stance"), ("voice", "voice"), ("frames (mean)", "frames, mean of fifteen")):
        assert f"| {shown} | {found[name]:.3f} " in text
