"""How many sentences could leave the encoder early, and what would that save? By one command.

::

    python -m newstance.eval.early_exit [MODEL] --data-dir DIR

After each of the encoder's layers but the last, logistic regressions guess from the token vectors so far what the
whole model will decide: stance, sentiment and every frame (Schwartz et al., The right tool for the job, ACL 2020, with
our own model as the judge). A sentence leaves after a layer if the guesses are surer than a bound, chosen on training
sentences that they have not learnt from so that of those who leave the wanted share gets *every* decision of the whole
model. What that gives is counted on development sentences. No test split is read. Needs the extra `train`.

What is counted flatters early exit: the guesses' own cost, and that of taking rows out of a batch, are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import numpy.typing as npt
import typer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from newstance.corpora import read_corpus
from newstance.errors.command import run_command
from newstance.model import Checkpoint, SentenceEncoding, SentenceInput, collate, plan_batches
from newstance.model.encoding import Window

from .development import development_sets
from .inputs import decided, sentence_inputs

if TYPE_CHECKING:
    from newstance.model.network import SentenceClassifier

__all__ = ["Guess", "bound_for", "guess", "main"]

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

SEED = 0
#: Inverse strength of the regressions' regularisation: there are 768 features and a few thousand sentences.
_C = 0.01


@dataclass(frozen=True, slots=True)
class Guess:
    """What the regressions after one layer say of some sentences.

    Attributes:
        sureness: (sentences,), the probability that all decisions are as guessed, were they independent.
        right: (sentences,), whether all of them are those of the whole model.
    """

    sureness: Floats
    right: Bools

    def part(self, chosen: slice) -> Guess:
        """Return the guesses of some of the sentences."""
        return Guess(self.sureness[chosen], self.right[chosen])


def guess(fitted_on: tuple[Floats, npt.NDArray[np.integer]], asked: tuple[Floats, npt.NDArray[np.integer]]) -> Guess:
    """Guess the whole model's decisions.

    Args:
        fitted_on: features (sentences, features) and decisions (sentences, decisions) to learn from.
        asked: the same of the sentences to guess.
    """
    (features, final), (others, truth) = fitted_on, asked
    sureness, right = np.ones(len(others)), np.ones(len(others), dtype=bool)
    for column in range(final.shape[1]):
        known = final[:, column]
        several = len(np.unique(known)) > 1
        classifier: Any = LogisticRegression(C=_C, max_iter=500) if several else DummyClassifier(strategy="prior")
        model = make_pipeline(StandardScaler(), classifier).fit(features, known)
        likely = model.predict_proba(others)
        sureness = sureness * likely.max(axis=1)
        right &= model.classes_[likely.argmax(axis=1)] == truth[:, column]
    return Guess(sureness, right)


def bound_for(made: Guess, share: float) -> float:
    """Return the lowest bound on the sureness above which `share` of the guesses are right; infinite if there is none.

    Args:
        made: guesses of sentences that the regressions have not learnt from.
        share: how many of those who leave must get what the whole model decides.
    """
    order = np.argsort(-made.sureness, kind="stable")
    holds = np.cumsum(made.right[order]) >= share * np.arange(1, len(order) + 1)
    if not holds.any():
        return float("inf")
    return float(made.sureness[order[np.flatnonzero(holds)[-1]]])


class _States:
    """A network's token vectors after each layer, as features, and what it decides in the end."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        from newstance.model.torch_runtime import load_network

        self.checkpoint = checkpoint
        self.network: SentenceClassifier = load_network(checkpoint)
        self.encoding = SentenceEncoding(checkpoint.tokenizer(), checkpoint.config.encoding)

    def __call__(self, sentences: Sequence[SentenceInput]) -> tuple[list[Floats], npt.NDArray[np.integer]]:
        """Return features by depth, each (sentences, 2 * hidden), and decisions (sentences, decisions)."""
        windows = [encoded.windows[0] for encoded in self.encoding.encode(sentences)]
        by_depth: dict[int, list[Floats]] = {}
        final, order = [], []
        for rows in plan_batches([len(window.input_ids) for window in windows]):
            features, decisions = self._batch([windows[row] for row in rows])
            for depth, values in enumerate(features):
                by_depth.setdefault(depth, []).append(values)
            final.append(decisions)
            order += rows
        back = np.argsort(order)
        return [np.concatenate(parts)[back] for parts in by_depth.values()], np.concatenate(final)[back]

    def _batch(self, windows: Sequence[Window]) -> tuple[list[Floats], npt.NDArray[np.integer]]:
        """Return the mean vector of the sentence's own tokens beside that of the target's, after each layer."""
        import torch

        batch = {n: torch.from_numpy(a) for n, a in collate(windows, self.encoding.pad_id).items()}
        with torch.inference_mode():
            kwargs = {"token_type_ids": batch["token_type_ids"]} if self.network.takes_types else {}
            states = self.network.encoder(
                input_ids=batch["input_ids"],
                attention_mask=batch["attention_mask"],
                output_hidden_states=True,
                **kwargs,
            ).hidden_states[1:]
            heads = {
                name: head(states[-1], batch["pool_mask"], batch["target_mask"]).sum(dim=1).numpy()
                for name, head in self.network.heads.items()
            }
        features = []
        for vectors in states[:-1]:
            means = []
            for mask in (batch["pool_mask"], batch["target_mask"]):
                weights = mask.unsqueeze(-1).to(vectors.dtype)
                means.append((vectors * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1.0))
            features.append(torch.cat(means, dim=1).numpy())
        rows = len(windows)
        each = [
            decided(heads[layer.name], self.checkpoint, layer).reshape(rows, -1).astype(np.int64)
            for layer in self.checkpoint.codebook.layers
        ]
        return features, np.concatenate(each, axis=1)


def main(
    model: Annotated[str | None, typer.Argument(help="A model folder or a shipped model's name.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the public corpora.")] = None,
    sentences: Annotated[int, typer.Option(min=100, help="Training sentences to learn the guesses from.")] = 6000,
    share: Annotated[float, typer.Option(min=0.5, max=1.0, help="Of those who leave, so many must be right.")] = 0.99,
) -> None:
    """Print, for each layer, how many sentences could leave after it and what work that would save; Markdown."""
    states = _States(Checkpoint.find(model))
    train = list(dict.fromkeys(sentence_inputs(read_corpus("train"))))
    chosen = np.random.default_rng(SEED).permutation(len(train))[:sentences]
    records = [record for data in development_sets(data_dir) for record in data.records]
    dev = list(dict.fromkeys(sentence_inputs(records)))
    typer.echo(f"{len(chosen)} training sentences, {len(dev)} development sentences", err=True)
    learnt, final = states([train[i] for i in chosen])
    asked, truth = states(dev)
    cut = len(chosen) * 2 // 3
    depths = len(learnt) + 1
    typer.echo("| after layer | guessed right, dev | leave, dev | of those right | work of the layers saved |")
    typer.echo("|---|---|---|---|---|")
    for depth, (known, new) in enumerate(zip(learnt, asked, strict=True), start=1):
        others = np.concatenate([known[cut:], new]), np.concatenate([final[cut:], truth])
        both = guess((known[:cut], final[:cut]), others)
        held, made = both.part(slice(len(chosen) - cut)), both.part(slice(len(chosen) - cut, None))
        leaves = made.sureness >= bound_for(held, share)
        right = f"{made.right[leaves].mean():.1%}" if leaves.any() else "-"
        saved = leaves.mean() * (1 - depth / depths)
        typer.echo(
            f"| {depth} of {depths} | {made.right.mean():.1%} | {leaves.mean():.1%} | {right} | {saved:.1%} |",
        )


if __name__ == "__main__":
    run_command(main)
