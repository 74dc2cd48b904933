from __future__ import annotations

from pathlib import Path

import pytest
import torch

from newstance.errors import UsageError
from newstance.training.encoder import load_encoder, load_tokenizer


@pytest.mark.parametrize("load", [load_encoder, load_tokenizer])
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
