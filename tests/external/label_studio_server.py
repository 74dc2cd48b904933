"""A real Label Studio server imports what newstance exports, and what it exports comes back equal.

Not a part of the test suite: the server brings two hundred packages of its own. Give it an environment of its own:

    python -m venv labelstudio && labelstudio/bin/pip install label-studio
    python tests/external/label_studio_server.py --label-studio labelstudio/bin/label-studio

The server runs on this machine only, on a free port, with a data folder that is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from newstance.corpora import (
    Annotation,
    Suggestion,
    labelstudio_config,
    open_annotations,
    read_corpus,
    save_annotations,
)
from newstance.model.codebook import Codebook, load_codebook

#: Made up for a server that lives for a minute.
_USER, _PASSWORD, _TOKEN = "check@example.org", "only-for-this-check", "0123456789abcdef0123456789abcdef01234567"
#: Its first start lays out a database by some hundred migrations.
_STARTS_WITHIN = 1200.0

_ODD = 'un <clear> & "odd"'
_OWN = Codebook.model_validate(
    {
        "name": "own",
        "layers": [
            {"name": "stance", "kind": "single", "labels": [{"code": c} for c in ("for", "against", _ODD)]},
            {"name": "topics", "kind": "multi", "labels": [{"code": c} for c in ("ports", "rail; road", "Straße 🙂")]},
        ],
    }
)  # fmt: skip


def _own_records() -> list[Annotation]:
    text = "🙂 „Voß“ said \\n nothing <b>& left</b>."
    return [
        Annotation(id="1", text=text, stance="for", annotator="Ada", rationale=((2, 7), (0, 1)), speaker="Voß"),
        Annotation(id="1", text=text, stance="against", annotator="Bo", labels={"topics": ()}),
        Annotation(id="2", text="Two\nlines.", labels={"topics": ("Straße 🙂", "ports")}, target="", split="dev"),
        Annotation(id="2", text="Two\nlines.", stance=_ODD, annotator="Ada", target="Voß", article="a"),
    ]


class Server:
    """The programming interface of a running server."""

    def __init__(self, url: str) -> None:
        """Take the server's address."""
        self.url = url

    def call(self, method: str, path: str, data: Any = None) -> Any:
        """Return the JSON that the server answers."""
        body = None if data is None else json.dumps(data).encode("utf-8")
        headers = {"Authorization": f"Token {_TOKEN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.loads(answer.read() or b"null")

    def is_up(self) -> bool:
        """Return whether it answers."""
        try:
            self.call("GET", "/api/projects")
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False
        return True


@contextmanager
def running(executable: str) -> Iterator[Server]:
    """Start a server with an empty data folder, and end it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        environment = os.environ | {
            "LABEL_STUDIO_BASE_DATA_DIR": folder,
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "COLLECT_ANALYTICS": "false",
            "LATEST_VERSION_CHECK": "false",
        }
        command = [executable, "start", "--no-browser", "--port", str(port), "--internal-host", "127.0.0.1"]
        command += ["--username", _USER, "--password", _PASSWORD, "--user-token", _TOKEN]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        server = Server(f"http://127.0.0.1:{port}")
        try:
            end = time.monotonic() + _STARTS_WITHIN
            while not server.is_up():
                if process.poll() is not None or time.monotonic() > end:
                    sys.exit("the server did not start:\n" + log.read_text(errors="replace")[-3000:])
                time.sleep(1)
            yield server
        finally:
            process.terminate()
            process.wait(timeout=60)


def check(server: Server, name: str, records: list[Annotation], codebook: Codebook, folder: Path) -> bool:
    """Send records and suggestions through the server and say whether they come back equal."""
    suggestions = [Suggestion(r.model_copy(update={"annotator": "model 12ab"}), 0.75) for r in records[:3]]
    sent, received = folder / f"{name}-sent.json", folder / f"{name}-received.json"
    save_annotations(sent, records, codebook=codebook, suggestions=suggestions)
    tasks = json.loads(sent.read_text(encoding="utf-8"))
    project = server.call("POST", "/api/projects", {"title": name, "label_config": labelstudio_config(codebook)})["id"]
    answer = server.call("POST", f"/api/projects/{project}/import", tasks)
    exported = server.call("GET", f"/api/projects/{project}/export?exportType=JSON&download_all_tasks=true")
    received.write_text(json.dumps(exported), encoding="utf-8")
    again = open_annotations(received, codebook=codebook)
    # Where a record names nobody, the server names whoever was logged in: by number in this export.
    me = str(server.call("GET", "/api/current-user/whoami")["id"])
    again = [r if r.annotator != me else r.model_copy(update={"annotator": None}) for r in again]
    before, after = (Counter(r.model_dump_json() for r in found) for found in (records, again))
    predicted = server.call("GET", f"/api/projects/{project}")["total_predictions_number"]
    print(f"{name}: {len(tasks)} tasks, {len(records)} records and {len(suggestions)} suggestions sent")
    print(f"  it took {answer['task_count']} tasks, {answer['annotation_count']} annotations, {predicted} predictions")
    lost, new = before - after, after - before
    for title, rows in (("lost", lost), ("new", new)):
        for row in list(rows)[:3]:
            print(f"  {title}: {row}")
    print(f"  came back: {len(again)} records, {sum((before & after).values())} of them equal")
    return not lost and not new and predicted == len(suggestions)


def main() -> int:
    """Run the check; return 0 when everything came back equal."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label-studio", default="label-studio", help="the server's executable")
    executable = parser.parse_args().label_studio
    with tempfile.TemporaryDirectory() as folder, running(executable) as server:
        equal = [
            check(server, "own codebook", _own_records(), _OWN, Path(folder)),
            check(server, "newstance corpus, dev", read_corpus("dev"), load_codebook(), Path(folder)),
        ]
    print("equal" if all(equal) else "NOT EQUAL")
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())
