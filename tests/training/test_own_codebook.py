"""A researcher's own labels, from a spreadsheet to a scored article, with no code touched."""

from __future__ import annotations

import csv
import json
import random
from pathlib import Path

import pytest

from newstance.articles import MentionFinder
from newstance.cli.asked import ArticleOptions
from newstance.cli.suggest import run_suggest
from newstance.errors import CheckpointError
from newstance.model import Checkpoint
from newstance.scoring import Scorer
from newstance.scoring.explain import explain_sentence
from newstance.training.config import load_config
from newstance.training.finetune import finetune
from newstance.training.report import read_report

#: Written for this test.
OPINIONS = {
    "for": ["praised", "thanked", "defended"],
    "against": ["blamed", "scolded", "mocked"],
    "unclear": ["met", "wrote to", "asked"],
}
TOPICS = {"cost": "over the bill", "safety": "over the broken pier", "": "on Tuesday"}
PEOPLE = ["Fishermen", "Teachers", "Neighbours", "Nurses", "Farmers", "Students", "Drivers", "Bakers"]


def spreadsheet(path: Path, rows: int = 200) -> None:
    draw = random.Random(5)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sentence", "label", "about_cost", "about_safety", "comment"])
        for number in range(rows):
            label = draw.choice(list(OPINIONS))
            topic = draw.choice(list(TOPICS))
            verb = draw.choice(OPINIONS[label])
            text = f"{draw.choice(PEOPLE)} {verb} the government {TOPICS[topic]}, letter {number}."
            # Some rows were judged on the topics alone.
            writer.writerow(
                [text, "" if number % 20 == 0 else label, int(topic == "cost"), int(topic == "safety"), "-"]
            )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own")
    spreadsheet(folder / "annotations.csv")
    settings = [f"data.root={folder}", "epochs=4", "report.baselines=[majority]"]
    return finetune(load_config("your-codebook", settings), folder / "run")


def test_it_does_not_start_from_a_model_with_another_encoder(tiny_encoder: Path, tmp_path: Path) -> None:
    spreadsheet(tmp_path / "annotations.csv")
    with pytest.raises(CheckpointError, match="of another architecture than this run"):
        finetune(load_config("your-codebook", [f"data.root={tmp_path}", f"encoder={tiny_encoder}"]), tmp_path / "run")


def test_a_spreadsheet_with_labels_of_its_own_makes_a_model_of_those_labels(trained: Path) -> None:
    checkpoint = Checkpoint(trained)
    assert [layer.codes for layer in checkpoint.codebook.layers] == [("for", "against", "unclear"), ("cost", "safety")]
    rows = read_report(trained / "report.json")
    assert {row.part for row in rows} == {"dev", "test"}
    found = {(row.part, row.layer, row.system): row.figures["macro_f1"].value for row in rows}
    for layer in ("position", "topics"):
        assert found["test", layer, "model"] > found["test", layer, "majority"] + 0.2
    counts = checkpoint.config.provenance["rows"]
    assert counts["train"] + counts["dev"] < 200  # the third part is for the test alone


def test_an_article_is_scored_with_those_labels(trained: Path) -> None:
    scored = Scorer.load(trained).score("Bakers blamed the government over the bill.\n\nNurses praised the government.")
    assert [sentence.stance for sentence in scored.sentences] == ["against", "for"]
    assert set(scored.sentences[0].stance_probability) == {"for", "against", "unclear"}
    assert [frame.code for frame in scored.sentences[0].frames or ()] == ["cost"]
    words = scored.sentences[0].evidence or []
    assert sum(word.weight for word in words) > 0
    assert scored.summary["stance"].keys() == {"for", "against", "unclear"}
    json.dumps(scored.to_dict())


def test_the_model_suggests_those_labels_to_an_annotation_tool(trained: Path, tmp_path: Path) -> None:
    article = tmp_path / "a.txt"
    article.write_text("Bakers blamed the government over the bill.\n", encoding="utf-8")
    options = ArticleOptions(paths=[str(article)], columns={}, stdin="auto", max_characters=1000)
    out = tmp_path / "tasks.jsonl"
    run_suggest(options, out, target="government", model=str(trained), to="doccano", named=False)
    assert "position:against" in out.read_text(encoding="utf-8")


def test_a_sentence_is_explained_by_those_labels(trained: Path) -> None:
    scorer = Scorer.load(trained)
    found = explain_sentence(
        scorer.checkpoint, scorer.predictor, "Bakers blamed the government.", MentionFinder(scorer.target), flip=True
    )
    assert found.stance == "against" and found.against in ("for", "unclear")
