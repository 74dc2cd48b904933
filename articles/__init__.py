"""Files and pages become articles: sentences with offsets, roles, sections, voices and mentions of the target.

Reading imports nothing heavy. The names around `TargetProfile` are looked up on first use, as pydantic and
PyYAML take most of this package's import time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newstance.articles.archive import Archive, InputFormat
from newstance.articles.columns import Columns
from newstance.articles.drafts import MAX_CHARACTERS, Draft, Refusal, article_from_draft, article_or_refusal, spelt_out
from newstance.articles.mentions import MentionFinder, mark_mentions
from newstance.articles.page import article_from_html
from newstance.articles.paths import RUN_MANIFEST, expand_paths
from newstance.articles.read import article_from_text, read_article
from newstance.articles.records import ROLES, TOTALLED_ROLES, Article, Mention, Role, Sentence, Voice
from newstance.articles.voices import mark_voices

if TYPE_CHECKING:
    from newstance.articles.targets import (
        DEFAULT_PROFILE,
        Person,
        TargetProfile,
        list_profiles,
        load_profile,
    )

__all__ = [
    "DEFAULT_PROFILE",
    "MAX_CHARACTERS",
    "ROLES",
    "RUN_MANIFEST",
    "TOTALLED_ROLES",
    "Archive",
    "Article",
    "Columns",
    "Draft",
    "InputFormat",
    "Mention",
    "MentionFinder",
    "Person",
    "Refusal",
    "Role",
    "Sentence",
    "TargetProfile",
    "Voice",
    "article_from_draft",
    "article_from_html",
    "article_from_text",
    "article_or_refusal",
    "expand_paths",
    "list_profiles",
    "load_profile",
    "mark_mentions",
    "mark_voices",
    "read_article",
    "spelt_out",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from newstance.articles import targets

        return getattr(targets, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
