"""Kill a run at random moments, resume it, and compare it with an unbroken one.

    python tests/crash.py archive.jsonl --kills 20 --model DIR

Not a test of the suite, since it takes minutes; `tests/scoring/test_run.py` kills three times at chosen moments.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from newstance.cli import run, score, scored, stream, terminal  # noqa: F401  # what a forked process would import
from newstance.cli.app import main as command


def start(archive: str, out: Path, options: list[str]) -> int:
    """Start the command in a forked process, which has everything imported already; return its id."""
    child = os.fork()
    if child:
        return child
    sys.argv = ["newstance", "score", archive, "--out", str(out), *options]
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    code = 0
    try:
        command()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


def ended(child: int, seconds: float) -> bool:
    """Wait for a process, some seconds at most; return whether it came to its end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return True
        time.sleep(0.002)
    return False


def digest(out: Path) -> tuple[int, str]:
    """Return how many rows a run has, and a hash of them sorted by article and sentence."""
    import pyarrow.parquet as pq  # not before the forks: it has threads

    rows = [row for path in out.glob("part-*.parquet") for row in pq.read_table(path).to_pylist()]
    rows.sort(key=lambda row: (row["article"], row["index"]))
    return len(rows), hashlib.sha256("\n".join(json.dumps(row) for row in rows).encode()).hexdigest()


def main() -> int:
    """Run, kill, resume, compare; return 0 when nothing was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--part-articles", type=int, default=50)
    parser.add_argument("--model")
    given = parser.parse_args()
    options = ["--part-articles", str(given.part_articles)] + (["--model", given.model] if given.model else [])
    chance = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        whole, broken = Path(folder) / "whole", Path(folder) / "broken"
        began = time.monotonic()
        os.waitpid(start(given.archive, whole, options), 0)
        seconds = time.monotonic() - began
        killed = 0
        while killed < given.kills:
            child = start(given.archive, broken, options)
            if ended(child, chance.uniform(0, 0.8 * seconds)):
                shutil.rmtree(broken)  # it came to its end before its moment: begin anew
                continue
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            killed += 1
            sys.stdout.write(f"kill {killed}: {len(list(broken.glob('part-*.parquet')))} parts\n")
            sys.stdout.flush()
        os.waitpid(start(given.archive, broken, options), 0)
        one, two = digest(whole), digest(broken)
    sys.stdout.write(f"unbroken run: {one[0]} rows {one[1][:16]}; killed {killed} times: {two[0]} rows {two[1][:16]}\n")
    sys.stdout.write("equal\n" if one == two else "DIFFERENT\n")
    return 0 if one == two else 1


if __name__ == "__main__":
    sys.exit(main())
