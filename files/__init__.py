"""Files as bytes, as text and as rows of cells, whatever is read out of them.

This package is a leaf: others may import it, it imports nothing of ours but the errors and knows no column by its name.
"""

from newstance.files.delimited import WIDEST, BadRecord, DelimitedTable, open_table
from newstance.files.packed import (
    DAMAGED,
    NO_VALUE,
    create_text,
    inner_stem,
    inner_suffix,
    is_packed,
    open_bytes,
    open_text,
)
from newstance.files.utf8 import mended_utf8
from newstance.files.whole import WholeFile, sync_folder, whole_file, whole_folder, write_together

__all__ = [
    "DAMAGED",
    "NO_VALUE",
    "WIDEST",
    "BadRecord",
    "DelimitedTable",
    "WholeFile",
    "create_text",
    "inner_stem",
    "inner_suffix",
    "is_packed",
    "mended_utf8",
    "open_bytes",
    "open_table",
    "open_text",
    "sync_folder",
    "whole_file",
    "whole_folder",
    "write_together",
]
