"""What `newstance benchmark` compares with: how sentences are classified, and explained, without it.

    python -m newstance.eval.references pipeline MODEL SENTENCES
    python -m newstance.eval.references gradients MODEL SENTENCES

`pipeline` is the `transformers` text-classification pipeline called on a list of sentences as its documentation shows;
`gradients` adds integrated gradients (Sundararajan, Taly, Yan, 2017) for each sentence, summed by word. Both run the
encoder that the shipped model was made from, as it is published, with a fresh head: speed does not depend on what the
weights are. (The shipped model has fewer feed-forward units; what that gains is part of what is measured.)
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from newstance.errors.command import run_command

__all__ = ["STEPS", "write_reference_model"]

#: Points of the integral.
STEPS = 20


def write_reference_model(folder: Path) -> None:
    """Write a sentence classifier of the embedded encoder's architecture and weights with three labels."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    from newstance.model import encoder_folder

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    source = encoder_folder()
    AutoModelForSequenceClassification.from_pretrained(source, num_labels=3).save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)


def _pipeline(model: str, sentences: list[str]) -> Any:
    from transformers import pipeline

    classify = pipeline("text-classification", model=model)
    return classify, [result["label"] for result in classify(sentences)]


def _gradients(model: str, sentences: list[str]) -> None:
    classify, _ = _pipeline(model, sentences)
    for sentence in sentences:
        _word_attributions(classify.model, classify.tokenizer, sentence)


def _word_attributions(model: Any, tokenizer: Any, sentence: str) -> list[float]:
    """Return each word's integrated gradient of the winning logit, from a baseline of padding."""
    import torch

    encoded = tokenizer(sentence, return_tensors="pt", truncation=True)
    table = model.get_input_embeddings()
    tokens = encoded["input_ids"]
    special = torch.tensor([word is None for word in encoded.word_ids()])
    baseline = table(torch.where(special, tokens, torch.full_like(tokens, tokenizer.pad_token_id))).detach()
    inputs = table(tokens).detach()
    mask = encoded["attention_mask"]
    winner = int(model(**encoded).logits.argmax())
    steps = (torch.arange(STEPS) + 0.5) / STEPS
    points = (baseline + steps[:, None, None] * (inputs - baseline)).requires_grad_()
    logits = model(inputs_embeds=points, attention_mask=mask.expand(STEPS, -1)).logits[:, winner]
    (gradient,) = torch.autograd.grad(logits.sum(), points)
    by_token = ((inputs - baseline) * gradient.mean(dim=0)).sum(dim=-1)[0].tolist()
    words: dict[int, float] = {}
    for word, value in zip(encoded.word_ids(), by_token, strict=True):
        if word is not None:
            words[word] = words.get(word, 0.0) + value
    return list(words.values())


def main(
    kind: Annotated[Literal["pipeline", "gradients"], typer.Argument(help="What is done with each sentence.")],
    model: Annotated[Path, typer.Argument(help="A sentence classifier's folder.", exists=True, file_okay=False)],
    sentences: Annotated[Path, typer.Argument(help="One sentence a line.", exists=True, dir_okay=False)],
) -> None:
    """Run one reference over a file of one sentence a line."""
    lines = sentences.read_text(encoding="utf-8").splitlines()
    if kind == "pipeline":
        _pipeline(str(model), lines)
    else:
        _gradients(str(model), lines)


if __name__ == "__main__":
    run_command(main)
