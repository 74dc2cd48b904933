"""Annotated data: the `Annotation` record, its JSON Lines, and one adapter for each corpus."""

from .annotation import Annotation, same_sentence
from .codebook_pass import codebook_pass
from .jsonl import check_codes, read_annotations, write_annotations
from .newsmtsc import read_newsmtsc, without_texts_of
from .own import CorpusArticle, corpus_articles, disagreements, load_corpus, read_corpus
from .seesaw import SeesawSet, read_seesaw

__all__ = [
    "Annotation",
    "CorpusArticle",
    "SeesawSet",
    "check_codes",
    "codebook_pass",
    "corpus_articles",
    "disagreements",
    "load_corpus",
    "read_annotations",
    "read_corpus",
    "read_newsmtsc",
    "read_seesaw",
    "same_sentence",
    "without_texts_of",
    "write_annotations",
]
