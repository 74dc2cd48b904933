"""A codebook that is not ours, and files as they are written for a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from newstance.model.codebook import Codebook

OWN = Codebook.model_validate(
    {
        "name": "own",
        "layers": [
            {"name": "position", "kind": "single", "labels": [{"code": c} for c in ("for", "against", "unclear")]},
            {"name": "topics", "kind": "multi", "labels": [{"code": c} for c in ("jobs", "harbour")]},
        ],
    }
)


@pytest.fixture
def own() -> Codebook:
    return OWN


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    def written(name: str, text: str) -> Path:
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        return tmp_path / name

    return written
