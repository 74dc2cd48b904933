"""`newstance explain`, `evaluate --faithfulness`, `score --html` and `fit-evidence`, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newstance.cli.app import app
from newstance.errors import UsageError
from newstance.eval.calibrating import write_calibration
from newstance.model import Checkpoint, LayerCalibration

SENTENCE = "The council wrecked the harbour and lied about it."


def output_of(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.parametrize("method", ["evidence", "loo", "random"])
def test_explain_gives_every_word_its_place_and_weight(tiny_exported: Path, method: str) -> None:
    found = json.loads(output_of("explain", SENTENCE, "--model", tiny_exported, "--method", method, "--json"))
    assert [word["word"] for word in found["words"]] == SENTENCE.rstrip(".").split()
    assert all(SENTENCE[word["start"] : word["end"]] == word["word"] for word in found["words"])
    if method != "loo":
        assert sum(word["weight"] for word in found["words"]) == pytest.approx(found["margin"], abs=1e-3)
    if found["flip"] is not None:
        assert found["flip"]["stance"] != found["stance"]


def test_explain_prints_phrases_for_people(tiny_exported: Path) -> None:
    printed = output_of("explain", SENTENCE, "--model", tiny_exported, "--no-flip")
    assert "carried by:" in printed and "logits over" in printed


def test_explain_says_that_the_model_abstains_and_why(tiny_exported: Path, tmp_path: Path) -> None:
    def explained(sentence: str, threshold: float, *options: str) -> str:
        arguments = ("--model", tmp_path / str(threshold), "--target", profile, "--no-flip", *options)
        return output_of("explain", sentence, *arguments)

    for threshold in (0.0, 1.0):
        calibration = {"stance": LayerCalibration(abstain_below=threshold)}
        write_calibration(Checkpoint(tiny_exported), calibration, tmp_path / str(threshold))

    profile = tmp_path / "council.yaml"
    profile.write_text("name: the council\naliases: [council]\n", encoding="utf-8")
    sure = explained(SENTENCE, 0.0)
    assert "?" not in sure and "abstains" not in sure and "no mention" not in sure
    unsure = explained(SENTENCE, 1.0)
    assert "\n? " in unsure and "is below the threshold of 1.000" in unsure and "no mention" not in unsure
    unnamed = explained("Nobody knows.", 0.0)
    assert "\n? " in unnamed and "not trained on sentences that do not name the target" in unnamed
    assert "no mention of the target found (the council)" in unnamed
    assert json.loads(explained(SENTENCE, 0.0, "--json"))["abstained"] is False
    found = json.loads(explained(SENTENCE, 1.0, "--json"))
    assert (found["abstained"], found["abstain_below"]) == (True, 1.0)


def test_an_unknown_method_is_named(tiny_exported: Path) -> None:
    with pytest.raises(UsageError, match="--method takes evidence, ig, loo, random"):
        CliRunner().invoke(app, ["explain", SENTENCE, "--method", "shap"], catch_exceptions=False)


def test_steps_are_for_ig_alone(tiny_exported: Path) -> None:
    with pytest.raises(UsageError, match="--steps goes with --method ig"):
        output_of("explain", SENTENCE, "--model", tiny_exported, "--method", "loo", "--steps", 50)


def test_a_sentence_on_standard_input_may_be_in_any_encoding(tiny_exported: Path) -> None:
    arguments = ["explain", "-", "--model", str(tiny_exported), "--no-flip", "--json"]
    result = CliRunner().invoke(app, arguments, input="The council’s café plan failed.".encode("cp1252"))
    assert json.loads(result.stdout)["text"] == "The council’s café plan failed."


def test_score_writes_a_page(tiny_exported: Path, tmp_path: Path) -> None:
    article = tmp_path / "article.txt"
    article.write_text("The harbour plan\n\nThe council wrecked the harbour. It rained.\n", encoding="utf-8")
    page = tmp_path / "page.html"
    output_of("score", article, "--model", tiny_exported, "--explain", "loo", "--html", page, "--flips")
    assert "wrecked" in page.read_text(encoding="utf-8")
    with pytest.raises(UsageError, match="--html"):
        CliRunner().invoke(app, ["score", str(article), "--flips"], catch_exceptions=False)


def test_evaluate_measures_faithfulness_on_request(tiny_exported: Path, annotations_file: Path) -> None:
    arguments = ("evaluate", tiny_exported, "--data", annotations_file, "--samples", 100, "--json")
    assert "faithfulness" not in json.loads(output_of(*arguments))
    found = json.loads(output_of(*arguments, "--faithfulness", "--sentences", 5))
    figure = found["faithfulness"]["evidence"]["comprehensiveness"]
    assert set(figure) == {"value", "low", "high", "n"} and figure["n"] == 5


def test_evaluate_keeps_its_figures_where_plausibility_cannot_be_computed(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    rows = [json.loads(line) for line in annotations_file.read_text(encoding="utf-8").splitlines()]
    stance = next(row["stance"] for row in rows if "will publish" in row["text"])
    wrong = "favor" if stance == "neutral" else "neutral"
    rows = [row | ({"stance": wrong, "rationale": [[0, 3]]} if "will publish" in row["text"] else {}) for row in rows]
    data = tmp_path / "rows.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = ("evaluate", tiny_exported, "--data", data, "--samples", 100, "--only-figures", "--json")
    found = json.loads(output_of(*arguments, "--faithfulness", "--sentences", 2))
    assert found["layers"]["stance"]["macro_f1"] and found["faithfulness"] and "plausibility" not in found
    assert any("plausibility left out: no record has a rationale" in said for said in found["run"]["warnings"])


def test_fit_evidence_learns_from_a_file_of_records(
    tiny_exported: Path, annotations_file: Path, tmp_path: Path
) -> None:
    out = tmp_path / "explained"
    output_of("fit-evidence", tiny_exported, "--data", annotations_file, "--sentences", 8, "--out", out)
    assert Checkpoint(out).config.evidence is not None
    assert (tmp_path / "explained.removals.jsonl").is_file()
    table = tmp_path / "table.csv"
    table.write_text(
        "Sentence,kind,stance\n" + "".join(f"The government built pier {n}.,{'ab'[n % 2]},neutral\n" for n in range(8)),
        encoding="utf-8",
    )
    columns = ("--column", "text=Sentence", "--column", "split=kind", "--split", "a", "--target", "government")
    output_of("fit-evidence", tiny_exported, "--data", table, *columns, "--epochs", 1, "--out", tmp_path / "table")
    assert Checkpoint(tmp_path / "table").config.provenance["evidence"]["sentences"] == 4
    with pytest.raises(UsageError, match="go with --data"):
        CliRunner().invoke(
            app,
            ["fit-evidence", str(tiny_exported), "--config", "default", "--split", "a", "--out", str(tmp_path / "x")],
            catch_exceptions=False,
        )
    with pytest.raises(UsageError, match="either --config NAME or --data FILE"):
        CliRunner().invoke(app, ["fit-evidence", str(tiny_exported), "--out", str(out)], catch_exceptions=False)


def test_fit_evidence_says_what_a_configuration_leaves_it(
    tiny_exported: Path, tiny_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: str) -> str:
        with pytest.raises(UsageError) as caught:
            CliRunner().invoke(app, ["fit-evidence", str(tiny_exported), *arguments], catch_exceptions=False)
        return str(caught.value)

    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert refused("--config", str(tiny_config), "--out", "x") == (
        "there are 0 sentences in data.train whose text is not in data.dev, test or held_out: fitting takes 2 or more"
    )
    one = tmp_path / "one.jsonl"
    one.write_text('{"id": "1", "text": "The council met.", "stance": "neutral"}\n', encoding="utf-8")
    assert refused("--data", str(one), "--out", "x") == "there are 1 sentences: fitting takes 2 or more"
    two = tmp_path / "two.jsonl"
    two.write_text(one.read_text(encoding="utf-8") + '{"id": "2", "text": "It sat.", "stance": "neutral"}\n', "utf-8")
    output_of("fit-evidence", tiny_exported, "--data", two, "--epochs", 1, "--out", ".")
    assert Checkpoint(".").config.evidence is not None and (tmp_path / "here.removals.jsonl").is_file()
