from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer

from newstance.corpora import Annotation
from newstance.eval.inputs import sentence_inputs
from newstance.model import EncodingConfig, SentenceEncoding, load_codebook
from newstance.training.data import as_dataset, merge_annotators
from newstance.training.sections import Source
from newstance.training.sources import read_sources

ROW = {"id": "1", "text": "Fishermen blamed the council for a plan.", "target": "council", "stance": "against"}


def written(folder: Path, *rows: dict[str, object]) -> Source:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return Source(corpus="annotations", path=path.name)


def test_training_sees_a_row_without_spans_as_evaluation_does(tmp_path: Path, tokenizer: Tokenizer) -> None:
    codebook = load_codebook().only(("stance",))
    pairs = read_sources([written(tmp_path, ROW)], tmp_path, codebook)
    items = merge_annotators(pairs, codebook)
    assert items[0].input == sentence_inputs([record for record, _ in pairs])[0]
    assert items[0].input.target_spans == ((17, 28),)  # "the council"
    rows, _ = as_dataset(items, SentenceEncoding(tokenizer, EncodingConfig(target_mode="mask")), codebook)
    assert tokenizer.token_to_id("[MASK]") in rows[0]["input_ids"]
    assert "council" not in tokenizer.decode(rows[0]["input_ids"], skip_special_tokens=False)


def test_a_source_can_name_the_profile_that_finds_its_mentions(tmp_path: Path) -> None:
    codebook = load_codebook().only(("stance",))
    row = ROW | {"text": "The White House praised the plan.", "target": "the administration"}
    source = written(tmp_path, row).model_copy(update={"target": "us-biden-2021"})
    items = merge_annotators(read_sources([source], tmp_path, codebook), codebook)
    spans = items[0].input.target_spans
    assert [items[0].record.text[a:b] for a, b in spans] == ["The White House"]


def test_two_sources_of_one_row_mix_their_labels_by_weight() -> None:
    codebook = load_codebook()
    human = Annotation(id="1", text="Critics called the Aldane plan unlawful.", stance="against", frames=("legality",))
    other = human.model_copy(update={"stance": "neutral", "frames": ("legality", "policy")})
    (item,) = merge_annotators([(human, 1.0), (other, 3.0)], codebook)
    stance, frames = item.labels["stance"], item.labels["frames"]
    assert stance is not None and frames is not None
    assert stance.tolist() == [0.0, 0.25, 0.75]
    assert dict(zip(codebook.layer("frames").codes, frames, strict=True))["policy"] == 0.75
    assert item.weight == 3.0


def test_a_source_can_lend_the_labels_of_some_layers_only(tmp_path: Path) -> None:
    codebook = load_codebook()
    source = written(tmp_path, ROW | {"frames": ["economic"]}, ROW | {"id": "2"})
    lent = source.model_copy(update={"layers": ("frames",)})
    records = [record for record, _ in read_sources([lent], tmp_path, codebook)]
    assert [(r.id, r.stance, r.frames) for r in records] == [("1", None, ("economic",))]


def test_a_row_tells_how_many_annotators_marked_each_token(tokenizer: Tokenizer) -> None:
    codebook = load_codebook().only(("stance",))
    one = Annotation.model_validate(ROW | {"annotator": "a", "rationale": [[10, 16]]})  # "blamed"
    two = one.model_copy(update={"annotator": "b", "rationale": ((10, 16), (35, 39))})  # and "plan"
    nothing = one.model_copy(update={"annotator": "c", "rationale": (), "stance": "neutral"})
    (item,) = merge_annotators([(record, 1.0) for record in (one, two, nothing)], codebook)
    encoding = SentenceEncoding(tokenizer, EncodingConfig())
    plain, _ = as_dataset([item], encoding, codebook)
    assert "rationale" not in plain.column_names  # nothing reads it
    rows, _ = as_dataset([item], encoding, codebook, rationales=True)
    by_word: dict[int, set[float]] = {}
    for word, share in zip(rows[0]["words"], rows[0]["rationale"], strict=True):
        by_word.setdefault(word, set()).add(share)
    assert by_word[-1] == {0.0}
    assert sorted(word for word, shares in by_word.items() if shares == {1.0}) == [1]
    assert sorted(word for word, shares in by_word.items() if shares == {0.5}) == [5]  # the target is one word


def test_files_may_use_one_id_for_different_sentences_and_share_the_judgements_of_one(tmp_path: Path) -> None:
    rows = {"one": ("It shut.", "favor"), "two": ("It reopened.", "against"), "three": ("It shut.", "against")}
    for folder, (text, stance) in rows.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text(f"text,stance\n{text},{stance}\n", encoding="utf-8")
    sources = [Source(corpus="annotations", path=f"{folder}/a.csv") for folder in rows]
    codebook = load_codebook().only(("stance",))
    items = merge_annotators(read_sources(sources, tmp_path, codebook), codebook)
    found = [(item.record.text, labels.tolist()) for item in items if (labels := item.labels["stance"]) is not None]
    assert found == [("It shut.", [0.5, 0.5, 0.0]), ("It reopened.", [0.0, 1.0, 0.0])]


def test_two_targets_of_one_id_in_different_files_are_two_items() -> None:
    one = Annotation(id="1", text="Voss thanked Orme.", target="Voss", stance="favor")
    other = one.model_copy(update={"target": "Orme", "stance": "against"})
    nobody = one.model_copy(update={"target": None})
    codebook = load_codebook().only(("stance",))
    items = merge_annotators([(one, 1.0), (other, 1.0), (nobody, 1.0)], codebook)
    assert [item.record.target for item in items] == ["Voss", "Orme"]


def test_a_target_that_one_annotators_file_leaves_out_is_the_others() -> None:
    ben = Annotation(id="1", text="Doe wrecked it.", target="Doe", target_spans=((0, 3),), stance="against")
    anna = ben.model_copy(update={"target": None, "target_spans": ()})
    codebook = load_codebook().only(("stance",))
    for votes in ([anna, ben], [ben, anna]):
        (item,) = merge_annotators([(vote, 1.0) for vote in votes], codebook)
        assert (item.input.target, item.input.target_spans) == ("Doe", ((0, 3),))
        assert item.record.target == "Doe"
