"""`shipped_folder`: where the models lie that come with the installation; needs nothing else of this package."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

__all__ = ["DEFAULT", "shipped_folder"]

#: Name of the model that is meant where none is named.
DEFAULT = "default"


def shipped_folder() -> Path:
    """Return the folder that holds a folder for each shipped model; it need not exist."""
    return Path(str(resources.files("newstance.model"))) / "shipped"
