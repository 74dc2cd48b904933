"""`Collator`: rows become a batch, with words hidden at random."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from newstance.model import Window, collate

from .sections import MaskingConfig
from .taught_states import TaughtStates

__all__ = ["LABELS", "RATIONALE", "TAUGHT_STATES", "TAUGHT_WORDS", "TEACHER", "Collator"]

#: Prefixes of what the loss needs of each layer: the annotators' label shares, and the teachers' probabilities.
LABELS, TEACHER = "labels_", "teacher_"
#: How far the annotators of a row marked each of its tokens, 0 to 1.
RATIONALE = "rationale"
#: For each token which of the words whose states are taught it belongs to (-1: none), and those words' states.
TAUGHT_WORDS, TAUGHT_STATES = "taught_words", "taught_states"


class Collator:
    """Pad rows into a batch and hide words at random.

    What is hidden depends on the seed, the epoch and the row alone: not on the generator that dropout draws from, nor
    on how many batches were fetched before. So a run that is resumed hides what the unbroken run hides.
    """

    def __init__(
        self,
        pad_id: int,
        protected: set[int],
        masking: MaskingConfig,
        seed: int = 0,
        states: TaughtStates | None = None,
    ) -> None:
        """Prepare; `protected` are the token ids that are never hidden (mask and markers of the target)."""
        self._states = states
        self._pad_id = pad_id
        self._protected = protected
        self._masking = masking
        self._seed = seed
        self.epoch = 0

    def __call__(self, rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """Return the network's inputs and what the loss needs: labels, weights, teachers' answers and rationales."""
        windows = [Window(r["input_ids"], r["token_type_ids"], r["words"], target=tuple(r["target"])) for r in rows]
        batch = {name: torch.from_numpy(array) for name, array in collate(windows, self._pad_id).items()}
        for row, window in enumerate(windows):
            generator = np.random.default_rng([self._seed, self.epoch, rows[row]["row"]])
            if generator.random() < self._masking.rows:
                hidden = self._hidden(window, generator)
                batch["attention_mask"][row, hidden] = 0
                batch["pool_mask"][row, hidden] = 0
        for name in rows[0]:
            if name.startswith((LABELS, TEACHER)) or name == "weight":
                batch[name] = torch.tensor([r[name] for r in rows], dtype=torch.float32)
        if RATIONALE in rows[0]:
            marked = torch.zeros(batch["pool_mask"].shape, dtype=torch.float32)
            for row, given in enumerate(rows):
                marked[row, : len(given[RATIONALE])] = torch.tensor(given[RATIONALE], dtype=torch.float32)
            batch[RATIONALE] = marked * batch["pool_mask"]
        if self._states is not None:
            batch |= self._taught(self._states, rows, batch["pool_mask"])
        return batch

    def _taught(
        self, states: TaughtStates, rows: list[dict[str, Any]], visible: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return the states that are taught of the batch's visible words, and which tokens are whose."""
        of_tokens = np.full(tuple(visible.shape), -1, dtype=np.int64)
        for row, given in enumerate(rows):
            of_tokens[row, : len(given[TAUGHT_WORDS])] = given[TAUGHT_WORDS]
        of_tokens[visible.numpy() == 0] = -1
        wanted, within = np.unique(of_tokens, return_inverse=True)
        none = int(wanted.size > 0 and wanted[0] == -1)  # it sorts before all words
        return {
            TAUGHT_WORDS: torch.from_numpy(within.reshape(of_tokens.shape) - none),
            TAUGHT_STATES: torch.from_numpy(states.of(wanted[none:])),
        }

    def _hidden(self, window: Window, generator: np.random.Generator) -> list[int]:
        """Return the positions of the tokens of the words drawn to be hidden; at least one word stays."""
        kept = {w for w, token in zip(window.words, window.input_ids, strict=True) if token in self._protected}
        words = sorted({w for w in window.words if w >= 0} - kept)
        share = generator.random() * self._masking.up_to
        count = min(round(share * len(words)), len(words) - (not kept))
        if count <= 0:
            return []
        drawn = {words[i] for i in generator.permutation(len(words))[:count]}
        return [position for position, word in enumerate(window.words) if word in drawn]
