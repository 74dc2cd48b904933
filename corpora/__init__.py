"""Annotated data: the `Annotation` record, its files, and one adapter for each corpus and annotation tool."""

from .annotation import Annotation, Unit, filled_in, filled_in_of_one, mixed_id, same_sentence, sentence_numbers
from .codebook_pass import codebook_pass
from .columns import ColumnMap
from .formats import FORMATS, Format, detect_format, open_annotations, save_annotations
from .jsonl import check_codes, read_annotations, write_annotations
from .labelstudio import Suggestion, labelstudio_config
from .mention_pass import mention_pass
from .newsmtsc import read_newsmtsc, without_texts_of
from .own import CorpusArticle, corpus_articles, disagreements, load_corpus, of_versions, read_corpus
from .pstance import read_pstance
from .seesaw import SeesawSet, read_seesaw

__all__ = [
    "FORMATS",
    "Annotation",
    "ColumnMap",
    "CorpusArticle",
    "Format",
    "SeesawSet",
    "Suggestion",
    "Unit",
    "check_codes",
    "codebook_pass",
    "corpus_articles",
    "detect_format",
    "disagreements",
    "filled_in",
    "filled_in_of_one",
    "labelstudio_config",
    "load_corpus",
    "mention_pass",
    "mixed_id",
    "of_versions",
    "open_annotations",
    "read_annotations",
    "read_corpus",
    "read_newsmtsc",
    "read_pstance",
    "read_seesaw",
    "same_sentence",
    "save_annotations",
    "sentence_numbers",
    "without_texts_of",
    "write_annotations",
]
