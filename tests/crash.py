"""Kill a run at random moments, resume it, and compare it with an unbroken one.

    python tests/crash.py archive.jsonl --kills 20 --model DIR

Not a test of the suite, since it takes minutes; `tests/scoring/test_run.py` kills three times at chosen moments.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq


def command(archive: str, out: Path, options: list[str]) -> list[str]:
    call = "from newstance.cli.app import main; main()"
    return [sys.executable, "-c", call, "score", archive, "--out", str(out), *options]


def digest(out: Path) -> tuple[int, str]:
    """Return how many rows a run has, and a hash of them sorted by article and sentence."""
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
        subprocess.run(command(given.archive, whole, options), check=False, capture_output=True)
        seconds = time.monotonic() - began
        killed = 0
        while killed < given.kills:
            process = subprocess.Popen(command(given.archive, broken, options), stderr=subprocess.PIPE)
            try:
                process.communicate(timeout=chance.uniform(0, 0.9 * seconds))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                killed += 1
                done = len(list(broken.glob("part-*.parquet")))
                sys.stdout.write(f"kill {killed}: {done} parts\n")
                continue
            # It came to its end before its moment: begin anew.
            for path in broken.iterdir():
                path.unlink()
            broken.rmdir()
        subprocess.run(command(given.archive, broken, options), check=False, capture_output=True)
        one, two = digest(whole), digest(broken)
    sys.stdout.write(f"unbroken run: {one[0]} rows {one[1][:16]}; killed {killed} times: {two[0]} rows {two[1][:16]}\n")
    sys.stdout.write("equal\n" if one == two else "DIFFERENT\n")
    return 0 if one == two else 1


if __name__ == "__main__":
    sys.exit(main())
