"""The pre-trained encoder and its tokenizer, from the embedded package, a folder or a hub."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

from tokenizers import Tokenizer
from transformers import AutoModel, AutoTokenizer, PreTrainedModel
from transformers.utils import logging as hf_logging

from newstance.errors import UsageError
from newstance.model import EncodingConfig, encoder_folder

from .config import AttentionCode

__all__ = ["load_encoder", "load_tokenizer"]

_Loaded = TypeVar("_Loaded")


def load_encoder(name: str, attention: AttentionCode = "auto") -> PreTrainedModel:
    """Return the encoder with its pre-trained weights; no code that comes with it is run.

    Args:
        name: `all-MiniLM-L6-v2`, a folder, or a name on a model hub.
        attention: which implementation computes attention. `auto` is PyTorch's fused one (sdpa) where the encoder has
            it: batches of 32 with it train faster than batches of 16 without, and the results agree to rounding.

    Raises:
        UsageError: there is no such encoder, or it cannot be loaded.
    """
    wanted = None if attention == "auto" else attention
    encoder: PreTrainedModel = _loaded(
        name,
        lambda folder: AutoModel.from_pretrained(folder, attn_implementation=wanted, trust_remote_code=False),
    )
    return encoder


def load_tokenizer(name: str, encoding: EncodingConfig) -> tuple[Tokenizer, EncodingConfig]:
    """Return the encoder's tokenizer, without padding and truncation, and the encoding with its special tokens' names.

    A vocabulary may hold BERT's names besides its own: MPNet's has a `[MASK]` that is not its mask. So the tokenizer
    says which mask, pad and unknown tokens are its own, where the encoding does not name them.

    Raises:
        UsageError: there is none, or it has no fast form that gives offsets.
    """
    found: Any = _loaded(name, lambda folder: AutoTokenizer.from_pretrained(folder, trust_remote_code=False))
    tokenizer = getattr(found, "backend_tokenizer", None)
    if not isinstance(tokenizer, Tokenizer):
        raise UsageError(f"{name}: its tokenizer gives no character offsets; use an encoder with a fast tokenizer")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer, encoding.named(mask=found.mask_token, unknown=found.unk_token, pad=found.pad_token)


def _loaded(name: str, load: Callable[[str], _Loaded]) -> _Loaded:
    folder = encoder_folder(name)
    if not sys.stderr.isatty():
        hf_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar in a log file is noise
    try:
        return load(folder)
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().split("\n", maxsplit=1)[0]
        raise UsageError(
            f"cannot load {name!r} (a folder, a name on a hub that can be reached, or all-MiniLM-L6-v2): {reason}",
            field="encoder",
        ) from error
