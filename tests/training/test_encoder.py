from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, processors

from newstance.errors import UsageError
from newstance.model import Checkpoint, EncodingConfig, Predictor, SentenceInput
from newstance.training.config import load_config
from newstance.training.encoder import load_encoder, load_tokenizer
from newstance.training.export import export_checkpoint
from newstance.training.finetune import finetune


@pytest.fixture(scope="module")
def tiny_mpnet(tokenizer_json: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An encoder as all-mpnet-base-v2 is: other special tokens beside unused ones of BERT's, no segments."""
    from transformers import MPNetConfig, MPNetModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("mpnet")
    tokenizer = Tokenizer.from_file(str(tokenizer_json))
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<mask>"])
    ends = [(name, tokenizer.token_to_id(name)) for name in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends, add_prefix_space=False)
    tokenizer.enable_padding(length=16)  # as some are published
    own = {"mask_token": "<mask>", "pad_token": "<pad>", "unk_token": "[UNK]", "bos_token": "<s>", "eos_token": "</s>"}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **own).save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    pad = tokenizer.token_to_id("<pad>")
    MPNetModel(MPNetConfig(vocab_size=tokenizer.get_vocab_size(), pad_token_id=pad, **sizes)).save_pretrained(folder)
    return folder


def test_mask_pad_and_unknown_follow_the_tokenizer_unless_the_configuration_names_them(tiny_mpnet: Path) -> None:
    _, found = load_tokenizer(str(tiny_mpnet), EncodingConfig())
    assert (found.mask_token, found.pad_token, found.unknown_token) == ("<mask>", "<pad>", "[UNK]")
    _, found = load_tokenizer(str(tiny_mpnet), EncodingConfig(mask_token="[unused1]"))
    assert (found.mask_token, found.pad_token) == ("[unused1]", "<pad>")


@pytest.mark.parametrize("mode", ["mask", "mark"])
def test_an_encoder_without_segments_trains_exports_and_scores_the_same(
    tiny_config: Path, tiny_mpnet: Path, tmp_path: Path, mode: str
) -> None:
    settings = [f"encoder={tiny_mpnet}", f"encoding.target_mode={mode}", "freeze_layers=1", "report.baselines=[]"]
    folder = finetune(load_config(tiny_config, settings), tmp_path / "run")
    checkpoint = Checkpoint(folder)
    assert checkpoint.config.provenance["dev_macro_f1"]["as trained"]["stance"] > 0.8
    sentences = [
        SentenceInput("The council wrecked the harbour and lied about it.", ((4, 11),), "the council"),
        SentenceInput("Nobody met."),
    ]
    one = Predictor.open(checkpoint)
    (encoded, _) = one.encoding.encode(sentences)
    ids = checkpoint.tokenizer()
    shown = [ids.id_to_token(i) for i in encoded.windows[0].input_ids]
    assert (shown[0], shown[-1]) == ("<s>", "</s>") and "[MASK]" not in shown
    assert ("<mask>" in shown) == (mode == "mask")
    assert one.encoding.pad_id == ids.token_to_id("<pad>")
    two = Predictor.open(Checkpoint(export_checkpoint(folder, tmp_path / "exported")))
    for a, b in zip(one.predict(sentences), two.predict(sentences), strict=True):
        np.testing.assert_allclose(a.logits["stance"], b.logits["stance"], atol=1e-4)
        np.testing.assert_allclose(b.evidence["stance"].sum(axis=0), b.logits["stance"], atol=1e-4)


@pytest.mark.parametrize("load", [load_encoder, lambda name: load_tokenizer(name, EncodingConfig())])
def test_an_encoder_that_cannot_be_loaded_is_named_in_one_line(load, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "config.json").write_text("{}")
    for name in (str(tmp_path), str(tmp_path / "nowhere")):
        with pytest.raises(UsageError, match="cannot load") as caught:
            load(name)
        assert caught.value.field == "encoder"
        assert len(str(caught.value).splitlines()) == 1


def test_the_fused_attention_is_taken_where_there_is_one_and_says_the_same(tiny_encoder: Path) -> None:
    fused, eager = (load_encoder(str(tiny_encoder), code).eval() for code in ("auto", "eager"))  # type: ignore[arg-type]
    assert (fused.config._attn_implementation, eager.config._attn_implementation) == ("sdpa", "eager")
    ids = torch.arange(8, 40).view(2, 16)
    mask = torch.ones_like(ids)
    mask[0, 10:] = 0
    with torch.no_grad():
        one, two = (e(input_ids=ids, attention_mask=mask).last_hidden_state for e in (fused, eager))
    torch.testing.assert_close(one[0, :10], two[0, :10], atol=1e-5, rtol=1e-5)
