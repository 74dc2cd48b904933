from __future__ import annotations

import json
from pathlib import Path

import pytest

from newstance.errors import UsageError
from newstance.training.checking import check_config
from newstance.training.config import codebook_of, load_config


def test_the_shipped_configuration_loads_and_takes_overrides() -> None:
    config = load_config("default", ["seed=7", "encoding.target_mode=mark", "data.root=/data"])
    assert (config.seed, config.encoding.target_mode, config.data.root) == (7, "mark", "/data")


def test_every_error_is_named_at_once_with_the_nearest_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: x\nlearning_rat: 1\nepochs: none\nencoding: {target_mod: mark}\n"
        "data: {train: [{corpus: newsmtsc, pth: a}], dev: []}\n"
    )
    with pytest.raises(UsageError) as caught:
        load_config(path)
    text = str(caught.value)
    for part in (
        "learning_rat",
        "'learning_rate'",
        "epochs",
        "encoding.target_mod",
        "'target_mode'",
        "'path'",
        "data.dev",
    ):
        assert part in text


def test_a_setting_reaches_into_lists_and_what_is_null(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: x\nteacher: null\n"
        "data: {train: [&one {corpus: annotations, path: a, columns: {fields: {text: t}}}, *one], dev: [*one]}\n"
    )
    settings = ["data.train.1.weight=2", "data.train.1.columns.fields.text=u", "teacher.checkpoints=[default]"]
    found = load_config(path, [*settings, "pooling.stance=mean"])
    assert [source.weight for source in found.data.train] == [1.0, 2.0]
    texts = [source.columns.fields["text"] for source in (*found.data.train, *found.data.dev)]
    assert texts == ["t", "u", "t"], "what shares an anchor stays as it was"
    assert found.teacher is not None and found.teacher.checkpoints == ("default",)
    assert found.pooling_of("stance") == "mean"
    for place in ("2", "-1", "first"):
        with pytest.raises(UsageError, match=f"{place} is no entry of a list of 2"):
            load_config(path, [f"data.train.{place}.weight=2"])
    with pytest.raises(UsageError, match="pooling is 'mean', not a section; set pooling itself"):
        load_config(path, ["pooling=mean", "pooling.stance=sum"])


def test_a_file_builds_on_another_and_says_only_what_is_different(tmp_path: Path) -> None:
    (tmp_path / "first.yaml").write_text(
        "name: first\nepochs: 2\nteacher: {checkpoints: [default]}\n"
        "data: {train: [{corpus: newstance, split: train}], dev: [{corpus: newstance, split: dev}]}\n"
    )
    (tmp_path / "second.yaml").write_text(
        "base: first.yaml\nname: second\ndata: {train: [{corpus: annotations, path: a}]}\nteacher: {weight: 0.7}\n"
    )
    third = tmp_path / "third.yaml"
    third.write_text("base: second.yaml\nteacher: null\nseed: 5\n")
    second, found = load_config(tmp_path / "second.yaml"), load_config(third, ["epochs=7"])
    assert (second.epochs, second.name, second.teacher and second.teacher.weight) == (2, "second", 0.7)
    assert second.teacher is not None and second.teacher.checkpoints == ("default",), "sections are merged"
    assert [source.path for source in found.data.train] == ["a"], "a list replaces a list"
    assert [source.corpus for source in found.data.dev] == ["newstance"]
    assert (found.epochs, found.seed, found.name, found.teacher) == (7, 5, "second", None)


def test_a_shipped_recipe_is_a_base_by_its_name(tmp_path: Path) -> None:
    mine = tmp_path / "mine.yaml"
    mine.write_text("base: wide\nname: mine\nencoding: {target_mode: mark}\n")
    wide, found = load_config("wide"), load_config(mine)
    assert found.encoding == wide.encoding.model_copy(update={"target_mode": "mark"})
    assert found.model_dump(exclude={"name", "encoding"}) == wide.model_dump(exclude={"name", "encoding"})


def test_a_file_may_have_the_name_of_the_shipped_recipe_that_it_builds_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("wide.yaml").write_text("base: wide\nname: mine\n")
    assert load_config("wide.yaml").name == "mine"
    Path("wide").write_text("no configuration")  # a shipped recipe takes no stray file for its base
    assert load_config("second").name == "newstance-second"


def test_a_circle_through_other_folders_is_seen(tmp_path: Path) -> None:
    for one, other in (("x", "y"), ("y", "x")):
        (tmp_path / one).mkdir()
        (tmp_path / one / "a.yaml").write_text(f"base: ../{other}/a.yaml\n")
    with pytest.raises(UsageError, match="base: builds on itself"):
        load_config(tmp_path / "x" / "a.yaml")


def test_a_base_is_not_set_from_the_command() -> None:
    with pytest.raises(UsageError, match=r"--set base=\.\.\.: a base stands in a file"):
        load_config("narrow", ["base=default"])


def test_a_mistake_in_a_base_names_both_files(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text("base: wide\nepochz: 3\n")
    (tmp_path / "mine.yaml").write_text("base: b.yaml\n")
    with pytest.raises(UsageError, match=r"mine\.yaml \(on .*b\.yaml, wide\.yaml\): epochz: unknown key"):
        load_config(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"base: {'x' * 300}\n", r"mine\.yaml: base: cannot read the configuration: File name too long"),
        ("base: mine.yaml\n", r"base: builds on itself: .*mine.yaml -> .*mine.yaml"),
        ("base: widde\n", r"mine\.yaml: base: cannot read the configuration.*did you mean 'wide'"),
        ("base: [wide]\n", r"base: takes the name or the path of a configuration, not \['wide'\]"),
        ("bas: wide\n", "bas: unknown key, did you mean 'base'"),
        ("base: wide\nepochs: none\n", "mine.yaml.*epochs"),
    ],
)
def test_a_wrong_base_is_a_usage_error(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(UsageError, match=problem):
        load_config(tmp_path / "mine.yaml")


@pytest.mark.parametrize("override", ["seed", "=3", "seed=[", "name.first=x"])
def test_a_bad_override_is_a_usage_error(override: str) -> None:
    with pytest.raises(UsageError):
        load_config("default", [override])


def test_a_missing_configuration_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        load_config(tmp_path / "nowhere.yaml")


def test_a_codebook_stands_in_the_configuration_and_its_errors_have_their_path(tmp_path: Path) -> None:
    layer = "{name: position, kind: single, labels: [{code: pro}, {code: con}]}"
    config = load_config("smoke", [f"codebook={{name: mine, layers: [{layer}]}}", "layers=[position]"])
    assert codebook_of(config).layer("position").codes == ("pro", "con")
    with pytest.raises(UsageError) as caught:
        load_config("smoke", ["codebook={name: x, layers: [{name: A, kind: sing, lables: []}]}"])
    text = str(caught.value)
    for part in ("codebook.layers.0.name: ", "codebook.layers.0.kind: ", "codebook.layers.0.lables: unknown key"):
        assert part in text
    assert "valid string" not in text and "function" not in text


def test_settings_by_layer_must_name_layers_of_the_run() -> None:
    config = load_config("smoke", ["pooling={frames: sum}", "class_weights={stance: {favor: 2}}"])
    assert (config.pooling_of("stance"), config.pooling_of("frames")) == ("attention", "sum")
    for key in ("pooling={frame: sum}", "class_weights={stanc: {favor: 2}}", "layer_weights={x: 1}"):
        with pytest.raises(UsageError, match="none of the layers stance, frames"):
            load_config("smoke", [key])


def test_settings_that_do_not_fit_each_other_are_named_at_once_with_the_nearest_layer() -> None:
    wrong = ["pooling={stnce: mean}", "class_weights={frame: {a: 1}}", "layer_weights={x: 1, framess: 2}"]
    with pytest.raises(UsageError) as caught:
        load_config("smoke", [*wrong, "layers=[stance, frames]", "keep_frozen_states=true", "masking.rows=0.5"])
    text = str(caught.value)
    for part in (
        "pooling: 'stnce' is none of the layers stance, frames, did you mean 'stance'?",
        "class_weights: 'frame' is none of the layers stance, frames, did you mean 'frames'?",
        "layer_weights: 'x' is none of the layers stance, frames;",
        "layer_weights: 'framess' is none",
        "keep_frozen_states: needs",
    ):
        assert part in text
    with pytest.raises(UsageError, match=r"rationale_weight: needs attention.*; keep_frozen_states: needs"):
        load_config("smoke", ["rationale_weight=1", "pooling=mean", "keep_frozen_states=true"])
    with pytest.raises(UsageError, match="layers: a name stands twice"):
        load_config("smoke", ["layers=[stance, frames, stance]"])


def test_a_wrong_source_is_not_called_a_missing_one_too() -> None:
    with pytest.raises(UsageError) as caught:
        load_config("smoke", ["data.dev=[{corpus: newstanse}]", "data.train=[]"])
    text = str(caught.value)
    assert "data.dev.0.corpus: " in text and "data.dev: " not in text
    assert "data.train: Tuple should have at least 1 item" in text


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("layers=[]", r"layers: .*at least 1 item"),
        ("learning_rate=.inf", "learning_rate: .*finite"),
        ("data.train=[{corpus: newstance, weight: .nan}]", r"data\.train\.0\.weight: .*finite"),
        ("class_weights={stance: {favor: -1}}", r": class_weights\.stance\.favor: .*greater than or equal to 0"),
        ("class_weights={stance: {favor: true}}", r": class_weights\.stance\.favor: .*a number, not true"),
        ("layer_weights={stance: -1}", r"layer_weights\.stance: .*greater than or equal to 0"),
        ("layer_weights={stance: .inf}", r"layer_weights\.stance: .*finite"),
        ("epochs=true", "epochs: .*a number, not true"),
        ("early_stopping=yes", "early_stopping: .*a number, not true"),
        ("learning_rate=on", "learning_rate: .*a number, not true"),
        ("report.samples=true", r"report\.samples: .*a number, not true"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(override: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as caught:
        load_config("smoke", [override])
    assert ";" not in str(caught.value), "one mistake is one problem"


@pytest.mark.parametrize(
    ("kind", "code", "layers", "problem"),
    [
        (
            "multi",
            "neutral",
            "",
            "single and has the codes positive, negative, neutral; this run's is multi and has",
        ),
        (
            "single",
            "other",
            "",
            "single and has the codes positive, negative, neutral; this run's is single and has",
        ),
        ("single", "neutral", "layers: [tone], ", "teacher.layers: 'tone' is no layer of this run and all its teach"),
        ("single", "neutral", "", ""),
    ],
)
def test_a_teacher_that_answers_another_question_is_found_before_it_is_asked(
    tmp_path: Path, kind: str, code: str, layers: str, problem: str
) -> None:
    labels = ", ".join(f"{{code: {one}}}" for one in ("negative", "positive", code))
    row = {"id": "1", "text": "A letter.", "labels": {"sentiment": ["positive"] if kind == "multi" else "positive"}}
    (tmp_path / "own.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    own = "[{corpus: annotations, path: own.jsonl}]"
    settings = [
        f"codebook={{name: own, layers: [{{name: sentiment, kind: {kind}, labels: [{labels}]}}]}}",
        f"teacher={{{layers}checkpoints: [default]}}",
        "layers=[sentiment]",
        f"data={{root: {tmp_path}, train: {own}, dev: {own}, drop_repeated_texts: false}}",
    ]
    problems, _ = check_config(load_config("smoke", settings))
    assert len(problems) == bool(problem)
    assert problem in "".join(problems)


def test_a_layer_s_name_that_pytorch_keeps_for_itself_is_found_before_training(tmp_path: Path) -> None:
    row = {"id": "1", "text": "A letter.", "labels": {"values": "old"}}
    (tmp_path / "own.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    own = "[{corpus: annotations, path: own.jsonl}]"
    settings = [
        "codebook={name: own, layers: [{name: values, kind: single, labels: [{code: old}, {code: new}]}]}",
        "layers=[values]",
        f"data={{root: {tmp_path}, train: {own}, dev: {own}, drop_repeated_texts: false}}",
    ]
    problem = "codebook: no layer can be called 'values', which PyTorch keeps for itself: choose another name"
    assert check_config(load_config("smoke", settings))[0] == [problem]
