"""Tiny models, built and trained in memory: the real code, small numbers, no network."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import settings
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

# No test asserts a time: a busy machine must not fail one.
settings.register_profile("newstance", deadline=None)
settings.load_profile("newstance")

SHARED = Path(__file__).resolve().parents[2] / "shared"
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SPECIAL = ["[PAD]", "[unused1]", "[unused2]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

#: Written for these tests; the tiny model only has to be able to tell them apart.
SENTENCES = [
    ("The {} rescued the harbour and deserves every bit of praise.", "favor"),
    ("Fishermen thanked the {} for a generous and sensible plan.", "favor"),
    ("What the {} built here works, and works well.", "favor"),
    ("The {} wrecked the harbour and lied about it.", "against"),
    ("Fishermen blamed the {} for a cruel and reckless plan.", "against"),
    ("What the {} promised here never came, and nobody was sorry.", "against"),
    ("The {} will publish the plan on Tuesday.", "neutral"),
    ("Members of the {} met in the town hall at noon.", "neutral"),
    ("The plan of the {} has four chapters and an annex.", "neutral"),
]
TARGETS = ["government", "council", "ministry", "cabinet"]


def written_annotations() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for target in TARGETS:
        for number, (pattern, stance) in enumerate(SENTENCES):
            text = pattern.format(target)
            start = text.index(target)
            rows.append(
                {
                    "id": f"{target}-{number}",
                    "text": text,
                    "target": f"the {target}",
                    "target_spans": [[start, start + len(target)]],
                    "stance": stance,
                    "article": f"{target}-{number % 3}",
                }
            )
    return rows


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def tokenizer_json(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator([str(row["text"]) for row in written_annotations()], trainer)
    cls, sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", cls), ("[SEP]", sep)],
    )
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    tokenizer.save(str(path))
    return path


@pytest.fixture
def tokenizer(tokenizer_json: Path) -> Tokenizer:
    return Tokenizer.from_file(str(tokenizer_json))


@pytest.fixture(scope="session")
def annotations_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("annotations") / "written.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in written_annotations()), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory, tokenizer_json: Path) -> Path:
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoder")
    config = BertConfig(
        vocab_size=300, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_file=str(tokenizer_json), unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_config(tmp_path_factory: pytest.TempPathFactory, tiny_encoder: Path, annotations_file: Path) -> Path:
    import yaml

    path = tmp_path_factory.mktemp("config") / "tiny.yaml"
    source = {"corpus": "annotations", "path": annotations_file.name}
    path.write_text(
        yaml.safe_dump(
            {
                "name": "tiny",
                "encoder": str(tiny_encoder),
                "data": {
                    "root": str(annotations_file.parent),
                    "train": [source],
                    "dev": [source],
                    "drop_repeated_texts": False,
                },
                "freeze_embeddings": False,
                "learning_rate": 3e-3,
                "head_learning_rate": 3e-3,
                "batch_size": 12,
                "epochs": 12,
            }
        ),
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory, tiny_config: Path) -> Path:
    from newstance.training.config import load_config
    from newstance.training.finetune import finetune

    return finetune(load_config(tiny_config), tmp_path_factory.mktemp("run") / "tiny")


@pytest.fixture(scope="session")
def tiny_exported(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Path:
    from newstance.training.export import export_checkpoint

    return export_checkpoint(tiny_checkpoint, tmp_path_factory.mktemp("exported") / "model")
