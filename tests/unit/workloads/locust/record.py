"""Record what Locust does with the locustfiles of `files/`: `python record.py [NAME ...]`, with Locust installed.

A file says by comments what it is run with: `# args: ...`, `# env: NAME=value`, `# users: N`. One that says
`# by hand` is not run; its expectations are written by hand.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[3]))

from tests.support.locust_site import Site, as_set, normal  # noqa: E402

LISTENER = """
import json, os, sys
import locust, locust.main
told = open(os.environ["TOLD"], "w", buffering=1)
@locust.events.request.add_listener
def tell(request_type, name, exception=None, **_):
    told.write(json.dumps([request_type, name, exception is None]) + "\\n")
locust.main.main()
"""


def note(text: str, what: str) -> str:
    """What a comment of the file says."""
    found = re.search(rf"^# {what}: (.*)$", text, re.MULTILINE)
    return found[1] if found else ""


def record(file: Path) -> None:
    """Run one file for a moment, and write what came of it beside it."""
    text = file.read_text()
    site = Site()
    threading.Thread(target=site.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{site.server_port}"
    ends = "quit()" in text or "StopUser" in text
    with tempfile.NamedTemporaryFile("r") as told:
        environment = {**os.environ, "TOLD": told.name, **dict([pair.split("=") for pair in note(text, "env").split()])}
        users = note(text, "users") or str(1 if ends else max(1, text.count("(HttpUser)") * 3))
        command = [sys.executable, "-c", LISTENER, "-f", str(file), "-H", origin, "-u", users, "-r", "20", "-t", "3s"]
        command += ["--headless", "--only-summary", *note(text, "args").split()]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
        lines = [json.loads(line) for line in told.read().splitlines()]
    site.shutdown()
    requests = json.loads(json.dumps([normal(sent) for sent in site.sent]).replace(origin, "ORIGIN"))
    lines = json.loads(json.dumps(lines).replace(origin, "ORIGIN"))
    expected = {
        "ordered": ends,
        "requests": requests if ends else as_set(requests),
        "told": lines if ends else as_set(lines),
        "exit_code": run.returncode,
    }
    file.with_suffix(".json").write_text(as_text(expected))
    print(f"{file.stem}: {len(requests)} requests, {len(lines)} told, exit {run.returncode}", file=sys.stderr)  # noqa: T201
    if "Traceback" in run.stderr:
        print("\n".join(run.stderr.splitlines()[-3:]), file=sys.stderr)  # noqa: T201


def as_text(expected: dict[str, object]) -> str:
    """JSON with a line for each request."""
    parts = []
    for key, value in expected.items():
        if isinstance(value, list):
            rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in value)
            parts.append(f' "{key}": [\n{rows}\n ]')
        else:
            parts.append(f' "{key}": {json.dumps(value)}')
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    for path in sorted((HERE / "files").glob("*.py")):
        if "# by hand" not in path.read_text() and (len(sys.argv) == 1 or path.stem in sys.argv[1:]):
            record(path)
