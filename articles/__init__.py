"""Files and pages become articles: sentences with offsets, roles, sections and mentions of the target."""

from __future__ import annotations

from newstance.articles.mentions import MentionFinder, mark_mentions
from newstance.articles.page import article_from_html
from newstance.articles.read import article_from_text, expand_paths, read_article
from newstance.articles.records import ROLES, TOTALLED_ROLES, Article, Mention, Role, Sentence, Voice
from newstance.articles.targets import DEFAULT_PROFILE, Person, TargetProfile, list_profiles, load_profile

__all__ = [
    "DEFAULT_PROFILE",
    "ROLES",
    "TOTALLED_ROLES",
    "Article",
    "Mention",
    "MentionFinder",
    "Person",
    "Role",
    "Sentence",
    "TargetProfile",
    "Voice",
    "article_from_html",
    "article_from_text",
    "expand_paths",
    "list_profiles",
    "load_profile",
    "mark_mentions",
    "read_article",
]
