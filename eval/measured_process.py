"""`run_measured`: a process from its start to its end, with its time, processor time and peak memory."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from newstance.errors import InputError

__all__ = ["Ran", "run_measured"]

#: On Linux a process's peak memory starts at that of the process that started it, and a benchmark that has loaded torch
#: is larger than what it measures: so a small process of its own starts the measured one and waits for it.
_STARTER = """
import json, os, sys, time
began = time.monotonic()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, usage = os.wait4(process, 0)
seconds, cpu = time.monotonic() - began, usage.ru_utime + usage.ru_stime
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, cpu, usage.ru_maxrss]))
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took.

    Attributes:
        seconds: from its start to its end.
        cpu: processor seconds, its own and the system's for it.
        peak_mb: most resident memory, MiB.
    """

    seconds: float
    cpu: float
    peak_mb: float


def run_measured(command: Sequence[str]) -> Ran:
    """Run a process to its end; what it prints is thrown away.

    Raises:
        InputError: it cannot be started or fails; its last line says why.
    """
    starter = [sys.executable, "-I", "-S", "-c", _STARTER, *command]
    done = subprocess.run(starter, capture_output=True, text=True, errors="replace", check=False)
    code, seconds, cpu, peak = json.loads(done.stdout) if done.stdout else (1, 0.0, 0.0, 0)
    if code:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise InputError(f"a process of the benchmark failed: {last[0]}")
    return Ran(seconds, cpu, peak / (1024 if platform.system() == "Linux" else 1024**2))
