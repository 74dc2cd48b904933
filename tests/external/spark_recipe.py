"""The Spark recipe of docs/archives.md, taken from there and run on local Spark, gives the rows of the local engine.

Not a part of the test suite: Spark is large and needs Java. Beside newstance, in the same environment:

    pip install pyspark pandas && sudo apt-get install default-jre-headless
    python tests/external/spark_recipe.py
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession

from newstance.articles import article_from_text
from newstance.corpora import read_corpus
from newstance.scoring import Scorer

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "archives.md"
_COLUMNS = ["article", "index", "stance", "confidence", "abstained"]


def recipe() -> str:
    """Return the code of the recipe, as it stands in the documentation."""
    blocks = re.findall(r"```python\n(.*?)```", _DOCS.read_text(encoding="utf-8"), flags=re.DOTALL)
    (found,) = (block for block in blocks if "mapInPandas" in block)
    return str(found)


def articles(count: int) -> pd.DataFrame:
    """Return the first articles of the own corpus's training split, one row each."""
    texts: dict[str, list[str]] = {}
    for record in read_corpus("train"):
        sentences = texts.setdefault(record.article or record.id, [])
        if record.text not in sentences:
            sentences.append(record.text)
    rows = [(name, "\n\n".join(sentences)) for name, sentences in list(texts.items())[:count]]
    return pd.DataFrame(rows, columns=["id", "text"])


def by_spark(frame: pd.DataFrame, partitions: int) -> pd.DataFrame:
    """Return what the recipe makes of the articles on as many Python workers as there are partitions."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # else its workers start whatever is called python3
    spark = SparkSession.builder.master(f"local[{partitions}]").config("spark.ui.enabled", "false").getOrCreate()
    try:
        names: dict[str, Any] = {"pd": pd, "archive": spark.createDataFrame(frame).repartition(partitions)}
        lines = recipe().rstrip().splitlines()
        exec("\n".join(lines[:-1]), names)  # the last line is the call, whose value is what is wanted
        found: pd.DataFrame = eval(lines[-1], names).toPandas()
        return found
    finally:
        spark.stop()


def by_scorer(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what one `Scorer` in this process makes of them."""
    scorer = Scorer.load(target="government", threads=1)
    texts = [article_from_text(row.text, id=row.id) for row in frame.itertuples()]
    rows = [
        (s.article, s.index, s.stance, s.confidence, s.abstained)
        for article in scorer.score_many(texts, explain="none")
        for s in article.sentences
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def main() -> int:
    """Run the check; return 0 when all rows are equal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=200)
    parser.add_argument("--partitions", type=int, default=2)
    asked = parser.parse_args()
    frame = articles(asked.articles)
    found, wanted = (
        rows.astype({"index": "int64"}).sort_values(["article", "index"], ignore_index=True)
        for rows in (by_spark(frame, asked.partitions), by_scorer(frame))
    )
    equal = found.equals(wanted)
    print(f"{len(frame)} articles, {len(wanted)} rows by one Scorer, {len(found)} by Spark")
    print("equal" if equal else "NOT EQUAL")
    return 0 if equal else 1


if __name__ == "__main__":
    sys.exit(main())
