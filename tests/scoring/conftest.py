"""A scored article written by hand, so that pages can be tested without any model."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from newstance.articles import Article, article_from_text
from newstance.model import load_codebook
from newstance.scoring import EvidenceWord, FrameScore, ScoredArticle, ScoredSentence, summarise

#: What an article must not be able to do to a page: run, load, close an element, turn the text around.
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> \u202eevil\u202c & {{ 7*7 }} </script>'
CHANCES = [
    {"favor": 0.8, "against": 0.1, "neutral": 0.1},
    {"favor": 0.1, "against": 0.7, "neutral": 0.2},
    {"favor": 0.2, "against": 0.2, "neutral": 0.6},
]

HandScored = Callable[..., tuple[Article, ScoredArticle]]


@pytest.fixture(scope="session")
def hostile() -> str:
    return HOSTILE


@pytest.fixture(scope="session")
def scored() -> HandScored:
    return _scored


def _scored(text: str, **changes: object) -> tuple[Article, ScoredArticle]:
    article = article_from_text(text)
    sentences = []
    for s in article.sentences:
        chances = CHANCES[s.index % 3]
        fields = {
            "article": article.id,
            "index": s.index,
            "text": s.text,
            "start": s.start,
            "end": s.end,
            "role": s.role,
            "section": s.section,
            "target": f"the council {HOSTILE}",
            "target_spans": [],
            "speaker": HOSTILE,
            "voice": "quoted",
            "stance": max(chances, key=lambda code: chances[code]),
            "stance_probability": chances,
            "stance_logits": [1.0, 0.0, -1.0],
            "frames": [FrameScore("economic", 0.7)],
            "frame_logits": [0.0] * 15,
            "evidence": [
                EvidenceWord(w[0], s.start + w.start(), s.start + w.end(), 0.5) for w in re.finditer(r"\S+", s.text)
            ],
            "abstained": s.index % 4 == 3,
            "truncated": False,
            "model": "0" * 16,
        }
        sentences.append(ScoredSentence(**(fields | changes)))  # type: ignore[arg-type]
    described = {"id": "a", "title": article.title, "outlet": HOSTILE, "date": "2031-02-11", "target": HOSTILE}
    return article, ScoredArticle(described, sentences, summarise(sentences, load_codebook().layer("stance").codes))
